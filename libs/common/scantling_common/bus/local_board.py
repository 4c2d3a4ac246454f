"""What is new on the local bus, as this process knows it: ends of queues, versions of groups."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from scantling_common.bus.local_database import Database


class Board:
    """One for all consumers of a process: a ring costs one query, not one each."""

    def __init__(self, database: Database) -> None:
        self.rings = 0
        self.ends: dict[int, int] = {}
        self.groups: dict[str, int] = {}
        self._database = database
        self._stale = True
        self._refreshing: asyncio.Task[None] | None = None
        self._waiting: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        """Look again: something has changed in the file."""
        self._stale = True
        self._wake()

    def note_ends(self, ends: Mapping[int, int]) -> None:
        """Wake consumers, without a query, for what this process has appended."""
        for queue, end in ends.items():
            self.ends[queue] = max(end, self.ends.get(queue, 0))
        self._wake()

    async def look(self) -> None:
        """Bring the board up to date."""
        while self._stale:
            if self._refreshing is None or self._refreshing.done():
                self._refreshing = asyncio.ensure_future(self._refresh())
            await asyncio.shield(self._refreshing)

    async def wait(self, rings: int, timeout: float) -> None:  # noqa: ASYNC109
        """Return when there was a ring after the given number of them, or after a while."""
        if self.rings != rings:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await asyncio.wait([future], timeout=timeout)
        finally:
            self._waiting.discard(future)

    def _wake(self) -> None:
        self.rings += 1
        for future in self._waiting:
            if not future.done():
                future.set_result(None)

    async def _refresh(self) -> None:
        self._stale = False
        try:
            ends, self.groups = await self._database.read(_snapshot)
        except BaseException:
            self._stale = True
            raise
        for queue, end in ends.items():
            self.ends[queue] = max(end, self.ends.get(queue, 0))


def _snapshot(connection: sqlite3.Connection) -> tuple[dict[int, int], dict[str, int]]:
    connection.execute("BEGIN")
    try:
        ends = dict(connection.execute("SELECT id, next FROM queues WHERE next > 0"))
        groups = dict(connection.execute("SELECT name, version FROM groups"))
    finally:
        connection.execute("ROLLBACK")
    return ends, groups
