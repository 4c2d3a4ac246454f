"""Both buses, events of about 1 kB: ``python -m tests.benchmarks.bus``.

Events per second (durable, one by one, from concurrent senders), and milliseconds from send to
handled (median, 99th percentile) at a light load, with the consumer in this process and in
another one. Kafka is given by ``--kafka HOST:PORT``, else a broker is started under Java.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import secrets
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from scantling_common.bus.kafka import KafkaBus
from scantling_common.bus.local import LocalBus
from scantling_common.bus.port import Answer, Bus, Delivery, Done, Outgoing, Producer, Subscription
from scantling_common.clock import SystemClock, SystemRandomness
from scantling_common.events.models import ScanReturned
from scantling_common.events.topics import DAY, Topic
from tests.services.kafka import JavaBroker
from tests.services.programs import Missing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

SENDERS = 64
PADDING = "x" * 700


class Result(msgspec.Struct):
    """One adapter's numbers; milliseconds and events per second."""

    sent: float
    handled: float
    here: list[float]
    there: list[float]


def made_topic(name: str) -> Topic:
    """Return a topic of the benchmark."""
    return Topic(
        name=name,
        model=ScanReturned,
        key="image",
        describes="A topic of a benchmark.",
        writers=("extractor",),
        readers=("dispatcher",),
        retention=DAY,
    )


def event(topic: Topic, number: int) -> Outgoing:
    """Return an event that says when it was made, on the clock that all processes share."""
    body = ScanReturned(
        project="p",
        scan=PADDING,
        image=f"sha256:{number:064x}",
        risks=("file",),
        seq=number,
        attempt=1,
        reason=str(time.monotonic_ns()),
        not_before="2026-01-01T00:00:00Z",
    )
    return Outgoing(topic=topic, event=body, id=str(number))


class Stopwatch:
    """A handler that notes each event's latency in milliseconds."""

    def __init__(self) -> None:
        self.latencies: list[float] = []
        self._changed = asyncio.Event()

    async def __call__(self, delivery: Delivery) -> Answer:
        """Handle an event."""
        if isinstance(delivery.event, ScanReturned):
            passed = time.monotonic_ns() - int(delivery.event.reason)
            self.latencies.append(passed / 1e6)
        self._changed.set()
        return Done()

    async def until(self, count: int) -> None:
        """Wait for a number of events."""
        while len(self.latencies) < count:
            self._changed.clear()
            await self._changed.wait()


@contextlib.asynccontextmanager
async def consuming(bus: Bus, topic: Topic, watch: Stopwatch) -> AsyncIterator[None]:
    """Consume while the block runs."""
    wanted = Subscription(topics=(topic,), handler=watch, group=topic.name, max_in_flight=256)
    task = asyncio.ensure_future(bus.consume(wanted))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def flood(producer: Producer, topic: Topic, count: int) -> float:
    """Send from concurrent senders, each waiting for its event; return events per second."""
    numbers = iter(range(count))

    async def sender() -> None:
        for number in numbers:
            await producer.send(event(topic, number))

    began = time.perf_counter()
    await asyncio.gather(*(sender() for _ in range(SENDERS)))
    return count / (time.perf_counter() - began)


async def trickle(producer: Producer, topic: Topic, count: int) -> None:
    """Send one event after the other, 200 a second."""
    for number in range(count):
        await producer.send(event(topic, number))
        await asyncio.sleep(0.005)


async def measure(bus: Bus, count: int, elsewhere: Sequence[str]) -> Result:
    """Measure one adapter; ``elsewhere`` are the arguments that open it in another process."""
    flooded = made_topic(f"bench.{secrets.token_hex(4)}")
    here = made_topic(f"{flooded.name}.here")
    there = made_topic(f"{flooded.name}.there")
    await bus.ensure_topics([flooded, here, there])
    producer = await bus.producer()
    watch = Stopwatch()
    async with consuming(bus, flooded, watch):
        await flood(producer, flooded, 500)
        await watch.until(500)
        began = time.perf_counter()
        sent = await flood(producer, flooded, count)
        await watch.until(500 + count)
        handled = count / (time.perf_counter() - began)
    light = Stopwatch()
    async with consuming(bus, here, light):
        await trickle(producer, here, 50)
        await light.until(50)
        light.latencies.clear()
        await trickle(producer, here, 400)
        await light.until(400)
    far = await in_another_process(producer, there, elsewhere)
    await producer.close()
    return Result(sent, handled, light.latencies, far)


