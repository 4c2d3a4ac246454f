"""Deletes what has had its time.

Ended tasks with their items, items of pushes, limits, scans of images long gone, and the versions
of lists and settings that nothing refers to any more.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, TypeVar

from msgspec.structs import replace

from scantling_common.store.port import Delete, Range
from scantling_dispatcher.decisions.limits import HOUR
from scantling_dispatcher.decisions.statuses import OPEN, STATES
from scantling_dispatcher.old_lists import OldLists

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_common.clock import Clock
    from scantling_common.records.dispatcher import Scan, Task
    from scantling_common.records.record import Record
    from scantling_common.store.port import Key
    from scantling_common.store.repository import Repository
    from scantling_common.telemetry.metrics import Metrics
    from scantling_dispatcher.repositories import Repositories

logger = logging.getLogger(__name__)

SECONDS: Final = 600.0
"""How often is swept."""

DAY: Final = 24 * HOUR
PUSH_ITEMS: Final = 7 * DAY
"""How long an item of a standing push task is kept after it ended."""

SCANS: Final = 30 * DAY
"""How long the scan of an image without a head is kept after it ended."""

_BATCH: Final = 500

R = TypeVar("R", bound="Record")


class Sweeps:
    """Each step deletes a bounded number of documents."""

    def __init__(self, repositories: Repositories, clock: Clock, metrics: Metrics) -> None:
        """Delete from the dispatcher's collections."""
        self._repositories = repositories
        self._clock = clock
        self._metrics = metrics
        self._old_lists = OldLists(repositories, clock)
        self._walked: Key | None = None

    async def step(self) -> int:
        """Sweep once; return how many documents went."""
        count = await self._tasks() + await self._push_items()
        count += await self._limits() + await self._scans() + await self._lists()
        if count:
            logger.info("swept", extra={"documents": count})
        return count

    async def _tasks(self) -> int:
        """Delete tasks that ended long ago, their items first."""
        range_ = Range(index="sweep", start=1, end=self._clock.now_ms() + 1)
        page = await self._repositories.tasks.page(range_, limit=10)
        count = 0
        for task in page.records:
            count += await self._task(task)
        return count

    async def _task(self, task: Task) -> int:
        items = self._repositories.items
        page = await items.page(Range(index="task", prefix=(task.id,)), limit=_BATCH)
        count = await self._delete(items, [Delete(item.id) for item in page.records])
        if page.next is None:
            count += await self._delete(self._repositories.tasks, [Delete(task.id)])
        return count

    async def _push_items(self) -> int:
        """Delete items of standing tasks that ended long ago; their counts stay."""
        tasks = self._repositories.tasks
        before = self._clock.now_ms() - PUSH_ITEMS
        count = 0
        for state in ("running", "paused"):
            async for task in tasks.each(Range(index="state", prefix=(state,))):
                if task.standing:
                    count += await self._ended_items(task, before)
        return count

    async def _ended_items(self, task: Task, before: int) -> int:
        items = self._repositories.items
        count = 0
        for state in STATES:
            if state in OPEN:
                continue
            range_ = Range(index="task", prefix=(task.id, state), end=before)
            page = await items.page(range_, limit=_BATCH)
            old = [item for item in page.records if not item.uncounted]
            count += await self._delete(items, [Delete(item.id, item.rev) for item in old])
        return count

    async def _limits(self) -> int:
        """Delete limits that a whole day has passed over: no limit is that slow."""
        limits = self._repositories.limits
        range_ = Range(index="debited", start=1, end=self._clock.now_ms() - DAY)
        page = await limits.page(range_, limit=_BATCH)
        return await self._delete(limits, [Delete(each.id, each.rev) for each in page.records])

    async def _scans(self) -> int:
        """Walk over the scans that ended, a part each time, and delete those without a head."""
        scans = self._repositories.scans
        count = 0
        for state in ("idle", "cancelled"):
            range_ = Range(index="state", prefix=(state,))
            if state == "idle":
                range_ = replace(range_, after=self._walked)
            page = await scans.page(range_, limit=_BATCH)
            if state == "idle":
                self._walked = page.next
            count += await self._headless(page.records)
        return count

    async def _headless(self, scans: tuple[Scan, ...]) -> int:
        before = self._clock.now_ms() - SCANS
        old = [scan for scan in scans if scan.ended_at < before]
        heads = {head.id for head in await self._repositories.heads.get_many([s.id for s in old])}
        gone = [Delete(scan.id, scan.rev) for scan in old if scan.id not in heads]
        return await self._delete(self._repositories.scans, gone)

    async def _lists(self) -> int:
        settings, lists = self._repositories.settings, self._repositories.lists
        count = await self._delete(settings, await self._old_lists.settings())
        return count + await self._delete(lists, await self._old_lists.lists())

    async def _delete(self, repository: Repository[R], deletions: Sequence[Delete]) -> int:
        """Delete what has not changed meanwhile; return how many documents went, and count them."""
        count = sum(await repository.bulk(deletions))
        if count:
            self._metrics.count("swept_total", count, collection=repository.collection.name)
        return count
