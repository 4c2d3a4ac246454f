"""Windows: the lines around hits, long lines cut so that no rule looks at more than some bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

WINDOW: Final = 16_384
"""Bytes of a line that are looked at together; no secret of one line is half as long."""

OVERLAP: Final = 4096
"""Bytes that two windows of one line share: what is cut in one is whole in the other."""


class Windows:
    """Gives for offsets, in ascending order, the windows in which they lie."""

    def __init__(self, text: bytes) -> None:
        """Begin at the start of ``text``."""
        self._text = text
        self._start = 0
        self._end = self._line_end(0)

    def around(self, offset: int, lines: int) -> Iterable[tuple[int, int]]:
        """Return the windows that hold what ends at ``offset`` and goes over up to ``lines`` lines.

        An offset just behind a line break belongs to the line before.
        """
        if offset > self._end + 1 or offset == 0:
            self._start = self._text.rfind(b"\n", 0, max(offset - 1, 0)) + 1
            self._end = self._line_end(max(offset - 1, self._start))
        start, end = self._start, self._end
        for _ in range(lines - 1):
            if start == 0:
                break
            start = self._text.rfind(b"\n", max(0, start - WINDOW), start - 1) + 1 or max(
                0, start - WINDOW
            )
        return ((start, end),) if end - start <= WINDOW else cut(start, end, offset)

    def _line_end(self, offset: int) -> int:
        found = self._text.find(b"\n", offset)
        return len(self._text) if found < 0 else found


def regions(length: int, offsets: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield what is within ``WINDOW`` bytes of ascending offsets: what overlaps is one region.

    ``length`` is that of the text.
    """
    begin, end = 0, -1
    for offset in offsets:
        first, last = max(0, offset - WINDOW), min(length, offset + WINDOW)
        if first > end:
            if begin < end:
                yield begin, end
            begin = first
        end = max(end, last)
    if begin < end:
        yield begin, end


def cut(start: int, end: int, offset: int) -> Iterator[tuple[int, int]]:
    """Yield those windows of the long line from ``start`` to ``end`` in which ``offset`` lies.

    Windows have fixed places in a line, so that they are the same wherever hits are.
    """
    step = WINDOW - OVERLAP
    first = max(0, (offset - start - WINDOW + step) // step)
    last = (offset - start) // step
    for number in range(first, last + 1):
        begin = start + number * step
        if begin < end:
            yield begin, min(end, begin + WINDOW)
