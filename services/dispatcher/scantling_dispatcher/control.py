"""Puts changes of tasks into effect: paused, resumed, cancelled, within five seconds."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_common.records.dispatcher import scan_id
from scantling_common.store.port import Range
from scantling_dispatcher.changes import change
from scantling_dispatcher.decisions.scans import halted
from scantling_dispatcher.decisions.tasks import control_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_common.clock import Clock
    from scantling_common.records.dispatcher import Scan, Task, TaskItem
    from scantling_dispatcher.board import Board
    from scantling_dispatcher.items import Items
    from scantling_dispatcher.publisher import Publisher
    from scantling_dispatcher.repositories import Repositories
    from scantling_dispatcher.rows import Rows
    from scantling_dispatcher.tally import Tally

logger = logging.getLogger(__name__)

SECONDS: Final = 1.0
"""How often changes of tasks are looked for that another process took."""

_BATCH: Final = 1000
_TASKS: Final = 100
_AT_ONCE: Final = 32


class Control:
    """Has scans, items and rows follow the states of their tasks.

    A task is *unsettled* until this is done, so that it is done again after a crash.
    """

    def __init__(
        self,
        repositories: Repositories,
        board: Board,
        items: Items,
        rows: Rows,
        publisher: Publisher,
        tally: Tally,
        *,
        clock: Clock,
    ) -> None:
        """Write ``tasks``, ``scans``, ``task_items`` and ``waiting``."""
        self._repositories = repositories
        self._board = board
        self._items = items
        self._rows = rows
        self._publisher = publisher
        self._tally = tally
        self._clock = clock

    async def step(self) -> int:
        """Settle the tasks that are unsettled; return of how many."""
        page = await self._repositories.tasks.page(
            Range(index="unsettled", prefix=(1,)), limit=_TASKS
        )
        for task in page.records:
            async with self._board.turn:  # from here on no row of it is picked
                self._board.tasks.note(task)
        for task in page.records:
            await self._settle(task)
        return len(page.records)

    async def _settle(self, task: Task) -> None:
        """Settle a task, or the next part of a large one: no other change waits for all of it."""
        if task.state == "paused":
            await self._follow_all(await self._open_items(task, "running"))
        if task.state == "cancelled" and not await self._withdraw(task):
            return
        settled = await change(
            self._repositories.tasks,
            task.id,
            lambda now: self._settled(now) if now.state == task.state else None,
        )
        await self._tally.finish(task.id)
        self._board.picks.ring()
        self._board.plans.ring()
        self._board.tallies.ring()
        if settled is not None:
            self._board.tasks.note(settled)
            logger.info("task steered", extra={"task": task.id, "state": task.state})

    def _settled(self, task: Task) -> Task:
        kept = self._tally.keep if task.state == "cancelled" else 0
        return replace(task, unsettled=0, sweep_at=kept and self._clock.now_ms() + kept)

    async def _open_items(self, task: Task, state: str) -> tuple[TaskItem, ...]:
        range_ = Range(index="task", prefix=(task.id, state))
        return (await self._repositories.items.page(range_, limit=_BATCH)).records

    async def _follow_all(self, items: Iterable[TaskItem]) -> None:
        """Pause or cancel those scans of items that no other task wants."""
        scans = [scan_id(item.project, item.image) for item in items if item.seq]
        for first in range(0, len(scans), _AT_ONCE):
            await asyncio.gather(*(self.follow(id_) for id_ in scans[first : first + _AT_ONCE]))

    async def follow(self, id_: str) -> None:
        """Have a scan follow the states of all its tasks; idempotent."""
        scan = await self._repositories.scans.get(id_)
        if scan is None:
            return
        wanted = control_of(await self._board.tasks.states(scan.body.tasks))
        if wanted != "running":
            after = halted(scan, wanted, self._clock.now_ms())
            if after is not None and await self._repositories.scans.replace(after):
                scan = replace(after, rev=after.rev + 1)
        await self._settle_scan(scan)

    async def _settle_scan(self, scan: Scan) -> None:
        self._board.slots.note(scan)
        if scan.state == "returned":
            await self._items.waiting(scan)
            await self._rows.retry(scan)
        elif scan.state == "cancelled":
            await self._rows.take_retries(scan)
            await self._items.ended(scan, "cancelled", "")
        if scan.owed:
            await self._publisher.publish((scan,))

    async def _withdraw(self, task: Task) -> bool:
        """Cancel a batch of the open items of a task, those that run first, with their rows.

        Tell whether nothing is left.
        """
        for state in ("running", "waiting"):
            items = await self._open_items(task, state)
            await self._follow_all(items)
            ids = [item.id for item in items]
            async with self._board.turn:
                await self._items.cancelled(ids)
                await self._rows.take(ids)
            if len(items) == _BATCH:
                return False
        rows = await self._repositories.waiting.page(
            Range(index="task", prefix=(task.id,)), limit=_BATCH
        )
        await self._rows.withdraw(rows.records)
        return rows.next is None
