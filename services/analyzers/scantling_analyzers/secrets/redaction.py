"""Redaction: a line without the secrets in it, short and safe to print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_common.layers.escape import escape

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK: Final = b"********"
"""What stands for a value, whatever its length."""

_SHORTEST_COPY: Final = 4
"""Bytes from which on a copy of a value beside it is masked, too."""

AROUND: Final = 56
"""Bytes shown on each side of a value."""


def excerpt(text: bytes, start: int, end: int, others: Iterable[tuple[int, int]]) -> str:
    """Return what stands around the value at ``start`` to ``end``, with it and others masked.

    ``others`` are the places of further values, whose text is masked as well wherever they
    overlap what is shown. Only the first line of a value of several lines is shown around.
    """
    begin = max(text.rfind(b"\n", max(0, start - AROUND), start) + 1, start - AROUND, 0)
    after = end
    if b"\n" in text[start : min(end, start + 65_536)]:
        after = stop = end
    else:
        line_end = text.find(b"\n", end, end + AROUND)
        stop = line_end if line_end >= 0 else min(len(text), end + AROUND)
    shown: list[bytes] = []
    position = begin
    for first, last in sorted({*others, (start, after)}):
        if last <= position or first >= stop:
            continue
        shown.append(text[position : max(first, position)])
        shown.append(MASK)
        position = max(position, last)
    if position < stop:
        shown.append(text[position:stop])
    value = text[start:end]
    if len(value) >= _SHORTEST_COPY:
        shown = [piece.replace(value, MASK) for piece in shown]
    return escape(b"".join(shown).strip())
