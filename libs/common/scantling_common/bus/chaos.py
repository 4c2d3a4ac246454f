"""A bus that misbehaves as at-least-once delivery allows: by seed, around any bus.

Duplicates (a producer that retried), delays, reordering across keys (never within one), and
redelivery of a key's last events in order (a consumer that died before its commit).
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.bus.port import Done

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_common.bus.port import (
        Answer,
        Bus,
        Delivery,
        Handler,
        Outgoing,
        Producer,
        Subscription,
    )
    from scantling_common.clock import Clock
    from scantling_common.events.topics import Topic

_REMEMBERED: Final = 3


class Odds(msgspec.Struct, frozen=True, kw_only=True):
    """How likely each misbehaviour is, and the longest delay in seconds."""

    duplicate: float = 0.2
    delay: float = 0.3
    redelivery: float = 0.15
    longest: float = 0.02


class ChaosBus:
    """Wraps a bus; the same seed and the same calls give the same misbehaviour."""

    def __init__(self, inner: Bus, *, seed: int, clock: Clock, odds: Odds | None = None) -> None:
        self._inner = inner
        self._chance = Chance(seed, clock, odds or Odds())

    async def ensure_topics(self, topics: Sequence[Topic]) -> None:
        """Create the topics."""
        await self._inner.ensure_topics(topics)

    async def producer(self, *, transactional_name: str | None = None) -> Producer:
        """Return a producer that delays, doubles and reorders."""
        inner = await self._inner.producer(transactional_name=transactional_name)
        return ChaosProducer(inner, self._chance)

    async def consume(self, subscription: Subscription) -> None:
        """Consume with delays and redeliveries."""
        handler = chaotic(subscription.handler, self._chance)
        await self._inner.consume(msgspec.structs.replace(subscription, handler=handler))

    async def lag(self, group: str, topic: Topic) -> int:
        """Return the lag."""
        return await self._inner.lag(group, topic)

    async def close(self) -> None:
        """Close the bus."""
        await self._inner.close()


class Chance:
    """What happens next, drawn from a seed."""

    def __init__(self, seed: int, clock: Clock, odds: Odds) -> None:
        self._random = random.Random(seed)  # noqa: S311  # a seed is the point of it
        self._clock = clock
        self._odds = odds

    async def delay(self) -> None:
        """Wait, or not."""
        if self._random.random() < self._odds.delay:
            await self._clock.sleep(self._random.uniform(0, self._odds.longest))

    def doubles(self) -> bool:
        """Tell whether an event is sent twice."""
        return self._random.random() < self._odds.duplicate

    def redelivers(self) -> bool:
        """Tell whether a key's last events come once more."""
        return self._random.random() < self._odds.redelivery

    def shuffle(self, outgoing: Sequence[Outgoing]) -> list[Outgoing]:
        """Return events in another order, those of one key among themselves in theirs."""
        keys = [_lane(each) for each in outgoing]
        queues: dict[tuple[str, str], deque[Outgoing]] = defaultdict(deque)
        for key, each in zip(keys, outgoing, strict=True):
            queues[key].append(each)
        self._random.shuffle(keys)
        return [queues[key].popleft() for key in keys]


class ChaosProducer:
    """Sends with delays, duplicates, and other keys' events first."""

    def __init__(self, inner: Producer, chance: Chance) -> None:
        self._inner = inner
        self._chance = chance
        self._locks: dict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def send(self, outgoing: Outgoing) -> None:
        """Send an event, perhaps later, perhaps twice; the next of its key waits for it."""
        async with self._locks[_lane(outgoing)]:
            await self._chance.delay()
            await self._inner.send(outgoing)
            if self._chance.doubles():
                await self._inner.send(outgoing)

    async def send_all(self, outgoing: Sequence[Outgoing]) -> None:
        """Send several at once, some of them twice."""
        batch: list[Outgoing] = []
        for each in self._chance.shuffle(outgoing):
            batch += [each] * (1 + self._chance.doubles())
        await self._inner.send_all(batch)

    async def close(self) -> None:
        """Close the producer."""
        await self._inner.close()


def chaotic(handler: Handler, chance: Chance) -> Handler:
    """Return a handler that is called late, and again for what it has handled."""
    recent: dict[tuple[str, str], deque[Delivery]] = defaultdict(lambda: deque(maxlen=_REMEMBERED))

    async def handle(delivery: Delivery) -> Answer:
        await chance.delay()
        answer = await handler(delivery)
        if not isinstance(answer, Done):
            return answer
        lane = recent[delivery.topic.name, delivery.key]
        lane.append(delivery)
        if chance.redelivers():
            for again in tuple(lane):
                await handler(again)
        return answer

    return handle


def _lane(outgoing: Outgoing) -> tuple[str, str]:
    return outgoing.topic.name, outgoing.event.key()
