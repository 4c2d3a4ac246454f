"""CSV (RFC 4180) of findings for spreadsheets: UTF-8, a header, one row for each finding.

A risk type that was not completely judged has a row of its own, with no finding in it, so that
nobody takes a short table for a clean image. Package names that begin with what a spreadsheet
would run (``@babel/core``) stand behind an apostrophe: other programs read the JSON report.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from scantling_common.outcomes import VulnerabilityEntry
from scantling_reporter.formats.cells import cell
from scantling_reporter.formats.judgement import is_sure
from scantling_reporter.formats.ranking import by_rank
from scantling_reporter.merge.summary import SUPPRESSED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_common.risks import Risk
    from scantling_reporter.report import Report, ReportFinding, ReportImage, ReportOutcome

_NOTHING: Final = VulnerabilityEntry()

COLUMNS: Final = (
    "project",
    "reference",
    "digest",
    "platform",
    "risk",
    "status",
    "severity",
    "id",
    "aliases",
    "title",
    "package",
    "version",
    "purl",
    "fixed_version",
    "state",
    "upgrade",
    "urgency",
    "score",
    "vector",
    "score_source",
    "epss",
    "exploited_since",
    "published",
    "modified",
    "path",
    "line",
    "layer",
    "in_base",
    "suppressed",
    "baseline",
    "observed",
    "expected",
    "description",
    "solution",
    "references",
    "reason",
)


def render(report: Report) -> str:
    """Return the findings of a report."""
    return render_all([report])


def render_all(reports: Iterable[Report]) -> str:
    """Return the findings of several reports under one header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    for report in reports:
        writer.writerows(_rows(report))
    return text.getvalue()


def _rows(report: Report) -> Iterator[dict[str, str]]:
    image = _image(report.image)
    for risk, outcome in report.outcomes.items():
        about = {**image, "risk": risk, "status": outcome.status}
        if not is_sure(outcome):
            yield {**about, "reason": cell(_reason(risk, outcome))}
        for finding in sorted(outcome.findings, key=by_rank):
            cells = {name: cell(text) for name, text in _finding(finding).items()}
            yield {**about, **cells, **_numbers(finding.vulnerability or _NOTHING)}


def _image(image: ReportImage) -> dict[str, str]:
    return {
        "project": cell(image.project),
        "reference": cell(image.reference),
        "digest": cell(image.digest),
        "platform": cell(image.platform),
    }


def _reason(risk: Risk, outcome: ReportOutcome) -> str:
    said = outcome.reason or outcome.code or f"{risk} was not completely judged"
    return f"{said}; {len(outcome.errors)} places left out" if outcome.errors else said


def _finding(finding: ReportFinding) -> dict[str, str]:
    known = finding.vulnerability or _NOTHING
    return {
        "severity": finding.severity,
        "id": finding.id,
        "aliases": " ".join(known.aliases),
        "title": finding.title,
        "package": finding.package,
        "version": finding.version,
        "purl": known.purl or finding.details.get("purl", ""),
        "fixed_version": finding.fixed_version,
        "state": known.state,
        "upgrade": known.upgrade,
        "urgency": known.urgency,
        "vector": known.vector,
        "score_source": known.score_source,
        "exploited_since": known.exploited_since,
        "published": known.published,
        "modified": known.modified,
        "path": finding.path,
        "line": finding.details.get("line", ""),
        "layer": finding.layer,
        "in_base": "yes" if finding.in_base else "no",
        "suppressed": finding.details.get(SUPPRESSED, ""),
        "baseline": finding.details.get("baseline", ""),
        "observed": finding.details.get("observed", ""),
        "expected": finding.details.get("expected", ""),
        "description": finding.description,
        "solution": finding.solution,
        "references": " ".join(known.references) or finding.details.get("references", ""),
    }


def _numbers(known: VulnerabilityEntry) -> dict[str, str]:
    return {
        "score": "" if known.score is None else f"{known.score:.1f}",
        "epss": "" if known.epss is None else f"{known.epss:.5f}",
    }
