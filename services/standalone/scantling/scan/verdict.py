"""From reports to the exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_common.risks import SEVERITIES, Severity
from scantling_reporter.merge.summary import is_suppressed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from scantling_reporter.report import Report, ReportFinding

DONE: Final = 0
FOUND: Final = 1
NOT_READ: Final = 3

TOLERATED: Final = frozenset({"partial", "unsupported"})
FINE: Final = frozenset({"complete", "not_applicable"})


def exit_status(
    reports: Iterable[Report],
    *,
    fail_on: Severity | None,
    allow_partial: bool,
    unasked: AbstractSet[str] = frozenset(),
) -> int:
    """Return 3 where a risk type was not (completely) judged, else 1 for findings, else 0.

    What is set aside by a decision is no finding here. ``unasked`` are risk types that nobody asked
    for and that may be *unsupported*: with ``fail_on`` somebody relies on them, too.
    """
    accepted = FINE | TOLERATED if allow_partial else FINE
    found = False
    for report in reports:
        for risk, outcome in report.outcomes.items():
            spared = risk in unasked and outcome.status == "unsupported" and fail_on is None
            if outcome.status not in accepted and not spared:
                return NOT_READ
            found = found or any(_counts(each, fail_on) for each in outcome.findings)
    return FOUND if found else DONE


def _counts(finding: ReportFinding, fail_on: Severity | None) -> bool:
    if fail_on is None or is_suppressed(finding):
        return False
    return SEVERITIES.index(finding.severity) <= SEVERITIES.index(fail_on)
