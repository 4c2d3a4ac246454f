"""Patterns of Go, searched for by RE2: its syntax is theirs, its time is linear in the text."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, Final, Protocol

import re2

from scantling_analyzers.secrets.gitleaks.texts import in_utf8

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_PATTERN: Final = 4096
"""Characters of a pattern."""

MAX_MATCH: Final = 16_384
"""Bytes of a match that is sure to be found whole."""

_REACH: Final = 2 * MAX_MATCH
"""Bytes that are searched at a time: a match may have cost a search up to the end of them."""

_MEMORY: Final = 4 << 20
"""Bytes that the states of one pattern take at most; all of gitleaks' own are below a quarter."""

_SURROUNDINGS: Final = tuple(
    "".join(each).encode() for size in range(3) for each in product("a-\n", repeat=size)
)
"""Texts in whose places whatever an empty match can ask for is so: ends, lines, words."""


class Refused(Exception):
    """A pattern can't be taken; the text says why."""


class Match(Protocol):
    """A match, as :mod:`re` has them."""

    def span(self, group: int = 0, /) -> tuple[int, int]:
        """Return where a group begins and ends, -1 twice where it took no part."""


class Pattern:
    """A pattern of Go, and how many groups it has."""

    def __init__(self, text: str) -> None:
        """Compile a pattern; :class:`Refused` where it can't be taken."""
        if len(text) > MAX_PATTERN:
            raise Refused(f"it has {len(text)} characters, {MAX_PATTERN} are read")
        options = re2.Options()
        options.max_mem = _MEMORY
        options.log_errors = False
        try:
            self._compiled: Any = re2.compile(text, options)
        except (re2.error, UnicodeEncodeError) as error:
            raise Refused(_reason(error)) from None
        self.groups: int = self._compiled.groups

    def search(self, text: str | bytes) -> bool:
        """Tell whether it matches somewhere in a text."""
        searched = text if isinstance(text, str) else in_utf8(text)
        return self._compiled.search(searched) is not None

    def may_be_nothing(self) -> bool:
        """Tell whether it matches where there is nothing."""
        return any(
            self._compiled.fullmatch(text, at, at) is not None
            for text in _SURROUNDINGS
            for at in range(len(text) + 1)
        )

    def finditer(self, text: bytes, start: int, end: int) -> Iterator[Match]:
        """Yield what it matches in a part of a text in UTF-8, one behind the other.

        What is around that part counts as it does in the whole text. What is longer than
        ``MAX_MATCH`` may be cut.
        """
        at = start
        while at < end:
            stop = min(end, at + _REACH)
            found = self._compiled.search(text, at, stop)
            if stop < end and (found is None or found.start() > at + MAX_MATCH):
                at += MAX_MATCH
            elif found is None:
                return
            else:
                yield found
                at = max(found.end(), at + 1)


def _reason(error: Exception) -> str:
    said = error.args[0]
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(error)
    if text.startswith("pattern too large"):
        return "it is too large: searching for it would take too much memory"
    return f"it is not a regular expression of Go: {text}"
