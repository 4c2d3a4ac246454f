"""Paused, resumed, cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.events.models import Control, ScanExtract
from scantling_common.events.topics import CONTROL, SCAN_EXTRACT
from scantling_dispatcher.changes import change
from scantling_dispatcher.decisions.tasks import Verb, steered
from tests.dispatcher.samples import NOW, RISKS, a_task, completed, returned
from tests.dispatcher.world import lead, push, settle

if TYPE_CHECKING:
    from scantling_dispatcher.active import Active
    from tests.dispatcher.world import World


async def steer(world: World, verb: Verb, task: str = "task-1") -> None:
    """Steer a task as the API does."""
    await change(world.repositories.tasks, task, lambda each: steered(each, verb, NOW))


async def start(world: World, id_: str = "task-1", risks: str = RISKS) -> None:
    await world.repositories.tasks.insert(a_task(id_, state="planning", risks=risks))


async def told(world: World) -> list[str]:
    events = await world.published(CONTROL)
    return [event.state for event in events if isinstance(event, Control)]


async def test_a_paused_task_starts_nothing_more(world: World) -> None:
    active = await lead(world.dispatcher(concurrent_scans=1))
    first, second = await world.place("a"), await world.place("b")
    await start(world)
    await settle(active)
    running = [
        p for p in (first, second) if (await world.item("task-1", p.image)).state == "running"
    ]
    assert len(running) == 1

    await steer(world, "pause")
    await settle(active)

    scan = await world.scan(running[0].image)
    assert (scan.state, scan.control, scan.pending) == ("returned", "paused", RISKS)
    task = await world.task("task-1")
    assert (task.state, task.waiting, task.running, task.unsettled) == ("paused", 2, 0, 0)
    assert await told(world) == ["running", "paused"]


async def test_a_resumed_task_goes_on_with_the_same_scan(world: World, active: Active) -> None:
    placement = await world.place("a")
    await start(world)
    await settle(active)
    await steer(world, "pause")
    await settle(active)
    await steer(world, "resume")
    await settle(active)

    scan = await world.scan(placement.image)
    assert (scan.state, scan.seq, scan.attempt, scan.control) == ("running", 1, 2, "running")
    events = [e for e in await world.published(SCAN_EXTRACT) if isinstance(e, ScanExtract)]
    assert [(event.seq, event.attempt) for event in events] == [(1, 1), (1, 2)]
    await active.completions.handle(completed(scan))
    await settle(active)
    assert (await world.task("task-1")).state == "done"


async def test_analyses_under_way_finish_a_paused_scan(world: World, active: Active) -> None:
    placement = await world.place("a")
    await start(world)
    await settle(active)
    await steer(world, "pause")
    await settle(active)

    await active.completions.handle(completed(await world.scan(placement.image)))
    await settle(active)
    assert await world.rows() == []
    assert (await world.task("task-1")).complete == 1
    await steer(world, "resume")
    await settle(active)

    assert (await world.task("task-1")).state == "done"


async def test_what_the_extractor_returns_of_a_paused_scan_changes_nothing(
    world: World, active: Active
) -> None:
    placement = await world.place("a")
    await start(world)
    await settle(active)
    await steer(world, "pause")
    await settle(active)

    await active.returns.handle(returned(await world.scan(placement.image), until=NOW + 99))

    scan = await world.scan(placement.image)
    assert (scan.attempt, scan.not_before, scan.reason) == (1, 0, "paused")


async def test_a_scan_that_another_task_wants_goes_on(world: World, active: Active) -> None:
    placement = await world.place("a")
    await push(active, placement)
    await settle(active)
    await start(world)
    await settle(active)

    await steer(world, "pause")
    await settle(active)
    assert (await world.scan(placement.image)).state == "running"
    await steer(world, "pause", "push-r1")
    await settle(active)

    assert (await world.scan(placement.image)).control == "paused"


async def test_a_paused_scan_is_taken_over_by_another_task(world: World, active: Active) -> None:
    placement = await world.place("a")
    await start(world)
    await settle(active)
    await steer(world, "pause")
    await settle(active)

    await start(world, "task-2")
    await settle(active)

    scan = await world.scan(placement.image)
    assert (scan.state, scan.seq, scan.attempt) == ("running", 1, 2)
    assert set(scan.body.tasks) == {"task-1", "task-2"}
    await active.completions.handle(completed(scan))
    await settle(active)
    assert (await world.task("task-2")).state == "done"
    assert (await world.task("task-1")).complete == 1


async def test_a_paused_scan_is_replaced_where_more_is_wanted(world: World, active: Active) -> None:
    placement = await world.place("a")
    await start(world)
    await settle(active)
    await steer(world, "pause")
    await settle(active)

    await start(world, "task-2", risks="software,file,secret,baseimage")
    await settle(active)

    scan = await world.scan(placement.image)
    assert (scan.state, scan.seq, scan.attempt) == ("running", 2, 1)
    await active.completions.handle(completed(scan))
    await settle(active)
    assert (await world.task("task-1")).complete == 1
    assert await world.rows() == []


async def test_a_cancelled_task_leaves_nothing_waiting(world: World) -> None:
    active = await lead(world.dispatcher(concurrent_scans=2))
    placements = [await world.place(name) for name in "abcd"]
    await start(world)
    await settle(active)

    await steer(world, "cancel")
    await settle(active)

    assert await world.rows() == []
    task = await world.task("task-1")
    assert (task.state, task.cancelled, task.running, task.waiting) == ("cancelled", 4, 0, 0)
    assert task.sweep_at > NOW
    states = [(await world.repositories.scans.get(f"default/{p.image}")) for p in placements]
    assert [scan.state for scan in states if scan] == ["cancelled", "cancelled"]
    assert (await told(world)).count("cancelled") == 2


async def test_slots_of_cancelled_scans_are_free(world: World) -> None:
    active = await lead(world.dispatcher(concurrent_scans=1))
    placement = await world.place("a")
    await start(world)
    await settle(active)
    await steer(world, "cancel")
    await settle(active)
    await start(world, "task-2")
    await settle(active)

    scan = await world.scan(placement.image)
    assert (scan.state, scan.seq, set(scan.body.tasks)) == ("running", 2, {"task-2"})


async def test_a_scan_that_another_task_wants_is_not_cancelled(
    world: World, active: Active
) -> None:
    placement = await world.place("a")
    await push(active, placement)
    await settle(active)
    await start(world)
    await settle(active)
    await steer(world, "cancel")
    await settle(active)

    assert (await world.item("task-1", placement.image)).state == "cancelled"
    scan = await world.scan(placement.image)
    assert scan.state == "running"
    await active.completions.handle(completed(scan))
    await settle(active)
    assert (await world.item("task-1", placement.image)).state == "cancelled"
    assert (await world.task("push-r1")).complete == 1


async def test_a_returned_scan_is_cancelled_with_its_task(world: World, active: Active) -> None:
    placement = await world.place("a")
    await start(world)
    await settle(active)
    await active.returns.handle(returned(await world.scan(placement.image), until=NOW + 3_600_000))
    await steer(world, "cancel")
    await settle(active)

    assert (await world.scan(placement.image)).state == "cancelled"
    assert await world.rows() == []
    assert (await world.task("task-1")).cancelled == 1


async def test_a_task_can_be_paused_while_it_is_planned(world: World, active: Active) -> None:
    await world.place("a")
    await start(world)
    await steer(world, "pause")
    await settle(active)
    assert await world.rows() == []
    await steer(world, "resume")
    await settle(active)

    assert (await world.task("task-1")).running == 1
