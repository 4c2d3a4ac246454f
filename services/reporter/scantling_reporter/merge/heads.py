"""From one generation of a head to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from scantling_common.outcomes import Outcome
from scantling_common.records.reporter import HeadRisk
from scantling_common.risks import RISKS
from scantling_reporter.merge.carry import carried_over
from scantling_reporter.merge.status import is_analysis
from scantling_reporter.merge.summary import counts_by_severity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """How one risk type of a final scan ended: the run that counts, and its outcome.

    ``at`` is when it was analysed, in milliseconds.
    """

    seq: int
    run: str
    pages: int
    at: int
    outcome: Outcome


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What a final scan makes of a head.

    ``written`` are outcomes that must be stored under ``risks[...].run`` first, because
    something was carried over into them (their ``pages`` is 0 here: whoever stores them knows);
    ``superseded`` are risk types for which the head holds something newer.
    """

    risks: dict[str, HeadRisk]
    changed: tuple[str, ...]
    written: dict[str, Outcome]
    superseded: tuple[str, ...]


def decide(
    held: Mapping[str, HeadRisk],
    earlier: Mapping[str, Outcome],
    attempts: Sequence[Attempt],
) -> Decision:
    """Return what the attempts of a final scan make of the risks that a head holds.

    ``earlier`` has the outcome of each held risk type for which :func:`needs_earlier` says so.
    Deciding again with the same attempts changes nothing. Risks that the scan did not ask for
    stay. *Failed* and *unsupported* never replace an analysis, which stays as *stale*.
    """
    risks = dict(held)
    changed: list[str] = []
    superseded: list[str] = []
    written: dict[str, Outcome] = {}
    for attempt in attempts:
        risk = attempt.outcome.risk
        before = held.get(risk)
        if before is not None and attempt.seq in {before.attempt_seq, before.seq}:
            continue
        outcome = attempt.outcome
        if before is not None and needs_earlier(before, attempt):
            outcome = carried_over(earlier[risk], outcome)
        after = _next(before, attempt, outcome)
        if after is None:
            superseded.append(risk)
            continue
        if outcome is not attempt.outcome and before is not None:
            after = replace(after, run=f"{attempt.run}+{before.seq}", pages=0)
            written[risk] = outcome
        risks[risk] = after
        changed.append(risk)
    return Decision(
        risks={risk: risks[risk] for risk in RISKS if risk in risks},
        changed=tuple(changed),
        written=written,
        superseded=tuple(superseded),
    )


def needs_earlier(before: HeadRisk, attempt: Attempt) -> bool:
    """Tell whether the outcome that the head holds must be read to decide."""
    return (
        attempt.outcome.status == "partial"
        and is_analysis(before.status)
        and attempt.seq > before.seq
    )


def _next(before: HeadRisk | None, attempt: Attempt, outcome: Outcome) -> HeadRisk | None:
    """Return what the head holds after an attempt; None where it holds something newer.

    The analysis is the newest one by ``seq``, the attempt the newest attempt: so the order in
    which two scans become final does not matter.
    """
    fresh = _of(attempt, outcome)
    if before is None:
        return fresh
    looked, held = is_analysis(outcome.status), is_analysis(before.status)
    newest = attempt.seq > before.attempt_seq
    if looked and (not held or attempt.seq > before.seq):
        return fresh if newest else _stale(fresh, before)
    if not newest:
        return None
    return _stale(before, fresh) if held else fresh


def _of(attempt: Attempt, outcome: Outcome) -> HeadRisk:
    return HeadRisk(
        seq=attempt.seq,
        run=attempt.run,
        pages=attempt.pages,
        status=outcome.status,
        attempt_seq=attempt.seq,
        attempt_status=outcome.status,
        attempt_code=outcome.code,
        attempt_reason=outcome.reason,
        analyzed_at=attempt.at,
        version=outcome.versions.version,
        rules=outcome.versions.rules,
        settings=outcome.versions.settings,
        advisories=outcome.versions.advisories,
        findings=len(outcome.findings),
        summary=counts_by_severity(outcome.findings),
    )


def _stale(analysis: HeadRisk, attempt: HeadRisk) -> HeadRisk:
    return replace(
        analysis,
        status="stale",
        attempt_seq=attempt.attempt_seq,
        attempt_status=attempt.attempt_status,
        attempt_code=attempt.attempt_code,
        attempt_reason=attempt.attempt_reason,
    )
