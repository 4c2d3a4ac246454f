"""Scans past their deadline: they fail, for every risk type, and their slots are free."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from scantling_common.store.port import Range
from scantling_dispatcher.changes import change
from scantling_dispatcher.decisions.scans import expired, is_overdue

if TYPE_CHECKING:
    from scantling_common.clock import Clock
    from scantling_common.records.dispatcher import Scan
    from scantling_common.store.repository import Repository
    from scantling_dispatcher.returns import Returns

logger = logging.getLogger(__name__)

SECONDS: Final = 5.0
"""How often deadlines are looked at."""

_BATCH: Final = 100


class Deadlines:
    """Gives overdue scans up."""

    def __init__(self, scans: Repository[Scan], returns: Returns, clock: Clock) -> None:
        """Write ``scans``."""
        self._scans = scans
        self._returns = returns
        self._clock = clock

    async def check(self) -> int:
        """Give up what is overdue, and remind of what was given up; return of how many."""
        count = 0
        for state in ("running", "expired"):
            now = self._clock.now_ms()
            range_ = Range(index="state", prefix=(state,), end=now + 1)
            page = await self._scans.page(range_, limit=_BATCH)
            for overdue in page.records:
                count += await self._give_up(overdue.id)
        return count

    async def _give_up(self, id_: str) -> bool:
        now = self._clock.now_ms()
        scan = await change(
            self._scans, id_, lambda scan: expired(scan, now) if is_overdue(scan, now) else None
        )
        if scan is None:
            return False
        logger.warning("scan is past its deadline", extra={"scan": id_, "seq": scan.seq})
        await self._returns.settle(scan)
        return True
