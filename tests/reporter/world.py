"""A reporter over the real store and the real bus, whose every side effect can be its last."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from scantling_common.bus.local import LocalBus
from scantling_common.bus.port import BusUnavailable, Done, Outgoing, Subscription
from scantling_common.clock import SystemClock, SystemRandomness
from scantling_common.events.models import FindingsChanged, ImageReported, ScanCompleted
from scantling_common.events.topics import (
    FINDINGS,
    IMAGE_EVENTS,
    IMAGE_REPORTS,
    SCAN_COMPLETED,
    SCAN_RESULTS,
)
from scantling_common.faults import FaultPlan, FaultyBus, FaultyStore, SimulatedCrash
from scantling_common.records import reporter as records
from scantling_common.records.record import Record
from scantling_common.records.reporter import Head, ReportRow, StoredPage
from scantling_common.records.sync import (
    COLLECTIONS,
    IMAGES,
    PLACEMENTS,
    PROJECTS,
    REGISTRIES,
    Image,
    Placement,
    Project,
    Registry,
)
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository
from scantling_common.store.sqlite import SqliteStore
from scantling_common.telemetry.metrics import NO_METRICS, Metrics
from scantling_reporter.counters import Counters
from scantling_reporter.fleet.holdings import FleetRecords
from scantling_reporter.service import Reporter, build_reporter
from scantling_reporter.settings import ReporterSettings
from tests.reporter.builders import (
    NOW,
    PROJECT,
    a_placement,
    a_registry,
    an_image,
    an_image_event,
    digest,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from pathlib import Path

    from scantling_common.bus.port import Answer, Bus, Delivery
    from scantling_common.events.topics import Topic
    from scantling_common.store.port import Store

R = TypeVar("R", bound=Record)

LIMIT = 30.0
"""Seconds after which a test that waits for something has failed."""

GROUPS = (("scantling-reporter", SCAN_RESULTS), ("scantling-reporter-placements", IMAGE_EVENTS))


class StillClock:
    """A clock that a test moves; sleepers wait for that."""

    def __init__(self) -> None:
        self.now = NOW
        self._moved = asyncio.Event()

    def now_ms(self) -> int:
        return self.now

    def monotonic(self) -> float:
        return self.now / 1000

    async def sleep(self, seconds: float) -> None:
        until = self.now + seconds * 1000
        while self.now < until:
            await self._moved.wait()

    def advance(self, seconds: float) -> None:
        self.now += int(seconds * 1000)
        self._moved.set()
        self._moved = asyncio.Event()


class Plan(FaultPlan):
    """A plan that wakes whoever waits for something to happen."""

    def __init__(self, point: str = "", passing: int = 1) -> None:
        super().__init__(point, passing)
        self.happened = asyncio.Event()

    def checkpoint(self, point: str) -> None:
        self.happened.set()
        super().checkpoint(point)


class World:
    """A folder with a store and a bus, and what sync and analyzers do in them."""

    def __init__(
        self,
        folder: Path,
        *,
        store: Store | None = None,
        a_bus: Callable[[], Bus] | None = None,
    ) -> None:
        """Work in a folder, or on the adapters of a cluster."""
        self.clock = StillClock()
        self.store = store or SqliteStore(folder / "store.db", synchronous="normal")
        self._folder = folder / "bus"
        self.a_bus = a_bus or self._a_local_bus
        self.bus = self.a_bus()
        self._published = 0
        self.placements = Repository(self.store, PLACEMENTS, Placement)
        self.heads = Repository(self.store, records.HEADS, Head)
        self.rows = Repository(self.store, records.REPORTS, ReportRow)
        self.pages = Repository(self.store, records.OUTCOMES, StoredPage)
        self.fleet = FleetRecords(self.store)

    def _a_local_bus(self) -> LocalBus:
        return LocalBus(
            self._folder,
            clock=SystemClock(),
            randomness=SystemRandomness(),
            source="/scantling/test",
        )

    async def prepare(self) -> None:
        await self.store.ensure([*COLLECTIONS, *records.COLLECTIONS])
        await self.reporter(self.bus).prepare()
        await Repository(self.store, PROJECTS, Project).insert(Project(id=PROJECT, created_at=NOW))
        await Repository(self.store, REGISTRIES, Registry).insert(a_registry())

    def reporter(
        self, bus: Bus, plan: FaultPlan | None = None, metrics: Metrics = NO_METRICS
    ) -> Reporter:
        store = self.store if plan is None else FaultyStore(self.store, plan)
        settings = ReporterSettings(instance="")
        return build_reporter(
            store=store, bus=bus, clock=self.clock, settings=settings, metrics=metrics
        )

    @contextlib.asynccontextmanager
    async def running(
        self, plan: Plan | None = None, wrap: Callable[[Bus], Bus] | None = None
    ) -> AsyncIterator[Plan]:
        """Run a reporter; at the end it is cancelled, or dead already where the plan said so."""
        plan = plan or Plan()
        local = self.a_bus()
        bus: Bus = FaultyBus(local if wrap is None else wrap(local), plan)
        task = asyncio.create_task(self.reporter(bus, plan).run())
        task.add_done_callback(lambda _: plan.happened.set())
        try:
            yield plan
            if task.done() and not plan.crashed:
                task.result()
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, SimulatedCrash):
                await task
            await local.close()

    async def settled(self, plan: Plan) -> bool:
        """Wait until nothing is owed any more; False where the reporter died before."""
        async with asyncio.timeout(LIMIT):
            while not plan.crashed:
                plan.happened.clear()
                if await self.quiet():
                    return True
                await plan.happened.wait()
        return False

    async def quiet(self) -> bool:
        for group, topic in GROUPS:
            if await self._lag(group, topic):
                return False
        for partition in range(SCAN_RESULTS.partitions):
            prefix = (1, partition)
            if (await self.heads.page(Range(index="unpublished", prefix=prefix))).records:
                return False
            if (await self.rows.page(Range(index="owed", prefix=prefix))).records:
                return False
        return True

    async def _lag(self, group: str, topic: Topic) -> int:
        """Return the lag; a broker that was just started takes its time to know."""
        while True:
            try:
                return await self.bus.lag(group, topic)
            except BusUnavailable:
                await asyncio.sleep(0.1)

    async def run_to_the_end(self, *, wrap: Callable[[Bus], Bus] | None = None) -> None:
        """Run a reporter until nothing is owed."""
        async with self.running(wrap=wrap) as plan:
            assert await self.settled(plan)

    async def send(self, outgoing: Iterable[Outgoing]) -> None:
        producer = await self.bus.producer()
        await producer.send_all(list(outgoing))
        await producer.close()

    async def place(
        self,
        image: str,
        repository: str = "team/app",
        tag: str = "latest",
        *,
        size: int = 4096,
        updated_at: int = NOW,
    ) -> Placement:
        """Do what sync does when a tag shows an image, and publish it."""
        await Repository(self.store, IMAGES, Image).insert(an_image(image, size=size))
        placement = a_placement(image, repository, tag, updated_at=updated_at)
        before = await self.placements.get(placement.id)
        if before is None:
            await self.placements.insert(placement)
        else:
            await self.placements.replace(msgspec.structs.replace(placement, rev=before.rev))
        previous = before.image if before is not None else None
        await self._publish(an_image_event(placement, "pushed", previous=previous))
        return placement

    async def remove(self, placement: Placement) -> None:
        """Do what sync does when a tag is gone."""
        await self.placements.set_fields(placement.id, {"gone": True, "gone_at": self.clock.now})
        await self._publish(an_image_event(placement, "deleted"))

    async def _publish(self, event: Any) -> None:
        self._published += 1
        id_ = f"image-event-{self._published}"
        await self.send([Outgoing(topic=IMAGE_EVENTS, event=event, id=id_)])

    async def head(self, image: str) -> Head:
        head = await self.heads.get(records.head_id(PROJECT, digest(image)))
        assert head is not None
        return head

    async def events(self, *topics: Topic) -> list[Delivery]:
        """Return all events of topics, those of one key in their order."""
        received: list[Delivery] = []
        caught_up = asyncio.Event()

        async def handler(delivery: Delivery) -> Answer:
            received.append(delivery)
            return Done()

        async def on_caught_up() -> None:
            caught_up.set()

        subscription = Subscription(
            topics=topics, handler=handler, group=None, on_caught_up=on_caught_up
        )
        task = asyncio.create_task(self.bus.consume(subscription))
        async with asyncio.timeout(LIMIT):
            await caught_up.wait()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        return received

    async def subscriber(self) -> dict[tuple[str, str], set[str]]:
        """Return the open findings by image and risk type, as a subscriber knows them."""
        return fold(await self.events(*FINDINGS.values()))

    async def reports(self) -> dict[str, ImageReported]:
        """Return the last report of each placement, as a subscriber knows them."""
        last: dict[str, tuple[int, ImageReported]] = {}
        for delivery in await self.events(IMAGE_REPORTS):
            sequence = delivery.envelope.sequence or 0
            if delivery.key in last and sequence < last[delivery.key][0]:
                continue
            if isinstance(delivery.event, ImageReported):
                last[delivery.key] = (sequence, delivery.event)
            else:
                last.pop(delivery.key, None)
        return {key: event for key, (_, event) in last.items()}

    async def completions(self) -> dict[str, ScanCompleted]:
        """Return the completions of scans by event id."""
        return {
            delivery.envelope.id: delivery.event
            for delivery in await self.events(SCAN_COMPLETED)
            if isinstance(delivery.event, ScanCompleted)
        }

    async def state(self) -> dict[str, Any]:
        """Return all that a user can come to know, and nothing that tells how it came about."""
        return {
            "heads": [_plain(head) async for head in all_of(self.heads, "image")],
            "rows": [_plain(row) async for row in all_of(self.rows, "image")],
            "packages": [_plain(row) async for row in all_of(self.fleet.packages, "search")],
            "places": [_plain(row) async for row in all_of(self.fleet.places, "path")],
            "vulnerabilities": [
                _plain(row) async for row in all_of(self.fleet.vulnerabilities, "severity")
            ],
            "names": [_plain(row) async for row in all_of(self.fleet.names, "name")],
            "affected": [_plain(row) async for row in all_of(self.fleet.affected, "unit")],
            "units": [_plain(row) async for row in all_of(self.fleet.units, "sweep")],
            "holds": [_plain(row) async for row in all_of(self.fleet.holds, "unit")],
            "outcomes": [
                (page.id, page.superseded, page.body) async for page in all_of(self.pages, "scan")
            ],
            "totals": await Counters(self.store).totals(),
            "subscriber": await self.subscriber(),
            "reports": await self.reports(),
            "completions": await self.completions(),
        }

    async def close(self) -> None:
        await self.bus.close()
        await self.store.close()


async def all_of(repository: Repository[R], index: str) -> AsyncIterator[R]:
    async for record in repository.each(Range(index=index)):
        yield record


def fold(deliveries: Iterable[Delivery]) -> dict[tuple[str, str], set[str]]:
    """Apply change sets as the documentation tells subscribers to."""
    opened: dict[tuple[str, str], set[str]] = defaultdict(set)
    applied: dict[tuple[str, str], tuple[int, set[int]]] = {}
    for delivery in deliveries:
        event, envelope = delivery.event, delivery.envelope
        assert isinstance(event, FindingsChanged)
        key = (event.image, event.risk)
        generation, pages = applied.get(key, (0, set()))
        if event.generation < generation or envelope.page is None:
            continue
        if event.generation > generation:
            pages = set()
        if envelope.page in pages:
            continue
        applied[key] = (event.generation, {*pages, envelope.page})
        opened[key] |= {each.fingerprint for each in event.opened}
        opened[key] -= {each.fingerprint for each in (*event.resolved, *event.suppressed)}
    return {key: names for key, names in opened.items() if names}


def _plain(record: Record) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(record)
    return {name: value for name, value in plain.items() if name != "rev"}
