"""``scan.returned``: a scan that can't run now waits for its next attempt, without a slot."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from scantling_common.bus.port import Answer, Delivery, Done
from scantling_common.events.models import ScanReturned
from scantling_dispatcher.changes import change
from scantling_dispatcher.decisions.scans import expired, is_hopeless, returned
from scantling_dispatcher.instants import milliseconds

if TYPE_CHECKING:
    from scantling_common.clock import Clock
    from scantling_common.records.dispatcher import Scan
    from scantling_common.store.repository import Repository
    from scantling_dispatcher.board import Board
    from scantling_dispatcher.items import Items
    from scantling_dispatcher.publisher import Publisher
    from scantling_dispatcher.rows import Rows

logger = logging.getLogger(__name__)

_REASON = 500


class Returns:
    """Takes returned scans back."""

    def __init__(
        self,
        scans: Repository[Scan],
        board: Board,
        items: Items,
        rows: Rows,
        publisher: Publisher,
        clock: Clock,
    ) -> None:
        """Write ``scans``, ``task_items`` and ``waiting``."""
        self._scans = scans
        self._board = board
        self._items = items
        self._rows = rows
        self._publisher = publisher
        self._clock = clock

    async def handle(self, delivery: Delivery) -> Answer:
        """Take one event; the same one again, or one of an earlier attempt, changes nothing."""
        event = delivery.event
        if isinstance(event, ScanReturned):
            after = await change(self._scans, event.scan, lambda scan: self._after(scan, event))
            if after is not None:
                _log(after, event)
            scan = await self._scans.get(event.scan)
            if scan is not None and scan.seq == event.seq:
                await self.settle(scan)
        return Done()

    async def settle(self, scan: Scan) -> None:
        """Have items and rows follow a scan that was returned or given up; idempotent."""
        self._board.slots.note(scan)
        if scan.state == "returned":
            await self._items.waiting(scan)
            await self._rows.retry(scan)
        elif scan.state == "expired":
            await self._publisher.publish((scan,))
        self._board.picks.ring()
        self._board.steers.ring()

    def _after(self, scan: Scan, event: ScanReturned) -> Scan | None:
        after = returned(
            scan,
            seq=event.seq,
            attempt=event.attempt,
            risks=event.risks,
            reason=event.reason[:_REASON],
            not_before=milliseconds(event.not_before),
        )
        now = self._clock.now_ms()
        if after is not None and is_hopeless(after, now):
            return expired(after, now)
        return after


def _log(scan: Scan, event: ScanReturned) -> None:
    logger.warning(
        "scan returned",
        extra={
            "scan": scan.id,
            "seq": scan.seq,
            "attempt": event.attempt,
            "risks": list(event.risks),
            "reason": event.reason[:_REASON],
            "state": scan.state,
        },
    )
