"""What is shown of a secret: its name and what joins both, and a mask in its place.

Nothing else of its line is shown. Where a value was read too short, or the engine let one pass, its
rest would stand there: an escaped quote, an entity, a second secret without a name. What looks like
a name may be the beginning of the value itself, so it is shown only where nothing before it could
have begun one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from scantling_common.layers.escape import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

Span = tuple[int, int]
"""Where a value stands in a text: start and end, in bytes."""

MASK: Final = "********"
"""What stands for the secret, whatever its length."""

_NAMED: Final = re.compile(
    rb"(?:[\"'<]|(?<![\w.\-])|(?<=--))([A-Za-z_][\w.\-]{1,63})([^\w\n,]{1,12})\Z"
)
"""A name, and what joins it with the value behind it: no letters, no digits, no comma."""

_NAME_BYTES: Final = 80
"""Bytes before a value in which its name is."""

_LINE_BYTES: Final = 400
"""Bytes before a name in which another one must not be: they hold all of its line."""

_BEFORE: Final = re.compile(rb"(?:^|[{;&?<(\[|,$ \t]|--)[\"'`]?\Z")
"""What may precede a name; behind ``=`` or ``:`` a value begins."""

_OPENED: Final = re.compile(rb"(?:[|>][+\-\d]{0,2}|[\\(]|\"{3}|'{3})[ \t]{0,8}\r?\Z")
"""How a line ends behind which a value begins or goes on."""

_ASSIGNS: Final = re.compile(rb"=|[\"']:|:[ \t]")
"""What joins a name and its value, and not a user and a password."""
_WORDY: Final = 0.6
"""The share of letters that are parts of words from which on a name is made of words."""
_SHORT: Final = 4
"""Bytes of the longest name of a secret that needs no word: ``pwd``."""

_SHORTEST_COPY: Final = 4
"""Bytes from which on a name that holds the value, or is a part of it, is not shown."""


def excerpt_of(text: bytes, span: Span, spans: Sequence[Span]) -> str:
    """Return the name of a value, what joins both, and the mask; the mask alone without a name.

    ``spans`` are all values of the text, in their order; none overlap. The value is in one of
    them, or one by itself.
    """
    start, end = _whole(span, spans)
    found = _NAMED.search(text, max(0, start - _NAME_BYTES, _end_before(start, spans)), start)
    value = text[start : min(end, start + _NAME_BYTES)]
    if found is None or not _is_first(text, found.start()) or _repeats(found[1], value):
        return MASK
    return f"{escape(found[0])}{MASK}".strip() if _is_name(found[1], found[2]) else MASK


def _whole(span: Span, spans: Sequence[Span]) -> Span:
    """Return the value with what else was found where it stands: one may be a part of another."""
    start, end = span
    place = bisect_right(spans, start, key=lambda each: each[0]) - 1
    if place >= 0 and spans[place][1] >= end:
        return spans[place]
    return span


def _end_before(start: int, spans: Sequence[Span]) -> int:
    """Return where the last value before a place ends."""
    place = bisect_right(spans, start, key=lambda each: each[0]) - 1
    while place >= 0 and spans[place][0] >= start:
        place -= 1
    return min(spans[place][1], start) if place >= 0 else 0


def _is_first(text: bytes, begin: int) -> bool:
    """Tell whether nothing on the line before a name, or above it, may have begun a value."""
    from scantling_analyzers.secrets.assignment import names_in  # noqa: PLC0415  # as below
    from scantling_analyzers.secrets.names import forget  # noqa: PLC0415  # as below

    least = max(0, begin - _LINE_BYTES)
    line = text.rfind(b"\n", least, begin) + 1
    if not line and least:
        return False
    others = names_in(text, line, begin)
    # What looks like a name may be a part of a secret, and must not be remembered.
    forget()
    if others or _BEFORE.search(text[line:begin]) is None:
        return False
    above = text[max(0, line - _LINE_BYTES) : max(0, line - 1)]
    return _OPENED.search(above.rpartition(b"\n")[2]) is None


def _is_name(name: bytes, joint: bytes) -> bool:
    # They are loaded where a secret was found only, and that was found with them.
    from scantling_analyzers.secrets.names import class_of, forget  # noqa: PLC0415  # as said
    from scantling_analyzers.secrets.words import coverage  # noqa: PLC0415  # as said

    kind = class_of(name)
    forget()
    if coverage(name) < _WORDY and len(name) > _SHORT:
        return False
    return kind != "none" or _sounds_harmless(name, joint)


def _sounds_harmless(name: bytes, joint: bytes) -> bool:
    has_digit = any(byte in b"0123456789" for byte in name)
    return len(name) > _SHORT and not has_digit and _ASSIGNS.search(joint) is not None


def _repeats(name: bytes, value: bytes) -> bool:
    if min(len(name), len(value)) < _SHORTEST_COPY:
        return False
    return value in name or name in value
