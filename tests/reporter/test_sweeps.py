"""What grows is swept, and nothing that is read."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from scantling_common.events.topics import (
    FINDINGS,
    IMAGE_REPORTS,
    SCAN_COMPLETED,
    SCAN_RESULTS,
)
from scantling_common.faults import SimulatedCrash
from scantling_common.records.reporter import KEPT
from scantling_common.telemetry.metrics import NO_METRICS
from scantling_reporter.generations import NUMBERS_MS
from scantling_reporter.relay import UNREFERENCED_MS
from scantling_reporter.sweeps import GONE_MS
from tests.common.counting import Counting
from tests.reporter.builders import a_finding, an_outcome, results, usual_outcomes
from tests.reporter.world import Plan, all_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scantling_common.records.reporter import ReportRow
    from scantling_common.telemetry.metrics import Metrics
    from scantling_reporter.service import Reporter
    from tests.reporter.world import World

DAY = UNREFERENCED_MS / 1000


async def sweep(world: World) -> None:
    """Sweep with a reporter that owns every partition."""
    async with owning_all(world) as reporter:
        await reporter.sweeps.sweep()


@contextlib.asynccontextmanager
async def owning_all(world: World, metrics: Metrics = NO_METRICS) -> AsyncIterator[Reporter]:
    reporter = world.reporter(world.bus, metrics=metrics)
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


HIDDEN = 30 * DAY
"""How long the outcomes of a hidden head are kept unless set otherwise."""


async def hide(world: World, *, run: str = "first") -> None:
    """Have an image with a report, and take its only placement away."""
    placement = await world.place("app")
    await world.send(results("app", 1, usual_outcomes(a_finding("F1")), run=run))
    await world.run_to_the_end()
    await world.remove(placement)
    await world.run_to_the_end()


async def shown(world: World) -> ReportRow:
    (row,) = [row async for row in all_of(world.rows, "image") if not row.gone]
    return row


async def test_a_hidden_head_keeps_its_outcomes_for_thirty_days(world: World) -> None:
    await hide(world)
    before = await world.head("app")
    world.clock.advance(HIDDEN - 1)
    await sweep(world)
    assert await world.head("app") == before
    world.clock.advance(1)
    await sweep(world)
    await world.run_to_the_end()
    head = await world.head("app")
    assert (head.hidden, head.body.risks, head.generation) == (True, {}, before.generation + 1)
    world.clock.advance(DAY)
    await sweep(world)
    assert await runs(world) == set()
    assert [hold async for hold in all_of(world.fleet.holds, "image")] == []


async def test_forgetting_tells_subscribers_nothing(world: World) -> None:
    await hide(world)
    topics = (*FINDINGS.values(), IMAGE_REPORTS, SCAN_COMPLETED)
    before = len(await world.events(*topics))
    world.clock.advance(HIDDEN)
    await sweep(world)
    await world.run_to_the_end()
    assert len(await world.events(*topics)) == before


async def test_a_forgotten_head_keeps_its_numbers_for_a_year(world: World) -> None:
    await hide(world)
    world.clock.advance(HIDDEN)
    await sweep(world)
    await world.run_to_the_end()
    world.clock.advance(NUMBERS_MS / 1000 - 1)
    await sweep(world)
    assert (await world.head("app")).generation == 3
    world.clock.advance(1)
    await sweep(world)
    assert [head async for head in all_of(world.heads, "project")] == []


async def test_an_image_that_comes_back_goes_on_counting_generations(world: World) -> None:
    await hide(world)
    world.clock.advance(HIDDEN)
    await sweep(world)
    await world.run_to_the_end()
    world.clock.advance(DAY)
    await sweep(world)
    await world.place("app")
    await world.run_to_the_end()
    head, row = await world.head("app"), await shown(world)
    assert (head.hidden, head.status, row.status) == (False, "", "unscanned")
    await world.send(results("app", 2, usual_outcomes(a_finding("F1")), run="second"))
    await world.run_to_the_end()
    assert (await world.head("app")).generation == head.generation + 1
    assert (await shown(world)).status == "complete"
    assert (await world.head("app")).sweep_at == KEPT


async def test_an_image_that_comes_back_before_its_outcomes_are_swept_shows_its_report(
    world: World,
) -> None:
    await hide(world)
    world.clock.advance(HIDDEN)
    await sweep(world)
    await world.run_to_the_end()
    await world.place("app")
    await world.run_to_the_end()
    world.clock.advance(DAY)
    await sweep(world)
    assert await runs(world) == {"first"}
    assert (await shown(world)).status == "complete"
    assert set((await world.head("app")).body.risks) == {"software", "file", "baseimage"}
    assert [hold async for hold in all_of(world.fleet.holds, "image")] != []


async def test_a_head_whose_image_has_a_placement_again_is_not_forgotten(world: World) -> None:
    await hide(world)
    await world.place("app")
    world.clock.advance(HIDDEN)
    await sweep(world)
    assert (await world.head("app")).body.risks
    await world.run_to_the_end()
    assert (await shown(world)).status == "complete"


async def test_a_placement_that_comes_while_its_head_is_forgotten_shows_the_report(
    world: World,
) -> None:
    await hide(world)
    world.clock.advance(HIDDEN)
    async with owning_all(world) as reporter:
        head = await world.head("app")
        # The sweep looked before this placement was written, and writes after it.
        await world.place("app")
        assert await reporter._generations.forget(head)  # the race's other half
    await world.run_to_the_end()
    assert (await shown(world)).status == "complete"
    assert not (await world.head("app")).hidden


async def test_a_head_that_the_relay_has_work_with_is_not_forgotten(world: World) -> None:
    await hide(world)
    head = await world.head("app")
    await world.heads.set_fields(head.id, {"unpublished": 1})
    world.clock.advance(HIDDEN)
    reporter = world.reporter(world.bus)
    owner, close = await reporter._own(head.partition)  # its relay must not run
    await reporter.sweeps.heads(owner)
    await close()
    assert (await world.head("app")).body.risks


async def test_a_scan_of_a_forgotten_image_is_forgotten_in_its_turn(world: World) -> None:
    await hide(world)
    world.clock.advance(HIDDEN)
    await sweep(world)
    await world.run_to_the_end()
    await world.send(results("app", 2, usual_outcomes(), run="late"))
    await world.run_to_the_end()
    assert (await world.head("app")).body.risks
    world.clock.advance(HIDDEN)
    await sweep(world)
    assert (await world.head("app")).body.risks == {}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("passing", [1, 2])
async def test_a_crash_while_forgetting_changes_no_end(
    world: World, when: str, passing: int
) -> None:
    await hide(world)
    world.clock.advance(HIDDEN)
    plan = Plan(f"store.replace:heads:{when}", passing)
    reporter = world.reporter(world.bus, plan)
    head = await world.head("app")
    owner, close = await reporter._own(head.partition)  # crashed step by step
    with contextlib.suppress(SimulatedCrash):
        await reporter.sweeps.heads(owner)
        await owner.drain()
    await close()
    assert plan.crashed
    await sweep(world)
    await world.run_to_the_end()
    world.clock.advance(DAY)
    await sweep(world)
    after = await world.head("app")
    assert (after.generation, after.unpublished, after.body.risks) == (3, 0, {})
    assert await runs(world) == set()


async def test_what_was_swept_is_counted(world: World) -> None:
    await hide(world)
    world.clock.advance(HIDDEN)
    await sweep(world)
    await world.run_to_the_end()
    metrics = Counting()
    world.clock.advance(NUMBERS_MS / 1000)
    async with owning_all(world, metrics) as reporter:
        await reporter.sweeps.sweep()
    assert metrics.swept == {"heads": 1, "outcomes": 3, "packages": 1}
