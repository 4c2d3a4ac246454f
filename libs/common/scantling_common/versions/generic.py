"""Versions of anything: what no ecosystem rules, such as programs known by their content.

A natural order: numbers by value, a missing number is 0, letters after a number make it newer
(``1.0.2k``, ``9.3p1``), words that say so make it older (``3.0-beta2``, ``3.12.0rc1``, and ``a``,
``b`` and ``m`` between two digits). What separates does not count.
"""

from __future__ import annotations

import re
from typing import Final

from scantling_common.versions.digits import END, number

_PIECE: Final = re.compile(r"[0-9]+|[a-z]+")
_SHORT: Final = re.compile(r"(?<=[0-9])[abm](?=[0-9])")
_LONG: Final = {"a": "alpha", "b": "beta", "m": "milestone"}
_BEFORE: Final = {
    word: chr(place)
    for place, words in enumerate(
        (
            ("dev", "snapshot", "nightly"),
            ("alpha",),
            ("beta",),
            ("milestone",),
            ("pre", "preview"),
            ("rc", "cr"),
        ),
        1,
    )
    for word in words
}
_ZERO: Final = number("0")
_END: Final = "\x02"
_MOST: Final = 1_100
"""More than a version has pieces: counts are subtracted from it."""


def key(text: str) -> str | None:
    """Return the key of what begins with a number, after a ``v`` or not."""
    text = text.lower().removeprefix("v")
    if not text.isascii() or not text[:1].isdigit():
        return None
    text = _SHORT.sub(lambda match: _LONG[match[0]], text)
    pieces = []
    zeros = 0
    for piece in _PIECE.findall(text):
        if rank := _BEFORE.get(piece):
            pieces.append(f"\x01{chr(zeros)}{rank}")
        elif piece.isalpha():
            pieces.append(f"\x03{chr(_MOST - zeros)}\x01{piece}{END}")
        elif (value := number(piece)) == _ZERO:
            zeros += 1
            continue
        else:
            pieces.append(f"\x03{chr(_MOST - zeros)}\x02{value}")
        zeros = 0
    return "".join(pieces) + _END
