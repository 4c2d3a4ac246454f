"""Patterns with ``*`` (any characters, or none) and ``?`` (one character); case means nothing.

They become regular expressions that take time linear in the text, whatever the pattern: where the
text between two stars is found first, nothing is lost by going on from there, and an atomic group
never goes back.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_WILD: Final = re.compile(r"[*?]")
_NOTHING: Final = re.compile(r"(?!)")


def is_plain(pattern: str) -> bool:
    """Tell if a pattern stands for itself alone."""
    return _WILD.search(pattern) is None


def expression(pattern: str) -> str:
    """Return the regular expression of a pattern, to be matched with a whole text (DOTALL)."""
    first, *others = (_literal(part) for part in pattern.split("*"))
    if not others:
        return first
    *inner, last = others
    # Between two stars that follow each other there is nothing to be found.
    committed = "".join(f"(?>.*?{part})" for part in inner if part)
    return f"{first}{committed}.*{last}"


def any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    """Return what matches each text in lower case that at least one of the patterns stands for."""
    distinct = dict.fromkeys(pattern.lower() for pattern in patterns)
    if not distinct:
        return _NOTHING
    either = "|".join(expression(pattern) for pattern in distinct)
    return re.compile(rf"(?:{either})\Z", re.DOTALL)


def _literal(part: str) -> str:
    return ".".join(re.escape(text) for text in part.split("?"))
