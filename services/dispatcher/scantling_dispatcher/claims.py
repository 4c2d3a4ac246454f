"""What happens to a waiting row that begins no scan: it is skipped, joins one, or is stale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from scantling_common.records.dispatcher import Scan, Task, TaskBody, Waiting
from scantling_dispatcher.decisions.filters import matched_by, skipped_by
from scantling_dispatcher.decisions.scans import wanted_by

if TYPE_CHECKING:
    from collections.abc import Callable

    from scantling_common.telemetry.metrics import Metrics
    from scantling_dispatcher.board import Board
    from scantling_dispatcher.candidates import Candidates
    from scantling_dispatcher.decisions.filters import Candidate, Filter, Wish
    from scantling_dispatcher.items import Items
    from scantling_dispatcher.repositories import Repositories
    from scantling_dispatcher.rows import Rows


class Claims:
    """Settles rows with a scan that is there already, or without one.

    Each writes the scan first, by compare-and-set and with the row's stamp, then the item, then
    the row: after a crash the row is found again and known to be consumed.
    """

    def __init__(
        self,
        repositories: Repositories,
        board: Board,
        candidates: Candidates,
        items: Items,
        rows: Rows,
        metrics: Metrics,
    ) -> None:
        """Write ``scans``, ``task_items`` and ``waiting``."""
        self._scans = repositories.scans
        self._board = board
        self._candidates = candidates
        self._items = items
        self._rows = rows
        self._metrics = metrics

    async def skip(self, row: Waiting, task: Task, newest: str) -> bool:
        """Skip a row's image where a filter says so; tell whether it was skipped.

        ``newest`` is the build of the advisories that it would be matched with.

        The task's own filters were asked when it was planned; what may have changed since is
        whether the image is still there, and whether it was analysed in the meantime.
        """
        found = await self._filter(row, task, task.body.advisories, skipped_by)
        if found is None and task.standing and task.kind == "rematch":
            # It may have waited for a build that was at hand before it was announced.
            found = await self._filter(row, task, newest, matched_by)
        if found is None:
            return False
        await self._items.skipped(row.id, found.name)
        await self._rows.withdraw((row,))
        self._metrics.count("images_skipped_total", filter=found.name)
        return True

    async def _filter(
        self,
        row: Waiting,
        task: Task,
        build: str,
        chosen: Callable[[Candidate, Wish], Filter | None],
    ) -> Filter | None:
        wish = await self._candidates.wish(task, TaskBody(advisories=build))
        candidate = await self._candidates.waiting(row.project, row.image, row.registry, wish)
        return chosen(candidate, wish)

    async def stale(self, row: Waiting, scan: Scan) -> None:
        """Delete a row that was consumed, and bring its item to where the scan is."""
        await self._items.aligned(scan)
        if scan.state == "returned":
            await self._rows.retry(scan)
        await self._rows.withdraw((row,))

    async def limit(self, row: Waiting) -> bool:
        """Have a row begin its scan within limits only; False where it has changed since."""
        return await self._rows.limit(row)

    async def orphan(self, row: Waiting) -> None:
        """Delete a row whose task is gone."""
        await self._items.cancelled((row.id,))
        await self._rows.withdraw((row,))

    async def join(self, row: Waiting, scan: Scan) -> bool:
        """Have the running scan answer a row too; False where the scan has changed since."""
        joined = await self._write(wanted_by(scan, row.task, row.stamp))
        if joined is None:
            return False
        self._board.slots.note(joined)
        await self._items.running((joined,))
        await self._rows.withdraw((row,))
        return True

    async def adopt(self, row: Waiting, scan: Scan) -> bool:
        """Have the next attempt of a returned scan answer a row too; False where it changed."""
        adopted = await self._write(wanted_by(scan, row.task, row.stamp))
        if adopted is None:
            return False
        await self._items.waiting(adopted)
        await self._rows.adopt(row, adopted)
        return True

    async def _write(self, scan: Scan) -> Scan | None:
        won = await self._scans.replace(scan)
        return replace(scan, rev=scan.rev + 1) if won else None
