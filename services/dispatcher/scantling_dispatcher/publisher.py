"""Publishes what scans owe, then notes that it is paid; what is not noted is published again."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_common.store.port import Range
from scantling_dispatcher.decisions.owed import events_of
from scantling_dispatcher.decisions.scans import published

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_common.bus.port import Producer
    from scantling_common.clock import Clock
    from scantling_common.records.dispatcher import Scan
    from scantling_common.store.repository import Repository

logger = logging.getLogger(__name__)

_BATCH: Final = 100


class Publisher:
    """The dispatcher's way onto the bus; its producer is fenced by the next dispatcher's."""

    def __init__(self, scans: Repository[Scan], producer: Producer, clock: Clock) -> None:
        """Read and write ``scans``."""
        self._scans = scans
        self._producer = producer
        self._clock = clock

    async def publish(self, scans: Sequence[Scan]) -> None:
        """Publish what scans owe, as they were just written.

        A scan that changed since keeps its debt, which is then that of its new state. Raises
        what the bus raises; the debts stay.
        """
        for first in range(0, len(scans), _BATCH):
            now = self._clock.now_ms()
            batch = [published(scan, now) for scan in scans[first : first + _BATCH] if scan.owed]
            await self._producer.send_all([event for scan in batch for event in events_of(scan)])
            await self._scans.bulk([self._scans.replacing(replace(s, owed=0)) for s in batch])

    async def publish_owed(self) -> int:
        """Publish what is still owed, of any scan; return of how many."""
        count = 0
        range_: Range | None = Range(index="owed", start=1)
        while range_ is not None:
            page = await self._scans.page(range_, limit=_BATCH)
            await self.publish(page.records)
            count += len(page.records)
            range_ = None if page.next is None else replace(range_, after=page.next)
        if count:
            logger.info("owed events published", extra={"scans": count})
        return count
