"""A crash before and after every side effect, and the same end."""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import TYPE_CHECKING, Any

import pytest

from scantling_common.events.topics import CONTROL, SCAN_EXTRACT
from scantling_common.faults import FaultPlan, FaultyBus, FaultyStore, SimulatedCrash
from scantling_common.records.dispatcher import TaskBody, scan_id
from scantling_common.store.port import Range
from scantling_dispatcher.changes import change
from scantling_dispatcher.decisions.tasks import steered
from tests.dispatcher.samples import (
    NOW,
    PROJECT,
    a_placement,
    a_registry,
    a_task,
    completed,
    digest,
    pushed,
    returned,
)
from tests.dispatcher.world import World, a_world, lead, settle

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from scantling_common.bus.port import Delivery
    from scantling_dispatcher.active import Active


class Story:
    """What happens to a dispatcher, whose every side effect may be its last.

    After a crash a dispatcher is started again over what is stored, events that were not
    answered come again, and what the loops do they do again.
    """

    def __init__(self, world: World, plan: FaultPlan) -> None:
        self._world = world
        self._plan = plan
        self._active: Active | None = None

    async def survives(self, step: Callable[[Active], Awaitable[object]]) -> None:
        """Carry out a step, once more by a dispatcher of a new life where it crashed."""
        while True:
            try:
                await step(await self._alive())
            except SimulatedCrash:
                self._active = None
                self._plan = FaultPlan()
            else:
                return

    async def _alive(self) -> Active:
        if self._active is None:
            self._active = await lead(
                self._world.dispatcher(
                    store=FaultyStore(self._world.store, self._plan),
                    bus=FaultyBus(self._world.bus, self._plan),
                )
            )
        return self._active


async def tell(world: World, plan: FaultPlan) -> None:
    """Tell the story: pushes, two tasks, a return, a pause, a cancellation, the ends."""
    story = Story(world, plan)
    pushes = [await world.place(name) for name in "abc"]
    only_one, only_two = await world.place("d"), await world.place("e")
    images = [placement.image for placement in pushes]
    for id_, other in (("task-1", only_one), ("task-2", only_two)):
        body = TaskBody(images=(*images, other.image))
        await world.repositories.tasks.insert(a_task(id_, state="planning", body=body))

    for placement in pushes:
        await story.survives(_event(lambda a: a.intake.handle, pushed(placement)))
    moved = a_placement(digest("moved"), tag="moved")
    await story.survives(_event(lambda a: a.intake.handle, pushed(moved)))
    await story.survives(settle)
    await story.survives(_event(lambda a: a.intake.handle, pushed(pushes[0], NOW + 1)))
    scan = await world.scan(pushes[0].image)
    await story.survives(_event(lambda a: a.returns.handle, returned(scan, ("file",))))
    await story.survives(settle)
    await _steer(world, "task-1", "pause")
    await _steer(world, "task-2", "cancel")
    await story.survives(settle)
    await _steer(world, "task-1", "resume")
    await story.survives(settle)
    for placement in (*pushes, only_one):
        ended = await world.scan(placement.image)
        await story.survives(_event(lambda a: a.completions.handle, completed(ended)))
    await story.survives(settle)
    for placement in pushes:
        await story.survives(_event(lambda a: a.intake.handle, pushed(placement)))
    await story.survives(settle)


def _event(
    handler: Callable[[Active], Callable[[Delivery], Awaitable[object]]], delivery: Delivery
) -> Callable[[Active], Awaitable[object]]:
    async def step(active: Active) -> object:
        return await handler(active)(delivery)

    return step


async def _steer(world: World, task: str, verb: Any) -> None:
    with contextlib.suppress(AssertionError):
        await change(world.repositories.tasks, task, lambda each: steered(each, verb, NOW))


