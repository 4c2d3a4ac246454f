"""``scan.completed``, a hint; and ``heads.completed``, the truth, looked at every 5 s."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_common.bus.port import Answer, Delivery, Done
from scantling_common.events.models import ScanCompleted
from scantling_common.store.port import Range
from scantling_dispatcher.decisions.scans import ACTIVE, completed, split
from scantling_dispatcher.decisions.statuses import worst
from scantling_dispatcher.errors import Contended

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scantling_common.clock import Clock
    from scantling_common.records.dispatcher import Scan
    from scantling_common.records.reporter import Head
    from scantling_dispatcher.board import Board
    from scantling_dispatcher.items import Items
    from scantling_dispatcher.rematches import Rematches
    from scantling_dispatcher.repositories import Repositories
    from scantling_dispatcher.rows import Rows

logger = logging.getLogger(__name__)

SECONDS: Final = 5.0
"""How often heads are looked at."""

_BATCH: Final = 200
_ATTEMPTS: Final = 32
_REASON: Final = 500


class Completions:
    """Ends scans: their items get their status, their slots are free."""

    def __init__(
        self,
        repositories: Repositories,
        board: Board,
        items: Items,
        rows: Rows,
        rematches: Rematches,
        clock: Clock,
    ) -> None:
        """Write ``scans``, ``task_items`` and ``waiting``; read ``heads``."""
        self._rematches = rematches
        self._scans = repositories.scans
        self._heads = repositories.heads
        self._board = board
        self._items = items
        self._rows = rows
        self._clock = clock

    async def handle(self, delivery: Delivery) -> Answer:
        """Take one event; one about an earlier scan changes nothing."""
        event = delivery.event
        if isinstance(event, ScanCompleted):
            outcomes: dict[str, str] = dict(event.outcomes.items())
            reasons: dict[str, str] = dict(event.reasons.items())
            await self._complete(event.scan, event.seq, outcomes, reasons, event.advisories)
        return Done()

    async def reconcile(self) -> int:
        """End the scans that the reporter has finished; return of how many."""
        ended = 0
        for state in ACTIVE:
            scans: list[Scan] = []
            async for scan in self._scans.each(Range(index="state", prefix=(state,))):
                scans.append(scan)
                if len(scans) == _BATCH:
                    ended += await self._reconcile(scans)
                    scans.clear()
            ended += await self._reconcile(scans)
        return ended

    async def _reconcile(self, scans: Sequence[Scan]) -> int:
        heads = {head.id: head for head in await self._heads.get_many([s.id for s in scans])}
        ended = 0
        for scan in scans:
            head = heads.get(scan.id)
            if head is not None and head.completed >= scan.seq:
                outcomes, reasons = _outcomes(scan, head)
                held = head.body.risks.get("vulnerability")
                build = "" if held is None else held.advisories
                ended += await self._complete(scan.id, scan.seq, outcomes, reasons, build)
        if ended:
            logger.info("scans ended by reconciliation", extra={"scans": ended})
        return ended

    async def _complete(
        self,
        id_: str,
        seq: int,
        outcomes: Mapping[str, str],
        reasons: Mapping[str, str],
        build: str,
    ) -> bool:
        """End the items, then the scan; again from the items where the scan changed meanwhile.

        Of one that has ended before it is asked again whether it is late: what was announced since
        may have missed what it found.
        """
        for _ in range(_ATTEMPTS):
            # A row that joins the scan writes the scan, then its item: ended in between, the item
            # would be put into *running* by what comes after, and stay there.
            async with self._board.turn:
                scan = await self._scans.get(id_)
                if scan is None or scan.seq != seq:
                    return False
                if scan.state not in ACTIVE:
                    await self._late(scan, outcomes, build)
                    return False
                status, reason = _verdict(scan, outcomes, reasons)
                ended = completed(scan, seq=seq, status=status, now=self._clock.now_ms())
                if ended is None:
                    return False
                if await self._end(scan, replace(ended, reason=reason), outcomes, build):
                    return True
        raise Contended(f"scan {id_}")

    async def _end(self, scan: Scan, ended: Scan, outcomes: Mapping[str, str], build: str) -> bool:
        """End the items of a scan, then the scan; False where it was changed meanwhile."""
        await self._items.ended(scan, ended.status, ended.reason)
        await self._late(scan, outcomes, build)
        if not await self._scans.replace(ended):
            return False
        self._board.slots.note(ended)
        await self._rows.take_retries(ended)
        self._board.picks.ring()
        return True

    async def _late(self, scan: Scan, outcomes: Mapping[str, str], build: str) -> None:
        if "vulnerability" in {*outcomes, *scan.body.unasked}:
            await self._rematches.late(scan, build, outcomes.get("vulnerability", ""))


def _verdict(
    scan: Scan, outcomes: Mapping[str, str], reasons: Mapping[str, str]
) -> tuple[str, str]:
    """Return status and reason; a risk of the scan without an outcome has failed."""
    status, risk = worst({risk: outcomes.get(risk, "failed") for risk in split(scan.risks)})
    if not risk:
        return status, ""
    return status, f"{risk}: {reasons.get(risk) or status}"[:_REASON]


def _outcomes(scan: Scan, head: Head) -> tuple[dict[str, str], dict[str, str]]:
    outcomes: dict[str, str] = {}
    reasons: dict[str, str] = {}
    for risk in split(scan.risks):
        each = head.body.risks.get(risk)
        if each is not None and each.attempt_seq >= scan.seq:
            outcomes[risk] = each.attempt_status
            reasons[risk] = each.attempt_reason or each.attempt_code
    return outcomes, reasons
