"""A crash before or after any side effect, and a replay, change nothing about the end."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import pytest

from tests.end_to_end.api import until
from tests.end_to_end.histories import STEPS, Lane, State
from tests.end_to_end.sizes import FAULT_LANES, IDLE_SECONDS
from tests.end_to_end.worlds import ClusterWorld, LocalWorld

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
    from pathlib import Path

    from scantling_analyzers.extraction.pool import WorkerPool
    from tests.services.kafka import JavaBroker
    from tests.services.mongodb import JavaMongo

    MakeLane = Callable[[Mapping[str, str]], Lane]

T = TypeVar("T")
COMMIT_SECONDS = 2.0
ONCE = "counters"
"""The collection with a document for each partition, made once in its life."""

pytestmark = [
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

    async def all_died() -> bool:
        return all(role.deaths > before[role.name] for role in mortal.values())

    # What is handled is committed a moment later.
    with contextlib.suppress(AssertionError):
        await until(all_died, "the deaths", seconds=COMMIT_SECONDS)
    for role in mortal.values():
        role.plan.arm("")
    return {role for role, each in mortal.items() if each.deaths > before[role]}


async def begun(lane: Lane, course: Course) -> set[str]:
    """Go through the beginning of a new world, in which roles die; return the roles that did."""
    async with lane:
        subject = await lane.first("begun")
        await lane.settled(subject, course.ends["push"])
        return {role.name for role in lane.pipeline.roles.values() if role.deaths}


def rounds(faults: Iterable[Fault]) -> Iterator[dict[str, str]]:
    """Give what to do at a time: a point of each role, until each point had its turn."""
    waiting: dict[str, list[str]] = {}
    for fault in faults:
        waiting.setdefault(fault.role, []).append(fault.point)
    while waiting:
        yield {role: points.pop() for role, points in waiting.items()}
        waiting = {role: points for role, points in waiting.items() if points}


async def crash_along(lane: Lane, course: Course) -> list[Fault]:
    """Crash at each point of a history, all roles at once; return what was not passed again."""
    missed: list[Fault] = []
    number = 0
    for step in STEPS:
        for points in rounds(fault for fault in course.faults if fault.step == step):
            number += 1
            told = _told(points, disturbed(lane, course, step, points, f"f{number:04d}"))
            died = await told
            missed += [Fault(step, role, points[role]) for role in points.keys() - died]
    return [fault for fault in missed if not await _dies_idly(lane, fault)]


async def crash_at_birth(make: MakeLane, course: Course, faults: list[Fault]) -> list[Fault]:
    """Crash at what a world does once in its life, in new worlds; return what none of them did."""
    missed: list[Fault] = []
    waiting = list(rounds(faults))

    async def go() -> None:
        while waiting:
            points = waiting.pop()
            died = await _told(points, begun(make(points), course))
            missed.extend(Fault("start", role, points[role]) for role in points.keys() - died)

    async with asyncio.TaskGroup() as group:
        for _ in range(FAULT_LANES):
            group.create_task(go())
    return missed


async def _dies_idly(lane: Lane, fault: Fault) -> bool:
    """Tell whether a role passes a point from time to time, whatever happens; it dies there."""
    if fault.point.partition(":")[2].startswith(ONCE):
        return False
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

    async with make({}) as lane:
        course = await undisturbed(lane)
        missed = await crash_along(lane, course)
    once = [fault for fault in course.faults if fault.step == "start"]
    assert await crash_at_birth(make, course, [*once, *missed]) == []


@pytest.mark.kafka
@pytest.mark.mongodb
@pytest.mark.timeout(240)
@pytest.mark.usefixtures("registry_program")
async def test_a_crash_at_any_point_changes_no_end_on_kafka(
    tmp_path: Path, pool: WorkerPool, java_broker: JavaBroker, java_mongo: JavaMongo
) -> None:
    world = ClusterWorld(java_broker.bootstrap, java_mongo.url, "faults")
    async with Lane(world, tmp_path / "roles", pool) as lane:
        course = await undisturbed(lane)
        # A crash before a write to the store is one after what came before it; what Kafka does
        # itself is gone through twice.
        chosen = [
            fault
            for fault in course.faults
            if fault.point.startswith("bus.") or not fault.point.endswith(":before")
        ]
        missed = await crash_along(lane, course._replace(faults=chosen))
    # On the local bus what happens once has worlds of its own.
    assert [fault for fault in missed if fault.point.split(":")[1] != ONCE] == []
