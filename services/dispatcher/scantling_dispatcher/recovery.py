"""What a dispatcher does first: whatever a crash left half done is finished or known."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from scantling_common.records.dispatcher import item_id
from scantling_common.store.port import Range
from scantling_dispatcher.decisions.scans import claimed

if TYPE_CHECKING:
    from scantling_common.records.dispatcher import Scan
    from scantling_dispatcher.board import Board
    from scantling_dispatcher.claims import Claims
    from scantling_dispatcher.items import Items
    from scantling_dispatcher.publisher import Publisher
    from scantling_dispatcher.repositories import Repositories
    from scantling_dispatcher.rows import Rows
    from scantling_dispatcher.tally import Tally

logger = logging.getLogger(__name__)

_OPEN: Final = ("running", "returned", "expired")


class Recovery:
    """Brings items and rows to where the scans are, which are always written first."""

    def __init__(
        self,
        repositories: Repositories,
        board: Board,
        claims: Claims,
        items: Items,
        rows: Rows,
        publisher: Publisher,
        tally: Tally,
    ) -> None:
        """Write ``task_items`` and ``waiting``."""
        self._repositories = repositories
        self._board = board
        self._claims = claims
        self._items = items
        self._rows = rows
        self._publisher = publisher
        self._tally = tally

    async def run(self) -> None:
        """Recover; nothing else writes meanwhile."""
        await self._board.rebuild()
        count = 0
        for state in _OPEN:
            async for scan in self._repositories.scans.each(Range(index="state", prefix=(state,))):
                await self._align(scan)
                count += 1
        async for task in self._repositories.tasks.each(Range(index="state", prefix=("running",))):
            await self._tally.finish(task.id)
        owed = await self._publisher.publish_owed()
        logger.info("dispatcher recovered", extra={"scans": count, "owed": owed})

    async def _align(self, scan: Scan) -> None:
        await self._items.aligned(scan)
        if scan.state == "returned":
            await self._rows.retry(scan)
        ids = [item_id(task, scan.image) for task in scan.body.tasks]
        for row in await self._repositories.waiting.get_many(ids):
            if claimed(scan, row, scan.settings_version) == "stale":
                await self._claims.stale(row, scan)
