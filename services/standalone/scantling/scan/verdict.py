"""From reports to the exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_common.risks import SEVERITIES, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_reporter.report import Report

DONE: Final = 0
FOUND: Final = 1
NOT_READ: Final = 3

TOLERATED: Final = frozenset({"partial", "unsupported"})
FINE: Final = frozenset({"complete", "not_applicable"})


def exit_status(reports: Iterable[Report], *, fail_on: Severity | None, allow_partial: bool) -> int:
    """Return 3 where a risk type was not (completely) judged, else 1 for findings, else 0."""
    accepted = FINE | TOLERATED if allow_partial else FINE
    found = False
    for report in reports:
        for outcome in report.outcomes.values():
            if outcome.status not in accepted:
                return NOT_READ
            found = found or any(_counts(f.severity, fail_on) for f in outcome.findings)
    return FOUND if found else DONE


def _counts(severity: Severity, fail_on: Severity | None) -> bool:
    return fail_on is not None and SEVERITIES.index(severity) <= SEVERITIES.index(fail_on)
