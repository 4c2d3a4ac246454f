"""Versions of Conan packages (``Version`` of Conan 2).

Items between dots, then a pre-release after the first hyphen, then a build after the last plus.
Conan compares an item that is no number with one that is by their texts, which is not transitive:
9 < 10 < ``1b`` < 9. Here an item is its leading number and then its text: 9 < 9e < 10.
"""

from __future__ import annotations

import re
from typing import Final

from scantling_common.versions.digits import END, number

_ITEM: Final = re.compile(r"([0-9]+)(.*)")
_NO_PRE_RELEASE: Final = "\x7f"
_SOME: Final = "\x01"


def key(text: str) -> str | None:
    """Return the key; Conan takes any text for a version."""
    main, plus, build = text.rpartition("+")
    if not plus:
        main, build = text, ""
    main, hyphen, before = main.partition("-")
    return (
        _items(main)
        + (_SOME + _items(before) if hyphen else _NO_PRE_RELEASE)
        + (_SOME + _items(build) if plus else END)
    )


def _items(text: str) -> str:
    items = text.split(".")
    while items and items[-1] and not items[-1].strip("0"):
        items.pop()
    return "".join([_item(each) for each in items]) + END


def _item(text: str) -> str:
    if match := _ITEM.fullmatch(text):
        return f"\x02{number(match[1])}{match[2]}{END}"
    return f"\x03{text}{END}" if text else "\x01"
