"""The feeds of the Kafka bus: a static member of a group, and a reader of everything.

aiokafka forgets at each rebalance which partitions are paused, and a member that does not poll
loses its partitions: so what is paused is set anew before each poll and after each rebalance,
and with no room left the feed still polls, with everything paused.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition, errors

from scantling_common.bus.errors import ConsumerStopped
from scantling_common.bus.feed import Place, Record, Room
from scantling_common.bus.kafka_connection import MAX_MESSAGE
from scantling_common.bus.kafka_errors import translated
from scantling_common.bus.port import BusUnavailable
from scantling_common.events.codec import MAX_ENCODED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from scantling_common.bus.feed import Listener
    from scantling_common.bus.kafka_connection import Connection
    from scantling_common.clock import Clock
    from scantling_common.events.topics import Topic

logger = logging.getLogger(__name__)

_CONTESTED: Final = 12
_CONTEST: Final = 60.0
"""So many rebalances within so many seconds are no rolling restart of static members."""

_FORFEITED: Final = (
    errors.CommitFailedError,
    errors.IllegalStateError,
    errors.IllegalGenerationError,
    errors.UnknownMemberIdError,
    errors.RebalanceInProgressError,
)


class KafkaFeed:
    """One consumer of aiokafka; made anew when its coordination has failed for good."""

    def __init__(
        self,
        connection: Connection,
        topics: Sequence[Topic],
        *,
        group: str | None,
        instance: str,
        session_timeout: float,
        clock: Clock,
    ) -> None:
        self._connection = connection
        self._topics = topics
        self._group = group
        self._instance = instance
        self._session_timeout = session_timeout
        self._clock = clock
        self._rebalanced: deque[float] = deque(maxlen=_CONTESTED)
        self._consumer: AIOKafkaConsumer | None = None
        self._listener: Listener | None = None
        self._paused: set[TopicPartition] | None = set()

    async def start(self, listener: Listener) -> None:
        """Join the group, or take all partitions from the start."""
        self._listener = listener
        if self._consumer is not None:
            return
        consumer = AIOKafkaConsumer(**self._options())
        try:
            with translated("connecting a consumer to Kafka"):
                await consumer.start()
                self._consumer = consumer
                await self._subscribe(consumer, listener)
        except BaseException:
            self._consumer = None
            await _stop(consumer)
            raise

    async def poll(
        self,
        room: Room,
        held_back: AbstractSet[Place],
        timeout: float,  # noqa: ASYNC109
    ) -> Sequence[Record]:
        """Return records; their number is such that even the largest fit into the room."""
        self._paused = {TopicPartition(*place) for place in held_back}
        most = max(1, min(room.count, room.size // MAX_ENCODED))
        polled = await self._poll(most, round(timeout * 1000))
        return [_record(raw) for raws in polled.values() for raw in raws]

    async def keep_alive(self) -> None:
        """Poll with everything paused."""
        self._paused = None
        await self._poll(1, 0)

    async def position(self, place: Place) -> int | None:
        """Return the position, which also passes compacted events and markers."""
        partition = TopicPartition(*place)
        consumer = self._consumer
        if consumer is None or partition not in consumer.assignment():
            return None
        try:
            async with asyncio.timeout(0):
                return int(await consumer.position(partition))
        except (TimeoutError, errors.KafkaError):
            return None

    async def ends(self) -> Mapping[Place, int]:
        """Return the last stable offsets of the assigned partitions."""
        consumer = self._started()
        assigned = list(consumer.assignment())
        if not assigned:
            return {}
        with translated("asking for the ends of partitions"):
            found = await consumer.end_offsets(assigned)
        return {Place(*partition): offset for partition, offset in found.items()}

    async def commit(self, offsets: Mapping[Place, int]) -> None:
        """Commit; a generation that is over forfeits."""
        consumer = self._consumer
        if consumer is None:
            return
        assigned = consumer.assignment()
        mine = {
            partition: offset
            for place, offset in offsets.items()
            if (partition := TopicPartition(*place)) in assigned
        }
        if not mine:
            return
        with translated("committing offsets"):
            try:
                await consumer.commit(mine)
            except _FORFEITED as error:
                logger.info("offsets forfeited", extra={"error": type(error).__name__})

    async def close(self) -> None:
        """Leave the group; a static member's partitions wait for it until its session ends."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await _stop(consumer)

    async def reassigned(self, partitions: Iterable[TopicPartition]) -> None:
        """Take partitions over after a rebalance, paused as they were."""
        self._rebalanced.append(self._clock.monotonic())
        self._apply_pauses()
        if self._listener is not None:
            await self._listener.assigned({Place(*each) for each in partitions})

    async def revoked(self, partitions: Iterable[TopicPartition]) -> None:
        """Give partitions up before a rebalance."""
        if self._listener is not None:
            await self._listener.revoked({Place(*each) for each in partitions})

    def _options(self) -> Mapping[str, Any]:
        milliseconds = round(self._session_timeout * 1000)
        return {
            **self._connection.client(),
            "group_id": self._group,
            "group_instance_id": (self._instance or None) if self._group else None,
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            "isolation_level": "read_committed",
            "session_timeout_ms": milliseconds,
            "heartbeat_interval_ms": milliseconds // 5,
            "rebalance_timeout_ms": max(milliseconds, 10_000),
            "max_partition_fetch_bytes": MAX_MESSAGE,
            "fetch_max_bytes": 16 * MAX_MESSAGE,
        }

    async def _subscribe(self, consumer: AIOKafkaConsumer, listener: Listener) -> None:
        if self._group is not None:
            names = [topic.name for topic in self._topics]
            consumer.subscribe(names, listener=_Rebalances(self))
            return
        partitions = [
            TopicPartition(topic.name, partition)
            for topic in self._topics
            for partition in range(topic.partitions)
        ]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        await listener.assigned({Place(*each) for each in partitions})

    async def _poll(self, most: int, milliseconds: int) -> Mapping[TopicPartition, Sequence[Any]]:
        if self._consumer is None and self._listener is not None:
            await self.start(self._listener)
        consumer = self._started()
        self._check_contest()
        self._apply_pauses()
        try:
            with translated("polling"):
                found: Mapping[TopicPartition, Sequence[Any]] = await consumer.getmany(
                    timeout_ms=milliseconds, max_records=most
                )
        except BusUnavailable as error:
            if not getattr(error.__cause__, "retriable", True):
                await self._give_up(consumer, error)
            raise
        return found

    async def _give_up(self, consumer: AIOKafkaConsumer, error: BusUnavailable) -> None:
        """Drop a consumer whose coordination has ended; the next poll makes a new one.

        A static member is most likely fenced: joining again would fence the other in turn.
        """
        if self._instance:
            raise ConsumerStopped(
                f"the coordination of {self._group} has ended: {error.__cause__}",
                hint=f"does another instance run under the name {self._instance!r}?",
            ) from error
        self._consumer = None
        if self._listener is not None:
            await self._listener.revoked({Place(*each) for each in consumer.assignment()})
        await _stop(consumer)

    def _check_contest(self) -> None:
        """Stop where two instances of one name keep throwing each other out.

        aiokafka's heartbeats don't carry the name, so neither is told that it was fenced: each
        looks like a member that was forgotten, joins again, and never gets any work done.
        """
        times = self._rebalanced
        if not self._instance or len(times) < _CONTESTED:
            return
        if times[-1] - times[0] < _CONTEST:
            raise ConsumerStopped(
                f"{len(times)} rebalances of {self._group} in {times[-1] - times[0]:.0f} s",
                hint=f"does another instance run under the name {self._instance!r}?",
            )

    def _apply_pauses(self) -> None:
        consumer = self._consumer
        if consumer is None:
            return
        assigned = consumer.assignment()
        wanted = assigned if self._paused is None else assigned & self._paused
        paused = consumer.paused() & assigned
        consumer.pause(*(wanted - paused))
        consumer.resume(*(paused - wanted))

    def _started(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            raise BusUnavailable("the consumer is not connected")
        return self._consumer


class _Rebalances(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Hands a rebalance to the feed."""

    def __init__(self, feed: KafkaFeed) -> None:
        self._feed = feed

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Give up all partitions: aiokafka rebalances eagerly."""
        await self._feed.revoked(revoked)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Take over what is assigned now."""
        await self._feed.reassigned(assigned)


def _record(raw: Any) -> Record:
    return Record(
        Place(raw.topic, raw.partition), raw.offset, raw.key, tuple(raw.headers), raw.value
    )


async def _stop(consumer: AIOKafkaConsumer) -> None:
    """Stop a consumer that may be broken already; aiokafka then stops halfway."""
    try:
        await consumer.stop()
    except (errors.KafkaError, OSError, TimeoutError):
        # No public door closes the rest.
        if consumer._fetcher is not None:  # noqa: SLF001
            await consumer._fetcher.close()  # noqa: SLF001
        await consumer._client.close()  # noqa: SLF001
