"""The Kafka bus keeps what every bus promises."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING

import pytest
from aiokafka import AIOKafkaProducer

from scantling_common.bus.errors import ConsumerStopped
from scantling_common.bus.kafka import KafkaBus
from scantling_common.bus.port import BusUnavailable, Fenced
from tests.common.bus.conformance import BusConformance, ChaosConformance
from tests.common.bus.deaths import Deaths
from tests.common.bus.replay import Replay
from tests.common.bus.samples import outgoing, topic
from tests.common.bus.worlds import HASTY, LONGEST, Recorder, consuming, subscription

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from scantling_common.bus.patience import Patience
    from scantling_common.bus.port import Outgoing, Producer
    from scantling_common.events.attributes import Headers
    from scantling_common.events.topics import Topic
    from tests.services.kafka import JavaBroker

pytestmark = pytest.mark.kafka


class KafkaWorld:
    """Several buses on one broker; every test has topics of its own names."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._buses: list[KafkaBus] = []

    @property
    def address(self) -> tuple[str, str]:
        """Return how another process opens it."""
        return "kafka", self._bootstrap

    async def bus(self, patience: Patience = HASTY) -> KafkaBus:
        """Connect."""
        bus = KafkaBus(
            self._bootstrap, source="scantling/test", patience=patience, session_timeout=6.0
        )
        self._buses.append(bus)
        return bus

    async def send_raw(self, topic: Topic, key: bytes, headers: Headers, value: bytes) -> None:
        """Produce to the first partition, past the codec."""
        producer = AIOKafkaProducer(bootstrap_servers=self._bootstrap)
        await producer.start()
        try:
            await producer.send_and_wait(
                topic.name, value=value, key=key, partition=0, headers=list(headers)
            )
        finally:
            await producer.stop()

    async def close(self) -> None:
        """Close all."""
        for bus in self._buses:
            await bus.close()


@pytest.fixture
async def world(kafka_bootstrap: str) -> AsyncIterator[KafkaWorld]:
    """Give a world on the session's broker."""
    made = KafkaWorld(kafka_bootstrap)
    yield made
    await made.close()


class TestKafkaBus(BusConformance):
    """The Kafka bus."""


class TestKafkaBusInChaos(ChaosConformance):
    """The same with duplicates, delays and reordering."""


class TestKafkaBusReplay(Replay):
    """A crash at every side effect."""


@pytest.mark.slow
class TestKafkaBusDeaths(Deaths):
    """Killed members are missed when their session ends, after six seconds."""


async def test_a_broker_that_is_killed_and_comes_back_loses_nothing(
    java_broker: JavaBroker,
) -> None:
    world = KafkaWorld(java_broker.bootstrap)
    bus = await world.bus()
    made = topic()
    await bus.ensure_topics([made])
    producer = await bus.producer()
    recorder = Recorder()
    async with consuming(bus, subscription(made, recorder)):
        for number in range(20):
            await producer.send(outgoing(made, f"k{number % 4}", number))
        await recorder.until(lambda: len(set(recorder.names)) == 20)
        java_broker.kill()
        sending = asyncio.ensure_future(producer.send(outgoing(made, "k0", 20)))
        java_broker.start()
        async with asyncio.timeout(LONGEST):
            await _insist(producer, sending, outgoing(made, "k0", 20))
        await producer.send(outgoing(made, "k1", 21))
        await recorder.until(lambda: len(set(recorder.names)) == 22)
    await producer.close()
    await world.close()


async def test_a_transactional_producer_outlives_its_broker_and_steals_nothing_back(
    java_broker: JavaBroker,
) -> None:
    # Each kill waits until the transaction before it was read. A sole broker that is killed right
    # after it acknowledged a commit may come back before it knows its own partitions, take them
    # for deleted, and never write the commit's marker; with more brokers another one does that.
    world = KafkaWorld(java_broker.bootstrap)
    one, two = await world.bus(), await world.bus()
    made = topic()
    await one.ensure_topics([made])
    old = await one.producer(transactional_name="relay-0")
    recorder = Recorder()
    async with consuming(one, subscription(made, recorder)), asyncio.timeout(2 * LONGEST):
        await old.send_all([outgoing(made, "a", 1), outgoing(made, "b", 1)])
        await recorder.until(lambda: {("a", 1), ("b", 1)} <= set(recorder.names))
        java_broker.kill()
        batch = [outgoing(made, "a", 2), outgoing(made, "b", 2)]
        sending = asyncio.ensure_future(old.send_all(batch))
        java_broker.start()
        await _insist_on(lambda: old.send_all(batch), sending)
        await recorder.until(lambda: {("a", 2), ("b", 2)} <= set(recorder.names))
        java_broker.kill()
        sending = asyncio.ensure_future(old.send_all([outgoing(made, "a", 9)]))
        java_broker.start()
        new = await two.producer(transactional_name="relay-0")
        await asyncio.gather(sending, return_exceptions=True)  # it may be done, or too late
        with pytest.raises(Fenced):
            await _insist_on(
                lambda: old.send_all([outgoing(made, "a", 10)]),
                old.send_all([outgoing(made, "a", 10)]),
            )
        await new.send_all([outgoing(made, "a", 3)])
        await recorder.until(lambda: ("a", 3) in recorder.names)
    assert ("a", 10) not in recorder.names
    await old.close()
    await new.close()
    await world.close()
    # What a fenced producer leaves upsets CPython 3.11 when it is collected during an import
    # ("AST constructor recursion depth mismatch").
    gc.collect()


async def _insist(producer: Producer, sending: asyncio.Future[None], again: Outgoing) -> None:
    """Do what an outbox does: send again while the bus is unavailable."""
    await _insist_on(lambda: producer.send(again), sending)


async def _insist_on(send: Callable[[], Awaitable[None]], sending: Awaitable[None]) -> None:
    while True:
        try:
            return await sending
        except BusUnavailable:
            sending = send()


async def test_an_unreachable_broker_is_unavailable_and_nothing_else() -> None:
    bus = KafkaBus("127.0.0.1:1", source="scantling/test")
    with pytest.raises(BusUnavailable):
        await bus.ensure_topics([topic()])
    with pytest.raises(BusUnavailable):
        await bus.producer()
    await bus.close()


@pytest.mark.slow
async def test_instances_that_contest_one_name_do_not_go_on_for_ever(kafka_bootstrap: str) -> None:
    world = KafkaWorld(kafka_bootstrap)
    one, two = await world.bus(), await world.bus()
    made = topic()
    await one.ensure_topics([made])
    assigned = asyncio.Event()

    async def on_assigned(partitions: tuple[int, ...]) -> None:
        assigned.set()

    name = {"instance": "reporter-0"}
    first = asyncio.ensure_future(
        one.consume(subscription(made, Recorder(), on_assigned=on_assigned, **name))
    )
    async with asyncio.timeout(LONGEST):
        await assigned.wait()
        second = asyncio.ensure_future(two.consume(subscription(made, Recorder(), **name)))
        done, rest = await asyncio.wait([first, second], return_when=asyncio.FIRST_COMPLETED)
        for each in rest:
            each.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        with pytest.raises(ConsumerStopped, match="reporter-0"):
            await done.pop()
    await world.close()
