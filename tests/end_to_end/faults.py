"""What a role is given so that it can die at any side effect, as a process does."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from scantling_common.faults import FaultPlan, SimulatedCrash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_common.bus.port import Bus, Producer, Subscription
    from scantling_common.events.topics import Topic


class FastClock:
    """A clock that runs some times as fast, so that waits of the product are short."""

    def __init__(self, factor: float) -> None:
        self._factor = factor
        self._began = time.monotonic()
        self._epoch = time.time_ns() // 1_000_000

    def now_ms(self) -> int:
        """Return the wall clock in milliseconds."""
        return self._epoch + int(self.monotonic() * 1000)

    def monotonic(self) -> float:
        """Return seconds since the clock was made."""
        return (time.monotonic() - self._began) * self._factor

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds / self._factor)

    def advance(self, seconds: float) -> None:
        """Let time pass at once; who sleeps sleeps on."""
        self._began -= seconds / self._factor


class DeathPlan(FaultPlan):
    """A plan that can be given its point at any time, and tells when its role died of it."""

    def __init__(self) -> None:
        super().__init__()
        self.died = asyncio.Event()

    def arm(self, point: str) -> None:
        """Crash at the next passing of a point."""
        self._point, self._passing = point, self.passed[point] + 1

    def die(self) -> None:
        """Be dead from now on: no side effect passes any more."""
        self.crashed = True

    def checkpoint(self, point: str) -> None:
        """Pass a point, or die."""
        dead = self.crashed
        try:
            super().checkpoint(point)
        except SimulatedCrash:
            if not dead:
                self.died.set()
            raise


class ReleasedBus:
    """A bus that can let go of what a dead role would leave open in this process."""

    def __init__(self, inner: Bus) -> None:
        self._inner = inner
        self._producers: list[Producer] = []

    async def ensure_topics(self, topics: Sequence[Topic]) -> None:
        """Create the topics."""
        await self._inner.ensure_topics(topics)

    async def producer(self, *, transactional_name: str | None = None) -> Producer:
        """Return a producer, and remember it."""
        made = await self._inner.producer(transactional_name=transactional_name)
        self._producers.append(made)
        return made

    async def consume(self, subscription: Subscription) -> None:
        """Consume."""
        await self._inner.consume(subscription)

    async def lag(self, group: str, topic: Topic) -> int:
        """Return the lag."""
        return await self._inner.lag(group, topic)

    async def close(self) -> None:
        """Close the bus and every producer that it made."""
        for producer in self._producers:
            await producer.close()
        await self._inner.close()
