"""What grows is swept, and nothing that is read."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from scantling_common.events.topics import SCAN_RESULTS
from scantling_common.records.reporter import KEPT
from scantling_reporter.relay import UNREFERENCED_MS
from scantling_reporter.sweeps import GONE_MS
from tests.reporter.builders import a_finding, an_outcome, results, usual_outcomes
from tests.reporter.world import all_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scantling_reporter.service import Reporter
    from tests.reporter.world import World

DAY = UNREFERENCED_MS / 1000


async def sweep(world: World) -> None:
    """Sweep with a reporter that owns every partition."""
    async with owning_all(world) as reporter:
        await reporter.sweeps.sweep()


@contextlib.asynccontextmanager
async def owning_all(world: World) -> AsyncIterator[Reporter]:
    reporter = world.reporter(world.bus)
    await reporter.partitions.assigned(tuple(range(SCAN_RESULTS.partitions)))
    try:
        yield reporter
    finally:
        await reporter.partitions.close()


async def runs(world: World) -> set[str]:
    return {page.run async for page in all_of(world.pages, "scan")}


async def test_runs_that_no_head_refers_to_go_after_a_day(world: World) -> None:
    await world.place("app")
    await world.send(results("app", 1, usual_outcomes(a_finding("F1")), run="first"))
    await world.send(results("app", 1, usual_outcomes(), run="second"))
    await world.send(results("never-final", 1, [an_outcome("file")], run="lonely"))
    await world.run_to_the_end()
    await sweep(world)
    assert await runs(world) == {"first", "second", "lonely"}
    world.clock.advance(DAY)
    await sweep(world)
    assert await runs(world) == {"first"}
    assert {page.sweep_at async for page in all_of(world.pages, "scan")} == {KEPT}


async def test_a_replaced_run_goes_a_day_after_the_generation_that_replaced_it(
    world: World,
) -> None:
    await world.place("app")
    await world.send(results("app", 1, usual_outcomes(a_finding("F1")), run="old"))
    await world.run_to_the_end()
    world.clock.advance(DAY)
    await sweep(world)
    await world.send(results("app", 2, usual_outcomes(a_finding("F2")), run="new"))
    await world.run_to_the_end()
    world.clock.advance(DAY - 1)
    await sweep(world)
    assert await runs(world) == {"old", "new"}
    world.clock.advance(1)
    await sweep(world)
    assert await runs(world) == {"new"}


async def test_what_an_unpublished_generation_replaces_is_kept(world: World) -> None:
    await world.place("app")
    await world.send(results("app", 1, usual_outcomes(a_finding("F1")), run="old"))
    await world.run_to_the_end()
    await world.send(results("app", 2, usual_outcomes(a_finding("F2")), run="new"))
    await world.run_to_the_end()
    head = await world.head("app")
    await world.heads.set_fields(head.id, {"unpublished": 1, "published": 1})
    world.clock.advance(DAY)
    reporter = world.reporter(world.bus)
    await reporter.sweeps.runs(head.partition)
    assert await runs(world) == {"old", "new"}


@pytest.mark.parametrize(("seconds", "left"), [(GONE_MS / 1000 - 1, 1), (GONE_MS / 1000 + 1, 0)])
async def test_rows_of_placements_that_are_gone_stay_a_week(
    world: World, seconds: float, left: int
) -> None:
    placement = await world.place("app")
    await world.send(results("app", 1, usual_outcomes()))
    await world.run_to_the_end()
    await world.remove(placement)
    await world.run_to_the_end()
    world.clock.advance(seconds)
    await sweep(world)
    assert len([row async for row in all_of(world.rows, "image")]) == left
