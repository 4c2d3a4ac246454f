"""From a push to ``scan.extract``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from scantling_common.events.models import Control, ScanExtract
from scantling_common.events.topics import (
    CONTROL,
    IMAGE_EVENTS,
    SCAN_EXTRACT,
    SCAN_EXTRACT_LARGE,
)
from tests.dispatcher.samples import (
    ALL_RISKS,
    NOW,
    PROJECT,
    a_placement,
    a_registry,
    an_image,
    an_image_event,
    completed,
    delivered,
    digest,
)
from tests.dispatcher.world import announce, lead, push, settle

if TYPE_CHECKING:
    from scantling_dispatcher.active import Active
    from tests.dispatcher.world import World

TASK = "push-r1"


async def test_a_push_is_scanned_at_once(world: World, active: Active) -> None:
    placement = await world.place("a")

    await push(active, placement)
    assert [row.lane for row in await world.rows()] == [f"0/{TASK}/r1"]
    await settle(active)

    (event,) = await world.published(SCAN_EXTRACT)
    assert isinstance(event, ScanExtract)
    assert (event.image, event.risks, event.seq, event.attempt) == (
        placement.image,
        ALL_RISKS,
        1,
        1,
    )
    assert event.all_risks == ALL_RISKS
    (control,) = await world.published(CONTROL)
    assert isinstance(control, Control)
    assert (control.scan, control.state) == (f"{PROJECT}/{placement.image}", "running")
    scan = await world.scan(placement.image)
    assert (scan.state, scan.owed, scan.body.tasks) == ("running", 0, {TASK: NOW})
    assert (await world.item(TASK, placement.image)).state == "running"
    assert await world.rows() == []
    task = await world.task(TASK)
    assert (task.total, task.waiting, task.running) == (1, 0, 1)


async def test_the_same_push_twice_is_one_scan(world: World, active: Active) -> None:
    placement = await world.place("a")

    await push(active, placement, placement)
    assert len(await world.rows()) == 1
    await settle(active)
    await push(active, placement)
    await settle(active)
    await active.completions.handle(completed(await world.scan(placement.image)))
    await push(active, placement)
    await settle(active)

    assert len(await world.published(SCAN_EXTRACT)) == 1
    assert (await world.task(TASK)).complete == 1


async def test_an_event_told_again_of_a_later_look_is_the_same_push(
    world: World, active: Active
) -> None:
    """Sync may die between its write and its next look at the registry."""
    placement = await world.place("a")
    for at in (NOW, NOW + 1):
        event = an_image_event(placement, at=at)
        await active.intake.handle(delivered(IMAGE_EVENTS, event, "the same"))
        await settle(active)
        await active.completions.handle(completed(await world.scan(placement.image)))

    assert (await world.scan(placement.image)).seq == 1


async def test_one_image_under_two_tags_is_one_scan(world: World, active: Active) -> None:
    first = await world.place("a")
    second = await world.place("a", tag="latest")

    await push(active, first)
    await push(active, second, at=NOW + 5)
    await settle(active)
    await push(active, second, at=NOW + 9)
    await settle(active)

    assert len(await world.published(SCAN_EXTRACT)) == 1
    assert (await world.task(TASK)).total == 1


async def test_a_tag_that_moved_before_its_scan_is_skipped(world: World, active: Active) -> None:
    placement = await world.place("old")
    await push(active, placement)
    stored = await world.placements.get(placement.id)
    assert stored is not None
    await world.placements.replace(replace(stored, image=digest("new")))
    await world.images.insert(an_image(digest("new")))
    await push(active, replace(placement, image=digest("new")), at=NOW + 1)
    await settle(active)

    old = await world.item(TASK, placement.image)
    assert (old.state, old.reason) == ("skipped", "moved")
    (event,) = await world.published(SCAN_EXTRACT)
    assert isinstance(event, ScanExtract)
    assert event.image == digest("new")
    task = await world.task(TASK)
    assert (task.skipped, task.running, task.waiting) == (1, 1, 0)


async def test_an_image_that_comes_back_is_scanned_after_all(world: World, active: Active) -> None:
    placement = a_placement(digest("a"))
    await push(active, placement)
    await settle(active)
    assert (await world.item(TASK, placement.image)).reason == "moved"

    await world.placements.insert(placement)
    await push(active, placement, at=NOW + 1)
    await settle(active)

    assert (await world.item(TASK, placement.image)).state == "running"


async def test_an_analysed_image_is_skipped_until_an_analyzer_changes(world: World) -> None:
    dispatcher = world.dispatcher()
    active = await lead(dispatcher)
    placement = await world.place("a")
    await push(active, placement)
    await settle(active)
    await world.finish(placement.image, version="1")
    assert await active.completions.reconcile() == 1

    await push(active, placement, at=NOW + 1)
    await settle(active)
    again = await world.item(TASK, placement.image)
    assert (again.state, again.reason) == ("skipped", "already_analysed")

    await announce(dispatcher, version=2)
    await push(active, placement, at=NOW + 2)
    await settle(active)
    assert (await world.scan(placement.image)).seq == 2


async def test_a_failed_image_is_scanned_again_by_its_next_push(
    world: World, active: Active
) -> None:
    placement = await world.place("a")
    await push(active, placement)
    await settle(active)
    await world.finish(placement.image, status="failed", version="1")
    await active.completions.reconcile()
    assert (await world.item(TASK, placement.image)).state == "failed"

    await push(active, placement, at=NOW + 1)
    await settle(active)

    assert (await world.scan(placement.image)).seq == 2


async def test_what_is_only_listed_moved_or_deleted_is_not_scanned(
    world: World, active: Active
) -> None:
    placement = await world.place("a")
    for action in ("discovered", "moved", "deleted"):
        event = an_image_event(placement, action)
        await active.intake.handle(delivered(IMAGE_EVENTS, event))
    await active.intake.handle(delivered(IMAGE_EVENTS, None))
    await settle(active)

    assert await world.rows() == []
    assert await world.published(SCAN_EXTRACT) == []


async def test_a_registry_may_not_scan_on_push(world: World, active: Active) -> None:
    await world.registries.insert(a_registry("quiet", scan_on_push=False))
    await world.registries.insert(a_registry("foreign", project="other"))
    for registry in ("quiet", "foreign", "unknown"):
        await push(active, a_placement(digest("a"), registry=registry))

    assert await world.rows() == []


async def test_an_unsupported_os_is_no_reason_to_skip(world: World, active: Active) -> None:
    placement = a_placement(digest("w"), platform="windows/amd64")
    await world.placements.insert(placement)
    await world.images.insert(an_image(placement.image, os="windows", unsupported="not Linux"))
    await push(active, placement)
    await settle(active)

    assert (await world.scan(placement.image)).state == "running"


async def test_a_large_image_goes_its_own_way(world: World, active: Active) -> None:
    placement = a_placement(digest("large"))
    await world.placements.insert(placement)
    await world.images.insert(an_image(placement.image, large=True))
    await push(active, placement)
    await settle(active)

    assert len(await world.published(SCAN_EXTRACT_LARGE)) == 1
    assert await world.published(SCAN_EXTRACT) == []


async def test_slots_bound_the_scans_in_flight(world: World) -> None:
    active = await lead(world.dispatcher(concurrent_scans=2))
    placements = [await world.place(name) for name in "abcde"]
    for number, placement in enumerate(placements):
        await push(active, placement, at=NOW + number)
        world.clock.turn(0.001)
    await settle(active)
    assert len(await world.published(SCAN_EXTRACT)) == 2
    assert len(await world.rows()) == 3

    await active.completions.handle(completed(await world.scan(placements[0].image)))
    await settle(active)

    assert (await world.scan(placements[2].image)).state == "running"
    assert len(await world.rows()) == 2


async def test_a_push_asks_only_for_what_somebody_analyses(world: World) -> None:
    dispatcher = world.dispatcher(push_risks="software,vulnerability")
    assert await dispatcher.leadership.acquire()
    active = await dispatcher.activate()
    await announce(dispatcher, risks=ALL_RISKS)
    await active.recovery.run()
    placement = await world.place("a")
    await push(active, placement)
    await settle(active)

    (event,) = await world.published(SCAN_EXTRACT)
    assert isinstance(event, ScanExtract)
    assert event.risks == ALL_RISKS
    await world.finish(placement.image, version="1")
    await active.completions.reconcile()
    await push(active, placement, at=NOW + 1)
    await settle(active)

    assert (await world.item(TASK, placement.image)).reason == "already_analysed"
