"""What goes with time, and what must stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_sync.sweeps import TASKS_KEPT, Sweeps, Swept
from tests.builders.image import image
from tests.common.counting import Counting
from tests.end_to_end.notices import notice

if TYPE_CHECKING:
    from tests.sync.scripted import ScriptedRegistry
    from tests.sync.world import World

DAY = 24 * 3600.0
ONE, TWO = (image({"n": text}) for text in (b"1", b"2"))


async def sweep(world: World) -> Swept:
    """Sweep once."""
    work = await world.sync.prepare()
    return await work.sweeps.sweep()


async def test_deliveries_are_kept_for_seven_days(world: World, scripted: ScriptedRegistry) -> None:
    scripted.put("app", "v1", ONE)
    id_ = await world.add_registry(scripted.host)
    await world.notify(id_, notice("app", tag="v1", id_="old"))
    await world.sync.drain()
    await world.clock.turn(6.9 * DAY)
    await world.notify(id_, notice("app", tag="v1", id_="new"))
    assert (await sweep(world)).deliveries == 0
    await world.clock.turn(0.2 * DAY)
    assert (await sweep(world)).deliveries == 1
    assert len(await world.deliveries()) == 1


async def test_gone_placements_are_kept_for_seven_days_and_live_ones_for_ever(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("app", "v1", ONE)
    scripted.put("app", "v2", ONE)
    id_ = await world.add_registry(scripted.host)
    scripted.drop("app", "v1")
    await world.resync(id_)
    await world.clock.turn(6.9 * DAY)
    assert (await sweep(world)).placements == 0
    await world.clock.turn(0.2 * DAY)
    assert (await sweep(world)).placements == 1
    assert {each.tag for each in await world.placements()} == {"v2"}


async def test_a_placement_that_owes_an_event_stays(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("app", "v1", ONE)
    id_ = await world.add_registry(scripted.host)
    scripted.drop("app", "v1")
    await world.resync(id_)
    [placement] = await world.placements()
    await world.placement_records.set_fields(placement.id, {"owed": 1})
    await world.clock.turn(30 * DAY)
    assert (await sweep(world)).placements == 0


async def test_an_image_without_placement_is_kept_for_thirty_days_more(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("app", "v1", ONE)
    scripted.put("app", "v2", TWO)
    id_ = await world.add_registry(scripted.host)
    scripted.drop("app", "v1")
    await world.resync(id_)
    assert (await sweep(world)).images == 0
    marked = await world.image_records.get(ONE.digest)
    assert marked is not None
    assert marked.orphan_since > 0
    await world.clock.turn(29 * DAY)
    assert (await sweep(world)).images == 0
    await world.clock.turn(2 * DAY)
    assert (await sweep(world)).images == 1
    assert await world.image_records.get(ONE.digest) is None
    assert await world.image_records.get(TWO.digest) is not None


async def test_an_image_that_is_back_is_no_orphan_any_more(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("app", "v1", ONE)
    id_ = await world.add_registry(scripted.host)
    scripted.drop("app", "v1")
    await world.resync(id_)
    await sweep(world)
    await world.clock.turn(31 * DAY)
    scripted.put("app", "v2", ONE)
    await world.resync(id_)
    assert (await sweep(world)).images == 0
    found = await world.image_records.get(ONE.digest)
    assert found is not None
    assert found.orphan_since == 0


async def test_a_registrys_newest_syncs_stay_whatever_their_age(
    world: World, scripted: ScriptedRegistry
) -> None:
    id_ = await world.add_registry(scripted.host)
    for _ in range(TASKS_KEPT + 4):
        await world.resync(id_)
    assert len(await world.tasks()) == TASKS_KEPT + 5
    assert (await sweep(world)).tasks == 0
    await world.clock.turn(31 * DAY)
    assert (await sweep(world)).tasks == 5
    assert len(await world.tasks()) == TASKS_KEPT


async def test_the_syncs_of_a_removed_registry_all_go(
    world: World, scripted: ScriptedRegistry
) -> None:
    id_ = await world.add_registry(scripted.host)
    await world.ask("DELETE", f"registries/{id_}", status=202)
    await world.sync.drain()
    # It is looked through again, for what a webhook wrote meanwhile; then it is gone.
    await world.clock.turn(3600.0)
    await world.sync.drain()
    await world.clock.turn(31 * DAY)
    assert (await sweep(world)).tasks == 2
    assert await world.tasks() == []


async def test_what_was_swept_is_counted_by_collection(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("app", "v1", ONE)
    id_ = await world.add_registry(scripted.host)
    await world.notify(id_, notice("app", tag="v1", id_="old"))
    await world.sync.drain()
    await world.clock.turn(8 * DAY)
    metrics = Counting()
    await Sweeps(world.store, world.clock, metrics).sweep()
    assert metrics.swept == {"deliveries": 1}
