"""The dispatcher: ``python -m tests.benchmarks.dispatch``.

Events per second from ``image.events`` to ``scan.extract``, each scan ended at once; milliseconds
from sending a push to its ``scan.extract`` arriving (median, 99th percentile) at a light load;
and the dispatcher's own work at 150,000 waiting images: planning, picks, pause, cancellation.
Kafka is a broker that is started under Java; ``--local`` leaves it out. ``--events``,
``--waiting`` and ``--lanes`` change the sizes.
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
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from scantling_common.bus.kafka import KafkaBus
from scantling_common.bus.local import LocalBus
from scantling_common.bus.port import Answer, Bus, Delivery, Done, Outgoing, Subscription
from scantling_common.clock import SystemClock, SystemRandomness
from scantling_common.events.models import AnalyzerVersions, ScanCompleted, ScanExtract
from scantling_common.events.topics import (
    ANALYZER_VERSIONS,
    IMAGE_EVENTS,
    SCAN_COMPLETED,
    SCAN_EXTRACT,
)
from scantling_common.records import dispatcher, extractor, reporter, sync
from scantling_common.records.sync import Image, Placement, Project, Registry
from scantling_common.store.repository import Repository
from scantling_common.store.sqlite import SqliteStore
from scantling_dispatcher.changes import change
from scantling_dispatcher.decisions.tasks import steered
from scantling_dispatcher.service import TOPICS, Dispatcher, build_dispatcher
from scantling_dispatcher.settings import DispatcherSettings
from tests.dispatcher.samples import (
    ALL_RISKS,
    PROJECT,
    a_placement,
    a_registry,
    a_task,
    an_image,
    an_image_event,
    digest,
)
from tests.dispatcher.world import lead
from tests.services.kafka import JavaBroker
from tests.services.programs import Missing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from scantling_common.store.port import Store
    from scantling_dispatcher.active import Active
    from scantling_dispatcher.decisions.tasks import Verb

Step = Callable[[], Awaitable[object]]

SENDERS = 64
PACE = 0.05
"""Seconds between the pushes of a light load."""

COLLECTIONS = (
    *dispatcher.COLLECTIONS,
    *extractor.COLLECTIONS,
    *reporter.COLLECTIONS,
    *sync.COLLECTIONS,
)


class Pipeline:
    """Extractor, analyzers and reporter at once: each scan is complete when it arrives."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self.sent: dict[str, float] = {}
        self.took: dict[str, float] = {}
        self._arrived = asyncio.Condition()

    async def run(self) -> None:
        """Consume until cancelled."""
        self._producer = await self._bus.producer()
        subscription = Subscription(
            topics=(SCAN_EXTRACT,), handler=self._extract, group="bench", max_in_flight=256
        )
        try:
            await self._bus.consume(subscription)
        finally:
            await self._producer.close()

    async def _extract(self, delivery: Delivery) -> Answer:
        event = delivery.event
        if isinstance(event, ScanExtract):
            self.took.setdefault(event.image, time.perf_counter() - self.sent[event.image])
            completed = ScanCompleted(
                project=event.project,
                scan=event.scan,
                image=event.image,
                seq=event.seq,
                generation=1,
                status="complete",
                outcomes=dict.fromkeys(event.risks, "complete"),
            )
            id_ = f"{event.scan}/{event.seq}"
            await self._producer.send(Outgoing(topic=SCAN_COMPLETED, event=completed, id=id_))
            async with self._arrived:
                self._arrived.notify_all()
        return Done()

    async def until(self, count: int) -> None:
        """Wait until so many scans have come."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(self.took) >= count)


async def placed(store: Store, count: int, repositories: int = 100) -> list[Placement]:
    """Have sync write so many images, each under a tag of its own."""
    placements = [
        a_placement(digest(str(n)), repository=f"app-{n % repositories}", tag=str(n))
        for n in range(count)
    ]
    await Repository(store, sync.PROJECTS, Project).insert(Project(id=PROJECT, created_at=1))
    await Repository(store, sync.REGISTRIES, Registry).insert(a_registry())
    images = Repository(store, sync.IMAGES, Image)
    await images.bulk([images.inserting(an_image(each.image)) for each in placements])
    rows = Repository(store, sync.PLACEMENTS, Placement)
    await rows.bulk([rows.inserting(each) for each in placements])
    return placements


def made(store: Store, bus: Bus) -> Dispatcher:
    """Return a dispatcher with room for many scans."""
    return build_dispatcher(
        store=store,
        bus=bus,
        clock=SystemClock(),
        randomness=SystemRandomness(),
        settings=DispatcherSettings(instance="bench", concurrent_scans=1000),
    )


@contextlib.asynccontextmanager
async def running(store: Store, bus: Bus) -> AsyncIterator[Pipeline]:
    """Run a dispatcher and what is behind it."""
    await bus.ensure_topics(TOPICS)
    producer = await bus.producer()
    for risk in ALL_RISKS:  # as the analyzers do at their start
        event = AnalyzerVersions(project="", risk=risk, version=1, readers={})
        await producer.send(Outgoing(topic=ANALYZER_VERSIONS, event=event, id=risk))
    await producer.close()
    pipeline, service = Pipeline(bus), made(store, bus)
    tasks = [asyncio.create_task(service.run()), asyncio.create_task(pipeline.run())]
    while not (service.leadership.held and service.versions.known.is_set()):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    try:
        yield pipeline
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def events(name: str, bus: Bus, store: Store, count: int) -> None:
    """Measure pushes at full speed, then at a light load."""
    light = max(20, count // 10)
    placements = await placed(store, count + light)
    producer = await bus.producer()
    async with running(store, bus) as pipeline:

        async def push(placement: Placement) -> None:
            pipeline.sent[placement.image] = time.perf_counter()
            event = an_image_event(placement)
            await producer.send(Outgoing(topic=IMAGE_EVENTS, event=event, id=placement.id))

        async def send(some: Sequence[Placement]) -> None:
            for placement in some:
                await push(placement)

        begun = time.perf_counter()
        storm = placements[:count]
        await asyncio.gather(*(send(storm[first::SENDERS]) for first in range(SENDERS)))
        sent = time.perf_counter() - begun
        await pipeline.until(count)
        took = time.perf_counter() - begun
        for placement in placements[count:]:
            await push(placement)
            await asyncio.sleep(PACE)
        await pipeline.until(count + light)
    await producer.close()
    quiet = [pipeline.took[placement.image] * 1000 for placement in placements[count:]]
    print(
        f"{name:6} {count} pushes: sent at {count / sent:6.0f}/s,"
        f" image.events -> waiting -> scan.extract {count / took:6.0f}/s;"
        f" light load {statistics.median(quiet):6.1f} ms median,"
        f" {statistics.quantiles(quiet, n=100)[98]:6.1f} ms p99"
    )


async def waiting(store: Store, bus: Bus, count: int, lanes: int) -> None:
    """Measure the dispatcher's work at so many waiting images."""
    await bus.ensure_topics(TOPICS)
    await placed(store, count)
    service = made(store, bus)
    active = await lead(service)
    repositories = service.repositories
    await repositories.tasks.insert(a_task("task-all", state="planning"))
    await timed(f"plan {count} placements", active.planner.step, until=0)
    await timed("count them", active.tally.step, until=0)
    await crowd(service, lanes)
    await timed(f"rebuild the table of {lanes + 1} lanes", service.board.rebuild)
    picks = [await clock(active.picker.round) for _ in range(10)]
    print(f"{'pick, one of 64 in a round':40} {statistics.median(picks) / 64:8.2f} ms")
    await steer(service, active, "pause")
    await steer(service, active, "resume")
    await timed("pick again", active.picker.round)
    await steer(service, active, "cancel")


