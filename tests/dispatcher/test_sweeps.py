"""What has had its time goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scantling_common.faults import FaultPlan, FaultyStore, SimulatedCrash
from scantling_common.records.dispatcher import Limit
from scantling_common.store.port import Range
from scantling_common.telemetry.metrics import NO_METRICS
from scantling_dispatcher.lists import Lists
from scantling_dispatcher.old_lists import UNUSED, OldLists
from scantling_dispatcher.sweeps import DAY, PUSH_ITEMS, SCANS, Sweeps
from tests.common.counting import Counting
from tests.dispatcher.samples import NOW, PROJECT, a_task, completed
from tests.dispatcher.world import lead, push, settle

if TYPE_CHECKING:
    from scantling_common.store.port import Delete
    from scantling_dispatcher.active import Active
    from tests.dispatcher.world import World


async def test_an_ended_task_goes_with_its_items(world: World, active: Active) -> None:
    placement = await world.place("a")
    await world.repositories.tasks.insert(a_task(state="planning"))
    await settle(active)
    await active.completions.handle(completed(await world.scan(placement.image)))
    await settle(active)

    world.clock.turn(29 * 24 * 3600)
    await active.sweeps.step()
    assert await world.repositories.tasks.get("task-1") is not None
    world.clock.turn(2 * 24 * 3600)
    await active.sweeps.step()

    assert await world.repositories.tasks.get("task-1") is None
    assert [i async for i in world.repositories.items.each(Range(index="task"))] == []


async def test_items_of_pushes_go_and_their_counts_stay(world: World, active: Active) -> None:
    ended, waiting = await world.place("a"), await world.place("b")
    await push(active, ended, waiting)
    await settle(active)
    await active.completions.handle(completed(await world.scan(ended.image)))
    await settle(active)

    world.clock.turn(PUSH_ITEMS / 1000 + 1)
    await active.sweeps.step()

    items = [i.image async for i in world.repositories.items.each(Range(index="task"))]
    assert items == [waiting.image]
    task = await world.task("push-r1")
    assert (task.total, task.complete, task.running) == (2, 1, 1)


async def test_an_uncounted_item_stays_until_it_is_counted(world: World, active: Active) -> None:
    placement = await world.place("a")
    await push(active, placement)
    await settle(active)
    await active.completions.handle(completed(await world.scan(placement.image)))

    world.clock.turn(PUSH_ITEMS / 1000 + 1)
    await active.sweeps.step()
    assert await world.repositories.items.get(f"push-r1/{placement.image}") is not None
    await settle(active)
    await active.sweeps.step()

    assert await world.repositories.items.get(f"push-r1/{placement.image}") is None
    assert (await world.task("push-r1")).complete == 1


async def test_old_limits_go(world: World, active: Active) -> None:
    await world.repositories.limits.insert(Limit(id="registry/old", debited_at=NOW - DAY - 1))
    await world.repositories.limits.insert(Limit(id="registry/new", debited_at=NOW - 1))

    await active.sweeps.step()

    assert await world.repositories.limits.get("registry/old") is None
    assert await world.repositories.limits.get("registry/new") is not None


async def test_a_scan_lives_as_long_as_its_head(world: World, active: Active) -> None:
    kept, gone = await world.place("a"), await world.place("b")
    await push(active, kept, gone)
    await settle(active)
    await world.finish(kept.image)
    for placement in (kept, gone):
        await active.completions.handle(completed(await world.scan(placement.image)))

    world.clock.turn(SCANS / 1000 + 1)
    await active.sweeps.step()

    assert await world.repositories.scans.get(f"default/{kept.image}") is not None
    assert await world.repositories.scans.get(f"default/{gone.image}") is None


LATER = UNUSED / 1000 + 1
"""Seconds after which what nobody used is looked at."""


async def versions(world: World) -> set[str]:
    """Return the settings versions in the store, what applies aside."""
    records = world.repositories.settings.each(Range(index="project"))
    return {record.version async for record in records if not record.id.endswith("/current")}


async def entries(world: World) -> set[str]:
    """Return the entries of all lists in the store."""
    records = world.repositories.lists.each(Range(index="project"))
    return {entry async for record in records for entry in record.body.entries}


async def test_lists_that_nothing_refers_to_go_after_a_month(world: World, active: Active) -> None:
    lists = Lists(world.repositories, world.clock)
    _, old = await lists.put(PROJECT, "approved-bases", ["old"], "me")
    _, new = await lists.put(PROJECT, "approved-bases", ["new"], "me")
    world.clock.turn(UNUSED / 1000 - 1)
    await active.sweeps.step()
    assert await versions(world) == {old, new}

    world.clock.turn(2)
    await active.sweeps.step()

    assert await versions(world) == {new}
    assert await entries(world) == {"new"}
    assert (await lists.get(PROJECT, "approved-bases"))[1] == new


async def test_what_applies_stays_however_long_ago_it_was_set(world: World, active: Active) -> None:
    lists = Lists(world.repositories, world.clock)
    await lists.put(PROJECT, "approved-bases", ["approved-bases"], "me")
    _, version = await lists.put(PROJECT, "disallowed-software", ["disallowed-software"], "me")
    for _ in range(3):
        world.clock.turn(LATER)
        await active.sweeps.step()

    assert await versions(world) == {version}
    assert await entries(world) == {"approved-bases", "disallowed-software"}


async def test_a_version_that_a_scan_refers_to_stays_with_its_lists(
    world: World, active: Active
) -> None:
    lists = Lists(world.repositories, world.clock)
    _, old = await lists.put(PROJECT, "approved-bases", ["old"], "me")
    await push(active, await world.place("a"))
    await settle(active)
    _, new = await lists.put(PROJECT, "approved-bases", ["new"], "me")
    world.clock.turn(LATER)

    await active.sweeps.step()

    assert await versions(world) == {old, new}
    assert await entries(world) == {"old", "new"}


async def test_a_version_that_an_analysis_was_made_with_stays(world: World, active: Active) -> None:
    lists = Lists(world.repositories, world.clock)
    _, old = await lists.put(PROJECT, "approved-bases", ["old"], "me")
    placement = await world.place("a")
    await push(active, placement)
    await settle(active)
    await world.finish(placement.image, settings=old)
    await active.completions.handle(completed(await world.scan(placement.image)))
    await world.repositories.scans.delete(f"{PROJECT}/{placement.image}")
    _, new = await lists.put(PROJECT, "approved-bases", ["new"], "me")
    world.clock.turn(LATER)

    await active.sweeps.step()

    assert await versions(world) == {old, new}


async def test_a_list_that_is_set_again_while_it_is_swept_stays(
    world: World, active: Active, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists = Lists(world.repositories, world.clock)
    _, old = await lists.put(PROJECT, "approved-bases", ["old"], "me")
    await lists.put(PROJECT, "approved-bases", ["new"], "me")
    world.clock.turn(LATER)
    look_at = OldLists.settings, OldLists.lists

    async def set_again() -> None:
        await lists.put(PROJECT, "approved-bases", ["old"], "me")

    async def settings(self: OldLists) -> list[Delete]:
        found = await look_at[0](self)
        await set_again()
        return found

    async def old_lists(self: OldLists) -> list[Delete]:
        found = await look_at[1](self)
        await set_again()
        return found

    monkeypatch.setattr(OldLists, "settings", settings)
    monkeypatch.setattr(OldLists, "lists", old_lists)
    await active.sweeps.step()

    record, version = await lists.get(PROJECT, "approved-bases")
    assert (version, record and record.body.entries) == (old, ("old",))
    assert old in await versions(world)


async def test_a_version_that_was_just_replaced_is_kept_for_scans_that_begin_under_it(
    world: World, active: Active
) -> None:
    lists = Lists(world.repositories, world.clock)
    _, old = await lists.put(PROJECT, "approved-bases", ["old"], "me")
    world.clock.turn(LATER)
    await lists.put(PROJECT, "approved-bases", ["new"], "me")

    await active.sweeps.step()

    assert old in await versions(world)


async def test_what_was_swept_is_counted_by_collection(world: World) -> None:
    metrics = Counting()
    active = await lead(world.dispatcher(metrics=metrics))
    lists = Lists(world.repositories, world.clock)
    await lists.put(PROJECT, "approved-bases", ["old"], "me")
    await lists.put(PROJECT, "approved-bases", ["new"], "me")
    await world.repositories.limits.insert(Limit(id="registry/old", debited_at=NOW - DAY - 1))
    await world.place("a")
    await world.repositories.tasks.insert(a_task(state="planning"))
    await settle(active)
    for scan in [s async for s in world.repositories.scans.each(Range(index="state"))]:
        await active.completions.handle(completed(scan))
    await settle(active)
    world.clock.turn(2 * LATER)

    await active.sweeps.step()

    assert metrics.swept == {
        "task_items": 1,
        "tasks": 1,
        "limits": 1,
        "scans": 1,
        "rules": 1,
        "lists": 1,
    }


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("collection", ["rules", "lists"])
async def test_a_crash_while_lists_are_swept_changes_no_end(
    world: World, collection: str, when: str
) -> None:
    lists = Lists(world.repositories, world.clock)
    await lists.put(PROJECT, "approved-bases", ["old"], "me")
    _, new = await lists.put(PROJECT, "approved-bases", ["new"], "me")
    world.clock.turn(LATER)
    plan = FaultPlan(f"store.bulk:{collection}:{when}")
    active = await lead(world.dispatcher(store=FaultyStore(world.store, plan)))

    with pytest.raises(SimulatedCrash):
        await active.sweeps.step()
    await Sweeps(world.repositories, world.clock, NO_METRICS).step()

    assert await versions(world) == {new}
    assert await entries(world) == {"new"}
