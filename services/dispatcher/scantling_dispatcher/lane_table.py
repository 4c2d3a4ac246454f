"""The active dispatcher's table of lanes: which exist, and when each is due at the earliest.

A hint, never the truth: the table is rebuilt from the index of ``waiting`` by skip-scan, and
each entry is at or before its lane's first row, so that the true first row is found by looking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_common.store.port import Range
from scantling_dispatcher.decisions.lanes import Lane, behind, lane_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from scantling_common.records.dispatcher import Waiting
    from scantling_common.store.repository import Repository

MAX_LANES: Final = 100_000
"""How many lanes a table holds; what is in further ones waits for these."""


class LaneTable:
    """Lanes by name."""

    def __init__(self, waiting: Repository[Waiting]) -> None:
        """Read ``waiting``; the table is empty until :meth:`rebuild`."""
        self._waiting = waiting
        self._lanes: dict[str, Lane] = {}
        self._noted: set[str] = set()

    @property
    def lanes(self) -> Collection[Lane]:
        """Return all lanes that may have rows."""
        return self._lanes.values()

    def note(self, name: str, due_at: int) -> None:
        """Remember that a row came into a lane."""
        self._noted.add(name)
        known = self._lanes.get(name)
        if known is None:
            self._lanes[name] = lane_of(name, due_at)
        elif due_at < known.due_at:
            self._lanes[name] = replace(known, due_at=due_at)

    def look(self) -> None:
        """Begin to look at the rows themselves: what comes from now on is remembered as new."""
        self._noted.clear()

    def seen(self, name: str, due_at: int | None) -> None:
        """Remember the first row that a look found in a lane, None where it has none.

        It counts only where no row came since the look began.
        """
        known = self._lanes.get(name)
        if known is None or name in self._noted:
            return
        if due_at is None:
            del self._lanes[name]
        else:
            self._lanes[name] = replace(known, due_at=due_at)

    async def rebuild(self) -> None:
        """Find the lanes by skip-scan: one short read for each."""
        start = ""
        self.look()
        found: dict[str, Lane] = {}
        while len(found) < MAX_LANES:
            page = await self._waiting.page(Range(index="lane", start=start), limit=1)
            if not page.records:
                break
            row = page.records[0]
            found[row.lane] = lane_of(row.lane, row.due_at)
            start = behind(row.lane)
        noted = {name: self._lanes[name] for name in self._noted if name in self._lanes}
        self._lanes = found
        for lane in noted.values():
            self.note(lane.name, lane.due_at)
