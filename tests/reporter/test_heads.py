"""A head takes up analyses, the newest of each risk type, and loses nothing unseen."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scantling_reporter.merge.carry import left_out
from scantling_reporter.merge.heads import Attempt, decide, needs_earlier
from tests.reporter.builders import a_finding, an_error, an_outcome
from tests.reporter.vulnerabilities import vulnerable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_common.outcomes import Finding, Outcome
    from scantling_common.records.reporter import HeadRisk
    from scantling_common.risks import Risk, Status

RISKS: tuple[Risk, ...] = ("secret", "baseimage")
PLACES = ("etc/a", "etc/b", "srv/app.war!/WEB-INF/x.jar", "srv/other")


class Head:
    """A head in memory: what the store keeps of it, and the outcomes that it refers to."""

    def __init__(self) -> None:
        self.risks: dict[str, HeadRisk] = {}
        self.outcomes: dict[tuple[str, int, str], Outcome] = {}
        self.superseded: list[str] = []

    def merge(self, attempts: Sequence[Attempt]) -> bool:
        for attempt in attempts:
            risk = attempt.outcome.risk
            self.outcomes[risk, attempt.seq, attempt.run] = attempt.outcome
        earlier: dict[str, Outcome] = {
            attempt.outcome.risk: self.held(attempt.outcome.risk)
            for attempt in attempts
            if (before := self.risks.get(attempt.outcome.risk)) is not None
            and needs_earlier(before, attempt)
        }
        decision = decide(self.risks, earlier, attempts)
        for written, outcome in decision.written.items():
            held = decision.risks[written]
            self.outcomes[written, held.seq, held.run] = outcome
        self.risks = decision.risks
        self.superseded += decision.superseded
        return bool(decision.changed)

    def held(self, risk: str) -> Outcome:
        held = self.risks[risk]
        return self.outcomes[risk, held.seq, held.run]

    def findings(self, risk: str) -> dict[str, Finding]:
        if risk not in self.risks:
            return {}
        return {finding.fingerprint: finding for finding in self.held(risk).findings}


def an_attempt(seq: int, outcome: Outcome) -> Attempt:
    return Attempt(seq=seq, run=f"run-{seq}", pages=1, at=seq * 1000, outcome=outcome)


@st.composite
def outcomes(draw: st.DrawFn, risk: Risk, *, partial: bool = True) -> Outcome:
    """Draw an outcome: what it reports stands where it looked."""
    statuses = ["complete", "failed", "unsupported", "not_applicable"]
    status = cast("Status", draw(st.sampled_from([*statuses, "partial"] if partial else statuses)))
    if status not in {"complete", "partial"}:
        return an_outcome(risk, status, code=f"code-{draw(st.integers(0, 3))}")
    errors = []
    if status == "partial":
        covered = draw(st.sets(st.sampled_from([*PLACES, "srv/app.war", "srv", ""]), max_size=2))
        errors = [an_error(path) for path in sorted(covered)]
    places = draw(st.sets(st.sampled_from(PLACES)))
    found = [
        a_finding(f"{risk}:{place}", risk=risk, path=place)
        for place in sorted(places)
        if status == "complete" or not left_out(place, "", errors)
    ]
    return an_outcome(risk, status, findings=found, errors=errors)


@st.composite
def scans(draw: st.DrawFn, *, partial: bool = True) -> list[list[Attempt]]:
    """Draw scans with rising ``seq``, each of some risk types."""
    drawn = []
    for seq in range(1, draw(st.integers(1, 5)) + 1):
        asked = draw(st.sets(st.sampled_from(RISKS), min_size=1))
        drawn.append(
            [
                an_attempt(seq, draw(outcomes(risk, partial=partial)))
                for risk in RISKS
                if risk in asked
            ]
        )
    return drawn


def looked_at(outcome: Outcome, finding: Finding) -> bool:
    if outcome.status == "partial":
        return not left_out(finding.path, finding.layer, outcome.errors)
    return outcome.status in {"complete", "not_applicable"}


@given(scans())
def test_nothing_is_resolved_that_was_not_looked_at(drawn: list[list[Attempt]]) -> None:
    head = Head()
    for attempts in drawn:
        before = {risk: head.findings(risk) for risk in RISKS}
        head.merge(attempts)
        asked = {attempt.outcome.risk: attempt.outcome for attempt in attempts}
        for risk in RISKS:
            for fingerprint in before[risk].keys() - head.findings(risk).keys():
                assert risk in asked
                assert looked_at(asked[risk], before[risk][fingerprint])


@given(scans())
def test_merging_again_changes_nothing(drawn: list[list[Attempt]]) -> None:
    head = Head()
    for attempts in drawn:
        head.merge(attempts)
    risks = head.risks
    for attempts in drawn:
        assert not head.merge(attempts)
    assert head.risks == risks


@given(scans(partial=False))
def test_the_order_in_which_scans_become_final_does_not_matter(
    drawn: list[list[Attempt]],
) -> None:
    ends = []
    for order in list(permutations(drawn))[:24]:
        head = Head()
        for attempts in order:
            head.merge(attempts)
        ends.append(({risk: head.risks.get(risk) for risk in RISKS}, head.findings("secret")))
    assert all(end == ends[0] for end in ends)


@given(scans())
def test_every_risk_type_shows_its_newest_analysis_or_its_newest_attempt(
    drawn: list[list[Attempt]],
) -> None:
    head = Head()
    for attempts in drawn:
        head.merge(attempts)
    for risk in RISKS:
        tried = [a for scan in drawn for a in scan if a.outcome.risk == risk]
        looked = [a for a in tried if a.outcome.status in {"complete", "partial", "not_applicable"}]
        if not tried:
            assert risk not in head.risks
            continue
        held = head.risks[risk]
        assert held.attempt_seq == tried[-1].seq
        assert held.attempt_status == tried[-1].outcome.status
        assert held.seq == (looked or tried)[-1].seq
        stale = bool(looked) and looked[-1].seq < tried[-1].seq
        assert (held.status == "stale") == stale


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("failed", "deadline"),
        ("failed", "layer_unreadable"),
        ("unsupported", "advisories-missing"),
    ],
)
def test_a_failed_rescan_of_a_good_report_resolves_nothing(status: Status, code: str) -> None:
    head = Head()
    finding = a_finding("F1")
    head.merge([an_attempt(1, an_outcome("baseimage", findings=[finding]))])
    assert head.merge([an_attempt(2, an_outcome("baseimage", status, code=code, reason="why"))])
    held = head.risks["baseimage"]
    assert head.findings("baseimage") == {"F1": finding}
    assert (held.status, held.seq, held.summary) == ("stale", 1, {"high": 1})
    assert (held.attempt_status, held.attempt_code, held.attempt_reason) == (status, code, "why")


def test_an_older_result_after_a_newer_one_is_superseded() -> None:
    head = Head()
    head.merge([an_attempt(2, an_outcome("baseimage", findings=[a_finding("new")]))])
    assert not head.merge([an_attempt(1, an_outcome("baseimage", findings=[a_finding("old")]))])
    assert head.findings("baseimage").keys() == {"new"}
    assert head.superseded == ["baseimage"]


def test_a_partial_outcome_carries_over_what_it_left_out() -> None:
    head = Head()
    found = [a_finding(place, risk="secret", path=place) for place in PLACES]
    head.merge([an_attempt(1, an_outcome("secret", findings=found))])
    errors = [an_error("srv/app.war"), an_error("etc/b")]
    head.merge([an_attempt(2, an_outcome("secret", "partial", errors=errors))])
    assert head.findings("secret").keys() == {"etc/b", "srv/app.war!/WEB-INF/x.jar"}
    held = head.risks["secret"]
    assert (held.status, held.seq, held.run, held.summary) == ("partial", 2, "run-2+1", {"high": 2})
    head.merge([an_attempt(3, an_outcome("secret"))])
    assert head.findings("secret") == {}


def test_a_first_failure_is_shown_until_something_looked() -> None:
    head = Head()
    head.merge([an_attempt(1, an_outcome("secret", "failed", code="deadline"))])
    assert head.risks["secret"].status == "failed"
    head.merge([an_attempt(2, an_outcome("secret"))])
    assert head.risks["secret"].status == "complete"


def test_a_head_says_by_which_advisories_its_analysis_was_made() -> None:
    (attempt,) = [an_attempt(1, vulnerable(build="build-7"))]
    head = decide({}, {}, [attempt]).risks["vulnerability"]
    assert head.advisories == "build-7"
    assert head.summary == {"critical": 1, "high": 1, "low": 1, "unknown": 1}
    assert head.findings == 5
