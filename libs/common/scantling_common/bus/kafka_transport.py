"""How events get to Kafka: idempotent, acknowledged by all replicas in sync."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaProducer, errors

from scantling_common.bus.kafka_connection import MAX_MESSAGE
from scantling_common.bus.kafka_errors import translated
from scantling_common.bus.partition import partition_of
from scantling_common.bus.port import BusUnavailable, Fenced

if TYPE_CHECKING:
    from scantling_common.bus.kafka_connection import Connection
    from scantling_common.bus.kafka_topics import KafkaTopics
    from scantling_common.bus.sending import Batch


class KafkaTransport:
    """One producer of aiokafka, made anew when it has failed for good.

    With a transactional name each batch is a transaction, and making the producer anew claims the
    name again, which fences whoever has it. So a producer that was fenced stays fenced, and one
    that merely lost its broker is kept: only the broker can tell whether it still has the name.
    """

    def __init__(
        self, connection: Connection, topics: KafkaTopics, transactional_name: str | None
    ) -> None:
        self._connection = connection
        self._topics = topics
        self._name = transactional_name
        self._producer: AIOKafkaProducer | None = None
        self._fenced = False
        self._starting = asyncio.Lock()
        self._transaction = asyncio.Lock()

    async def start(self) -> None:
        """Connect, and fence who had the transactional name before."""
        async with self._starting:
            if self._producer is not None:
                return
            producer = AIOKafkaProducer(
                **self._connection.client(),
                acks="all",
                enable_idempotence=True,
                compression_type="zstd",
                max_request_size=MAX_MESSAGE,
                transactional_id=self._name,
            )
            try:
                with translated("connecting a producer to Kafka"):
                    await producer.start()
            except BaseException:
                await _stop(producer)
                raise
            self._producer = producer

    async def transmit(self, batch: Batch) -> None:
        """Send in order; returns when all is acknowledged."""
        if self._fenced:
            raise Fenced(f"another producer {self._name!r} has taken over")
        await self._topics.require([topic for topic, _ in batch])
        await self.start()
        try:
            if self._name is None:
                await self._send(batch)
            else:
                async with self._transaction:
                    await self._send_in_transaction(batch)
        except Fenced:
            self._fenced = True
            raise
        except BusUnavailable:
            if self._name is None:
                await self._drop()
            raise
        except AssertionError as error:
            # aiokafka asserts that a producer whose state is fatal (and not fenced) begins nothing.
            await self._drop()
            raise BusUnavailable("the transactional producer has failed") from error

    async def close(self) -> None:
        """Release the connection."""
        await self._drop()

    async def _send(self, batch: Batch) -> None:
        producer = self._producer
        if producer is None:
            raise BusUnavailable("the producer has just failed")
        acknowledged = []
        with translated("sending events"):
            for topic, encoded in batch:
                acknowledged.append(
                    await producer.send(
                        topic.name,
                        value=encoded.value,
                        key=encoded.key,
                        partition=partition_of(encoded.key, topic.partitions),
                        headers=list(encoded.headers),
                    )
                )
            await asyncio.gather(*acknowledged)

    async def _send_in_transaction(self, batch: Batch) -> None:
        producer = self._producer
        if producer is None:
            raise BusUnavailable("the producer has just failed")
        with translated("sending a transaction"):
            async with producer.transaction():
                await self._send(batch)

    async def _drop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await _stop(producer)


async def _stop(producer: AIOKafkaProducer) -> None:
    """Stop a producer that may be broken already; aiokafka then stops halfway."""
    try:
        with contextlib.suppress(errors.KafkaError, OSError, TimeoutError):
            await producer.stop()
    finally:
        await producer.client.close()
