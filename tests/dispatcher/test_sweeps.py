"""What has had its time goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.records.dispatcher import Limit
from scantling_common.store.port import Range
from scantling_dispatcher.sweeps import DAY, PUSH_ITEMS, SCANS
from tests.dispatcher.samples import NOW, a_task, completed
from tests.dispatcher.world import push, settle

if TYPE_CHECKING:
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
