r"""Versions of Maven artifacts (``ComparableVersion`` of Maven 3.9; POM reference, version order).

Maven takes a version apart into numbers and qualifiers in nested lists, and compares item by item,
a missing one being like 0 or like no qualifier. A list ends with the list that it nests, if any.

That comparison is not transitive: ``1.0.beta-1`` < ``1`` < ``1-1`` < ``1.0.beta-1``. A key can't
follow it round in a circle. It takes one place for each, from what follows: what is below the
version that ends there sorts first, then that version, then what is above it. Only versions with a
qualifier between dots, or a zero before one, against a nested list can come out otherwise.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from scantling_common.versions.digits import END, number

_PLAIN: Final = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_PART: Final = re.compile(r"\d+|[-.]|[^-.\d]+")
_ALIASES: Final = {"ga": "", "final": "", "release": "", "cr": "rc"}
_BEFORE_DIGIT: Final = {"a": "alpha", "b": "beta", "m": "milestone"}
_RANKS: Final = {
    name: chr(place)
    for place, name in enumerate(("alpha", "beta", "milestone", "rc", "snapshot", "", "sp"), 1)
}
_RELEASE: Final = _RANKS[""]
_UNKNOWN: Final = chr(len(_RANKS) + 1)
_BELOW, _EQUAL, _ABOVE = "\x01", "\x02", "\x03"
"""How what is left of a version compares to nothing."""
_QUALIFIER, _LIST, _NUMBER = "\x01", "\x02", "\x03"
"""The kinds of items, in their order."""
_MOST: Final = 1_100
"""More than a version has items: counts of zeros are subtracted from it."""

_Item = tuple[bool, str]
"""Whether it is a number, and its piece of the key."""
_ZERO: Final[_Item] = (True, number("0"))
_NOTHING: Final = (_ZERO, (False, _RELEASE))
"""What is dropped at the end of a list."""


def key(text: str) -> str | None:
    """Return the key; Maven takes any text for a version."""
    if _PLAIN.fullmatch(text):
        numbers = [number(each) for each in text.split(".")]
        return _written([[(True, each) for each in numbers]])
    return _written(_lists(text.lower()))


def _lists(text: str) -> list[list[_Item]]:
    """Take a version apart into its lists, the outermost first."""
    lists: list[list[_Item]] = [[]]
    parts = _PART.findall(text)
    last = len(parts) - 1
    separated = True
    for place, part in enumerate(parts):
        if part in {".", "-"}:
            if separated:
                lists[-1].append(_ZERO)
            if part == "-":
                lists.append([])
            separated = True
            continue
        following = parts[place + 1] if place < last else ""
        if part[0].isdecimal():
            lists[-1].append((True, number(_ascii(part))))
            if following not in {"", ".", "-"}:
                lists.append([])
        else:
            before_digit = following[:1].isdecimal()
            if (before_digit or not following) and lists[-1]:
                lists.append([])
            lists[-1].append((False, _qualifier(part, before_digit=before_digit)))
            if before_digit:
                lists.append([])
        separated = False
    return lists


def _ascii(digits: str) -> str:
    if digits.isascii():
        return digits
    return "".join(str(unicodedata.decimal(each)) for each in digits)


def _qualifier(text: str, *, before_digit: bool) -> str:
    if before_digit:
        text = _BEFORE_DIGIT.get(text, text)
    text = _ALIASES.get(text, text)
    return _RANKS.get(text) or f"{_UNKNOWN}{text}{END}"


def _written(lists: list[list[_Item]]) -> str:
    """Write the key of the lists, from the last item to the first, normalised as Maven does.

    At each place, ``sign`` is how what follows compares to nothing (that of its first item that is
    neither zero nor the empty qualifier), ``zeros`` are the zeros that it begins with, and
    ``kind`` and ``body`` are what comes after these.
    """
    sign, zeros, kind, body = _EQUAL, 0, _NUMBER, ""
    for items in reversed(lists):
        if sign != _EQUAL:
            zeros, kind, body = 0, _LIST, _rest(sign, zeros, kind, body)
        while items and items[-1] in _NOTHING:
            items.pop()
        for is_number, piece in reversed(items):
            if is_number and piece == _ZERO[1]:
                zeros += 1
                continue
            body = piece + _rest(sign, zeros, kind, body)
            kind, zeros = (_NUMBER if is_number else _QUALIFIER), 0
            if is_number or piece > _RELEASE:
                sign = _ABOVE
            elif piece < _RELEASE:
                sign = _BELOW
    return _rest(sign, zeros, kind, body)


def _rest(sign: str, zeros: int, kind: str, body: str) -> str:
    """Write what is left of a list, so that it sorts among all that could be left of it.

    A zero is above a qualifier and a list, so those come earlier where fewer zeros precede them;
    a number that is none is above a zero, so it comes later.
    """
    if sign == _EQUAL:
        return sign
    if kind == _NUMBER:
        return f"{sign}{kind}{chr(_MOST - zeros)}{body}"
    return f"{sign}\x01{chr(zeros)}{kind}{body}"
