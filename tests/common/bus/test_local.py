"""The local bus keeps what every bus promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scantling_common.bus import local_log
from scantling_common.bus.local import LocalBus
from scantling_common.clock import SystemClock, SystemRandomness
from scantling_common.events.codec import Encoded
from tests.common.bus.conformance import BusConformance, ChaosConformance
from tests.common.bus.deaths import Deaths
from tests.common.bus.replay import Replay
from tests.common.bus.worlds import HASTY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from scantling_common.bus.patience import Patience
    from scantling_common.events.attributes import Headers
    from scantling_common.events.topics import Topic


class LocalWorld:
    """Several buses over one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._buses: list[LocalBus] = []

    @property
    def address(self) -> tuple[str, str]:
        """Return how another process opens it."""
        return "local", str(self._folder)

    async def bus(self, patience: Patience = HASTY) -> LocalBus:
        """Open the folder."""
        bus = LocalBus(
            self._folder,
            clock=SystemClock(),
            randomness=SystemRandomness(),
            source="scantling/test",
            patience=patience,
        )
        self._buses.append(bus)
        return bus

    async def send_raw(self, topic: Topic, key: bytes, headers: Headers, value: bytes) -> None:
        """Append to the first partition, past the codec."""
        bus = await self.bus()
        await bus.ensure_topics([topic])
        queue = (await bus._topics.queues(topic))[0]
        event = Encoded(key, headers, value)
        await bus._database.write(
            lambda connection: local_log.append(connection, [(queue, event)], 0)
        )

    async def close(self) -> None:
        """Close all."""
        for bus in self._buses:
            await bus.close()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[LocalWorld]:
    """Give a world of its own."""
    made = LocalWorld(tmp_path / "bus")
    yield made
    await made.close()


class TestLocalBus(BusConformance):
    """The local bus."""


class TestLocalBusInChaos(ChaosConformance):
    """The same with duplicates, delays and reordering."""


class TestLocalBusReplay(Replay):
    """A crash at every side effect."""


class TestLocalBusDeaths(Deaths):
    """Killed processes free their partitions at once."""
