"""What a conformance test sees of an adapter: several processes' buses over one set of topics."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Protocol

from scantling_common.bus.patience import Patience
from scantling_common.bus.port import Answer, Bus, Delivery, Done, Subscription
from scantling_common.events.models import Control

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from scantling_common.events.attributes import Headers
    from scantling_common.events.topics import Topic

LONGEST = 45.0
"""Seconds that anything may take before a test fails."""

HASTY = Patience(first_wait=0.001, longest_wait=0.01)


class World(Protocol):
    """An adapter under test."""

    async def bus(self, patience: Patience = HASTY) -> Bus:
        """Open the bus as another process would."""

    async def send_raw(self, topic: Topic, key: bytes, headers: Headers, value: bytes) -> None:
        """Put a record into a topic past our codec."""

    async def close(self) -> None:
        """Close every bus that was opened."""


class Recorder:
    """A handler that remembers; ``answer`` says what each event gets."""

    def __init__(self, answer: Callable[[Delivery], Awaitable[Answer]] | None = None) -> None:
        self.deliveries: list[Delivery] = []
        self._answer = answer
        self._changed = asyncio.Event()

    async def __call__(self, delivery: Delivery) -> Answer:
        """Handle an event; it counts once it has its answer."""
        answer = await self._answer(delivery) if self._answer else Done()
        self.deliveries.append(delivery)
        self.wake()
        return answer

    def wake(self) -> None:
        """Let those who wait look again."""
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds that handled events bring about."""
        async with asyncio.timeout(LONGEST):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    @property
    def names(self) -> list[tuple[str, int]]:
        """Return key and ``seq`` of what was handled, in order."""
        return [
            (each.key, each.event.seq)
            for each in self.deliveries
            if isinstance(each.event, Control)
        ]

    def of(self, key: str) -> list[int]:
        """Return the ``seq`` of one key's events, in order."""
        return [seq for name, seq in self.names if name == key]


def subscription(topic: Topic, handler: Recorder, **changes: object) -> Subscription:
    """Return a subscription of the group that is named like the topic."""
    return Subscription(**{"topics": (topic,), "handler": handler, "group": topic.name, **changes})  # type: ignore[arg-type]


@asynccontextmanager
async def consuming(bus: Bus, wanted: Subscription) -> AsyncIterator[asyncio.Task[None]]:
    """Consume while the block runs; an error of the consumer fails the test."""
    task = asyncio.ensure_future(bus.consume(wanted))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until the bus says something, asking again and again."""
    async with asyncio.timeout(LONGEST):
        while not await condition():  # noqa: ASYNC110  # another process may bring it about
            await asyncio.sleep(0.01)
