"""Licences as SPDX writes them (SPDX 2.3, annex D): identifiers and expressions.

The list of identifiers is the one that cyclonedx-python-lib carries as data. Its check of
expressions is not used: it takes longer to import than a scan, and raises for odd text.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

import msgspec

MAX_EXPRESSION: Final = 1024
"""The longest text in characters that is looked at as an expression."""

_LIST: Final = ("schema", "_res", "spdx.SNAPSHOT.schema.json")
_TOKENS: Final = re.compile(r"\s*([()]|[A-Za-z0-9.+-]+)")
_COMBINING: Final = frozenset({"AND", "OR"})
_LICENSES_WITH: Final = ("gpl-2.0-with-", "gpl-3.0-with-", "cal-", "mpl-")
"""How licences begin whose identifiers have the word *exception* in them."""
_EXCEPTIONS_WITHOUT: Final = frozenset(
    {"gpl-cc-1.0", "linux-syscall-note", "llgpl", "shl-2.0", "shl-2.1"}
)
"""Exceptions whose identifiers don't have it."""


class _List(msgspec.Struct):
    enum: list[str]


@lru_cache(maxsize=4096)
def spdx_id(text: str) -> str | None:
    """Return the identifier of the SPDX licence list that a text is, in its proper case."""
    return _identifiers().get(text.strip().lower())


@lru_cache(maxsize=4096)
def spdx_expression(text: str) -> str | None:
    """Return the licence expression that a text is, in its canonical case, else None.

    A single identifier is one; ``LicenseRef-`` and identifiers that SPDX does not list are not
    understood.
    """
    if len(text) > MAX_EXPRESSION:
        return None
    words = _words(text.strip())
    return None if words is None else _checked(words)


def normalised(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Return licences with SPDX identifiers and expressions in canonical form, others as is."""
    return tuple(dict.fromkeys(spdx_expression(text) or text for text in texts))


def _words(text: str) -> list[str] | None:
    words, at = [], 0
    while at < len(text):
        match = _TOKENS.match(text, at)
        if match is None:
            return None
        words.append(match[1])
        at = match.end()
    return words


def _checked(words: list[str]) -> str | None:
    """Return the canonical text of an expression's words; one pass, no recursion."""
    known = _identifiers()
    written: list[str] = []
    depth, expected = 0, "license"
    for word in words:
        lower, upper = word.lower(), word.upper()
        if expected in {"license", "exception"}:
            if word == "(" and expected == "license":
                depth += 1
                written.append("(")
                continue
            if lower not in known or _is_exception(lower) is not (expected == "exception"):
                return None
            written.append(known[lower])
            expected = "operator" if expected == "license" else "combining"
        elif word == ")" and depth:
            depth -= 1
            written.append(")")
            expected = "combining"
        elif upper in _COMBINING:
            written.append(f" {upper} ")
            expected = "license"
        elif upper == "WITH" and expected == "operator":
            written.append(" WITH ")
            expected = "exception"
        else:
            return None
    whole = not depth and expected in {"operator", "combining"}
    return "".join(written) if whole else None


def _is_exception(identifier: str) -> bool:
    if identifier in _EXCEPTIONS_WITHOUT:
        return True
    return "exception" in identifier and not identifier.startswith(_LICENSES_WITH)


@cache
def _identifiers() -> dict[str, str]:
    """Return the identifiers of SPDX's lists, of licences and of exceptions, by lower case."""
    data = files("cyclonedx").joinpath(*_LIST).read_bytes()
    return {each.lower(): each for each in msgspec.json.decode(data, type=_List).enum}
