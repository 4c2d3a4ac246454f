"""What the process that tries passwords is asked, and what it answers."""

from __future__ import annotations

from typing import Final

import msgspec

FOUND, NONE, UNSUPPORTED = "found", "none", "unsupported"


class Trial(msgspec.Struct, frozen=True, array_like=True):
    """Try one hash with its own passwords, then with the first ``shared`` of those for all."""

    hash: bytes
    scheme: str
    own: tuple[bytes, ...]
    shared: int = 0


class Order(msgspec.Struct, frozen=True, array_like=True):
    """All that a process is asked, and how much memory and processor time it may have."""

    shared: tuple[bytes, ...]
    trials: tuple[Trial, ...]
    memory: int
    seconds: int


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """What came of a trial, by its position. ``password`` is the position of the one that fits.

    ``state`` is *found*, *none* (of the tried ones fits) or *unsupported* (by the library here).
    """

    trial: int
    state: str
    password: int = -1
    tried: int = 0


HEAD_BYTES: Final = 4
"""Each answer is preceded by its length: what a process said before it was ended is of use."""
