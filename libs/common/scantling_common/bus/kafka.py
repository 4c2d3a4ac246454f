"""The Kafka bus: aiokafka behind the port."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from scantling_common.bus.kafka_connection import Connection
from scantling_common.bus.kafka_errors import translated
from scantling_common.bus.kafka_feed import KafkaFeed
from scantling_common.bus.kafka_topics import KafkaTopics
from scantling_common.bus.kafka_transport import KafkaTransport
from scantling_common.bus.patience import Patience
from scantling_common.bus.runner import Runner
from scantling_common.bus.sending import EncodingProducer
from scantling_common.clock import Clock, SystemClock
from scantling_common.events.dead_letters import dead_letters_of
from scantling_common.telemetry.metrics import NO_METRICS, Metrics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scantling_common.bus.port import Producer, Subscription
    from scantling_common.events.topics import Topic


class KafkaBus:
    """A bus on a Kafka cluster (brokers 2.3 or later, for static membership)."""

    system: Final = "kafka"

    def __init__(
        self,
        bootstrap_servers: str,
        *,
        source: str,
        clock: Clock | None = None,
        metrics: Metrics = NO_METRICS,
        patience: Patience | None = None,
        replication: int = 1,
        session_timeout: float = 10.0,
        security: Mapping[str, Any] | None = None,
    ) -> None:
        """Prepare; nothing is contacted before the first call.

        ``replication`` is the factor of topics that are created. ``session_timeout`` (seconds,
        6 or more unless the brokers allow less) is how long a dead member keeps its partitions;
        a static one that comes back sooner finds them waiting. ``security`` goes to aiokafka.
        """
        self.clock: Clock = clock or SystemClock()
        self.metrics = metrics
        self.patience = patience or Patience()
        self._source = source
        self._session_timeout = session_timeout
        self._connection = Connection(
            bootstrap_servers=bootstrap_servers, security=dict(security or {})
        )
        self._topics = KafkaTopics(self._connection, self.clock, replication=replication)
        self._looking = asyncio.Lock()
        self._claiming = asyncio.Lock()
        self._onlooker: AIOKafkaConsumer | None = None
        self._dead_letters: Producer | None = None

    async def ensure_topics(self, topics: Sequence[Topic]) -> None:
        """Create the topics that are missing, with their dead-letter topics."""
        dead = [dead_letters_of(topic) for topic in topics if topic.dead_letters]
        await self._topics.ensure([*topics, *dead])

    async def producer(self, *, transactional_name: str | None = None) -> Producer:
        """Return a started producer; a transactional name fences whoever had it before."""
        transport = KafkaTransport(self._connection, self._topics, transactional_name)
        await transport.start()
        return EncodingProducer(
            transport,
            system=self.system,
            source=self._source,
            clock=self.clock,
            metrics=self.metrics,
        )

    async def consume(self, subscription: Subscription) -> None:
        """Consume until cancelled; see the port."""
        await self._topics.require(subscription.topics)
        feed = KafkaFeed(
            self._connection,
            subscription.topics,
            group=subscription.group,
            instance=subscription.instance,
            session_timeout=self._session_timeout,
            clock=self.clock,
        )
        await Runner(subscription, feed, self).run()

    async def lag(self, group: str, topic: Topic) -> int:
        """Return how many offsets of a topic a group has not committed.

        Offsets that compaction removed, or that transactions took, count until they are passed.
        """
        await self._topics.require([topic])
        partitions = [TopicPartition(topic.name, each) for each in range(topic.partitions)]
        admin = await self._topics.admin()
        async with self._looking:
            onlooker = await self._started_onlooker()
            with translated("asking for the lag"):
                ends = await onlooker.end_offsets(partitions)
                starts = await onlooker.beginning_offsets(partitions)
                committed = await admin.list_consumer_group_offsets(group, partitions=partitions)
        lag = 0
        for partition in partitions:
            known = committed.get(partition)  # a broker that just started may know no group yet
            offset = known.offset if known is not None else -1
            lag += ends[partition] - max(offset, starts[partition])
        return int(lag)

    async def dead_letter_producer(self) -> Producer:
        """Return the producer of dead letters."""
        async with self._claiming:
            if self._dead_letters is None:
                self._dead_letters = await self.producer()
            return self._dead_letters

    async def close(self) -> None:
        """Release connections; consumers must have ended."""
        if self._dead_letters is not None:
            await self._dead_letters.close()
            self._dead_letters = None
        if self._onlooker is not None:
            await self._onlooker.stop()
            self._onlooker = None
        await self._topics.close()

    async def _started_onlooker(self) -> AIOKafkaConsumer:
        """Return a consumer that belongs to no group and reads no events."""
        if self._onlooker is None:
            onlooker = AIOKafkaConsumer(
                **self._connection.client(), isolation_level="read_committed"
            )
            try:
                with translated("connecting to Kafka"):
                    await onlooker.start()
            except BaseException:
                await onlooker.stop()
                raise
            self._onlooker = onlooker
        return self._onlooker
