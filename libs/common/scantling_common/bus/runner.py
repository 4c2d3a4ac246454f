"""The runner of a subscription, the same for both adapters.

Polling goes on while handlers work: with no room left the feed is only kept alive. Of each key
one event at a time is in work; offsets are committed as the contiguous prefix of finished work.
A rebalance takes a partition's waiting events away; those in work go on and forfeit their offset.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from functools import partial
from typing import TYPE_CHECKING, Final

from scantling_common.bus.commits import Commits
from scantling_common.bus.errors import ConsumerStopped
from scantling_common.bus.feed import Room
from scantling_common.bus.handling import Environment, Handling, is_unavailable
from scantling_common.bus.lag_gauge import LagGauge
from scantling_common.bus.lanes import Lanes
from scantling_common.bus.patience import RejectMeter
from scantling_common.bus.port import Answer, BusUnavailable, Reject, Subscription
from scantling_common.bus.watchdog import Watchdog
from scantling_common.events.codec import MAX_ENCODED

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from scantling_common.bus.feed import Feed, Place, Record

logger = logging.getLogger(__name__)

_POLL: Final = 0.5
_KEEP_ALIVE: Final = 0.5
_CATCHING_UP: Final = 0.02
_GIVING_UP: Final = 2.0
"""Seconds that a revoke, or the last commit, may take."""


class Runner:
    """Runs one subscription over one feed until it is cancelled or fails."""

    def __init__(self, subscription: Subscription, feed: Feed, bus: Environment) -> None:
        self._subscription = subscription
        self._feed = feed
        self._bus = bus
        self._watchdog = Watchdog(feed, bus.patience, bus.clock)
        self._handling = Handling(subscription, bus, self._watchdog.note_progress)
        self._commits = Commits(subscription, feed)
        self._lag = LagGauge(subscription, feed, self._commits, bus.metrics)
        self._lanes = Lanes(count=subscription.max_in_flight, size=subscription.max_in_flight_bytes)
        self._meter = RejectMeter(bus.patience)
        self._work: set[asyncio.Task[None]] = set()
        self._finished = asyncio.Event()
        self._room = asyncio.Event()
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._stopping = False

    async def run(self) -> None:
        """Consume; ends by cancellation or by an error only."""
        parts = [
            self._failed,
            *map(
                asyncio.ensure_future,
                (self._poll(), self._commit(), self._watch(), self._measure()),
            ),
        ]
        crashed = False
        try:
            done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            for part in done:
                part.result()
        except (Exception, asyncio.CancelledError):
            raise
        except BaseException:
            crashed = True
            raise
        finally:
            await _to_the_end(self._stop(parts, crashed=crashed))

    # What the feed calls.

    async def assigned(self, places: AbstractSet[Place]) -> None:
        """Take partitions over."""
        self._commits.assign(places)
        callback = self._subscription.on_assigned
        if callback is not None and places:
            await self._guard(callback(_partitions(places)))

    async def revoked(self, places: AbstractSet[Place]) -> None:
        """Give partitions up within two seconds; what is in work goes on."""
        if self._stopping:
            return
        for place in places:
            for record in self._lanes.withdraw(place):
                self._commits.give_back(record)
        self._room.set()
        await self._guard(self._give_up(places))
        self._commits.revoke(places)

    async def _give_up(self, places: AbstractSet[Place]) -> None:
        try:
            async with asyncio.timeout(_GIVING_UP):
                callback = self._subscription.on_revoked
                if callback is not None and places:
                    await callback(_partitions(places))
                await self._commits.commit(places)
        except TimeoutError:
            logger.warning("partitions were given up before their finished work was committed")

    async def _guard(self, step: Awaitable[None]) -> None:
        """Await on the feed's behalf: a failure ends the runner, not the feed's own task."""
        try:
            await step
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001  # run() raises it, a simulated crash too
            if not (isinstance(error, Exception) and is_unavailable(error)):
                self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if not self._failed.done():
            self._failed.set_exception(error)

    # Polling.

    async def _poll(self) -> None:
        await self._until_available(lambda: self._feed.start(self))
        ends = await self._ends_at_start()
        while True:
            if ends is not None and await self._caught_up(ends):
                ends = None
            longest = _POLL if ends is None else _CATCHING_UP
            await self._until_available(partial(self._poll_once, longest))

    async def _poll_once(self, longest: float) -> None:
        room = self._free_room()
        if room is None:
            await self._wait_for_room()
            return
        held_back = self._commits.ahead_of(self._bus.patience.ahead)
        records = await self._feed.poll(room, held_back, longest)
        for record in records:
            if self._commits.take(record) and self._lanes.add(record):
                self._begin(record)
        if records:
            self._watchdog.note_progress()
        else:
            self._finished.set()

    def _free_room(self) -> Room | None:
        count, size = self._lanes.free, self._lanes.free_bytes
        if count <= 0 or (self._lanes.count and size < MAX_ENCODED):
            return None
        return Room(count, size)

    async def _wait_for_room(self) -> None:
        self._room.clear()
        try:
            async with asyncio.timeout(_KEEP_ALIVE):
                await self._room.wait()
        except TimeoutError:
            await self._feed.keep_alive()

    async def _until_available(self, call: Callable[[], Awaitable[None]]) -> None:
        attempt = 0
        while True:
            attempt += 1
            try:
                return await call()
            except BusUnavailable as error:
                logger.warning("consumer waits for the bus", extra={"error": str(error)})
                await self._bus.clock.sleep(self._bus.patience.wait(attempt))

    async def _ends_at_start(self) -> Mapping[Place, int] | None:
        """Return the ends that an instance without a group has to reach, else None."""
        if self._subscription.group is not None or self._subscription.on_caught_up is None:
            return None
        found: dict[Place, int] = {}

        async def ask() -> None:
            found.update(await self._feed.ends())

        await self._until_available(ask)
        return found

    async def _caught_up(self, ends: Mapping[Place, int]) -> bool:
        callback = self._subscription.on_caught_up
        for place, end in ends.items():
            if await self._commits.reached(place) < end:
                return False
        if callback is not None:
            await self._handling.persist(callback, "on_caught_up")
        return True

    # Work.

    def _begin(self, record: Record) -> None:
        if self._failed.done():
            return
        task = asyncio.ensure_future(self._handle(record))
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def _handle(self, record: Record) -> None:
        try:
            answer = await self._handling.handle(record)
            self._count(record, answer)
            self._finish(record)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001  # run() raises it, a simulated crash too
            self._fail(error)

    def _finish(self, record: Record) -> None:
        self._watchdog.note_progress()
        self._commits.finish(record)
        following = self._lanes.finish(record)
        if following is not None:
            self._begin(following)
        self._room.set()
        self._finished.set()

    def _count(self, record: Record, answer: Answer) -> None:
        """Hold the limits of rejects, for topics that our own services write."""
        topic = next(t for t in self._subscription.topics if t.name == record.place.topic)
        if not isinstance(answer, Reject):
            self._meter.handled()
        elif topic.writers != ("outside",):
            try:
                self._meter.rejected(topic.name)
            except ConsumerStopped as error:
                self._fail(error)

    # Commits, the watchdog, the end.

    async def _commit(self) -> None:
        while True:
            await self._finished.wait()
            self._finished.clear()
            await self._until_available(self._commit_once)

    async def _commit_once(self) -> None:
        await self._commits.commit()

    async def _watch(self) -> None:
        while True:
            # How long it stood still says the clock, not how often to look.
            await asyncio.sleep(self._bus.patience.stalled / 4)
            try:
                await self._watchdog.look(in_work=self._lanes.count)
            except BusUnavailable:
                self._watchdog.note_progress()

    async def _measure(self) -> None:
        while True:
            await asyncio.sleep(self._bus.patience.measured)
            with contextlib.suppress(BusUnavailable):
                await self._lag.measure()

    async def _stop(self, parts: Iterable[asyncio.Future[None]], *, crashed: bool) -> None:
        owned = self._commits.owned
        self._stopping = True
        running = [*parts, *self._work]
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        try:
            if not crashed:
                await self._give_up(owned)
        except BusUnavailable:
            logger.warning("a consumer ended with finished work uncommitted")
        finally:
            await self._feed.close()


async def _to_the_end(step: Coroutine[None, None, None]) -> None:
    """Await a step that a second cancellation must not cut short, or its group is never left."""
    task = asyncio.ensure_future(step)
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            cancelled = True
    task.result()
    if cancelled:
        raise asyncio.CancelledError


def _partitions(places: AbstractSet[Place]) -> tuple[int, ...]:
    return tuple(sorted({place.partition for place in places}))