async def crowd(service: Dispatcher, lanes: int) -> None:
    """Put one row into each of many further lanes, whose tasks are paused."""
    repositories = service.repositories
    tasks = [a_task(f"task-{n}", state="paused") for n in range(lanes)]
    await repositories.tasks.bulk([repositories.tasks.inserting(task) for task in tasks])
    rows = [
        dispatcher.Waiting(
            id=f"task-{n}/{digest('x')}",
            lane=f"1/task-{n}/r1",
            task=f"task-{n}",
            project=PROJECT,
            registry="r1",
            image=digest("x"),
            due_at=n,
            stamp=n,
            enqueued_at=n,
            risks="file",
        )
        for n in range(lanes)
    ]
    await repositories.waiting.bulk([repositories.waiting.inserting(row) for row in rows])


async def steer(service: Dispatcher, active: Active, verb: Verb) -> None:
    """Steer the large task and measure until that is in effect."""
    repositories = service.repositories

    async def carry_out() -> object:
        await change(
            repositories.tasks,
            "task-all",
            lambda task: steered(task, verb, 1),
        )
        return await active.control.step()

    await timed(verb, carry_out)
    await timed(f"{verb}, all of it", active.control.step, until=0)


async def clock(step: Step, until: object = None) -> float:
    """Return the milliseconds that a step takes, repeated until it returns what is waited for."""
    begun = time.perf_counter()
    while await step() != until and until is not None:
        pass
    return (time.perf_counter() - begun) * 1000


async def timed(what: str, step: Step, until: object = None) -> None:
    """Measure a step and print it."""
    print(f"{what:40} {await clock(step, until):8.1f} ms")


async def over_kafka(folder: Path, count: int) -> None:
    """Measure events over a broker under Java."""
    broker = JavaBroker(folder / "kafka")
    broker.start()
    try:
        bus = KafkaBus(broker.bootstrap, source="bench")
        store = await opened(folder / "kafka.db")
        await events("kafka", bus, store, count)
        await bus.close()
        await store.close()
    finally:
        broker.stop()


async def opened(path: Path) -> SqliteStore:
    """Return a store with all collections."""
    store = SqliteStore(path)
    await store.ensure(COLLECTIONS)
    return store


async def measure(options: argparse.Namespace) -> None:
    """Measure everything that was asked for."""
    with tempfile.TemporaryDirectory(prefix=f"bench-{secrets.token_hex(4)}-") as name:
        folder = Path(name)
        for what in ("events", "waiting"):
            bus = LocalBus(
                folder / what, clock=SystemClock(), randomness=SystemRandomness(), source="bench"
            )
            store = await opened(folder / f"{what}.db")
            if what == "events":
                await events("local", bus, store, options.events)
            else:
                await waiting(store, bus, options.waiting, options.lanes)
            await bus.close()
            await store.close()
        if not options.local:
            try:
                await over_kafka(folder, options.events)
            except Missing as missing:
                print(f"kafka: not measured: {missing}", file=sys.stderr)


def main() -> None:
    """Parse the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=2000)
    parser.add_argument("--waiting", type=int, default=150_000)
    parser.add_argument("--lanes", type=int, default=300)
    parser.add_argument("--local", action="store_true")
    asyncio.run(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
