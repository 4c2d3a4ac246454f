"""Scans that come back, fail by their deadline, or end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from scantling_common.bus.port import BusUnavailable
from scantling_common.bus.sending import EncodingProducer
from scantling_common.events.models import ScanExtract, ScanResult
from scantling_common.events.topics import SCAN_COMPLETED, SCAN_EXTRACT, SCAN_RESULTS, SCAN_RETURNED
from scantling_common.outcome_pages import assemble
from scantling_common.telemetry.prometheus import PrometheusMetrics
from scantling_dispatcher.decisions.scans import ATTEMPTS, DEADLINE, GIVE_UP, REMIND
from scantling_dispatcher.instants import moment
from tests.dispatcher.samples import ALL_RISKS, NOW, a_task, completed, delivered, returned
from tests.dispatcher.world import lead, push, settle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_common.bus.port import Outgoing, Producer
    from scantling_common.records.sync import Placement
    from scantling_dispatcher.active import Active
    from tests.dispatcher.world import World

TASK = "push-r1"


async def pushed_one(world: World, active: Active) -> Placement:
    placement = await world.place("a")
    await push(active, placement)
    await settle(active)
    return placement


async def test_a_returned_scan_waits_without_a_slot_until_its_time(
    world: World, active: Active
) -> None:
    placement = await pushed_one(world, active)
    event = returned(await world.scan(placement.image), ("file",), until=NOW + 60_000)

    await active.returns.handle(event)
    await active.returns.handle(event)
    await settle(active)

    (row,) = await world.rows()
    assert (row.due_at, row.attempt, row.seq, row.risks) == (NOW + 60_000, 2, 1, "file")
    item = await world.item(TASK, placement.image)
    assert (item.state, item.reason) == ("waiting", "registry_busy")
    world.clock.turn(60)
    await settle(active)

    events = [e for e in await world.published(SCAN_EXTRACT) if isinstance(e, ScanExtract)]
    assert [(e.attempt, e.risks, e.all_risks) for e in events] == [
        (1, ALL_RISKS, ALL_RISKS),
        (2, ("file",), ALL_RISKS),
    ]
    await active.returns.handle(event)
    assert (await world.scan(placement.image)).state == "running"
    assert await world.rows() == []


async def test_scan_again_is_heard_by_a_scan_that_waits(world: World, active: Active) -> None:
    placement = await pushed_one(world, active)
    await active.returns.handle(returned(await world.scan(placement.image), until=NOW + 60_000))
    await world.repositories.tasks.insert(a_task(state="planning"))
    await settle(active)
    world.clock.turn(60)
    await settle(active)

    events = [e for e in await world.published(SCAN_EXTRACT) if isinstance(e, ScanExtract)]
    assert [(e.seq, e.attempt, e.again) for e in events] == [(1, 1, False), (1, 2, True)]


async def test_returned_scans_hold_nobody_up(world: World) -> None:
    active = await lead(world.dispatcher(concurrent_scans=1))
    first = await pushed_one(world, active)
    second = await world.place("b")
    await push(active, second)
    await active.returns.handle(returned(await world.scan(first.image), until=NOW + 3_600_000))
    await settle(active)

    assert (await world.scan(second.image)).state == "running"


async def test_a_return_that_was_half_handled_is_finished_by_its_repetition(
    world: World, active: Active
) -> None:
    placement = await pushed_one(world, active)
    event = returned(await world.scan(placement.image), until=NOW)
    await active.returns.handle(event)
    for row in await world.rows():
        await world.repositories.waiting.delete(row.id)

    await active.returns.handle(event)

    assert len(await world.rows()) == 1


async def test_a_scan_that_is_returned_for_a_day_fails(world: World, active: Active) -> None:
    placement = await pushed_one(world, active)
    scan = await world.scan(placement.image)
    old = replace(
        scan,
        attempt=ATTEMPTS,
        started_at=NOW - GIVE_UP,
        body=replace(scan.body, sent=dict.fromkeys(ALL_RISKS, ATTEMPTS)),
    )
    assert await world.repositories.scans.replace(old)

    await active.returns.handle(returned(old, attempt=ATTEMPTS))

    assert (await world.scan(placement.image)).state == "expired"
    assert len(await world.published(SCAN_RESULTS)) == len(ALL_RISKS)


async def test_a_scan_past_its_deadline_fails_for_every_risk(world: World, active: Active) -> None:
    placement = await pushed_one(world, active)
    world.clock.turn(DEADLINE / 1000 - 1)
    assert await active.deadlines.check() == 0
    world.clock.turn(1)

    assert await active.deadlines.check() == 1

    results = [e for e in await world.published(SCAN_RESULTS) if isinstance(e, ScanResult)]
    assert sorted(result.risk for result in results) == sorted(ALL_RISKS)
    for result in results:
        assert (result.status, result.code, result.seq) == ("failed", "deadline", 1)
        assert result.risks == ALL_RISKS
        outcome = assemble([result.body])
        assert (outcome.risk, outcome.status, outcome.code) == (
            result.risk,
            "failed",
            "deadline",
        )
    scan = await world.scan(placement.image)
    assert (scan.state, scan.control) == ("expired", "cancelled")
    assert active.tally is not None
    assert await active.deadlines.check() == 0
    world.clock.turn(REMIND / 1000)
    assert await active.deadlines.check() == 1
    again = [e for e in await world.published(SCAN_RESULTS) if isinstance(e, ScanResult)]
    assert {e.run for e in again} == {e.run for e in results}


async def test_the_deadline_of_a_scan_counts_from_when_the_bus_took_it(
    world: World, active: Active, monkeypatch: pytest.MonkeyPatch
) -> None:
    placement = await world.place("a")
    await push(active, placement)

    async def refuse(_: Producer, __: Sequence[Outgoing]) -> None:
        raise BusUnavailable("no broker answers")

    with monkeypatch.context() as broken:
        broken.setattr(EncodingProducer, "send_all", refuse)
        with pytest.raises(BusUnavailable):
            await settle(active)
    world.clock.turn(2 * DEADLINE / 1000)
    assert await active.deadlines.check() == 0

    await active.publisher.publish_owed()

    scan = await world.scan(placement.image)
    assert (scan.owed, scan.deadline_at) == (0, world.clock.now_ms() + DEADLINE)
    (event,) = await world.published(SCAN_EXTRACT)
    assert isinstance(event, ScanExtract)
    assert event.published_at == moment(world.clock.now_ms())


async def test_an_expired_scan_has_no_slot_and_ends_with_its_failure(world: World) -> None:
    active = await lead(world.dispatcher(concurrent_scans=1))
    placement = await pushed_one(world, active)
    other = await world.place("b")
    await push(active, other)
    world.clock.turn(DEADLINE / 1000)
    await active.deadlines.check()
    await settle(active)
    assert (await world.scan(other.image)).state == "running"

    await world.finish(placement.image, status="failed", attempt_reason="no outcome")
    await active.completions.reconcile()

    item = await world.item(TASK, placement.image)
    assert (item.state, item.reason) == ("failed", "baseimage: no outcome")


async def test_a_completed_scan_gives_its_status_and_reason(world: World, active: Active) -> None:
    placement = await pushed_one(world, active)
    event = completed(await world.scan(placement.image), software="partial")
    await active.completions.handle(event)
    await active.completions.handle(event)
    await settle(active)

    item = await world.item(TASK, placement.image)
    assert (item.state, item.reason) == ("partial", "software: why")
    scan = await world.scan(placement.image)
    assert (scan.state, scan.status) == ("idle", "partial")
    assert (await world.task(TASK)).partial == 1


async def test_a_completion_that_was_not_heard_is_found_in_the_head(
    world: World, active: Active
) -> None:
    placement = await pushed_one(world, active)
    assert await active.completions.reconcile() == 0
    await world.finish(placement.image, status="unsupported", attempt_code="not_linux")

    assert await active.completions.reconcile() == 1

    item = await world.item(TASK, placement.image)
    assert (item.state, item.reason) == ("unsupported", "baseimage: not_linux")


async def test_what_an_earlier_scan_says_is_nothing(world: World, active: Active) -> None:
    placement = await pushed_one(world, active)
    scan = await world.scan(placement.image)
    await active.completions.handle(completed(replace(scan, seq=0)))
    await active.completions.handle(completed(replace(scan, id="default/nothing")))
    await active.returns.handle(returned(replace(scan, seq=7)))
    await active.returns.handle(returned(replace(scan, id="default/nothing")))

    assert (await world.scan(placement.image)).state == "running"


async def test_a_tombstone_is_nothing(active: Active) -> None:
    await active.returns.handle(delivered(SCAN_RETURNED, None))
    await active.completions.handle(delivered(SCAN_COMPLETED, None))


async def test_scans_in_flight_are_measured_until_none_is(world: World) -> None:
    metrics = PrometheusMetrics()
    dispatcher = world.dispatcher(metrics=metrics)
    assert metrics.value("scans_running") is None
    active = await lead(dispatcher)
    placement = await pushed_one(world, active)
    assert metrics.value("scans_running") == 1

    await world.finish(placement.image)
    await active.completions.reconcile()
    assert metrics.value("scans_running") == 0


async def test_a_returned_scan_is_logged_with_its_reason(
    world: World, active: Active, caplog: pytest.LogCaptureFixture
) -> None:
    placement = await pushed_one(world, active)
    event = returned(await world.scan(placement.image), until=NOW + 60_000)
    caplog.clear()

    await active.returns.handle(event)
    await active.returns.handle(event)

    (record,) = [each for each in caplog.records if each.message == "scan returned"]
    assert (record.levelname, vars(record)["reason"]) == ("WARNING", "registry_busy")
