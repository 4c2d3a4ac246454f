"""The local bus: SQLite, durable, across processes, with Kafka's rules.

The same key hash, size limit, groups, retention and compaction; a doorbell instead of polling.
Every process that opens the same folder meets the same topics. A process that dies, however,
frees its partitions at once: nobody waits for a session to time out.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from scantling_common.bus import local_groups, local_log
from scantling_common.bus.feed import Place
from scantling_common.bus.local_bells import Bells
from scantling_common.bus.local_board import Board
from scantling_common.bus.local_database import Database
from scantling_common.bus.local_feed import LocalFeed, LocalGroupFeed
from scantling_common.bus.local_groups import Member
from scantling_common.bus.local_sweep import sweep
from scantling_common.bus.local_topics import Topics
from scantling_common.bus.local_transport import Claimed, LocalTransport
from scantling_common.bus.patience import Patience
from scantling_common.bus.port import BusUnavailable, Producer
from scantling_common.bus.runner import Runner
from scantling_common.bus.sending import EncodingProducer
from scantling_common.events.dead_letters import dead_letters_of
from scantling_common.telemetry.metrics import NO_METRICS, Metrics

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

    from scantling_common.bus.port import Subscription
    from scantling_common.clock import Clock, Randomness
    from scantling_common.events.topics import Topic

logger = logging.getLogger(__name__)

LOOK_ROUND: Final = 1.0
"""Seconds between looks for dead members, and for what a bell may have missed."""

_SWEEP: Final = 60.0


class LocalBus:
    """A bus in a folder; one instance for each process that uses it."""

    system: Final = "scantling_local"

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock,
        randomness: Randomness,
        source: str,
        metrics: Metrics = NO_METRICS,
        patience: Patience | None = None,
    ) -> None:
        """Prepare; the folder is made at the first call. ``source`` is the CloudEvents source."""
        self.clock = clock
        self.metrics = metrics
        self.patience = patience or Patience()
        self._source = source
        self._randomness = randomness
        self._folder = path
        self._bells = Bells(path / "bells", randomness.token())
        self._database = Database(path / "bus.db", after_commit=self._bells.ring_others)
        self._board = Board(self._database)
        self._topics = Topics(self._database)
        self._opening = asyncio.Lock()
        self._claiming = asyncio.Lock()
        self._opened = False
        self._members: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._dead_letters: Producer | None = None

    async def ensure_topics(self, topics: Sequence[Topic]) -> None:
        """Create the topics that are missing, with their dead-letter topics."""
        await self._open()
        dead = [dead_letters_of(topic) for topic in topics if topic.dead_letters]
        await self._topics.ensure([*topics, *dead])

    async def producer(self, *, transactional_name: str | None = None) -> Producer:
        """Return a producer; a transactional name fences whoever had it before."""
        await self._open()
        claimed = None
        if transactional_name is not None:
            name = transactional_name
            epoch = await self._database.write(
                lambda connection: local_log.take_epoch(connection, name)
            )
            claimed = Claimed(name, epoch)
        transport = LocalTransport(self._database, self._board, self._topics, self.clock, claimed)
        return EncodingProducer(
            transport,
            system=self.system,
            source=self._source,
            clock=self.clock,
            metrics=self.metrics,
        )

    async def consume(self, subscription: Subscription) -> None:
        """Consume until cancelled; see the port."""
        await self._open()
        queues: dict[Place, int] = {}
        for topic in subscription.topics:
            for partition, queue in enumerate(await self._topics.queues(topic)):
                queues[Place(topic.name, partition)] = queue
        member = self._member(subscription)
        if member is None:
            await Runner(subscription, LocalFeed(self._database, self._board, queues), self).run()
            return
        self._members.add(member.id)
        try:
            feed = LocalGroupFeed(self._database, self._board, queues, member)
            await Runner(subscription, feed, self).run()
        finally:
            self._members.discard(member.id)

    async def lag(self, group: str, topic: Topic) -> int:
        """Return how many events of a topic a group has not committed.

        Of a compacted topic it is an upper bound, as on Kafka.
        """
        await self._open()
        queues = await self._topics.queues(topic)
        ends = await self._database.read(lambda connection: local_log.ends(connection, queues))
        committed = await self._database.read(
            lambda connection: local_groups.committed(connection, group, queues)
        )
        return sum(ends[queue] - committed[queue] for queue in queues)

    async def sweep(self) -> int:
        """Delete what retention and compaction say; return how many events."""
        await self._open()
        return await sweep(self._database, self.clock.now_ms())

    async def dead_letter_producer(self) -> Producer:
        """Return the producer of dead letters."""
        async with self._claiming:
            if self._dead_letters is None:
                self._dead_letters = await self.producer()
            return self._dead_letters

    async def close(self) -> None:
        """Stop and close the file; consumers must have ended."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._opened:
            self._opened = False
            await self._database.close()
            self._bells.close()

    def _member(self, subscription: Subscription) -> Member | None:
        if subscription.group is None:
            return None
        return Member(
            id=self._randomness.token(),
            group=subscription.group,
            instance=subscription.instance,
            bell=self._bells.name,
            topics=tuple(topic.name for topic in subscription.topics),
        )

    async def _open(self) -> None:
        async with self._opening:
            if self._opened:
                return
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._bells.open(self._board.ring)
            await self._database.open()
            self._opened = True
            self._tasks = [
                asyncio.ensure_future(self._look_round()),
                asyncio.ensure_future(self._sweep_now_and_then()),
            ]

    async def _look_round(self) -> None:
        """Free what dead processes held, and look as if the bell had rung.

        Whether a process lives is a matter of real time, so the injected clock has no say.
        """
        while True:
            await asyncio.sleep(LOOK_ROUND)
            try:
                if await self._database.read(self._any_dead):
                    await self._database.write(self._bury)
            except BusUnavailable as error:
                logger.warning("the local bus waits for its file", extra={"error": str(error)})
            self._board.ring()

    def _any_dead(self, connection: sqlite3.Connection) -> bool:
        return bool(local_groups.dead(connection, self._alive))

    def _bury(self, connection: sqlite3.Connection) -> None:
        local_groups.bury(connection, self._alive)

    def _alive(self, bell: str, member: str) -> bool:
        if bell == self._bells.name:
            return member in self._members
        return self._bells.alive(bell)

    async def _sweep_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP)  # how old events are says the clock, not how often to look
            try:
                await self.sweep()
            except BusUnavailable as error:
                logger.warning("the sweep waits for its file", extra={"error": str(error)})
