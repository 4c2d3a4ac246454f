"""A crash before or after any side effect, then a restart: the same end state."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING, Any

import pytest

from tests.reporter.story import PHASES
from tests.reporter.world import Plan, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOPICS = (
    "findings.baseimage",
    "findings.file",
    "findings.software",
    "findings.vulnerability",
    "image.reports",
    "scan.completed",
)
WRITES = (
    "bulk:affected",
    "bulk:holds",
    "bulk:outcomes",
    "bulk:package_places",
    "bulk:packages",
    "bulk:reports",
    "bulk:units",
    "bulk:vulnerabilities",
    "bulk:vulnerability_names",
    "insert:counters",
    "insert:fleet_marks",
    "insert:heads",
    "insert:reports",
    "insert:units",
    "replace:counters",
    "replace:heads",
    "replace:reports",
    "set_fields:heads",
    "set_fields:units",
)
COMMITS = (
    "scantling-reporter:scantling.scan.results",
    "scantling-reporter-placements:scantling.image.events",
)
HALVES = tuple(write.partition(":")[2] for write in WRITES if write.startswith("bulk:"))

POINTS = sorted(
    f"{point}:{when}"
    for point in (
        *(f"bus.send:scantling.{topic}" for topic in TOPICS),
        *(f"bus.commit:{commit}" for commit in COMMITS),
        *(f"store.{write}" for write in WRITES),
    )
    for when in ("before", "after")
) + [f"store.bulk:{name}:halfway" for name in HALVES]


REPEATED = {
    f"{point}:{when}"
    for point in (
        "bus.send:scantling.findings.baseimage",
        "bus.send:scantling.image.reports",
        "bus.send:scantling.scan.completed",
        "store.insert:reports",
        "store.replace:heads",
        "store.set_fields:heads",
    )
    for when in ("before", "after")
}
"""Points that are passed three times at least, however writes are put together."""


async def told(world: World, plan: Plan) -> dict[str, Any]:
    """Return the end state of the whole story in a new world."""
    try:
        await world.prepare()
        return await live(world, plan)
    finally:
        await world.close()


async def live(world: World, plan: Plan) -> dict[str, Any]:
    """Go through all phases; a reporter that dies is started again, without its fault."""
    for phase in PHASES:
        await phase(world)
        if not plan.crashed:
            async with world.running(plan):
                await world.settled(plan)
        if plan.crashed:
            await world.run_to_the_end()
    return await world.state()


@pytest.fixture(autouse=True)
def burial() -> Iterator[None]:
    """Close the coroutines that a crash left behind here, not in the middle of what comes next."""
    yield
    gc.collect()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the end state without any crash, and the points that were passed."""

    async def tell() -> dict[str, Any]:
        plan = Plan()
        state = await told(World(tmp_path_factory.mktemp("undisturbed")), plan)
        return {"state": state, "passed": dict(plan.passed)}

    return asyncio.run(tell())


async def test_every_side_effect_is_a_point_of_these_tests(undisturbed: dict[str, Any]) -> None:
    assert undisturbed["passed"].keys() == set(POINTS)


async def test_the_story_is_worth_telling(undisturbed: dict[str, Any]) -> None:
    state = undisturbed["state"]
    assert {head["status"] for head in state["heads"]} == {"failed", "complete"}
    assert len(state["completions"]) == 3
    assert any(superseded for _, superseded, _ in state["outcomes"])


@pytest.mark.parametrize(
    ("point", "nth"),
    [(point, 1) for point in POINTS] + [(point, 3) for point in POINTS if point in REPEATED],
)
async def test_a_crash_leaves_no_trace(
    undisturbed: dict[str, Any], tmp_path: Path, point: str, nth: int
) -> None:
    plan = Plan(point, nth)
    state = await told(World(tmp_path), plan)
    assert plan.crashed
    assert state == undisturbed["state"]
