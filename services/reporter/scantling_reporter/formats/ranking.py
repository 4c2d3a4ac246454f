"""The order in which people read findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_common.risks import SEVERITIES

if TYPE_CHECKING:
    from scantling_common.risks import Severity
    from scantling_reporter.report import ReportFinding

URGENCIES: Final = ("immediate", "soon", "planned", "watch")
"""The words for how urgent a repair is, the most urgent first."""

_RANKS: Final[dict[Severity, int]] = {name: rank for rank, name in enumerate(SEVERITIES)}
_URGENCY: Final = {name: rank for rank, name in enumerate(URGENCIES)}

Rank = tuple[int, int, float, str, str, str, str]


def by_rank(finding: ReportFinding) -> Rank:
    """Return what sorts findings: the worst, the most urgent and the highest score first."""
    known = finding.vulnerability
    urgency = known.urgency if known is not None else ""
    score = known.score if known is not None else None
    return (
        _RANKS[finding.severity],
        _URGENCY.get(urgency, len(_URGENCY)),
        -(score or 0.0),
        finding.risk,
        finding.id,
        finding.path,
        finding.fingerprint,
    )
