"""What an announcement can't know of is matched again, and what has failed is tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scantling_common.events.models import ScanExtract
from scantling_common.events.topics import SCAN_EXTRACT
from scantling_common.faults import FaultPlan, FaultyBus, FaultyStore, SimulatedCrash
from scantling_common.records.extractor import ADVISORY_BUILDS, CURRENT_BUILD, AdvisoryBuild
from scantling_common.store.repository import Repository
from scantling_dispatcher.picker import UNANNOUNCED
from scantling_dispatcher.rematches import PAUSE, TRIES
from tests.dispatcher.samples import NOW, completed
from tests.dispatcher.test_rematch import LATE, announced, updated
from tests.dispatcher.world import a_world, lead, push, settle

if TYPE_CHECKING:
    from pathlib import Path

    from scantling_common.records.dispatcher import Scan
    from scantling_dispatcher.active import Active
    from scantling_dispatcher.service import Dispatcher
    from tests.dispatcher.world import World

IMAGE = "a"


async def leading(world: World, sequence: int = 1) -> tuple[Dispatcher, Active]:
    """Return a dispatcher that has heard of a build."""
    dispatcher = world.dispatcher(push_risks="vulnerability")
    active = await lead(dispatcher)
    await dispatcher.announcements.handle(updated(sequence))
    return dispatcher, active


async def scanned(world: World, active: Active, image: str = IMAGE) -> Scan:
    """Have an image's scan begin; return it."""
    placement = await world.place(image)
    await push(active, placement)
    await settle(active)
    return await world.scan(placement.image)


async def written(world: World, sequence: int) -> None:
    """Have the announcer write a build down, which it does before anybody hears of it."""
    builds = Repository(world.store, ADVISORY_BUILDS, AdvisoryBuild)
    record = AdvisoryBuild(
        id=CURRENT_BUILD, build=f"build-{sequence}", sequence=sequence, found_at=NOW
    )
    await builds.insert(record)


async def ended(world: World, active: Active, scan: Scan, build: str, **fields: str) -> None:
    """Have the reporter finish a scan, and the dispatcher hear of it."""
    await world.finish(scan.image, fields.get("vulnerability", "complete"), advisories=build)
    await active.completions.handle(completed(scan, advisories=build, **fields))
    await settle(active)


async def asked(world: World) -> list[tuple[str, str | None]]:
    return [
        (event.kind, event.advisories_at_least)
        for event in await world.published(SCAN_EXTRACT)
        if isinstance(event, ScanExtract)
    ]


async def test_what_ends_before_its_announcement_is_heard_is_matched_with_that_build(
    world: World,
) -> None:
    _, active = await leading(world)
    scan = await scanned(world, active)
    await written(world, 2)

    await ended(world, active, scan, "build-1")

    assert await asked(world) == [("scan", "build-1"), ("rematch", "build-2")]
    assert (await world.scan(scan.image)).sequence == 2


async def test_what_was_judged_by_a_build_that_was_never_announced_waits_for_the_next_one(
    world: World,
) -> None:
    dispatcher, active = await leading(world)
    scan = await scanned(world, active)

    await ended(world, active, scan, "between")

    assert len(await asked(world)) == 1
    assert (await world.item(LATE, scan.image)).state == "waiting"
    await dispatcher.announcements.handle(updated(2))
    world.clock.turn(UNANNOUNCED / 1000)
    await settle(active)
    assert (await asked(world))[1:] == [("rematch", "build-2")]


async def test_what_was_judged_by_the_next_build_already_is_not_matched_again(
    world: World,
) -> None:
    dispatcher, active = await leading(world)
    scan = await scanned(world, active)

    await ended(world, active, scan, "build-2")
    await dispatcher.announcements.handle(updated(2))
    world.clock.turn(UNANNOUNCED / 1000)
    await settle(active)

    assert len(await asked(world)) == 1
    item = await world.item(LATE, scan.image)
    assert (item.state, item.reason) == ("skipped", "already_matched")
    assert await world.rows() == []


async def test_what_was_judged_without_a_database_is_matched_once_it_is_back(
    world: World,
) -> None:
    dispatcher, active = await leading(world)
    scan = await scanned(world, active)
    await ended(world, active, scan, "build-1")
    lost = updated(2, build="", every=False)
    await announced(dispatcher, active, lost)
    second = await scanned(world, active, "b")

    await ended(world, active, second, "", vulnerability="unsupported")
    assert await asked(world) == [("scan", "build-1"), ("scan", None)]
    assert await world.rows() == []

    await announced(dispatcher, active, updated(3, build="build-1"))

    assert (await asked(world))[2:] == [("rematch", "build-1")]
    assert (await world.scan(second.image)).seq == 2
    assert (await world.scan(scan.image)).seq == 1


async def test_where_nothing_is_announced_nothing_waits(world: World) -> None:
    active = await lead(world.dispatcher(push_risks="vulnerability"))
    scan = await scanned(world, active)

    await ended(world, active, scan, "build-1")

    assert await world.rows() == []


