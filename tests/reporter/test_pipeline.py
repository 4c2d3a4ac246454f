"""From pages on ``scan.results`` to heads, rows, findings and reports."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

import msgspec
import pytest

from scantling_common.bus.chaos import ChaosBus
from scantling_common.clock import SystemClock
from scantling_common.events.dead_letters import dead_letters_of
from scantling_common.events.models import ScanResult
from scantling_common.events.topics import FINDINGS, IMAGE_REPORTS, SCAN_COMPLETED, SCAN_RESULTS
from scantling_common.records.reporter import ProjectCounts
from scantling_common.risks import ALWAYS
from scantling_common.telemetry.tracing import continued
from scantling_reporter.counters import Counters
from scantling_reporter.fleet.index import FleetIndex
from scantling_reporter.fleet.questions import question_of
from scantling_reporter.fleet.walk import Hit, PackageWalk
from tests.reporter.builders import (
    PROJECT,
    a_finding,
    a_package,
    an_error,
    an_outcome,
    digest,
    results,
    usual_outcomes,
)
from tests.reporter.vulnerabilities import vulnerable
from tests.reporter.world import all_of

if TYPE_CHECKING:
    from scantling_common.bus.port import Bus, Outgoing
    from scantling_common.records.reporter import Head
    from tests.reporter.world import World


def baseimage(image: str) -> tuple[str, str]:
    return digest(image), "baseimage"


async def images_with(world: World, package: str) -> list[str]:
    question = question_of(name=package, path="")
    walk = PackageWalk(world.fleet, PROJECT, question)
    return [hit.image async for hit in walk.hits() if isinstance(hit, Hit)]


async def recount(world: World) -> ProjectCounts:
    """Count what the counters should say, from all heads."""
    images: Counter[str] = Counter()
    findings: dict[str, Counter[str]] = {}
    async for head in all_of(world.heads, "image"):
        if head.hidden:
            continue
        images[head.status] += 1
        for risk, held in head.body.risks.items():
            findings.setdefault(risk, Counter()).update(held.summary)
    return ProjectCounts(
        images=dict(images), findings={risk: dict(each) for risk, each in findings.items() if each}
    )


async def test_a_scan_becomes_a_head_a_row_findings_and_a_report(world: World) -> None:
    placement = await world.place("app")
    await world.send(results("app", 1, usual_outcomes(a_finding("F1"), a_finding("F2"))))
    await world.run_to_the_end()
    head = await world.head("app")
    assert (head.generation, head.published, head.counted, head.completed) == (1, 1, 1, 1)
    assert (head.status, head.hidden) == ("complete", False)
    row = await world.rows.get(placement.id)
    assert row is not None
    assert (row.status, row.counter, row.published, row.size) == ("complete", 1, 1, 4096)
    assert row.body.summary == {"baseimage": {"high": 2}}
    assert await world.subscriber() == {baseimage("app"): {"F1", "F2"}}
    report = (await world.reports())[placement.id]
    assert report.summary == {"baseimage": {"high": 2}}
    (completed,) = (await world.completions()).values()
    assert (completed.seq, completed.status) == (1, "complete")
    assert completed.outcomes == dict.fromkeys(["software", "file", "baseimage"], "complete")
    assert await images_with(world, "openssl") == [digest("app")]


async def test_who_hears_that_a_scan_is_complete_finds_the_image_in_the_fleet(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[list[str]] = []
    await world.place("app")
    await world.send(results("app", 1, usual_outcomes()))
    after = FleetIndex.update

    async def update(index: FleetIndex, head: Head) -> None:
        assert await world.completions() == {}
        await after(index, head)
        found.append(await images_with(world, "openssl"))

    monkeypatch.setattr(FleetIndex, "update", update)
    await world.run_to_the_end()
    assert found == [[digest("app")]]
    assert len(await world.completions()) == 1


async def test_what_is_published_continues_the_trace_of_the_scan(world: World) -> None:
    await world.place("app")
    trace = "0af7651916cd43dd8448eb211c80319c"
    with continued("a scan", f"00-{trace}-b7ad6b7169203331-01"):
        await world.send(results("app", 1, usual_outcomes(a_finding("F1"))))
    await world.run_to_the_end()
    published = await world.events(FINDINGS["baseimage"], SCAN_COMPLETED, IMAGE_REPORTS)
    assert len(published) == 3
    assert all(trace in delivery.envelope.traceparent for delivery in published)


async def test_nothing_is_merged_before_every_risk_type_is_final(world: World) -> None:
    await world.place("app")
    pages = results("app", 1, usual_outcomes(a_finding("F1")))
    await world.send(pages[:2])
    await world.run_to_the_end()
    assert await world.heads.get(f"{PROJECT}/{digest('app')}") is None
    await world.send(pages[2:])
    await world.run_to_the_end()
    assert (await world.head("app")).generation == 1


async def test_an_outcome_of_many_pages_is_put_together(world: World) -> None:
    await world.place("app")
    packages = [
        a_package(f"package-{number}", path=f"opt/{random.Random(number).randbytes(400).hex()}")  # noqa: S311
        for number in range(3000)
    ]
    pages = results("app", 1, usual_outcomes(packages=packages))
    assert len(pages) > 4
    await world.send(reversed(pages))
    await world.run_to_the_end()
    assert (await world.head("app")).body.risks["software"].pages == len(pages) - 2
    assert await images_with(world, "package-2999") == [digest("app")]


async def test_of_two_executions_of_a_scan_the_first_complete_one_counts(world: World) -> None:
    await world.place("app")
    first = results("app", 1, usual_outcomes(a_finding("first")), run="a")
    second = results("app", 1, usual_outcomes(a_finding("second")), run="b")
    both = [page for pair in zip(first, second, strict=True) for page in pair]
    await world.send(both)
    await world.run_to_the_end()
    head = await world.head("app")
    assert (head.generation, {held.run for held in head.body.risks.values()}) == (1, {"a"})
    assert await world.subscriber() == {baseimage("app"): {"first"}}


async def test_two_scans_of_an_image_at_once_leave_the_newer_one(world: World) -> None:
    await world.place("app")
    older = results("app", 1, usual_outcomes(a_finding("older")))
    newer = results("app", 2, usual_outcomes(a_finding("newer")))
    await world.send([page for pair in zip(newer, older, strict=True) for page in pair])
    await world.run_to_the_end()
    head = await world.head("app")
    assert {held.seq for held in head.body.risks.values()} == {2}
    assert head.completed == 2
    assert await world.subscriber() == {baseimage("app"): {"newer"}}


async def test_an_older_result_after_a_newer_one_is_recorded_as_superseded(world: World) -> None:
    await world.place("app")
    await world.send(results("app", 2, usual_outcomes(a_finding("newer"))))
    await world.run_to_the_end()
    await world.send(results("app", 1, usual_outcomes(a_finding("older"))))
    await world.run_to_the_end()
    assert (await world.head("app")).generation == 1
    assert await world.subscriber() == {baseimage("app"): {"newer"}}
    pages = [page async for page in all_of(world.pages, "scan")]
    assert {page.seq for page in pages if page.superseded} == {1}
    assert {page.seq for page in pages if not page.superseded} == {2}


async def test_an_image_deleted_during_its_scan_opens_nothing(world: World) -> None:
    placement = await world.place("app")
    await world.remove(placement)
    await world.send(results("app", 1, usual_outcomes(a_finding("F1"))))
    await world.run_to_the_end()
    head = await world.head("app")
    assert (head.generation, head.hidden, head.completed) == (1, True, 1)
    assert await world.subscriber() == {}
    assert await world.reports() == {}
    assert await images_with(world, "openssl") == []
    assert await Counters(world.store).totals() == ProjectCounts()
    assert len(await world.completions()) == 1


@pytest.mark.parametrize("code", ["deadline", "layer_unreadable"])
async def test_a_failed_rescan_of_a_good_report_resolves_nothing(world: World, code: str) -> None:
    placement = await world.place("app")
    await world.send(results("app", 1, usual_outcomes(a_finding("F1"))))
    await world.run_to_the_end()
    failed = [
        an_outcome(risk, "failed", code=code, reason=f"because of {code}")
        for risk in ("software", "file", "baseimage")
    ]
    await world.send(results("app", 2, failed))
    await world.run_to_the_end()
    head = await world.head("app")
    assert (head.generation, head.status, head.completed) == (2, "failed", 2)
    held = head.body.risks["baseimage"]
    assert (held.status, held.seq, held.attempt_code) == ("stale", 1, code)
    assert await world.subscriber() == {baseimage("app"): {"F1"}}
    assert await images_with(world, "openssl") == [digest("app")]
    report = (await world.reports())[placement.id]
    assert (report.status, report.summary) == ("failed", {"baseimage": {"high": 1}})
    last = max((await world.completions()).values(), key=lambda event: event.seq)
    assert (last.status, set(last.reasons.values())) == ("failed", {f"because of {code}"})


async def test_a_partial_rescan_resolves_only_what_it_looked_at(world: World) -> None:
    await world.place("app")
    seen = [a_finding("a", path="etc/a"), a_finding("b", path="etc/b")]
    await world.send(results("app", 1, usual_outcomes(*seen)))
    await world.run_to_the_end()
    partial = an_outcome("baseimage", "partial", errors=[an_error("etc/b")])
    await world.send(results("app", 2, [*usual_outcomes()[:2], partial]))
    await world.run_to_the_end()
    assert await world.subscriber() == {baseimage("app"): {"b"}}
    assert (await world.head("app")).status == "partial"


async def test_a_scan_of_fewer_risk_types_leaves_the_others(world: World) -> None:
    await world.place("app")
    await world.send(results("app", 1, usual_outcomes(a_finding("F1"))))
    await world.run_to_the_end()
    await world.send(results("app", 2, [an_outcome("software")], risks=["software"]))
    await world.run_to_the_end()
    head = await world.head("app")
    assert {risk: held.seq for risk, held in head.body.risks.items()} == {
        "software": 2,
        "file": 1,
        "baseimage": 1,
    }
    assert await world.subscriber() == {baseimage("app"): {"F1"}}
    assert await images_with(world, "openssl") == []


async def test_a_tag_moved_twice_shows_what_changed_against_the_image_before(
    world: World,
) -> None:
    placement = await world.place("zero")
    for image in ("one", "two", "three"):
        assert (await world.place(image)).id == placement.id
        await world.send(results(image, 1, usual_outcomes(a_finding("same"), a_finding(image))))
        await world.run_to_the_end()
        row = await world.rows.get(placement.id)
        assert row is not None
        assert (row.image, row.status) == (digest(image), "complete")
    report = (await world.reports())[placement.id]
    assert (report.image, report.previous) == (digest("three"), digest("two"))
    assert (report.new["baseimage"], report.gone["baseimage"]) == (1, 1)
    assert await world.subscriber() == {baseimage("three"): {"same", "three"}}
    assert (await world.head("one")).hidden
    assert (await Counters(world.store).totals()).images == {"complete": 1}


async def test_a_tag_that_moves_to_an_unscanned_image_shows_no_report_of_the_old_one(
    world: World,
) -> None:
    placement = await world.place("old")
    await world.send(results("old", 1, usual_outcomes(a_finding("F1"))))
    await world.run_to_the_end()
    await world.place("new")
    await world.run_to_the_end()
    row = await world.rows.get(placement.id)
    assert row is not None
    assert (row.image, row.status, row.body.summary) == (digest("new"), "unscanned", {})
    assert await world.subscriber() == {}


async def test_deletion_hides_the_report_and_a_new_placement_shows_it_again(world: World) -> None:
    placement = await world.place("app")
    await world.send(results("app", 1, usual_outcomes(a_finding("F1"))))
    await world.run_to_the_end()
    await world.remove(placement)
    await world.run_to_the_end()
    head = await world.head("app")
    assert (head.generation, head.hidden, head.body.reason) == (2, True, "image_gone")
    assert (await world.subscriber(), await world.reports()) == ({}, {})
    assert await images_with(world, "openssl") == []
    await world.place("app", tag="again")
    await world.run_to_the_end()
    head = await world.head("app")
    assert (head.generation, head.hidden, head.body.reason) == (3, False, "image_back")
    assert await world.subscriber() == {baseimage("app"): {"F1"}}
    assert await images_with(world, "openssl") == [digest("app")]
    reasons = [
        delivery.event.reason  # type: ignore[union-attr]
        for delivery in await world.events(FINDINGS["baseimage"])
    ]
    assert reasons == ["scan", "image_gone", "image_back"]
    assert len(await world.completions()) == 1


async def test_one_of_two_placements_going_changes_no_finding(world: World) -> None:
    first = await world.place("app")
    second = await world.place("app", tag="1.0")
    await world.send(results("app", 1, usual_outcomes(a_finding("F1"))))
    await world.run_to_the_end()
    assert (await world.reports()).keys() == {first.id, second.id}
    await world.remove(first)
    await world.run_to_the_end()
    assert (await world.head("app")).generation == 1
    assert (await world.reports()).keys() == {second.id}
    assert await world.subscriber() == {baseimage("app"): {"F1"}}


async def test_a_tag_deleted_and_pushed_again_goes_on_counting(world: World) -> None:
    placement = await world.place("app")
    await world.send(results("app", 1, usual_outcomes()))
    await world.run_to_the_end()
    await world.remove(placement)
    await world.run_to_the_end()
    await world.place("app")
    await world.run_to_the_end()
    row = await world.rows.get(placement.id)
    assert row is not None
    assert (row.counter, row.gone, row.status) == (3, False, "complete")
    assert (await world.reports()).keys() == {placement.id}


async def test_a_damaged_page_becomes_a_failed_outcome_and_stops_nothing(world: World) -> None:
    await world.place("app")
    pages = results("app", 1, usual_outcomes(a_finding("F1")))
    damaged = [msgspec.structs.replace(page, event=_damaged(page)) for page in pages]
    await world.send([*damaged, *results("other", 1, usual_outcomes())])
    await world.run_to_the_end()
    head = await world.head("app")
    assert head.status == "failed"
    assert {held.attempt_code for held in head.body.risks.values()} == {"outcome_unreadable"}
    assert (await world.head("other")).generation == 1


def _damaged(page: Outgoing) -> ScanResult:
    assert isinstance(page.event, ScanResult)
    return page.event.model_copy(update={"body": b"no page"})


@pytest.mark.parametrize(
    "fault",
    [
        {"page": 3},
        {"pages": 0},
        {"seq": 0},
        {"risk": "secret"},
        {"run": "a/b"},
        {"body": b"x" * (512 * 1024 + 1)},
    ],
    ids=str,
)
async def test_what_our_own_producers_did_wrong_is_rejected_and_told(
    world: World, fault: dict[str, object]
) -> None:
    (page,) = results("app", 1, [an_outcome("software")], risks=["software"])
    assert isinstance(page.event, ScanResult)
    wrong = page.event.model_copy(update=fault)
    await world.send([msgspec.structs.replace(page, event=wrong)])
    await world.run_to_the_end()
    assert [each async for each in all_of(world.pages, "scan")] == []
    assert await world.bus.lag("nobody", dead_letters_of(SCAN_RESULTS)) == 1


@pytest.mark.parametrize("seed", range(6))
async def test_totals_and_subscribers_survive_a_bus_that_misbehaves(
    world: World, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311
    names = [f"image-{number}" for number in range(8)]

    def chaos(bus: Bus) -> Bus:
        return ChaosBus(bus, seed=seed, clock=SystemClock())

    placements = [await world.place(name, repository=f"team/{name}") for name in names]
    for seq in (1, 2):
        pages = [
            page
            for name in names
            for page in results(
                name,
                seq,
                usual_outcomes(*(a_finding(f"F{chance.randrange(5)}") for _ in range(4))),
            )
        ]
        chance.shuffle(pages)
        await world.send(pages)
    for placement in chance.sample(placements, 3):
        await world.remove(placement)
    await world.run_to_the_end(wrap=chaos)
    assert await Counters(world.store).totals() == await recount(world)
    expected = {}
    for name in names:
        head = await world.head(name)
        assert {held.seq for held in head.body.risks.values()} == {2}
        summary = head.body.risks["baseimage"].summary
        if not head.hidden and summary:
            expected[baseimage(name)] = sum(summary.values())
    subscriber = await world.subscriber()
    assert {key: len(names) for key, names in subscriber.items()} == expected
    assert len(expected) == 5
    assert len(await world.reports()) == 5


async def test_the_end_of_a_scan_tells_which_advisories_it_was_matched_with(world: World) -> None:
    risks = (*ALWAYS, "vulnerability")
    await world.place("app")
    unsupported = an_outcome("vulnerability", "failed", code="deadline")
    for seq, outcome in enumerate((vulnerable(build="build-7"), unsupported), start=1):
        await world.send(results("app", seq, [*usual_outcomes(), outcome], risks=risks))
        await world.run_to_the_end()
    await world.send(results("app", 3, usual_outcomes()))
    await world.run_to_the_end()
    told = {each.seq: each.advisories for each in (await world.completions()).values()}
    # The second left the first one's analysis standing.
    assert told == {1: "build-7", 2: "build-7", 3: ""}
