"""Versions of Ruby gems (``Gem::Version`` of RubyGems).

A version is its numbers and words; a missing one is 0, a word is below every number, and a hyphen
says ``.pre.``. So that ``1.a`` and ``1.0.a`` are one version, zeros before the first word and at
the end are dropped.
"""

from __future__ import annotations

import re
from typing import Final

from scantling_common.versions.digits import END, number

_WHOLE: Final = re.compile(
    r"[0-9]+(?:\.[0-9A-Za-z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?",
)
_SEGMENT: Final = re.compile(r"[0-9]+|[A-Za-z]+")
_ZERO: Final = number("0")
_END: Final = "\x02"
_MOST: Final = 2_100
"""More than a version has segments (a hyphen becomes two): counts are subtracted from it."""


def key(text: str) -> str | None:
    """Return the key, None for what RubyGems calls malformed."""
    if not _WHOLE.fullmatch(text):
        return None
    segments = _SEGMENT.findall(text.replace("-", ".pre."))
    word = next((place for place, each in enumerate(segments) if each.isalpha()), len(segments))
    return _written(_trimmed(segments[:word]) + _trimmed(segments[word:]))


def _trimmed(segments: list[str]) -> list[str]:
    while segments and not segments[-1].strip("0"):
        segments.pop()
    return segments


def _written(segments: list[str]) -> str:
    """Write the segments so that zeros sort as nothing does.

    What follows zeros is below a version that ends there if it is a word, the more so the fewer
    they are, else above it.
    """
    pieces = []
    zeros = 0
    for segment in segments:
        if segment.isalpha():
            pieces.append(f"\x01{chr(zeros)}{segment}{END}")
            zeros = 0
        elif (piece := number(segment)) == _ZERO:
            zeros += 1
        else:
            pieces.append(f"\x03{chr(_MOST - zeros)}{piece}")
            zeros = 0
    return "".join(pieces) + _END
