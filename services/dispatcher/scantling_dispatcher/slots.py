"""Slots: the scans in state *running*, which ``concurrent_scans`` bounds; re-matches aside.

The truth is in ``scans``; the active dispatcher, their only writer, keeps this count beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_common.store.port import Range

if TYPE_CHECKING:
    from scantling_common.records.dispatcher import Scan
    from scantling_common.store.repository import Repository
    from scantling_common.telemetry.metrics import Metrics


REMATCHES: Final = 256
"""How many re-matches are in flight: they read no layer and take no slot."""


class Slots:
    """Which scans run, and for which tasks."""

    def __init__(self, scans: Repository[Scan], limit: int, metrics: Metrics) -> None:
        """Bound the scans in flight; none is known until :meth:`rebuild`."""
        self._scans = scans
        self._limit = limit
        self._metrics = metrics
        self._running: dict[str, frozenset[str]] = {}
        self._rematches: set[str] = set()

    @property
    def free(self) -> int:
        """Return how many more scans may start; never below 0."""
        return max(0, self._limit - self.running)

    @property
    def free_rematches(self) -> int:
        """Return how many more re-matches may start; never below 0."""
        return max(0, REMATCHES - len(self._rematches))

    @property
    def running(self) -> int:
        """Return how many scans have a slot."""
        return len(self._running) - len(self._rematches)

    def used_by(self, task: str) -> int:
        """Return how many running scans a task wants."""
        return sum(task in tasks for tasks in self._running.values())

    def holds(self, scan: str) -> bool:
        """Tell whether a scan runs."""
        return scan in self._running

    def note(self, scan: Scan) -> None:
        """Remember a scan as it was just written."""
        self._note(scan)
        self._show()

    async def rebuild(self) -> None:
        """Count the running scans in the store."""
        found = [s async for s in self._scans.each(Range(index="state", prefix=("running",)))]
        self._running, self._rematches = {}, set()
        for scan in found:
            self._note(scan)
        self._show()

    def forget(self) -> None:
        """Know of no scan: another dispatcher has taken over."""
        self._running, self._rematches = {}, set()
        self._show()

    def _note(self, scan: Scan) -> None:
        self._running.pop(scan.id, None)
        self._rematches.discard(scan.id)
        if scan.state == "running":
            self._running[scan.id] = frozenset(scan.body.tasks)
            if scan.kind == "rematch":
                self._rematches.add(scan.id)

    def _show(self) -> None:
        self._metrics.set("scans_running", self.running)
        self._metrics.set("rematches_running", len(self._rematches))