async def in_another_process(
    producer: Producer, topic: Topic, elsewhere: Sequence[str]
) -> list[float]:
    """Return the latencies that a consumer in another process sees."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.benchmarks.bus", "--consume", topic.name, *elsewhere),
        stdout=asyncio.subprocess.PIPE,
    )
    if child.stdout is None:
        return []
    await producer.send(event(topic, 0))
    await child.stdout.readline()
    await trickle(producer, topic, 400)
    latencies = [float(await child.stdout.readline()) for _ in range(400)]
    await child.wait()
    return latencies


async def consume_here(bus: Bus, name: str) -> None:
    """Be the other process: print the latency of 401 events."""
    watch = Stopwatch()
    async with consuming(bus, made_topic(name), watch):
        await watch.until(1)
        print(watch.latencies[0], flush=True)
        await watch.until(401)
    for latency in watch.latencies[1:]:
        print(latency)
    sys.stdout.flush()


def opened(arguments: argparse.Namespace) -> Bus:
    """Return the bus that the arguments name."""
    if arguments.kafka:
        return KafkaBus(arguments.kafka, source="bench")
    return LocalBus(
        Path(arguments.folder), clock=SystemClock(), randomness=SystemRandomness(), source="bench"
    )


def show(name: str, result: Result) -> None:
    """Print an adapter's numbers."""
    print(f"{name}: {result.sent:,.0f} events/s sent, {result.handled:,.0f} events/s handled")
    for where, values in (("this process", result.here), ("another process", result.there)):
        values.sort()
        p99 = values[int(len(values) * 0.99)]
        print(
            f"  send to handled in {where}: median {statistics.median(values):.2f} ms,"
            f" p99 {p99:.2f} ms"
        )


async def run(arguments: argparse.Namespace) -> None:
    """Measure both adapters and print how they compare."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        local_arguments = argparse.Namespace(kafka="", folder=folder)
        bus = opened(local_arguments)
        local = await measure(bus, arguments.count, ("--folder", folder))
        await bus.close()
        show("local", local)
        if not arguments.kafka:
            try:
                broker = JavaBroker(Path(folder) / "kafka")
            except Missing as missing:
                print(f"kafka: not measured, {missing}")
                return
            broker.start()
            stack.callback(broker.kill)
            arguments.kafka = broker.bootstrap
        bus = opened(arguments)
        kafka = await measure(bus, arguments.count, ("--kafka", arguments.kafka))
        await bus.close()
        show("kafka", kafka)
        here = statistics.median(local.here) / statistics.median(kafka.here)
        there = statistics.median(local.there) / statistics.median(kafka.there)
        print(
            f"local / kafka: sent {local.sent / kafka.sent:.2f},"
            f" handled {local.handled / kafka.handled:.2f},"
            f" latency here {here:.2f}, there {there:.2f}"
        )


async def consume_and_close(arguments: argparse.Namespace) -> None:
    """Be the other process."""
    bus = opened(arguments)
    await consume_here(bus, arguments.consume)
    await bus.close()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000, help="events to flood with")
    parser.add_argument("--kafka", metavar="HOST:PORT", default="")
    parser.add_argument("--folder", default="", help=argparse.SUPPRESS)
    parser.add_argument("--consume", metavar="TOPIC", default="", help=argparse.SUPPRESS)
    parsed = parser.parse_args(arguments)
    asyncio.run(consume_and_close(parsed) if parsed.consume else run(parsed))


if __name__ == "__main__":
    main()
