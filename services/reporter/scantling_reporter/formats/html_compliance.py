"""The software of an image that is not allowed, in HTML: a row each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_reporter.formats.judgement import is_sure
from scantling_reporter.formats.markup import Markup, details, element, table, word
from scantling_reporter.formats.ranking import by_rank
from scantling_reporter.formats.table_compliance import why
from scantling_reporter.merge.summary import SUPPRESSED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scantling_reporter.report import Report, ReportFinding

_HEADER: Final = (
    "Severity",
    "Software",
    "Version",
    "Type",
    "Path",
    "Layer",
    "From",
    "Why",
    "Set aside because",
)


def compliance_section(report: Report) -> Iterator[Markup]:
    """Give what is not allowed, the worst first; or say that there is none, where that is sure."""
    outcome = report.outcomes.get("compliance")
    if outcome is None:
        return
    yield element("h2", "Software that is not allowed")
    if outcome.findings:
        yield table(_HEADER, map(_row, sorted(outcome.findings, key=by_rank)))
    else:
        yield element("p", "None." if is_sure(outcome) else "None among what was judged.")


def _row(finding: ReportFinding) -> Sequence[str]:
    about = [element("p", text) for text in (finding.description, finding.solution) if text]
    return (
        word(finding.severity),
        finding.package,
        finding.version,
        finding.details.get("type", ""),
        finding.path,
        finding.layer,
        "base" if finding.in_base else "",
        details(why(finding), *about),
        finding.details.get(SUPPRESSED, ""),
    )