async def rematched(world: World, active: Active, dispatcher: Dispatcher) -> Scan:
    """Have an image matched again for the second build; return that scan."""
    scan = await scanned(world, active)
    await ended(world, active, scan, "build-1")
    await dispatcher.announcements.handle(updated(2))
    await active.rematches.handle(updated(2))
    await settle(active)
    return await world.scan(scan.image)


async def test_a_rematch_that_has_failed_is_tried_again_with_growing_pauses(world: World) -> None:
    dispatcher, active = await leading(world)
    scan = await rematched(world, active, dispatcher)
    assert scan.kind == "rematch"

    for number in range(TRIES):
        for _ in range(2):
            await ended(world, active, scan, "build-1", vulnerability="failed")
        assert (await world.scan(scan.image)).state == "idle"
        world.clock.turn((PAUSE << number) / 1000)
        await settle(active)
        later = await world.scan(scan.image)
        assert (later.seq, later.kind, later.state) == (scan.seq + 1, "rematch", "running")
        scan = later
    await ended(world, active, scan, "build-1", vulnerability="failed")

    assert await world.rows() == []
    assert (await world.item(LATE, scan.image)).state == "failed"


async def test_a_rematch_past_its_deadline_is_tried_again(world: World) -> None:
    dispatcher, active = await leading(world)
    scan = await rematched(world, active, dispatcher)
    world.clock.turn(3601)
    assert await active.deadlines.check() == 1

    await ended(world, active, await world.scan(scan.image), "build-1", vulnerability="failed")
    world.clock.turn(PAUSE / 1000)
    await settle(active)

    later = await world.scan(scan.image)
    assert (later.seq, later.kind, later.state) == (scan.seq + 1, "rematch", "running")


async def test_the_tries_begin_anew_with_the_next_build(world: World) -> None:
    dispatcher, active = await leading(world)
    scan = await rematched(world, active, dispatcher)
    await ended(world, active, scan, "build-1", vulnerability="failed")
    await dispatcher.announcements.handle(updated(3))

    await active.completions.handle(completed(scan, advisories="build-1", vulnerability="failed"))
    await settle(active)

    assert (await asked(world))[-1] == ("rematch", "build-3")


async def test_an_ordinary_scan_that_has_failed_is_not_tried_again(world: World) -> None:
    _, active = await leading(world)
    scan = await scanned(world, active)

    await ended(world, active, scan, "", vulnerability="failed")

    assert await world.rows() == []


async def story(world: World, plan: FaultPlan) -> dict[str, object]:
    """Tell of a build nobody heard of, and of a re-match that fails; a crash may end any step."""
    lives: list[Active] = []

    async def alive() -> Active:
        if not lives:
            dispatcher = world.dispatcher(
                push_risks="vulnerability",
                store=FaultyStore(world.store, plan),
                bus=FaultyBus(world.bus, plan),
            )
            lives.append(await lead(dispatcher))
            for sequence in heard:
                await dispatcher.announcements.handle(updated(sequence))
        return lives[0]

    async def survived(scan: Scan | None = None, **fields: str) -> None:
        nonlocal plan
        while True:
            try:
                active = await alive()
                if scan is None:
                    await push(active, placement)
                else:
                    await active.completions.handle(completed(scan, **fields))
                await settle(active)
            except SimulatedCrash:
                lives.clear()
                plan = FaultPlan()
            else:
                return

    heard = [1]
    placement = await world.place(IMAGE)
    await survived()
    scan = await world.scan(placement.image)
    await world.finish(scan.image, advisories="between")
    await survived(scan, advisories="between")
    heard.append(2)
    lives.clear()
    world.clock.turn(UNANNOUNCED / 1000)
    await survived()
    scan = await world.scan(placement.image)
    await world.finish(scan.image, "failed", advisories="between")
    await survived(scan, advisories="between", vulnerability="failed")
    world.clock.turn(PAUSE / 1000)
    await survived()
    item = await world.item(LATE, placement.image)
    scan = await world.scan(placement.image)
    return {
        "scan": (scan.state, scan.kind, scan.seq, scan.sequence),
        "item": (item.state, item.seq, item.observed_at),
        "rows": await world.rows(),
        "asked": await asked(world),
    }


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize(
    "point",
    [
        "store.insert:task_items",
        "store.replace:task_items",
        "store.insert:waiting",
        "store.replace:scans",
    ],
)
async def test_a_crash_anywhere_loses_no_image_that_waits(
    tmp_path: Path, point: str, side: str
) -> None:
    async with a_world(tmp_path / "calm") as world:
        calm = FaultPlan()
        expected = await story(world, calm)
        assert expected["rows"] == []
        assert expected["item"] == ("running", 3, 2)
    name = f"{point}:{side}"
    assert calm.passed[name]
    for passing in range(1, calm.passed[name] + 1):
        async with a_world(tmp_path / f"{passing}") as world:
            plan = FaultPlan(name, passing)
            assert await story(world, plan) == expected, f"{name}#{passing}"
            assert plan.crashed
