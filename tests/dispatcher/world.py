"""A dispatcher over the real store and the real local bus, driven step by step."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from scantling_common.bus.local import LocalBus
from scantling_common.bus.port import Answer, Delivery, Done, Subscription
from scantling_common.clock import SystemClock, SystemRandomness
from scantling_common.events.models import AnalyzerVersions
from scantling_common.events.topics import ANALYZER_VERSIONS
from scantling_common.records import dispatcher, extractor, fleet, reporter, sync
from scantling_common.records.dispatcher import Scan, Task, TaskItem, Waiting, scan_id
from scantling_common.records.sync import Image, Placement, Project, Registry
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository
from scantling_common.store.sqlite import SqliteStore
from scantling_common.telemetry.metrics import NO_METRICS, Metrics
from scantling_dispatcher.repositories import Repositories
from scantling_dispatcher.service import TOPICS, Dispatcher, build_dispatcher
from scantling_dispatcher.settings import DispatcherSettings
from tests.common.clocks import HandClock
from tests.dispatcher.samples import (
    ALL_RISKS,
    NOW,
    PROJECT,
    a_head,
    a_placement,
    a_registry,
    an_image,
    delivered,
    digest,
    pushed,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from scantling_common.bus.port import Bus
    from scantling_common.clock import Clock
    from scantling_common.events.models import Event
    from scantling_common.events.topics import Topic
    from scantling_common.risks import Risk
    from scantling_common.store.port import Store
    from scantling_dispatcher.active import Active

LIMIT = 30.0
"""Seconds after which a test that waits has failed."""

COLLECTIONS = (
    *dispatcher.COLLECTIONS,
    *extractor.COLLECTIONS,
    *reporter.COLLECTIONS,
    *sync.COLLECTIONS,
)


class World:
    """A store, a bus and a clock, and what the other services write."""

    def __init__(self, folder: Path) -> None:
        self.clock = HandClock(NOW)
        self.store = SqliteStore(folder / "store.db", synchronous="normal")
        self.bus = LocalBus(
            folder / "bus", clock=SystemClock(), randomness=SystemRandomness(), source="test"
        )
        self.repositories = Repositories(self.store)
        self.projects = Repository(self.store, sync.PROJECTS, Project)
        self.registries = Repository(self.store, sync.REGISTRIES, Registry)
        self.images = Repository(self.store, sync.IMAGES, Image)
        self.placements = Repository(self.store, sync.PLACEMENTS, Placement)
        self.heads = Repository(self.store, reporter.HEADS, reporter.Head)
        self.places = Repository(self.store, fleet.PLACES, fleet.PackagePlace)
        self.holds = Repository(self.store, fleet.HOLDS, fleet.Hold)
        self.bindings = Repository(self.store, extractor.BINDINGS, extractor.Binding)
        self.facts = Repository(self.store, extractor.FACTS, extractor.FactChunk)

    async def open(self) -> None:
        await self.store.ensure(COLLECTIONS)
        await self.bus.ensure_topics(TOPICS)
        await self.projects.insert(Project(id=PROJECT, created_at=NOW))
        await self.registries.insert(a_registry())

    async def close(self) -> None:
        await self.bus.close()
        await self.store.close()

    def dispatcher(
        self,
        *,
        instance: str = "one",
        store: Store | None = None,
        bus: Bus | None = None,
        clock: Clock | None = None,
        metrics: Metrics = NO_METRICS,
        **settings: Any,
    ) -> Dispatcher:
        return build_dispatcher(
            store=store or self.store,
            bus=bus or self.bus,
            clock=clock or self.clock,
            randomness=SystemRandomness(),
            settings=DispatcherSettings(
                instance=instance, **{"push_risks": ",".join(ALL_RISKS), **settings}
            ),
            metrics=metrics,
        )

    async def place(self, name: str, **fields: Any) -> Placement:
        """Have sync write an image and a placement of it; the tag is the name unless given."""
        image = digest(name)
        await self.images.insert(an_image(image, layers=(digest(f"layer of {name}"),)))
        placement = a_placement(image, **{"tag": name, **fields})
        await self.placements.insert(placement)
        return placement

    async def scan(self, image: str) -> Scan:
        scan = await self.repositories.scans.get(scan_id(PROJECT, image))
        assert scan is not None
        return scan

    async def item(self, task: str, image: str) -> TaskItem:
        item = await self.repositories.items.get(f"{task}/{image}")
        assert item is not None
        return item

    async def task(self, id_: str) -> Task:
        task = await self.repositories.tasks.get(id_)
        assert task is not None
        return task

    async def rows(self) -> list[Waiting]:
        return [row async for row in self.repositories.waiting.each(Range(index="lane"))]

    async def finish(self, image: str, status: str = "complete", **fields: str) -> None:
        """Have the reporter make a scan final in the image's head."""
        head = a_head(await self.scan(image), status, **fields)
        known = await self.heads.get(head.id)
        if known is not None:
            await self.heads.delete(known.id)
        await self.heads.insert(head)

    async def published(self, topic: Topic) -> list[Event]:
        """Return all events of a topic, in the order of each partition."""
        events: list[Event] = []

        async def take(delivery: Delivery) -> Answer:
            if delivery.event is not None:
                events.append(delivery.event)
            return Done()

        done = asyncio.Event()

        async def caught_up() -> None:
            done.set()

        reading = asyncio.create_task(
            self.bus.consume(
                Subscription(topics=(topic,), handler=take, group=None, on_caught_up=caught_up)
            )
        )
        waiting = asyncio.create_task(done.wait())
        async with asyncio.timeout(LIMIT):
            await asyncio.wait((reading, waiting), return_when=asyncio.FIRST_COMPLETED)
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading
        return events


@contextlib.asynccontextmanager
async def a_world(folder: Path) -> AsyncIterator[World]:
    """Open a world with one project and one registry."""
    world = World(folder)
    await world.open()
    try:
        yield world
    finally:
        await world.close()


async def lead(dispatcher: Dispatcher) -> Active:
    """Have a dispatcher take the lease, as it does at its start, and recover."""
    assert await dispatcher.leadership.acquire()
    active = await dispatcher.activate()
    await announce(dispatcher)
    await active.recovery.run()
    return active


async def announce(
    dispatcher: Dispatcher,
    version: int = 1,
    risks: Sequence[Risk] = (*ALL_RISKS, "vulnerability"),
) -> None:
    """Have the analyzers announce what they run."""
    for risk in risks:
        event = AnalyzerVersions(
            project="", risk=risk, version=version, rules_version="", readers={"dpkg": 1}
        )
        await dispatcher.versions.handle(delivered(ANALYZER_VERSIONS, event))
    await dispatcher.versions.caught_up()


async def push(active: Active, *placements: Placement, at: int = NOW) -> None:
    """Have pushes of placements reach the dispatcher."""
    for placement in placements:
        await active.intake.handle(pushed(placement, at))


async def settle(active: Active) -> None:
    """Let the loops do what there is to do."""
    while await active.planner.step() or await active.control.step():
        pass
    for _ in range(2):  # a row that goes back into its lane rings for another round
        while await active.picker.round():
            pass
    while await active.tally.step():
        pass
