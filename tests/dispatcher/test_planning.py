"""From a task's scope to its images."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from scantling_common.records.dispatcher import Task, TaskBody
from scantling_common.store.port import Range
from scantling_dispatcher import selection
from scantling_dispatcher.items import Items
from tests.dispatcher.samples import (
    NOW,
    PROJECT,
    a_placement,
    a_registry,
    a_task,
    completed,
    digest,
)
from tests.dispatcher.world import lead, push, settle

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_common.records.dispatcher import Scan
    from scantling_dispatcher.active import Active
    from tests.dispatcher.world import World


async def start(world: World, id_: str = "task-1", **body: Any) -> Task:
    fields = {name: body.pop(name) for name in ("risks", "concurrent_scans") if name in body}
    task = a_task(id_, state="planning", body=TaskBody(**body), **fields)
    await world.repositories.tasks.insert(task)
    return task


async def states(world: World, task: str = "task-1") -> dict[str, tuple[str, str]]:
    items = world.repositories.items
    return {
        item.image: (item.state, item.reason)
        async for item in items.each(Range(index="task", prefix=(task,)))
    }


async def test_a_manual_task_scans_all_of_its_project(world: World, active: Active) -> None:
    placements = [await world.place(name) for name in "abc"]
    await world.placements.insert(a_placement(digest("x"), project="other", registry="r9"))
    await start(world)

    await settle(active)
    for placement in placements:
        await active.completions.handle(completed(await world.scan(placement.image)))
    await settle(active)

    assert await states(world) == {p.image: ("complete", "") for p in placements}
    task = await world.task("task-1")
    assert (task.state, task.total, task.complete) == ("done", 3, 3)
    assert task.sweep_at > task.ended_at > 0


async def test_each_image_outside_of_the_filters_has_its_reason(
    world: World, active: Active
) -> None:
    arm = await world.place("arm", platform="linux/arm64")
    old = await world.place("old", updated_at=NOW - 10)
    new = await world.place("new", updated_at=NOW)
    unknown = await world.place("unknown")
    await start(world, platforms=("linux/amd64",), updated_after=NOW - 5, unknown_updated=False)

    await settle(active)

    assert await states(world) == {
        arm.image: ("skipped", "platform"),
        old.image: ("skipped", "update_time"),
        unknown.image: ("skipped", "update_time_unknown"),
        new.image: ("running", ""),
    }
    task = await world.task("task-1")
    assert (task.total, task.skipped, task.running) == (4, 3, 1)


async def test_images_out_of_scope_are_not_of_the_task(world: World, active: Active) -> None:
    await world.registries.insert(a_registry("r2"))
    wanted = await world.place("a", repository="team/app", registry="r2")
    await world.place("b", repository="team/lib", registry="r2")
    await world.place("c", repository="team/app")
    await start(world, scope={"registry": "r2", "repository": "*/app"})

    await settle(active)

    assert list(await states(world)) == [wanted.image]


async def test_one_repository_is_read_by_its_index(world: World, active: Active) -> None:
    wanted = await world.place("a", repository="app")
    await world.place("b", repository="lib")
    await start(world, scope={"registry": "r1", "repository": "app"})

    await settle(active)

    assert list(await states(world)) == [wanted.image]


async def test_only_the_latest_tag_of_each_repository(world: World, active: Active) -> None:
    old = await world.place("old", tag="1.9", updated_at=NOW - 9)
    new = await world.place("new", tag="1.10", updated_at=NOW)
    other = await world.place("other", repository="lib", tag="1")
    await start(world, latest_only=True)

    await settle(active)

    assert await states(world) == {
        old.image: ("skipped", "not_latest"),
        new.image: ("running", ""),
        other.image: ("running", ""),
    }


@pytest.mark.parametrize("first", ["1.0", "3.0"])
async def test_an_image_that_one_of_its_tags_is_skipped_for_is_scanned_for_the_other(
    world: World, active: Active, first: str
) -> None:
    await world.place("a", tag=first, updated_at=NOW - 9)
    wanted = await world.place("a", tag="2.0", updated_at=NOW)
    await start(world, updated_after=NOW - 5)

    await settle(active)

    assert await states(world) == {wanted.image: ("running", "")}


async def test_images_are_named_by_digest(world: World, active: Active) -> None:
    wanted = await world.place("a")
    await world.place("b")
    await start(world, images=(wanted.image, digest("nowhere")))

    await settle(active)

    assert await states(world) == {
        wanted.image: ("running", ""),
        digest("nowhere"): ("skipped", "moved"),
    }


async def test_one_placement_is_named(world: World, active: Active) -> None:
    wanted = await world.place("a")
    await world.place("b")
    await start(world, scope={"placement": wanted.id})

    await settle(active)

    assert list(await states(world)) == [wanted.image]


async def test_a_task_without_an_image_is_done(world: World, active: Active) -> None:
    await start(world, scope={"registry": "r7"})

    await settle(active)

    assert (await world.task("task-1")).state == "done"


async def test_a_plan_goes_on_where_it_was(
    world: World, active: Active, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "PAGE", 2)
    placements = [await world.place(name) for name in "abcde"]
    await start(world)

    await active.planner.step()
    planned = await world.task("task-1")
    assert (planned.state, planned.planned) == ("planning", False)
    assert len(await states(world)) == 2

    await settle(await lead(world.dispatcher()))

    assert await states(world) == {p.image: ("running", "") for p in placements}
    assert (await world.task("task-1")).planned


async def test_a_page_that_is_planned_twice_changes_nothing(world: World, active: Active) -> None:
    placement = await world.place("a")
    await start(world)
    await settle(active)
    await active.completions.handle(completed(await world.scan(placement.image)))
    await settle(active)
    done = await world.task("task-1")

    again = replace(done, state="planning", planned=False)
    assert await world.repositories.tasks.replace(again)
    await settle(active)

    after = await world.task("task-1")
    assert (after.total, after.complete, after.state) == (1, 1, "done")
    assert (await world.scan(placement.image)).seq == 1


async def test_a_manual_scan_analyses_anew(world: World, active: Active) -> None:
    placement = await world.place("a")
    await push(active, placement)
    await settle(active)
    await world.finish(placement.image, version="1")
    await active.completions.reconcile()

    await start(world)
    await settle(active)

    scan = await world.scan(placement.image)
    assert (scan.seq, scan.state, scan.again) == (2, "running", True)


async def test_a_scan_under_way_is_joined(world: World, active: Active) -> None:
    placement = await world.place("a")
    await push(active, placement)
    await settle(active)
    await start(world)
    await settle(active)

    scan = await world.scan(placement.image)
    assert (scan.seq, set(scan.body.tasks)) == (1, {"push-r1", "task-1"})
    assert await world.rows() == []
    await active.completions.handle(completed(scan, "partial"))
    await settle(active)

    assert (await world.task("task-1")).partial == 1
    assert (await world.task("push-r1")).partial == 1


async def test_a_scan_that_ends_while_it_is_joined_ends_the_task_that_joined(
    world: World, active: Active, monkeypatch: pytest.MonkeyPatch
) -> None:
    placement = await world.place("a")
    await push(active, placement)
    await settle(active)
    await start(world)
    running = Items.running
    ending: set[asyncio.Task[Any]] = set()

    async def ends_meanwhile(self: Items, scans: Iterable[Scan]) -> None:
        event = completed(await world.scan(placement.image))
        ending.add(asyncio.ensure_future(active.completions.handle(event)))
        await asyncio.wait(ending, timeout=0.3)  # it may have to wait until the task has joined
        await running(self, scans)

    monkeypatch.setattr(Items, "running", ends_meanwhile)
    await settle(active)
    await asyncio.gather(*ending)
    await settle(active)

    assert (await world.item("task-1", placement.image)).state == "complete"
    assert (await world.task("task-1")).state == "done"


async def test_a_scan_of_fewer_risks_is_passed_over_until_it_ends(
    world: World, active: Active
) -> None:
    busy = await world.place("a")
    free = await world.place("b")
    await push(active, busy)
    await settle(active)
    await start(world, risks="software,file,secret,baseimage")
    await settle(active)

    assert await states(world) == {busy.image: ("waiting", ""), free.image: ("running", "")}
    assert [row.image for row in await world.rows()] == [busy.image]

    await active.completions.handle(completed(await world.scan(busy.image)))
    await settle(active)

    scan = await world.scan(busy.image)
    assert (scan.seq, scan.risks) == (2, "software,file,secret,baseimage")
    assert set(scan.body.tasks) == {"task-1"}


async def test_a_task_may_have_fewer_scans_at_once(world: World, active: Active) -> None:
    for name in "abc":
        await world.place(name)
    await start(world, concurrent_scans=1)
    await start(world, "task-2", concurrent_scans=2, risks="software,file,secret,baseimage")

    await settle(active)

    assert (await world.task("task-1")).running == 1
    assert (await world.task("task-2")).running == 2


async def test_a_row_of_a_task_that_is_gone_goes(world: World, active: Active) -> None:
    placement = await world.place("a")
    await start(world)
    await active.planner.step()
    await world.repositories.tasks.delete("task-1")
    await active.recovery.run()
    await settle(active)

    assert await world.rows() == []
    assert (await world.item("task-1", placement.image)).state == "cancelled"
    assert await world.repositories.scans.get(f"{PROJECT}/{placement.image}") is None
