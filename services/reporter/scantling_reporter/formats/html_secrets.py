"""The secrets of an image, in HTML: a row each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import UNSET

from scantling_reporter.formats.judgement import is_sure
from scantling_reporter.formats.layers import layer_numbers
from scantling_reporter.formats.markup import Markup, details, element, table, word
from scantling_reporter.formats.ranking import by_rank
from scantling_reporter.formats.table_secrets import hiding, searched, where
from scantling_reporter.merge.summary import SUPPRESSED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from scantling_reporter.report import Report, ReportFinding

_HEADER: Final = (
    "Severity",
    "Secret",
    "Where",
    "Layer",
    "From",
    "Rule",
    "Score",
    "Excerpt",
    "Why",
    "Set aside because",
)


def secrets_section(report: Report) -> Iterator[Markup]:
    """Give the secrets, the worst first, and what was searched; or say that there are none."""
    outcome = report.outcomes.get("secret")
    if outcome is None:
        return
    yield element("h2", "Secrets")
    numbers = layer_numbers(report)
    if outcome.findings:
        rows = (_row(each, numbers) for each in sorted(outcome.findings, key=by_rank))
        yield table(_HEADER, rows)
    else:
        yield element("p", "None." if is_sure(outcome) else "None among what was searched.")
    if outcome.search is not UNSET:
        yield element("p", f"{searched(outcome.search)}.")


def _row(finding: ReportFinding, numbers: Mapping[str, str]) -> Sequence[str]:
    said = finding.details
    also = said.get("also_at", "")
    about = [
        element("p", text)
        for text in (
            said.get("reasons", ""),
            f"The same secret is also at {also}" if also else "",
            finding.solution,
        )
        if text
    ]
    return (
        word(finding.severity),
        finding.title,
        where(finding),
        finding.layer,
        ", ".join(filter(None, ("base" if finding.in_base else "", hiding(finding, numbers)))),
        finding.id,
        said.get("score", ""),
        said.get("excerpt", ""),
        details(f"score {said.get('score', '')}", *about),
        said.get(SUPPRESSED, ""),
    )
