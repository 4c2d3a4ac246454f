"""Topics on Kafka: created before anything subscribes, never by accident."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from aiokafka import errors
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from scantling_common.bus.errors import TopicMismatch, TopicMissing
from scantling_common.bus.kafka_connection import MAX_MESSAGE
from scantling_common.bus.kafka_errors import translated
from scantling_common.bus.port import BusUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_common.bus.kafka_connection import Connection
    from scantling_common.clock import Clock
    from scantling_common.events.topics import Topic

_EXISTS: Final = errors.TopicAlreadyExistsError.errno
_TRIES: Final = 50
_WAIT: Final = 0.1


class KafkaTopics:
    """Creates topics and knows which exist."""

    def __init__(self, connection: Connection, clock: Clock, *, replication: int) -> None:
        self._connection = connection
        self._clock = clock
        self._replication = replication
        self._starting = asyncio.Lock()
        self._admin: AIOKafkaAdminClient | None = None
        self._known: set[str] = set()

    async def admin(self) -> AIOKafkaAdminClient:
        """Return a started admin client, one for all who ask."""
        async with self._starting:
            if self._admin is None:
                admin = AIOKafkaAdminClient(**self._connection.client())
                try:
                    with translated("connecting to Kafka"):
                        await admin.start()
                except BaseException:
                    await admin.close()
                    raise
                self._admin = admin
            return self._admin

    async def ensure(self, topics: Sequence[Topic]) -> None:
        """Create what is missing and wait until it has leaders; raises :class:`TopicMismatch`."""
        admin = await self.admin()
        existing = await self._partitions()
        missing = [topic for topic in topics if topic.name not in existing]
        if missing:
            with translated("creating topics"):
                answer = await admin.create_topics([self._new(topic) for topic in missing])
            for failure in answer.topic_errors:
                if failure[1] not in {0, _EXISTS}:
                    name = errors.for_code(failure[1]).__name__
                    raise BusUnavailable(f"creating topic {failure[0]}: {name}")
        await self._wait_for({topic.name for topic in topics})
        await self.require(topics)

    async def require(self, topics: Sequence[Topic]) -> None:
        """Raise :class:`TopicMissing` or :class:`TopicMismatch` where a topic is not as it is."""
        if all(topic.name in self._known for topic in topics):
            return
        existing = await self._partitions()
        for topic in topics:
            found = existing.get(topic.name)
            if found is None:
                raise TopicMissing(
                    f"topic {topic.name} does not exist", hint="create the topics first"
                )
            if len(found) != topic.partitions:
                raise TopicMismatch(
                    f"topic {topic.name} has {len(found)} partitions, not {topic.partitions}",
                    hint="partition counts are fixed; another count needs another topic",
                )
            self._known.add(topic.name)

    async def close(self) -> None:
        """Release the connection."""
        if self._admin is not None:
            await self._admin.close()
            self._admin = None

    def _new(self, topic: Topic) -> NewTopic:
        policies = ["compact"] * topic.compacted + ["delete"] * bool(topic.retention)
        return NewTopic(
            topic.name,
            topic.partitions,
            self._replication,
            topic_configs={
                "cleanup.policy": ",".join(policies) or "delete",
                "retention.ms": str(topic.retention * 1000 or -1),
                "max.message.bytes": str(MAX_MESSAGE),
            },
        )

    async def _partitions(self) -> dict[str, list[Any]]:
        """Return the partitions of all topics; asking for one by name might create it."""
        admin = await self.admin()
        with translated("listing topics"):
            described = await admin.describe_topics()
        return {topic["topic"]: topic["partitions"] for topic in described}

    async def _wait_for(self, names: set[str]) -> None:
        for _ in range(_TRIES):
            existing = await self._partitions()
            if all(_led(existing.get(name, [])) for name in names):
                return
            await self._clock.sleep(_WAIT)
        raise BusUnavailable("topics were created and have no leaders yet")


def _led(partitions: list[Any]) -> bool:
    return bool(partitions) and all(each["leader"] >= 0 for each in partitions)
