"""What grows is swept.

Runs go that no head refers to, rows of placements that are long gone, and heads of images that
have had no placement for long: first their outcomes (the head is *forgotten*), a year later their
numbers. What a hidden image had is not held by it any more: units that none holds go as well.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_common.errors import ScantlingError
from scantling_common.records.reporter import (
    HEADS,
    KEPT,
    OUTCOMES,
    REPORTS,
    Head,
    ReportRow,
    StoredPage,
    head_id,
)
from scantling_common.store.port import Delete, Range
from scantling_common.store.repository import Repository

if TYPE_CHECKING:
    from scantling_common.clock import Clock
    from scantling_common.store.port import Operation, Store
    from scantling_common.telemetry.metrics import Metrics
    from scantling_reporter.fleet.sweep import FleetSweep
    from scantling_reporter.generations import Generations
    from scantling_reporter.partitions import PartitionOwner, Partitions

logger = logging.getLogger(__name__)

EVERY_SECONDS: Final = 600.0
GONE_MS: Final = 7 * 24 * 3600 * 1000
"""How long the row of a placement stays after it went: its counter goes on if it comes back."""

_BATCH: Final = 64


class Sweeps:
    """Sweeps the partitions of this instance, each while its owner does nothing else."""

    def __init__(
        self,
        store: Store,
        partitions: Partitions,
        generations: Generations,
        fleet: FleetSweep,
        *,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        """Work on a store."""
        self._generations = generations
        self._fleet = fleet
        self._metrics = metrics
        self._pages = Repository(store, OUTCOMES, StoredPage)
        self._heads = Repository(store, HEADS, Head)
        self._rows = Repository(store, REPORTS, ReportRow)
        self._partitions = partitions
        self._clock = clock

    async def run(self) -> None:
        """Sweep every ten minutes until cancelled."""
        while True:
            await self._clock.sleep(EVERY_SECONDS)
            try:
                await self.sweep()
            except ScantlingError:
                logger.exception("sweep failed")

    async def sweep(self) -> None:
        """Sweep once."""
        for owner in self._partitions.owners():
            swept = True
            while swept:
                async with owner.lock:
                    swept = await self.runs(owner.number)
            await self.heads(owner)
        await self.rows()
        await self._fleet.run()

    async def runs(self, partition: int) -> bool:
        """Delete some pages whose time has come, unless a head refers to their run.

        Those are kept for as long as it does. False where no page's time had come.
        """
        range_ = Range(index="sweep", prefix=(partition,), start=0, end=self._clock.now_ms() + 1)
        pages = (await self._pages.page(range_, limit=_BATCH)).records
        found = await self._heads.get_many(sorted({_head_of(page) for page in pages}))
        heads = {head.id: head for head in found}
        operations: list[Operation] = [
            self._pages.setting(page.id, {"sweep_at": KEPT})
            if refers(heads.get(_head_of(page)), page)
            else self._pages.deleting(page.id)
            for page in pages
        ]
        await self._pages.bulk(operations)
        gone = sum(isinstance(each, Delete) for each in operations)
        self._metrics.count("swept_total", gone, collection=OUTCOMES.name)
        return bool(pages)

    async def heads(self, owner: PartitionOwner) -> None:
        """Forget heads that were hidden for long, and delete those forgotten long ago."""
        at: Range | None = Range(
            index="sweep", prefix=(owner.number,), end=self._clock.now_ms() + 1
        )
        while at is not None:
            async with owner.lock:
                page = await self._heads.page(at, limit=_BATCH)
                for head in page.records:
                    await self._head(head)
            at = None if page.next is None else replace(at, after=page.next)
        owner.kick()

    async def _head(self, head: Head) -> None:
        """Take a hidden head one step on; one that the relay has work with waits for it.

        A placement that comes between the look and the write changes the head's revision, or is
        seen by the relay, which then shows again what was only just forgotten.
        """
        if not head.hidden or head.unpublished:
            return
        if await self._generations.placed(head.project, head.image):
            return
        if head.body.risks:
            await self._generations.forget(head)
        elif await self._heads.delete(head.id, rev=head.rev):
            self._metrics.count("swept_total", collection=HEADS.name)

    async def rows(self) -> None:
        """Delete rows of placements that went more than seven days ago and owe nothing."""
        horizon = self._clock.now_ms() - GONE_MS
        range_ = Range(index="gone", prefix=(True,), start=0, end=horizon)
        async for row in self._rows.each(range_):
            if not row.owed and await self._rows.delete(row.id, rev=row.rev):
                self._metrics.count("swept_total", collection=REPORTS.name)


def refers(head: Head | None, page: StoredPage) -> bool:
    """Tell whether a head refers to the run of a page, in this generation or the one before."""
    if head is None:
        return False
    generations = (head.body.risks, head.body.previous if head.unpublished else {})
    return any(
        held is not None and (held.seq, held.run) == (page.seq, page.run)
        for held in (risks.get(page.risk) for risks in generations)
    )


def _head_of(page: StoredPage) -> str:
    return head_id(page.project, page.image)
