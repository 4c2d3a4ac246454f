"""Slots: the scans in state *running*, which ``concurrent_scans`` bounds.

The truth is in ``scans``; the active dispatcher, their only writer, keeps this count beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.store.port import Range

if TYPE_CHECKING:
    from scantling_common.records.dispatcher import Scan
    from scantling_common.store.repository import Repository
    from scantling_common.telemetry.metrics import Metrics


class Slots:
    """Which scans run, and for which tasks."""

    def __init__(self, scans: Repository[Scan], limit: int, metrics: Metrics) -> None:
        """Bound the scans in flight; none is known until :meth:`rebuild`."""
        self._scans = scans
        self._limit = limit
        self._metrics = metrics
        self._running: dict[str, frozenset[str]] = {}

    @property
    def free(self) -> int:
        """Return how many more scans may start; never below 0."""
        return max(0, self._limit - len(self._running))

    @property
    def running(self) -> int:
        """Return how many scans run."""
        return len(self._running)

    def used_by(self, task: str) -> int:
        """Return how many running scans a task wants."""
        return sum(task in tasks for tasks in self._running.values())

    def holds(self, scan: str) -> bool:
        """Tell whether a scan has a slot."""
        return scan in self._running

    def note(self, scan: Scan) -> None:
        """Remember a scan as it was just written."""
        if scan.state == "running":
            self._running[scan.id] = frozenset(scan.body.tasks)
        else:
            self._running.pop(scan.id, None)
        self._show()

    async def rebuild(self) -> None:
        """Count the running scans in the store."""
        running = {}
        async for scan in self._scans.each(Range(index="state", prefix=("running",))):
            running[scan.id] = frozenset(scan.body.tasks)
        self._running = running
        self._show()

    def forget(self) -> None:
        """Know of no scan: another dispatcher has taken over."""
        self._running = {}
        self._show()

    def _show(self) -> None:
        self._metrics.set("scans_running", len(self._running))
