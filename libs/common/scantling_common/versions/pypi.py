"""Versions of Python packages (PEP 440; version specifiers of the Python packaging guide).

What PEP 440 does not know (the forms of before 2014) is no version here, as for pip: no order that
tools once gave them survived. They are still found where an advisory lists them one by one.
"""

from __future__ import annotations

import re
from typing import Final

from scantling_common.versions.digits import END, number

_WHOLE: Final = re.compile(
    r"v?(?:([0-9]+)!)?"
    r"([0-9]+(?:\.[0-9]+)*)"
    r"(?:[-_.]?(a|alpha|b|beta|c|rc|pre|preview)[-_.]?([0-9]*))?"
    r"(?:-([0-9]+)|[-_.]?(post|rev|r)[-_.]?([0-9]*))?"
    r"(?:[-_.]?(dev)[-_.]?([0-9]*))?"
    r"(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?",
    re.ASCII,
)
_SEPARATOR: Final = re.compile(r"[-_.]")
_PRE: Final = {
    **dict.fromkeys(("a", "alpha"), "\x02"),
    **dict.fromkeys(("b", "beta"), "\x03"),
    **dict.fromkeys(("c", "rc", "pre", "preview"), "\x04"),
}
_DEVELOPMENT_ONLY: Final = "\x01"
_NO_PRE: Final = "\x05"
_NO_LOCAL: Final = "\x00"


def key(text: str) -> str | None:
    """Return the key, None for what PEP 440 does not know."""
    match = _WHOLE.fullmatch(text.lower())
    if match is None:
        return None
    epoch, release, pre, pre_number, implicit, post, post_number, dev, dev_number, local = (
        match.groups()
    )
    pieces = [number(epoch or "")]
    pieces += [f"\x02{number(each)}" for each in _significant(release)]
    pieces.append("\x01")
    has_post = implicit or post
    if pre:
        pieces.append(_PRE[pre] + number(pre_number))
    else:
        pieces.append(_DEVELOPMENT_ONLY if dev and not has_post else _NO_PRE)
    pieces.append(f"\x02{number(implicit or post_number)}" if has_post else "\x01")
    pieces.append(f"\x01{number(dev_number)}" if dev else "\x02")
    pieces.append(_local(local) if local else _NO_LOCAL)
    return "".join(pieces)


def _significant(release: str) -> list[str]:
    numbers = release.split(".")
    while numbers and not numbers[-1].strip("0"):
        numbers.pop()
    return numbers


def _local(text: str) -> str:
    parts = _SEPARATOR.split(text)
    pieces = [f"\x03{number(each)}" if each.isdigit() else f"\x02{each}{END}" for each in parts]
    return "".join(pieces) + "\x01"
