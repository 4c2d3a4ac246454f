r"""Versions of Alpine packages (apk-package(5), as apk-tools 3 compares them).

The form is ``number{.number}[letter]{_suffix[number]}[~hash][-rnumber]``. What does not have it is
no version: apk orders such texts by where they stop being one, which says nothing.
"""

from __future__ import annotations

import re
from typing import Final

from scantling_common.versions.digits import END, number

_BEFORE: Final = ("alpha", "beta", "pre", "rc")
"""Suffixes that make a version older than one that ends there."""
_AFTER: Final = ("cvs", "svn", "git", "hg", "p")
"""Suffixes that make it newer."""
_WHOLE: Final = re.compile(
    r"([0-9]+)((?:\.[0-9]+)*)([a-z]?)"
    rf"((?:_(?:{'|'.join(_BEFORE + _AFTER)})[0-9]*)*)"
    r"(?:~([0-9a-f]+))?(?:-r([0-9]+))?"
)
_SUFFIX: Final = re.compile(r"_([a-z]+)([0-9]*)")
_END: Final = "\x02"
_RANKS: Final = {
    **{name: f"\x01{chr(place)}" for place, name in enumerate(_BEFORE)},
    **{name: f"\x06{chr(place)}" for place, name in enumerate(_AFTER)},
}


def key(text: str) -> str | None:
    """Return the key of an Alpine version, None for what is none."""
    match = _WHOLE.fullmatch(text)
    if match is None:
        return None
    first, numbers, letter, suffixes, digest, revision = match.groups()
    pieces = [number(first)]
    if numbers:
        # With a leading zero on either side, numbers after the first are compared as text.
        pieces += [
            f"\x08\x01{each}{END}" if each[0] == "0" else f"\x08\x02{number(each)}"
            for each in numbers[1:].split(".")
        ]
    if letter:
        pieces.append(f"\x07{letter}")
    for name, digits in _SUFFIX.findall(suffixes):
        pieces.append(_RANKS[name])
        if digits:
            pieces.append(f"\x05{number(digits)}")
    if digest:
        pieces.append(f"\x04{digest}{END}")
    if revision:
        pieces.append(f"\x03{number(revision)}")
    return "".join(pieces) + _END
