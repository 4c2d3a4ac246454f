"""A crash before or after any side effect, then a new process: the same end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from scantling_common.faults import FaultPlan, SimulatedCrash
from scantling_sync.deliveries import CLAIM_MS
from tests.builders.image import image, platform_index
from tests.end_to_end.notices import notice
from tests.sync.clocks import StandingClock
from tests.sync.world import open_world

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sync.scripted import ScriptedRegistry
    from tests.sync.world import World

AMD, ARM = image({"a": b"amd"}), image({"a": b"arm"}, architecture="arm64")
OLD, NEW, OTHER = (image({"n": text}) for text in (b"old", b"new", b"other"))
POINTS_PASSED = 30


async def carry_out(world: World) -> None:
    """Do all there is: a move, an index, a deletion, then a sync."""
    while True:
        await world.sync.drain()
        work = await world.sync.prepare()
        await work.outbox.republish_once(None)
        states = {each.state for each in await world.deliveries()}
        states |= {each.state for each in await world.tasks()}
        if states <= {"done"}:
            return
        await world.clock.turn(CLAIM_MS / 1000)


async def begin(world: World, scripted: ScriptedRegistry) -> None:
    """Bring about deliveries, and a sync, that all have something to do."""
    scripted.put("app", "v1", OLD)
    scripted.put("app", "gone", OLD)
    id_ = await world.add_registry(scripted.host)
    scripted.put("app", "v1", NEW)
    scripted.put("app", "missed", OTHER)
    scripted.drop("app", "gone")
    for built in (AMD, ARM):
        scripted.put("multi", "", built)
    scripted.put_index("multi", "v1", platform_index(AMD, ARM))
    await world.notify(id_, notice("app", tag="v1", id_="move"))
    await world.notify(id_, notice("multi", tag="v1", id_="index"))
    await world.notify(id_, notice("app", tag="gone", action="delete", id_="deletion"))
    await world.ask("POST", "syncs", {"registry": id_}, status=202)


async def end_of(world: World) -> Any:
    """Return what must be the same however often there was a crash."""
    placements = [
        (each.repository, each.tag, each.platform, each.image, each.gone, each.owed, each.index)
        for each in await world.placements()
    ]
    events = {
        (each.repository, each.tag, each.action, each.image) for each in await world.image_events()
    }
    images = [
        found.id
        for built in (AMD, ARM, OLD, NEW, OTHER)
        if (found := await world.image_records.get(built.digest)) is not None
    ]
    return sorted(placements), events, images


async def run(folder: Path, scripted: ScriptedRegistry, plan: FaultPlan) -> Any:
    """Run until the plan's crash, then again without; return the end."""
    scripted.tags.clear()
    scripted.manifests.clear()
    clock = StandingClock()
    async with open_world(folder, clock=clock) as world:
        await begin(world, scripted)
    try:
        async with open_world(folder, clock=clock, plan=plan) as world:
            await carry_out(world)
    except* SimulatedCrash:
        pass
    async with open_world(folder, clock=clock) as world:
        await carry_out(world)
        await clock.turn(31)
        await carry_out(world)
        return await end_of(world)


@pytest.mark.slow
async def test_a_crash_at_any_side_effect_changes_nothing(
    tmp_path: Path, scripted: ScriptedRegistry
) -> None:
    undisturbed = FaultPlan()
    expected = await run(tmp_path / "undisturbed", scripted, undisturbed)
    placements, events, images = expected
    assert [each[:3] for each in placements if each[4]] == [("app", "gone", "linux/amd64")]
    assert len(events) == 8
    assert len(images) == 5
    points = [
        (point, passing)
        for point, count in undisturbed.passed.items()
        for passing in sorted({1, count})
        if not point.startswith("store.insert:projects")
    ]
    assert len(points) > POINTS_PASSED
    for number, (point, passing) in enumerate(points):
        plan = FaultPlan(point, passing)
        end = await asyncio.wait_for(run(tmp_path / str(number), scripted, plan), 60)
        assert plan.crashed, point
        assert end == expected, (point, passing)


async def test_two_instances_share_the_work(tmp_path: Path, scripted: ScriptedRegistry) -> None:
    clock = StandingClock()
    built = {f"app{number}": image({"n": b"%d" % number}) for number in range(30)}
    async with (
        open_world(tmp_path, clock=clock) as one,
        open_world(tmp_path, clock=clock) as two,
    ):
        id_ = await one.add_registry(scripted.host)
        for name, each in built.items():
            scripted.put(name, "v1", each)
            await one.notify(id_, notice(name, tag="v1", id_=name))
        works = [await world.sync.prepare() for world in (one, two)]
        carried = [0, 0]

        async def deliver(instance: int) -> None:
            while await works[instance].deliveries.carry_out_next():
                carried[instance] += 1

        await asyncio.gather(*(deliver(number % 2) for number in range(8)))
        assert sum(carried) == 30
        assert min(carried) > 0
        assert len(await one.event_ids()) == len(set(await two.event_ids())) == 30
        seen = {msgspec.structs.astuple(each)[0] for each in await two.placements()}
        assert len(seen) == 30
