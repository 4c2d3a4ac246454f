"""A subscriber that applies change sets holds the open findings of the head."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from scantling_reporter.merge import lifecycle
from scantling_reporter.merge.lifecycle import ChangeSet, View, changes, event_id, pages
from scantling_reporter.merge.summary import is_suppressed
from tests.reporter.builders import a_finding
from tests.reporter.vulnerabilities import log4shell

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from scantling_common.outcomes import Finding, VulnerabilityEntry
    from scantling_common.risks import Severity

RISK = "baseimage"


class Page(msgspec.Struct, frozen=True):
    """One event as it is on the topic."""

    generation: int
    page: int
    changed: ChangeSet


class Subscriber:
    """Follows one image: drops a page that it has applied, and any older generation."""

    def __init__(self) -> None:
        self.open: dict[str, Finding] = {}
        self._generation = 0
        self._applied: set[int] = set()

    def receive(self, page: Page) -> None:
        if page.generation < self._generation:
            return
        if page.generation > self._generation:
            self._generation, self._applied = page.generation, set()
        if page.page in self._applied:
            return
        self._applied.add(page.page)
        for finding in (*page.changed.resolved, *page.changed.suppressed):
            self.open.pop(finding.fingerprint, None)
        for finding in (*page.changed.opened, *page.changed.changed):
            self.open[finding.fingerprint] = finding


def view(*findings: Finding, status: str = "complete", hidden: bool = False) -> View:
    return View(hidden=hidden, statuses={RISK: status}, findings={RISK: findings})


def open_findings(of: View) -> dict[str, Finding]:
    if of.hidden:
        return {}
    shown: dict[str, Finding] = {}
    for finding in of.findings[RISK]:
        shown.setdefault(finding.fingerprint, finding)
    return {name: each for name, each in shown.items() if not is_suppressed(each)}


severities: st.SearchStrategy[Severity] = st.sampled_from(["critical", "low"])
findings = st.builds(
    a_finding,
    st.sampled_from([f"F{number}" for number in range(8)]),
    severity=severities,
    suppressed=st.sampled_from(["", "", "not affected"]),
)
views = st.builds(
    lambda found, hidden, status: view(*found, hidden=hidden, status=status),
    st.lists(findings, max_size=8),
    st.booleans(),
    st.sampled_from(["complete", "stale"]),
)


def published(generations: list[View]) -> list[list[Page]]:
    """Return the pages of each generation."""
    before = View(hidden=True, statuses={}, findings={})
    stream = []
    for number, after in enumerate(generations, start=1):
        changed = changes(before, after).get(RISK)
        cut = pages(changed) if changed is not None else []
        stream.append([Page(number, page, each) for page, each in enumerate(cut)])
        before = after
    return stream


@given(st.lists(views, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_duplicates_and_reordering_leave_the_findings_of_the_head(
    generations: list[View], chance: random.Random
) -> None:
    subscriber = Subscriber()
    sent: list[Page] = []
    for batch in published(generations):
        chance.shuffle(batch)
        sent += batch
        again = chance.choices(sent, k=chance.randrange(4)) if sent else []
        for page in [*batch, *again]:
            subscriber.receive(page)
    assert subscriber.open == open_findings(generations[-1])


def test_each_kind_of_change_is_told_once() -> None:
    before = view(
        a_finding("gone"), a_finding("worse", severity="low"), a_finding("vex"), a_finding("same")
    )
    after = view(
        a_finding("new"), a_finding("worse"), a_finding("vex", suppressed="vex"), a_finding("same")
    )
    changed = changes(before, after)[RISK]
    assert [f.fingerprint for f in changed.opened] == ["new"]
    assert [(f.fingerprint, f.severity) for f in changed.changed] == [("worse", "high")]
    assert [f.fingerprint for f in changed.resolved] == ["gone"]
    assert [f.fingerprint for f in changed.suppressed] == ["vex"]


def test_a_hidden_head_opens_nothing_and_resolves_what_was_open() -> None:
    shown, hidden = view(a_finding("F1")), view(a_finding("F1"), hidden=True)
    assert [f.fingerprint for f in changes(shown, hidden)[RISK].resolved] == ["F1"]
    assert changes(View(hidden=True, statuses={}, findings={}), hidden) == {}
    assert [f.fingerprint for f in changes(hidden, shown)[RISK].opened] == ["F1"]


def test_a_change_of_status_alone_is_told() -> None:
    changed = changes(view(a_finding("F1")), view(a_finding("F1"), status="stale"))
    assert not changed[RISK]
    assert changes(view(a_finding("F1")), view(a_finding("F1"))) == {}


def test_pages_are_bounded_by_count_and_by_size() -> None:
    many = ChangeSet(opened=tuple(a_finding(f"F{number:04}") for number in range(1201)))
    assert [len(page.opened) for page in pages(many)] == [500, 500, 201]
    wide = ChangeSet(
        resolved=tuple(a_finding(f"F{number}", path="a" * 100_000) for number in range(12))
    )
    assert [len(page.resolved) for page in pages(wide)] == [5, 5, 2]
    assert lifecycle.MAX_BYTES < 1024 * 1024


def test_an_event_id_depends_on_all_that_it_identifies() -> None:
    whole = {
        "project": "p",
        "image": "i",
        "risk": "r",
        "fingerprints": ["a", "b"],
        "generation": 1,
        "page": 0,
    }
    changed = {
        "project": "q",
        "image": "j",
        "risk": "s",
        "fingerprints": ["ab"],
        "generation": 2,
        "page": 1,
    }
    ids = {identify(whole)} | {identify({**whole, name: value}) for name, value in changed.items()}
    assert len(ids) == 1 + len(changed)
    assert identify(whole) == identify(whole)


def identify(parts: Mapping[str, object]) -> str:
    return event_id(**parts)  # type: ignore[arg-type]


def test_what_is_renewed_every_day_is_no_change_unless_the_repair_is_more_urgent() -> None:
    before = log4shell()
    known = before.vulnerability
    assert known is not None
    daily = replace(known, epss=0.5, epss_percentile=0.9, modified="2024-05-01", reasons=())
    urgent = replace(daily, urgency="soon")

    def told(after: VulnerabilityEntry) -> tuple[Finding, ...]:
        found = (replace(before, vulnerability=after),)
        old = View(hidden=False, statuses={"vulnerability": "complete"}, findings={})
        first = replace(old, findings={"vulnerability": (before,)})
        second = replace(old, findings={"vulnerability": found})
        return changes(first, second).get("vulnerability", ChangeSet()).changed

    assert told(daily) == ()
    assert [each.vulnerability for each in told(urgent)] == [urgent]
