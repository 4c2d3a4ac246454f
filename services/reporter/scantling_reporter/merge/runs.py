"""Which runs of a scan are complete, and which one counts for each risk type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable


class PageMark(msgspec.Struct, frozen=True, kw_only=True):
    """That a page of a run has arrived: page ``page`` of ``pages``, at ``offset``.

    ``risks`` are those of the scan as far as its sender knew: a second attempt may name only
    those that the first one left. ``offset`` is the position in the partition of
    ``scan.results``, the order that all instances see alike.
    """

    risk: str
    run: str
    page: int
    pages: int
    risks: tuple[str, ...]
    offset: int


class Winner(msgspec.Struct, frozen=True, kw_only=True):
    """The run that counts for a risk type of a scan, and the offset that completed it."""

    risk: str
    run: str
    pages: int
    offset: int


class ScanPages:
    """The pages of one scan that have arrived, in whatever order, however often.

    A run is complete when all its pages are there; of several runs of one risk type the one that
    was complete at the lowest offset counts, so every instance that has seen the same pages
    names the same one.
    """

    def __init__(self, marks: Iterable[PageMark] = ()) -> None:
        """Begin with the pages that are known."""
        self.risks: frozenset[str] = frozenset()
        self._runs: dict[tuple[str, str], dict[int, int]] = {}
        self._pages: dict[tuple[str, str], int] = {}
        for mark in marks:
            self.add(mark)

    def add(self, mark: PageMark) -> None:
        """Note a page; of a page that came twice the lower offset stays."""
        key = (mark.risk, mark.run)
        self.risks |= {*mark.risks}
        offsets = self._runs.setdefault(key, {})
        offsets[mark.page] = min(mark.offset, offsets.get(mark.page, mark.offset))
        self._pages[key] = mark.pages

    def winners(self) -> dict[str, Winner]:
        """Return the run that counts, for each risk type that has a complete one."""
        best: dict[str, Winner] = {}
        for (risk, run), offsets in self._runs.items():
            pages = self._pages[risk, run]
            if len(offsets) < pages:
                continue
            winner = Winner(risk=risk, run=run, pages=pages, offset=max(offsets.values()))
            held = best.get(risk)
            if held is None or (winner.offset, winner.run) < (held.offset, held.run):
                best[risk] = winner
        return best

    @property
    def final(self) -> bool:
        """Tell whether every risk type of the scan has a complete run."""
        return self.winners().keys() >= self.risks
