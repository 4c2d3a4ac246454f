"""How events get into the file of the local bus: one job for each batch, all or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from scantling_common.bus import local_log
from scantling_common.bus.partition import partition_of

if TYPE_CHECKING:
    import sqlite3

    from scantling_common.bus.local_board import Board
    from scantling_common.bus.local_database import Database
    from scantling_common.bus.local_topics import Topics
    from scantling_common.bus.sending import Batch
    from scantling_common.clock import Clock


class Claimed(msgspec.Struct, frozen=True):
    """A transactional name and the epoch in which it was claimed."""

    name: str
    epoch: int


class LocalTransport:
    """Appends batches; with a claimed name only while nobody else has claimed it since."""

    def __init__(
        self,
        database: Database,
        board: Board,
        topics: Topics,
        clock: Clock,
        claimed: Claimed | None = None,
    ) -> None:
        self._database = database
        self._board = board
        self._topics = topics
        self._clock = clock
        self._claimed = claimed

    async def transmit(self, batch: Batch) -> None:
        """Append; returns when the batch is synced to the disk."""
        events = []
        for topic, encoded in batch:
            queues = await self._topics.queues(topic)
            events.append((queues[partition_of(encoded.key, len(queues))], encoded))
        at = self._clock.now_ms()
        claimed = self._claimed

        def job(connection: sqlite3.Connection) -> dict[int, int]:
            if claimed is not None:
                local_log.check_epoch(connection, claimed.name, claimed.epoch)
            return local_log.append(connection, events, at)

        self._board.note_ends(await self._database.write(job))

    async def close(self) -> None:
        """Release nothing: the file belongs to the bus."""
