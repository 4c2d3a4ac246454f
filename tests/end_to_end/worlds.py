"""Where a pipeline lives: which store and which bus all of its roles share."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Protocol

from scantling.hosting.host import COLLECTIONS
from scantling_common.bus.kafka import KafkaBus
from scantling_common.bus.local import LocalBus
from scantling_common.clock import SystemRandomness
from scantling_common.store.mongodb import MongoStore
from scantling_common.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from scantling_common.bus.port import Bus
    from scantling_common.clock import Clock
    from scantling_common.store.port import Store


class World(Protocol):
    """Makes adapters; each role gets its own, as a process has."""

    def store(self) -> Store:
        """Return a store."""

    def bus(self, role: str, clock: Clock) -> Bus:
        """Return a bus."""


class LocalWorld:
    """SQLite and the local bus, in a folder.

    What a power cut would do is tested elsewhere, so nothing waits for the disk here.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def store(self) -> Store:
        """Return the store in its file."""
        return SqliteStore(self._folder / "store.db", synchronous="normal")

    def bus(self, role: str, clock: Clock) -> Bus:
        """Return the bus in its folder."""
        return LocalBus(
            self._folder / "bus",
            clock=clock,
            randomness=SystemRandomness(),
            source=f"/scantling/{role}",
        )


class ClusterWorld:
    """Kafka and a server of MongoDB's protocol."""

    def __init__(self, kafka: str, mongodb: str, database: str) -> None:
        self.kafka = kafka
        self.mongodb = mongodb
        self.database = database

    def store(self) -> Store:
        """Return the store in its database."""
        return MongoStore(self.mongodb, self.database)

    def bus(self, role: str, clock: Clock) -> Bus:
        """Return the bus."""
        return KafkaBus(self.kafka, source=f"/scantling/{role}", clock=clock)


@contextlib.asynccontextmanager
async def opened(world: World) -> AsyncIterator[Store]:
    """Give the store of a world that others work on, too."""
    store = world.store()
    try:
        await store.ensure(COLLECTIONS)
        yield store
    finally:
        await store.close()
