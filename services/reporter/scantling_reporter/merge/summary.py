"""Which findings are open, and how many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_common.risks import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scantling_common.outcomes import Finding
    from scantling_reporter.report import ReportFinding

SUPPRESSED: Final = "suppressed"
"""The detail of a finding that says why it is set aside; absent or empty where it is open."""


def is_suppressed(finding: Finding | ReportFinding) -> bool:
    """Tell whether a finding is set aside by a decision (its detail ``suppressed`` says which)."""
    return bool(finding.details.get(SUPPRESSED))


def counts_by_severity(findings: Iterable[Finding]) -> dict[str, int]:
    """Return how many different open findings there are of each severity, the worst first."""
    open_findings = {
        finding.fingerprint: finding.severity for finding in findings if not is_suppressed(finding)
    }
    counts = dict.fromkeys(SEVERITIES, 0)
    for severity in open_findings.values():
        counts[severity] += 1
    return {severity: count for severity, count in counts.items() if count}


def total(summary: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Return the counts of all risk types together, by severity."""
    totals: dict[str, int] = {}
    for counts in summary.values():
        for severity, count in counts.items():
            totals[severity] = totals.get(severity, 0) + count
    return totals
