"""New advisories: what was analysed is matched again, from stored facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from scantling_common.events.models import AdvisoriesUpdated, AnalyzerVersions, ScanExtract
from scantling_common.events.topics import (
    ADVISORIES_UPDATED,
    ANALYZER_VERSIONS,
    SCAN_EXTRACT,
)
from scantling_common.records.dispatcher import TaskBody
from scantling_common.records.fleet import Hold, PackagePlace, hold_id
from scantling_common.store.port import Range
from scantling_dispatcher.decisions.tasks import steered
from scantling_dispatcher.instants import required_moment
from scantling_dispatcher.selection import IMAGES_AT_ONCE
from tests.dispatcher.samples import (
    ALL_RISKS,
    NOW,
    PROJECT,
    a_registry,
    a_task,
    completed,
    delivered,
    pushed,
    returned,
)
from tests.dispatcher.world import announce, lead, push, settle

if TYPE_CHECKING:
    from scantling_common.bus.port import Delivery
    from scantling_common.events.models import Event
    from scantling_dispatcher.active import Active
    from scantling_dispatcher.service import Dispatcher
    from tests.dispatcher.world import World

LATE = f"rematch-{PROJECT}"


def updated(sequence: int = 1, **fields: Any) -> Delivery:
    """Return the delivery of an announcement; of every image unless told otherwise."""
    given = {
        "project": "*",
        "build": f"build-{sequence}",
        "announced_at": required_moment(NOW),
        "every": True,
    }
    event = AdvisoriesUpdated.model_validate({"sequence": sequence, **given, **fields})
    return delivered(ADVISORIES_UPDATED, event, f"update-{sequence}")


async def announced(dispatcher: Dispatcher, active: Active, delivery: Delivery) -> None:
    """Have an announcement reach the dispatcher in both ways that it does."""
    await dispatcher.announcements.handle(delivery)
    await active.rematches.handle(delivery)
    await settle(active)


def requests(events: list[Event]) -> list[ScanExtract]:
    return [event for event in events if isinstance(event, ScanExtract)]


async def analysed(world: World, active: Active, name: str, **held: str) -> str:
    """Have an image scanned; return it."""
    placement = await world.place(name)
    await push(active, placement)
    await settle(active)
    await world.finish(placement.image, **held)
    await active.completions.reconcile()
    await settle(active)
    return placement.image


async def test_every_image_that_was_analysed_is_matched_again(world: World) -> None:
    dispatcher = world.dispatcher(push_risks="software,vulnerability")
    active = await lead(dispatcher)
    image = await analysed(world, active, "a")
    await world.place("never scanned")

    await announced(dispatcher, active, updated())
    await announced(dispatcher, active, updated())

    _, request = requests(await world.published(SCAN_EXTRACT))
    assert (request.image, request.kind, request.risks) == (image, "rematch", ("vulnerability",))
    assert request.advisories_at_least == "build-1"
    (task,) = [t for t in await tasks(world) if t.kind == "rematch"]
    assert (task.total, task.running, task.planned) == (1, 1, True)


async def tasks(world: World) -> list[Any]:
    return [t async for t in world.repositories.tasks.each(Range(index="created"))]


async def test_what_was_matched_with_the_build_already_is_skipped(world: World) -> None:
    dispatcher = world.dispatcher(push_risks="vulnerability")
    active = await lead(dispatcher)
    await analysed(world, active, "a", advisories="build-1")

    await announced(dispatcher, active, updated())

    (task,) = [t for t in await tasks(world) if t.kind == "rematch"]
    assert (task.total, task.skipped, task.state) == (1, 1, "done")


async def test_a_rematch_takes_no_slot_and_no_limit(world: World) -> None:
    dispatcher = world.dispatcher(concurrent_scans=1, push_risks="vulnerability")
    active = await lead(dispatcher)
    images = {await analysed(world, active, name) for name in "abc"}
    busy = await world.place("busy")
    await push(active, busy)
    await world.registries.replace(a_registry(images_per_hour=1, rev=1))
    await settle(active)
    assert dispatcher.board.slots.free == 0

    await announced(dispatcher, active, updated())

    scans = [await world.scan(image) for image in images]
    assert {(scan.state, scan.kind) for scan in scans} == {("running", "rematch")}
    assert dispatcher.board.slots.running == 1


async def test_a_rematch_without_facts_goes_on_as_an_ordinary_scan(world: World) -> None:
    dispatcher = world.dispatcher(push_risks="vulnerability")
    active = await lead(dispatcher)
    image = await analysed(world, active, "a")
    await announced(dispatcher, active, updated())
    scan = await world.scan(image)
    event = returned(scan, ("vulnerability",), reason="facts_missing")

    await active.returns.handle(event)

    (row,) = await world.rows()
    assert row.lane.startswith("2/")
    await settle(active)
    last = requests(await world.published(SCAN_EXTRACT))[-1]
    assert (last.kind, last.attempt, last.risks) == ("scan", 2, ("vulnerability",))


async def test_a_rematch_that_takes_on_a_waiting_scan_keeps_to_the_limits(world: World) -> None:
    dispatcher = world.dispatcher(concurrent_scans=1, push_risks="vulnerability")
    active = await lead(dispatcher)
    image = await analysed(world, active, "a")
    await active.intake.handle(await pushed_again(world, image))
    await settle(active)
    await active.returns.handle(returned(await world.scan(image), until=NOW + 60_000))
    await push(active, await world.place("busy"))
    await settle(active)
    assert dispatcher.board.slots.free == 0

    await announced(dispatcher, active, updated())

    assert (await world.scan(image)).state == "returned"
    assert {row.lane[0] for row in await world.rows() if row.sequence} == {"2"}
    (busy,) = [s for s in dispatcher.board.slots._running if image not in s]
    await world.finish(busy.partition("/")[2])
    await active.completions.reconcile()
    await settle(active)
    scan = await world.scan(image)
    assert (scan.state, scan.kind, scan.sequence) == ("running", "scan", 1)


async def test_a_scan_under_way_with_older_advisories_is_matched_again(world: World) -> None:
    dispatcher = world.dispatcher(push_risks="vulnerability")
    active = await lead(dispatcher)
    placement = await world.place("a")
    await push(active, placement)
    await settle(active)
    await dispatcher.announcements.handle(updated())
    event = completed(await world.scan(placement.image))

    await active.completions.handle(event)
    await settle(active)

    scan = await world.scan(placement.image)
    assert (scan.state, scan.kind, scan.sequence) == ("running", "rematch", 1)
    assert (await world.item(LATE, placement.image)).state == "running"
    # What began after the announcement is not late, whatever it says.
    await active.completions.handle(completed(scan))
    await settle(active)
    assert (await world.item(LATE, placement.image)).state == "complete"
    assert (await world.scan(placement.image)).state == "idle"


@pytest.mark.parametrize(
    ("status", "build", "again"),
    [
        ("complete", "build-1", True),
        ("partial", "build-1", True),
        ("unsupported", "", True),
        ("complete", "build-2", False),
        ("complete", "newer", False),
        ("failed", "build-1", False),
        ("failed", "", False),
    ],
)
async def test_what_an_analyzer_judged_that_had_not_heard_of_the_newest_is_matched_once_more(
    world: World, status: str, build: str, *, again: bool
) -> None:
    dispatcher = world.dispatcher(push_risks="vulnerability")
    active = await lead(dispatcher)
    for sequence in (1, 2):
        await dispatcher.announcements.handle(updated(sequence))
    placement = await world.place("a")
    await push(active, placement)
    await settle(active)
    scan = await world.scan(placement.image)
    assert scan.advisories == "build-2"

    for _ in range(2):
        scan = await world.scan(placement.image)
        event = completed(scan, advisories=build, vulnerability=status)
        await active.completions.handle(event)
        await settle(active)

    asked = requests(await world.published(SCAN_EXTRACT))
    assert [each.kind for each in asked] == (["scan", "rematch"] if again else ["scan"])


async def test_a_scan_that_was_ended_by_its_head_is_late_when_it_is_told_of_after_a_build(
    world: World,
) -> None:
    dispatcher = world.dispatcher(push_risks="vulnerability")
    active = await lead(dispatcher)
    image = await analysed(world, active, "a")
    scan = await world.scan(image)
    assert scan.state == "idle"
    await dispatcher.announcements.handle(updated())

    for _ in range(2):
        await active.completions.handle(completed(scan))
        await settle(active)

    assert (await world.scan(image)).kind == "rematch"
    assert len(requests(await world.published(SCAN_EXTRACT))) == 2


async def test_a_late_image_waits_again_for_the_next_build(world: World) -> None:
    dispatcher = world.dispatcher(push_risks="vulnerability")
    active = await lead(dispatcher)
    placement = await world.place("a")
    await push(active, placement)
    await settle(active)
    for sequence in (1, 2):
        await dispatcher.announcements.handle(updated(sequence))
        await active.completions.handle(completed(await world.scan(placement.image)))
        await settle(active)

    scan = await world.scan(placement.image)
    assert (scan.state, scan.sequence, scan.advisories) == ("running", 2, "build-2")
    assert (await world.task(LATE)).total == 1


async def test_a_running_scan_with_older_advisories_answers_no_rematch(world: World) -> None:
    dispatcher = world.dispatcher(push_risks="vulnerability")
    active = await lead(dispatcher)
    image = await analysed(world, active, "a")
    await active.intake.handle(await pushed_again(world, image))
    await settle(active)
    before = await world.scan(image)
    assert (before.state, before.kind) == ("running", "scan")

    await announced(dispatcher, active, updated())

    assert (await world.scan(image)).seq == before.seq
    (row,) = await world.rows()
    assert row.sequence == 1
    await world.finish(image)
    await active.completions.reconcile()
    await settle(active)
    assert (await world.scan(image)).kind == "rematch"


async def pushed_again(world: World, image: str) -> Delivery:
    range_ = Range(index="image", prefix=(PROJECT, image, False))
    (placement,) = [p async for p in world.placements.each(range_)]
    return pushed(placement, NOW + 1)


async def test_a_rematch_is_paused_and_resumed_like_any_task(world: World) -> None:
    dispatcher = world.dispatcher(push_risks="vulnerability")
    active = await lead(dispatcher)
    image = await analysed(world, active, "a")
    await announced(dispatcher, active, updated())
    (task,) = [t for t in await tasks(world) if t.kind == "rematch"]

    await world.repositories.tasks.replace(steered(task, "pause", NOW))
    await settle(active)
    assert (await world.scan(image)).control == "paused"
    paused = await world.task(task.id)
    await world.repositories.tasks.replace(steered(paused, "resume", NOW))
    await settle(active)

    scan = await world.scan(image)
    assert (scan.state, scan.control, scan.kind) == ("running", "running", "rematch")


async def test_old_announcements_change_nothing(world: World) -> None:
    dispatcher = world.dispatcher()

    await dispatcher.announcements.handle(updated(2))
    await dispatcher.announcements.handle(updated(1))

    assert dispatcher.announcements.newest.build == "build-2"


async def contains(world: World, package: str, unit: str, *images: str) -> None:
    """Have the reporter note that images contain a package, by one unit of it at two paths."""
    for path in ("a", "b"):
        place = PackagePlace(
            id=f"{unit}/{package}/{path}", project=PROJECT, unit=unit, package=package, path=path
        )
        await world.places.insert(place)
    for image in images:
        hold = Hold(
            id=hold_id(unit, image), project=PROJECT, unit=unit, image=image, kind="software"
        )
        await world.holds.insert(hold)


def changed(*packages: str) -> list[dict[str, str]]:
    return [
        {"id": id_, "project": PROJECT, "type": "npm", "name": id_, "version": "1"}
        for id_ in packages
    ]


async def test_only_images_that_contain_a_changed_package_are_matched_again(world: World) -> None:
    dispatcher = world.dispatcher(push_risks="vulnerability")
    active = await lead(dispatcher)
    a, b, c, other = [await analysed(world, active, name) for name in ("a", "b", "c", "other")]
    await contains(world, "p1", "u1-1", a, b)
    await contains(world, "p1", "u2-1", c)
    await contains(world, "p2", "u1-1")
    await contains(world, "p3", "u3-1", other)

    await announced(dispatcher, active, updated(every=False, packages=changed("p1", "p2", "gone")))

    (task,) = [t for t in await tasks(world) if t.kind == "rematch"]
    assert (task.total, task.planned) == (3, True)
    assert {(await world.scan(image)).kind for image in (a, b, c)} == {"rematch"}
    assert (await world.scan(other)).kind == "scan"


@pytest.mark.parametrize("said", [{"every": True}, {"every": False, "packages": changed("p1")}])
async def test_new_advisories_make_nobody_look_who_did_not_ask(
    world: World, said: dict[str, Any]
) -> None:
    dispatcher = world.dispatcher(push_risks="software")
    active = await lead(dispatcher)
    asked, other = [await analysed(world, active, name) for name in ("asked", "other")]
    await contains(world, "p1", "u1-1", asked, other)
    task = a_task(state="planning", risks="vulnerability", body=TaskBody(images=(asked,)))
    await world.repositories.tasks.insert(task)
    await settle(active)
    await world.finish(asked)
    await active.completions.reconcile()

    await announced(dispatcher, active, updated(**said))

    (task,) = [t for t in await tasks(world) if t.kind == "rematch"]
    assert (task.total, task.planned) == (1, True)
    assert (await world.scan(asked)).kind == "rematch"
    assert (await world.scan(other)).kind == "scan"


async def test_many_images_are_planned_a_part_at_a_time(world: World) -> None:
    dispatcher = world.dispatcher(push_risks="vulnerability")
    active = await lead(dispatcher)
    images = [await analysed(world, active, f"image {n}") for n in range(IMAGES_AT_ONCE + 20)]
    await contains(world, "p1", "u1-1", *images)
    await contains(world, "p1", "u2-1", *images[:3])

    await active.rematches.handle(updated(every=False, packages=changed("p1")))
    steps = 0
    while await active.planner.step():
        steps += 1
    await settle(active)

    (task,) = [t for t in await tasks(world) if t.kind == "rematch"]
    assert (task.total, steps) == (len(images), 2)


async def quietly_led(world: World) -> tuple[Dispatcher, Active]:
    """Return a dispatcher that knows of no analyzer of vulnerabilities, only of an extractor."""
    dispatcher = world.dispatcher(push_risks="vulnerability")
    assert await dispatcher.leadership.acquire()
    active = await dispatcher.activate()
    await announce(dispatcher, risks=ALL_RISKS)
    extractor = AnalyzerVersions(
        project="", risk="vulnerability", version=1, rules_known=False, readers={"dpkg": 1}
    )
    await dispatcher.versions.handle(delivered(ANALYZER_VERSIONS, extractor))
    await active.recovery.run()
    return dispatcher, active


async def test_what_was_analysed_before_there_was_an_analyzer_is_matched_when_there_is_one(
    world: World,
) -> None:
    dispatcher, active = await quietly_led(world)
    image = await analysed(world, active, "a")
    assert (await world.scan(image)).risks == ",".join(ALL_RISKS)
    assert await active.rematches.catch_up() == 0

    await announce(dispatcher)
    assert await active.rematches.catch_up() == 1
    assert await active.rematches.catch_up() == 0
    await settle(active)

    scan = await world.scan(image)
    assert (scan.state, scan.kind, scan.risks) == ("running", "rematch", "vulnerability")


async def test_nothing_is_caught_up_with_where_pushes_are_not_looked_for_vulnerabilities(
    world: World,
) -> None:
    active = await lead(world.dispatcher(push_risks="software"))
    await analysed(world, active, "a")

    assert await active.rematches.catch_up() == 0
    assert [task for task in await tasks(world) if task.kind == "rematch"] == []


async def test_what_was_matched_before_a_restart_is_not_matched_again_for_it(world: World) -> None:
    dispatcher = world.dispatcher(push_risks="vulnerability")
    active = await lead(dispatcher)
    image = await analysed(world, active, "a", advisories="build-1")

    await active.rematches.catch_up()
    await settle(active)

    assert (await world.scan(image)).kind == "scan"
    (task,) = [t for t in await tasks(world) if t.kind == "rematch"]
    assert (task.total, task.state) == (0, "done")


async def test_a_scan_that_ends_when_there_is_an_analyzer_is_matched_then(world: World) -> None:
    dispatcher, active = await quietly_led(world)
    placement = await world.place("a")
    await push(active, placement)
    await settle(active)
    await announce(dispatcher)

    await active.completions.handle(completed(await world.scan(placement.image)))
    await settle(active)

    scan = await world.scan(placement.image)
    assert (scan.state, scan.kind) == ("running", "rematch")
    assert (await world.task(LATE)).total == 1


async def test_a_project_without_images_gets_no_task(world: World) -> None:
    active = await lead(world.dispatcher(push_risks="vulnerability"))

    assert await active.rematches.catch_up() == 0
    assert await tasks(world) == []