async def end_state(world: World) -> dict[str, Any]:
    """Return what must be the same however often a dispatcher died."""
    repositories = world.repositories
    placements = [p async for p in world.placements.each(Range(index="gone"))]
    scans = list(
        await repositories.scans.get_many(
            sorted({scan_id(PROJECT, placement.image) for placement in placements})
        )
    )
    tasks = await repositories.tasks.get_many(["task-1", "task-2", "push-r1"])
    items = [item async for item in repositories.items.each(Range(index="task"))]
    return {
        "scans": [(s.id, s.state, s.seq, s.attempt, s.risks, s.status, s.owed) for s in scans],
        "rows": [row.id for row in await world.rows()],
        "items": sorted((i.id, i.state, i.seq, i.counted, i.uncounted) for i in items),
        "tasks": [
            (t.id, t.state, t.total, t.waiting, t.running, t.complete, t.skipped, t.cancelled)
            for t in tasks
        ],
        "extracts": sorted(
            {
                (e.model_dump()["image"], e.model_dump()["seq"], e.model_dump()["attempt"])
                for e in await world.published(SCAN_EXTRACT)
            }
        ),
        "controls": len({str(e) for e in await world.published(CONTROL)}),
    }


async def undisturbed(folder: Path) -> tuple[dict[str, Any], FaultPlan]:
    plan = FaultPlan()
    async with a_world(folder) as world:
        await tell(world, plan)
        return await end_state(world), plan


async def test_the_story_ends_as_it_should(tmp_path: Path) -> None:
    state, plan = await undisturbed(tmp_path)

    assert [entry[1] for entry in state["scans"]].count("idle") == 4
    assert [entry[1] for entry in state["scans"]].count("cancelled") == 1
    assert state["rows"] == []
    assert [entry[1] for entry in state["tasks"]] == ["done", "cancelled", "running"]
    assert {
        "store.bulk:scans:after",
        "store.replace:scans:after",
        "store.bulk:task_items:after",
        "store.bulk:waiting:after",
        "store.insert:waiting:after",
        "store.insert:task_items:after",
        "store.replace:tasks:after",
        f"bus.send:{SCAN_EXTRACT.name}:after",
        f"bus.send:{CONTROL.name}:after",
    } <= set(plan.passed)


EVERY = "SCANTLING_EVERY_FAULT"
"""Set in the environment: crash at each passing of each point, rather than at a few of them."""

FEW = 3

POINTS = (
    "store.insert:leader",
    "store.insert:task_items",
    "store.insert:waiting",
    "store.insert:tasks",
    "store.replace:scans",
    "store.replace:tasks",
    "store.replace:task_items",
    "store.bulk:scans",
    "store.bulk:task_items",
    "store.bulk:waiting",
    f"bus.send:{SCAN_EXTRACT.name}",
    f"bus.send:{CONTROL.name}",
)


def chosen(passings: int) -> list[int]:
    """Return at which passings of a point to crash: at a few, evenly spread."""
    step = 1 if os.environ.get(EVERY) else max(1, -(-passings // FEW))
    return list(range(1, passings + 1, step))


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], FaultPlan]:
    return asyncio.run(undisturbed(tmp_path_factory.mktemp("calm")))


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
async def test_a_crash_anywhere_changes_nothing_in_the_end(
    tmp_path: Path, calm: tuple[dict[str, Any], FaultPlan], point: str
) -> None:
    expected, plan = calm
    names = [name for name in plan.passed if name.startswith(f"{point}:")]
    assert names
    for name in names:
        for passing in chosen(plan.passed[name]):
            async with a_world(tmp_path / f"{name.replace(':', '-')}-{passing}") as world:
                crash = FaultPlan(name, passing)
                await tell(world, crash)
                assert crash.crashed
                assert await end_state(world) == expected, f"{name}#{passing}"


def test_every_point_is_told_of(calm: tuple[dict[str, Any], FaultPlan]) -> None:
    told = {name.rpartition(":")[0] for name in calm[1].passed}

    assert told == set(POINTS)


async def test_the_same_story_with_a_limited_registry(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        await world.registries.insert(a_registry("slow", images_per_hour=3600))
        placement = await world.place("slow", registry="slow")
        story = Story(world, FaultPlan("store.insert:limits:after"))
        await story.survives(_event(lambda a: a.intake.handle, pushed(placement)))
        await story.survives(settle)
        assert await world.published(SCAN_EXTRACT) == []
        world.clock.turn(1)
        await story.survives(settle)

        assert len(await world.published(SCAN_EXTRACT)) == 1
