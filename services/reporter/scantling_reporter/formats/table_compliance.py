"""The software of an image that is not allowed, for people at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_reporter.formats.layers import layer_numbers, layer_word
from scantling_reporter.formats.ranking import by_rank
from scantling_reporter.formats.terminal import columns_of, counted
from scantling_reporter.merge.summary import is_suppressed

if TYPE_CHECKING:
    from scantling_reporter.report import Report, ReportFinding

_HEADER: Final = ("SEVERITY", "NOT ALLOWED", "VERSION", "TYPE", "PATH", "LAYER", "FROM", "WHY")


def compliance_block(report: Report, total: int, *, colour: bool) -> list[str]:
    """Return the open findings, the worst first, with the number of the layer, and how many."""
    outcome = report.outcomes.get("compliance")
    findings = [each for each in outcome.findings if not is_suppressed(each)] if outcome else []
    if not findings:
        return []
    numbers = layer_numbers(report)
    rows = [
        (
            each.severity,
            each.package,
            each.version,
            each.details.get("type", ""),
            each.path,
            layer_word(numbers, each.layer),
            "base" if each.in_base else "",
            why(each),
        )
        for each in sorted(findings, key=by_rank)
    ]
    lines = columns_of(_HEADER, rows, total=total, colour=colour)
    verb = "is" if len(findings) == 1 else "are"
    said = f"{counted(len(findings), 'piece', 'pieces')} of software {verb} not allowed"
    return [*lines, said]


def why(finding: ReportFinding) -> str:
    """Return the reason of the entry that forbids it, or the entry."""
    return finding.details.get("reason") or finding.details.get("entry") or finding.title
