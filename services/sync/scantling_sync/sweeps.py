"""What sync's collections lose with time.

Deliveries after 7 days; placements 7 days after they went; ended sync tasks after 30 days, but
never the newest 20 of a registry that is still there; images that were without a placement for
30 days; what a tag showed before, 180 days after it moved. Sweeps are safe to run
several at once, and to break off anywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.records.sync import (
    DELIVERIES,
    IMAGES,
    MOVES,
    PLACEMENTS,
    REGISTRIES,
    SYNC_TASKS,
    Image,
    Move,
    Placement,
    Registry,
    SyncTask,
    WebhookDelivery,
)
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository
from scantling_common.telemetry.metrics import NO_METRICS
from scantling_sync.sync_requests import ACTIVE

if TYPE_CHECKING:
    from scantling_common.clock import Clock
    from scantling_common.store.port import Collection, Store
    from scantling_common.telemetry.metrics import Metrics

DAY_MS: Final = 24 * 3_600_000
DELIVERIES_MS: Final = 7 * DAY_MS
GONE_MS: Final = 7 * DAY_MS
TASKS_MS: Final = 30 * DAY_MS
TASKS_KEPT: Final = 20
ORPHANS_MS: Final = 30 * DAY_MS
MOVES_MS: Final = 180 * DAY_MS
"""How long an image is known as the former one of a tag: images are built on it until then."""
_BATCH: Final = 200


class Swept(msgspec.Struct, frozen=True, kw_only=True):
    """How many documents a sweep deleted."""

    deliveries: int = 0
    placements: int = 0
    tasks: int = 0
    images: int = 0
    moves: int = 0


class Sweeps:
    """Sweeps the collections that grow."""

    def __init__(self, store: Store, clock: Clock, metrics: Metrics = NO_METRICS) -> None:
        """Sweep a store."""
        self._metrics = metrics
        self._deliveries = Repository(store, DELIVERIES, WebhookDelivery)
        self._placements = Repository(store, PLACEMENTS, Placement)
        self._tasks = Repository(store, SYNC_TASKS, SyncTask)
        self._images = Repository(store, IMAGES, Image)
        self._moves = Repository(store, MOVES, Move)
        self._registries = Repository(store, REGISTRIES, Registry)
        self._clock = clock

    async def sweep(self) -> Swept:
        """Sweep once."""
        return Swept(
            deliveries=self._counted(DELIVERIES, await self._sweep_deliveries()),
            placements=self._counted(PLACEMENTS, await self._sweep_placements()),
            tasks=self._counted(SYNC_TASKS, await self._sweep_tasks()),
            images=self._counted(IMAGES, await self._sweep_images()),
            moves=self._counted(MOVES, await self._sweep_moves()),
        )

    def _counted(self, collection: Collection, swept: int) -> int:
        if swept:
            self._metrics.count("swept_total", swept, collection=collection.name)
        return swept

    async def _sweep_deliveries(self) -> int:
        swept = 0
        range_ = Range(index="received", end=self._clock.now_ms() - DELIVERIES_MS)
        while old := (await self._deliveries.page(range_, limit=_BATCH)).records:
            await self._deliveries.bulk([self._deliveries.deleting(each.id) for each in old])
            swept += len(old)
        return swept

    async def _sweep_placements(self) -> int:
        swept = 0
        end = self._clock.now_ms() - GONE_MS
        async for placement in self._placements.each(Range(index="gone", prefix=(True,), end=end)):
            # An event that is still owed is published first; a placement that is back stays.
            if not placement.owed:
                swept += await self._placements.delete(placement.id, rev=placement.rev)
        return swept

    async def _sweep_tasks(self) -> int:
        swept = 0
        async for task in self._tasks.each(
            Range(index="created", end=self._clock.now_ms() - TASKS_MS)
        ):
            if task.state not in ACTIVE and not await self._is_kept(task):
                swept += await self._tasks.delete(task.id, rev=task.rev)
        return swept

    async def _is_kept(self, task: SyncTask) -> bool:
        """Tell whether a task is among the newest of its registry, which was not removed."""
        if await self._registries.get(task.registry) is None:
            return False
        range_ = Range(index="registry", prefix=(task.registry,), descending=True)
        newest = await self._tasks.page(range_, limit=TASKS_KEPT)
        return task.id in {each.id for each in newest.records}

    async def _sweep_images(self) -> int:
        """Mark images without a placement, and delete those that were marked for long enough."""
        swept = 0
        now = self._clock.now_ms()
        async for image in self._images.each(Range(index="first_seen")):
            if await self._has_placement(image.id):
                if image.orphan_since:
                    await self._images.set_fields(image.id, {"orphan_since": 0})
            elif not image.orphan_since:
                await self._images.set_fields(image.id, {"orphan_since": now})
            elif image.orphan_since <= now - ORPHANS_MS:
                # The revision changes when the image gets a placement: then it stays.
                swept += await self._images.delete(image.id, rev=image.rev)
        return swept

    async def _sweep_moves(self) -> int:
        swept = 0
        range_ = Range(index="moved", end=self._clock.now_ms() - MOVES_MS)
        while old := (await self._moves.page(range_, limit=_BATCH)).records:
            await self._moves.bulk([self._moves.deleting(each.id) for each in old])
            swept += len(old)
        return swept

    async def _has_placement(self, image: str) -> bool:
        range_ = Range(index="any_image", prefix=(image, False))
        return bool((await self._placements.page(range_, limit=1)).records)
