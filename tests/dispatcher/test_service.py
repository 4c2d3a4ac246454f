"""All loops together, on the bus."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, cast

from scantling_common.bus.port import Answer, Delivery, Done, Outgoing, Subscription
from scantling_common.clock import SystemClock
from scantling_common.events.models import AnalyzerVersions, ScanExtract
from scantling_common.events.topics import (
    ANALYZER_VERSIONS,
    IMAGE_EVENTS,
    SCAN_COMPLETED,
    SCAN_EXTRACT,
)
from scantling_common.settings import load
from scantling_dispatcher.settings import DispatcherSettings
from tests.dispatcher.samples import ALL_RISKS, a_task, an_image_event, completed, pushed
from tests.dispatcher.world import LIMIT, World, lead

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    import pytest

    from scantling_common.bus.port import Bus, Producer
    from scantling_dispatcher.service import Dispatcher


@contextlib.asynccontextmanager
async def running(dispatcher: Dispatcher) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(dispatcher.run())
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextlib.asynccontextmanager
async def pipeline(world: World, producer: Producer) -> AsyncIterator[asyncio.Queue[ScanExtract]]:
    """Be the extractor, the analyzers and the reporter: every scan ends at once."""
    seen: asyncio.Queue[ScanExtract] = asyncio.Queue()

    async def extract(delivery: Delivery) -> Answer:
        assert isinstance(delivery.event, ScanExtract)
        event = completed(await world.scan(delivery.event.image)).event
        assert event is not None
        id_ = f"{delivery.event.scan}/{delivery.event.seq}"
        await producer.send(Outgoing(topic=SCAN_COMPLETED, event=event, id=id_))
        seen.put_nowait(delivery.event)
        return Done()

    subscription = Subscription(topics=(SCAN_EXTRACT,), handler=extract, group="test")
    task = asyncio.create_task(world.bus.consume(subscription))
    try:
        yield seen
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait, for as long as a test may take, until something holds in the store."""
    async with asyncio.timeout(LIMIT):
        while not await condition():  # noqa: ASYNC110  # the store rings for nobody
            await asyncio.sleep(0)


async def until_done(world: World, task: str, count: int) -> None:
    async def done() -> bool:
        found = await world.repositories.tasks.get(task)
        if found is None or found.complete < count:
            return False
        return found.kind == "push" or found.state == "done"  # a standing task never ends

    await until(done)


async def announce(producer: Producer) -> None:
    for risk in ALL_RISKS:
        event = AnalyzerVersions(project="", risk=risk, version=1, readers={})
        await producer.send(Outgoing(topic=ANALYZER_VERSIONS, event=event, id=risk))


async def test_pushes_and_tasks_run_to_their_end(world: World) -> None:
    producer = await world.bus.producer()
    await announce(producer)
    placements = [await world.place(f"image {number}") for number in range(20)]
    dispatcher = world.dispatcher(clock=SystemClock(), concurrent_scans=3)
    async with running(dispatcher), pipeline(world, producer) as seen:
        for placement in placements:
            event = an_image_event(placement)
            await producer.send(Outgoing(topic=IMAGE_EVENTS, event=event, id=placement.id))
        await until_done(world, "push-r1", 20)
        await world.repositories.tasks.insert(a_task(state="planning"))
        dispatcher.board.plans.ring()
        await until_done(world, "task-1", 20)

    extracts = [seen.get_nowait() for _ in range(seen.qsize())]
    assert {(e.image, e.seq) for e in extracts} == {
        (placement.image, seq) for placement in placements for seq in (1, 2)
    }
    task = await world.task("task-1")
    assert (task.state, task.total) == ("done", 20)
    leader = await world.repositories.leader.get("dispatcher")
    assert leader is not None
    assert leader.owner == ""


class Silent:
    """A bus on which nothing comes."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def consume(self, _: Subscription) -> None:
        self.asked.set()
        await asyncio.Event().wait()


async def test_no_scan_is_ended_before_it_is_known_which_advisories_were_announced(
    world: World,
) -> None:
    dispatcher = world.dispatcher()
    assert await dispatcher.leadership.acquire()
    active = await dispatcher.activate()
    recovered, bus = asyncio.Event(), Silent()
    recover = active.recovery.run

    async def run() -> None:
        await recover()
        recovered.set()

    active.recovery.run = run  # type: ignore[method-assign]  # tells when it has ended
    running = asyncio.create_task(active.run(cast("Bus", bus), asyncio.sleep(0)))
    await recovered.wait()
    await asyncio.sleep(0)
    early = bus.asked.is_set()
    dispatcher.announcements.known.set()
    async with asyncio.timeout(LIMIT):
        await bus.asked.wait()
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running

    assert not early


async def test_a_fenced_dispatcher_stands_by_and_the_next_goes_on(world: World) -> None:
    producer = await world.bus.producer()
    await announce(producer)
    first = world.dispatcher(clock=SystemClock())
    placement = await world.place("a")

    async def leads() -> bool:
        return first.leadership.held and first.versions.known.is_set()

    async def steps_back() -> bool:
        first.board.picks.ring()
        return not first.leadership.held

    async def scanned() -> bool:
        await second.picker.round()
        return bool(seen.qsize())

    async with running(first) as task, pipeline(world, producer) as seen:
        await until(leads)
        second = await lead(world.dispatcher(clock=SystemClock()))
        await second.intake.handle(pushed(placement))
        first.board.lanes.note("0/push-r1/r1", 0)  # it heard of the row before it was fenced
        await until(steps_back)
        await until(scanned)
        assert not task.done()

    assert (await world.scan(placement.image)).seq == 1


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCANTLING_CONCURRENT_SCANS", "5")
    monkeypatch.setenv("SCANTLING_PUSH_RISKS", "secret, file")

    settings = load(DispatcherSettings)

    assert settings.concurrent_scans == 5
    assert settings.push_risks == "software,file,secret,baseimage"
