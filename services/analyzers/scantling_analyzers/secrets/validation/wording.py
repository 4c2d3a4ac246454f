"""Random values whose alphabet has that of paths and names, too: what is made of words is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.secrets.validation.finding import REFUSED, Said
from scantling_analyzers.secrets.words import coverage

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORDY: Final = 0.5


def check_unworded(value: bytes) -> Iterator[Said]:
    """Check that half of the letters are no parts of words."""
    if coverage(value) >= _WORDY:
        yield Said(REFUSED, "it is made of words")
