"""A crash before or after any side effect, and a replay, change nothing about the end."""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import pytest

from tests.end_to_end.api import until
from tests.end_to_end.histories import STEPS, Lane, State
from tests.end_to_end.sizes import FAULT_LANES, IDLE_SECONDS
from tests.end_to_end.worlds import ClusterWorld, LocalWorld

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from pathlib import Path

    from scantling_analyzers.extraction.pool import WorkerPool
    from tests.services.kafka import JavaBroker
    from tests.services.mongodb import JavaMongo

    MakeLane = Callable[[Mapping[str, str]], Lane]

T = TypeVar("T")

pytestmark = [
    # Roles that die inside one process leak recursion depth on CPython 3.11, which can end the
    # whole run of pytest; the tests of each service crash at their points in every run.
    pytest.mark.skipif(
        not os.environ.get("SCANTLING_EVERY_FAULT"),
        reason="set SCANTLING_EVERY_FAULT=1 and run it alone",
    ),
    pytest.mark.end_to_end,
    pytest.mark.registry,
    pytest.mark.slow,
    # A process that dies takes its sockets along; a role that dies in this one leaves them.
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]


class Fault(NamedTuple):
    """A point of a role, and the step of a history in which it is passed first."""

    step: str
    role: str
    point: str


class Course(NamedTuple):
    """An undisturbed history: where each step ends, and which points it passes."""

    ends: dict[str, State]
    faults: list[Fault]


async def undisturbed(lane: Lane) -> Course:
    """Go through a history and note what each step passes; first what a world does only once."""
    await lane.rest(await lane.first("first"))
    before = lane.passed()
    once = set(before)
    seen: set[tuple[str, str]] = set()
    faults: list[Fault] = []
    ends: dict[str, State] = {}
    subject = await lane.first("plain")
    for generation, step in enumerate(STEPS, start=1):
        if step != "push":
            await lane.step(step, subject)
        ends[step] = await lane.rest(subject, generation)
        after = lane.passed()
        passed = set(after - before) - seen
        faults += [Fault(step, role, point) for role, point in sorted(passed)]
        seen, before = seen | passed, after
    faults += [Fault("start", role, point) for role, point in sorted(once - seen)]
    return Course(ends, faults)


async def disturbed(
    lane: Lane, course: Course, step: str, points: Mapping[str, str], name: str
) -> set[str]:
    """Go through a history in which roles die at points of a step; return the roles that did."""
    mortal = {role: lane.pipeline.roles[role] for role in points}
    before = {role: each.deaths for role, each in mortal.items()}

    def arm() -> None:
        for role, point in points.items():
            mortal[role].plan.arm(point)

    if step == "push":
        arm()
    subject = await lane.first(name)
    await lane.settled(subject, course.ends["push"])
    for each in STEPS[1 : STEPS.index(step) + 1]:
        if each == step:
            arm()
        await lane.step(each, subject)
        await lane.settled(subject, course.ends[each])
    for role in mortal.values():
        role.plan.arm("")
    return {role for role, each in mortal.items() if each.deaths > before[role]}


async def disturbed_at_start(lane: Lane, course: Course) -> bool:
    """Go through the beginning of a new world, in which a role has a fatal point."""
    async with lane:
        subject = await lane.first("begun")
        await lane.settled(subject, course.ends["push"])
        return any(role.deaths for role in lane.pipeline.roles.values())


async def crash_everywhere(make: MakeLane, lanes: int) -> list[Fault]:
    """Crash at each point once, in some pipelines side by side; return what was never passed."""
    async with make({}) as lane:
        course = await undisturbed(lane)
    left = list(enumerate(course.faults))
    unborn: list[Fault] = []
    missed: list[Fault] = []

    async def go() -> None:
        async with make({}) as lane:
            while left:
                number, fault = left.pop()
                if fault.step == "start" or not await _told(
                    fault,
                    disturbed(
                        lane, course, fault.step, {fault.role: fault.point}, f"f{number:04d}"
                    ),
                ):
                    unborn.append(fault)
        # What is passed once in a world's life, at the first start or at the first push.
        while unborn:
            fault = unborn.pop()
            fresh = make({fault.role: fault.point})
            if not await _told(fault, disturbed_at_start(fresh, course)):
                missed.append(fault)

    async with asyncio.TaskGroup() as group:
        for _ in range(lanes):
            group.create_task(go())
    return missed


async def crash_together(lane: Lane) -> list[Fault]:
    """Crash at each point of a history once, all roles at once, each at a point of its own."""
    course = await undisturbed(lane)
    missed: list[Fault] = []
    number = 0
    for step in STEPS:
        waiting: dict[str, list[str]] = {}
        for fault in course.faults:
            if fault.step == step:
                waiting.setdefault(fault.role, []).append(fault.point)
        while waiting:
            number += 1
            points = {role: left.pop() for role, left in waiting.items()}
            waiting = {role: left for role, left in waiting.items() if left}
            told = _told(points, disturbed(lane, course, step, points, f"f{number:04d}"))
            died = await told
            missed += [Fault(step, role, points[role]) for role in points.keys() - died]
    return [fault for fault in missed if not await _dies_idly(lane, fault)]


async def _dies_idly(lane: Lane, fault: Fault) -> bool:
    """Tell whether a role passes a point from time to time, whatever happens; it dies there."""
    role = lane.pipeline.roles[fault.role]
    before = role.deaths

    async def died() -> bool:
        return role.deaths > before

    role.plan.arm(fault.point)
    with contextlib.suppress(AssertionError):
        await until(died, "a death", seconds=IDLE_SECONDS)
    role.plan.arm("")
    return await died()


async def _told(what: object, history: Coroutine[None, None, T]) -> T:
    """Return what a history returns; where it fails, say at which points roles had died."""
    try:
        return await history
    except AssertionError as error:
        raise AssertionError(f"{what}:\n{error}") from error


@pytest.mark.timeout(240)
@pytest.mark.usefixtures("registry_program")
async def test_a_crash_at_any_point_changes_no_end_on_the_local_bus(
    tmp_path: Path, pool: WorkerPool
) -> None:
    made = 0

    def make(fatal: Mapping[str, str]) -> Lane:
        nonlocal made
        made += 1
        world = LocalWorld(tmp_path / f"world-{made}")
        return Lane(world, tmp_path / f"roles-{made}", pool, fatal)

    assert await crash_everywhere(make, FAULT_LANES) == []


@pytest.mark.kafka
@pytest.mark.mongodb
@pytest.mark.timeout(240)
@pytest.mark.usefixtures("registry_program")
async def test_a_crash_at_any_point_changes_no_end_on_kafka(
    tmp_path: Path, pool: WorkerPool, java_broker: JavaBroker, java_mongo: JavaMongo
) -> None:
    world = ClusterWorld(java_broker.bootstrap, java_mongo.url, "faults")
    async with Lane(world, tmp_path / "roles", pool) as lane:
        missed = await crash_together(lane)
    # One for each partition in its life; on the local bus such a crash has a world of its own.
    assert {fault.point.rpartition(":")[0] for fault in missed} <= {"store.insert:counters"}
