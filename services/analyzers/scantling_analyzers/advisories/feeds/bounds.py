"""Ranges of versions that nearly every distribution speaks of; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from scantling_analyzers.advisories.models import Event

    Range = tuple[Event, ...]

EVERY: Final[Range] = (("introduced", "0"),)
"""All versions."""


def until(version: str, *, here: bool = True) -> Range:
    """Return the range of versions before ``version``.

    ``here`` is false where that version mends another release than the one that is spoken of:
    it bounds the range, and nobody can install it there.
    """
    return (("introduced", "0"), ("fixed" if here else "limit", version))
