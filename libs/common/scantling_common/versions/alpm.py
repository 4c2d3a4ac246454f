"""Versions of pacman packages (vercmp(8), libalpm).

pacman's comparison is not transitive where one version has more separators in a place than the
other: ``1.1`` < ``1..a`` < ``1..`` < ``1.1``. A key puts letters before numbers whatever separates
them, and asks for the separators only among letters and among numbers.
"""

from __future__ import annotations

import re
from typing import Final

from scantling_common.versions.digits import END, number

_SEGMENT: Final = re.compile(r"([^0-9A-Za-z]*)([0-9]+|[A-Za-z]+)")
_EPOCH: Final = re.compile(r"([0-9]*):")
_LETTERS, _END, _APART, _SEPARATED_END, _DIGITS = "\x01", "\x02", "\x03", "\x04", "\x05"
"""What may come next, in its order: letters, the end, letters after a separator, a separator and
the end, digits."""
_NO_RELEASE: Final = "\x00"


def key(text: str) -> str | None:
    """Return the key of ``[epoch:]version[-release]``, None where no letter or digit is left."""
    if not text.isascii():
        return None
    epoch = ""
    if match := _EPOCH.match(text):
        epoch, text = match[1], text[match.end() :]
    version, hyphen, release = text.rpartition("-")
    if not hyphen:
        version, release = text, ""
    if not _SEGMENT.search(version):
        return None
    return number(epoch) + _segments(version) + (_segments(release) if release else _NO_RELEASE)


def _segments(text: str) -> str:
    pieces = []
    for separator, segment in _SEGMENT.findall(text):
        apart = chr(len(separator))
        if segment.isdigit():
            pieces.append(f"{_DIGITS}{apart}{number(segment)}")
        elif separator:
            pieces.append(f"{_APART}{apart}{segment}{END}")
        else:
            pieces.append(f"{_LETTERS}{segment}{END}")
    return "".join(pieces) + (_END if text[-1:].isalnum() else _SEPARATED_END)
