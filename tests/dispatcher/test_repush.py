"""What analyzers announce, what they write and what heads keep are the same versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.analysis.service import analyze
from scantling_analyzers.announcement import announcement
from scantling_analyzers.contract import Settings
from scantling_analyzers.facts.catalogue import READERS
from scantling_analyzers.risks.catalogue import ANALYZERS
from scantling_common.clock import SystemClock
from scantling_common.events.models import ScanJob, ScanResult
from scantling_common.events.topics import ANALYZER_VERSIONS
from scantling_common.outcome_pages import assemble
from scantling_common.outcomes import FileReport
from scantling_common.records.reporter import Head, HeadBody
from scantling_common.results import result_events
from scantling_dispatcher.lists import Lists
from scantling_reporter.merge.heads import Attempt, decide
from tests.analyzers.risks.content import content
from tests.dispatcher.samples import NOW, PROJECT, delivered
from tests.dispatcher.world import lead, push, settle

if TYPE_CHECKING:
    from scantling_common.records.dispatcher import Scan
    from scantling_dispatcher.service import Dispatcher
    from tests.dispatcher.world import World

TASK = "push-r1"
VERSIONS = {reader.name: reader.version for reader in READERS}


async def announced(dispatcher: Dispatcher, rules: str | None = "") -> None:
    for analyzer in ANALYZERS:
        event = announcement(analyzer, VERSIONS, rules).event
        await dispatcher.versions.handle(delivered(ANALYZER_VERSIONS, event))


def analysed(scan: Scan) -> Head:
    """Return the head that the outcomes of the real analyzers make."""
    attempts = []
    for analyzer in ANALYZERS:
        settings = Settings(version=scan.settings_version, lists={"approved-bases": ("a",)})
        image = content(files=FileReport(count=0, size=0))
        outcome = analyze(analyzer, image, settings)
        job = ScanJob(
            project=scan.project,
            scan=scan.id,
            image=scan.image,
            risk=analyzer.risk,
            risks=tuple(each.risk for each in ANALYZERS),
            seq=scan.seq,
            layers=(),
            visibility="",
            settings_version=scan.settings_version,
        )
        (page,) = result_events(job, outcome, "run")
        assert isinstance(page.event, ScanResult)
        merged = assemble([page.event.body])
        attempts.append(Attempt(seq=scan.seq, run="run", pages=1, at=NOW, outcome=merged))
    return Head(
        id=scan.id,
        project=scan.project,
        image=scan.image,
        partition=0,
        completed=scan.seq,
        body=HeadBody(risks=decide({}, {}, attempts).risks),
    )


@pytest.mark.parametrize("listed", [False, True])
async def test_an_image_that_is_pushed_again_is_skipped_until_something_changes(
    world: World, *, listed: bool
) -> None:
    lists = Lists(world.dispatcher().repositories, SystemClock())
    if listed:
        await lists.put(PROJECT, "approved-bases", ["a"], "")
    dispatcher = world.dispatcher()
    active = await lead(dispatcher)
    await announced(dispatcher)
    placement = await world.place("a")
    await push(active, placement)
    await settle(active)
    scan = await world.scan(placement.image)
    assert bool(scan.settings_version) == listed
    await world.heads.insert(analysed(scan))
    assert await active.completions.reconcile() == 1

    await push(active, placement, at=NOW + 1)
    await settle(active)
    item = await world.item(TASK, placement.image)
    assert (item.state, item.reason) == ("skipped", "already_analysed")
    assert (await world.scan(placement.image)).seq == 1

    await lists.put(PROJECT, "approved-bases", ["b"], "")
    world.clock.turn(60)
    await push(active, placement, at=NOW + 2)
    await settle(active)
    assert (await world.scan(placement.image)).seq == 2


async def test_other_rules_of_an_analyzer_are_a_change_and_an_extractor_knows_none(
    world: World,
) -> None:
    dispatcher = world.dispatcher()
    active = await lead(dispatcher)
    await announced(dispatcher)
    await announced(dispatcher, rules=None)
    placement = await world.place("a")
    await push(active, placement)
    await settle(active)
    scan = await world.scan(placement.image)
    await world.heads.insert(analysed(scan))
    assert await active.completions.reconcile() == 1

    await announced(dispatcher, rules="java-index:1")
    await announced(dispatcher, rules=None)
    rules = {each.rules for each in dispatcher.versions.current("").values()}
    assert rules == {"java-index:1"}
    await push(active, placement, at=NOW + 1)
    await settle(active)
    assert (await world.scan(placement.image)).seq == 2


def test_what_an_extractor_announces_replaces_nothing_of_an_analyzer_s() -> None:
    said = [announcement(ANALYZERS[0], VERSIONS, rules).event for rules in ("", "1", None)]
    keys = [event.key() for event in said]
    assert keys[0] == keys[1] != keys[2]
