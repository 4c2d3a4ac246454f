"""Consumes ``image.events``: rows of the image list follow what sync says of placements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.bus.port import Done, Reject
from scantling_common.events.models import ImageEvent
from scantling_common.records.reporter import HEADS, REPORTS, Head, ReportRow, head_id
from scantling_common.records.sync import IMAGES, PLACEMENTS, Image, Placement
from scantling_common.store.repository import Repository
from scantling_reporter.rows import mirrored, partition_of_image, projected, removed

if TYPE_CHECKING:
    from scantling_common.bus.port import Answer, Delivery
    from scantling_common.clock import Clock
    from scantling_common.store.port import Store
    from scantling_reporter.partitions import Partitions


class Placements:
    """Mirrors placements into rows.

    An event says that a placement changed; what it is now is read from the store, so repeated,
    late and reordered events do no harm. The heads of the images involved are marked, and the
    relay of each decides whether it is hidden and publishes.
    """

    def __init__(self, store: Store, partitions: Partitions, clock: Clock) -> None:
        """Work on a store."""
        self._rows = Repository(store, REPORTS, ReportRow)
        self._heads = Repository(store, HEADS, Head)
        self._placements = Repository(store, PLACEMENTS, Placement)
        self._images = Repository(store, IMAGES, Image)
        self._partitions = partitions
        self._clock = clock

    async def handle(self, delivery: Delivery) -> Answer:
        """Handle one event."""
        event = delivery.event
        if not isinstance(event, ImageEvent):
            return Reject("an event without an image")
        images = {event.image, event.previous} | await self.mirror(event.placement)
        for image in sorted(filter(None, images)):
            await self._mark(event.project, image)
        return Done()

    async def mirror(self, placement: str) -> set[str]:
        """Bring the row of a placement up to date; return the images it shows and showed."""
        while True:
            there = await self._placements.get(placement)
            row = await self._rows.get(placement)
            before = {row.image, row.previous} if row is not None else set()
            if there is None or there.gone:
                if row is None or await self._put(row, removed(row, now=self._clock.now_ms())):
                    return before
                continue
            image = await self._images.get(there.image)
            after = mirrored(row, there, size=image.size if image is not None else 0)
            head = await self._heads.get(head_id(there.project, there.image))
            if head is not None and head.generation:
                after = projected(after, head)
            if await self._put(row, after):
                return before | {there.image}

    async def _put(self, row: ReportRow | None, after: ReportRow) -> bool:
        if row is None:
            return await self._rows.insert(after)
        return after == row or await self._rows.replace(after)

    async def _mark(self, project: str, image: str) -> None:
        """Let the relay look at an image's head; it sees every row that was written before."""
        await self._heads.set_fields(head_id(project, image), {"unpublished": 1})
        self._partitions.kick(partition_of_image(image))
