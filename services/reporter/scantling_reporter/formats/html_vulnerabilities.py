"""The vulnerabilities of an image in HTML: a row each, and what is known of it behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_common.outcomes import VulnerabilityEntry
from scantling_reporter.formats.judgement import is_sure
from scantling_reporter.formats.markup import Markup, details, element, joined, link, table, word
from scantling_reporter.formats.ranking import by_rank
from scantling_reporter.merge.summary import SUPPRESSED, is_suppressed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scantling_reporter.report import Report, ReportFinding

_NOTHING: Final = VulnerabilityEntry()
_HEADER: Final = (
    "Severity",
    "Vulnerability",
    "Package",
    "Installed",
    "Fixed in",
    "Upgrade to",
    "Urgency",
    "Score",
    "Path",
    "From",
)


def vulnerabilities_section(report: Report) -> Iterator[Markup]:
    """Give the open vulnerabilities, the worst first, then those that are set aside."""
    outcome = report.outcomes.get("vulnerability")
    if outcome is None:
        return
    yield element("h2", "Vulnerabilities")
    findings = sorted(outcome.findings, key=by_rank)
    yield from listed([each for each in findings if not is_suppressed(each)], sure=is_sure(outcome))
    aside = [each for each in findings if is_suppressed(each)]
    if aside:
        yield element("h3", f"Set aside and not counted: {len(aside)}")
        rows = [
            (word(each.severity), each.id, each.package, each.version, each.path, _why(each))
            for each in aside
        ]
        yield table(("Severity", "Vulnerability", "Package", "Installed", "Path", "Why"), rows)


def listed(findings: Sequence[ReportFinding], *, sure: bool) -> Iterator[Markup]:
    """Give the table of findings, or say that there are none, and whether that is sure."""
    if findings:
        yield table(_HEADER, map(_row, findings))
        return
    yield element("p", "None." if sure else "None among what was judged.")


def _why(finding: ReportFinding) -> str:
    return finding.details.get(SUPPRESSED, "")


def _row(finding: ReportFinding) -> Sequence[str]:
    known = finding.vulnerability or _NOTHING
    return (
        word(finding.severity),
        joined([details(finding.id, *_about(finding))]),
        finding.package,
        finding.version,
        finding.fixed_version or known.state.replace("_", " "),
        known.upgrade,
        known.urgency,
        "" if known.score is None else f"{known.score:.1f}",
        finding.path,
        "base" if finding.in_base else "",
    )


def _about(finding: ReportFinding) -> Iterator[Markup]:
    known = finding.vulnerability or _NOTHING
    for text in (finding.title, finding.description, finding.solution):
        if text:
            yield element("p", text)
    facts = [
        ("Also known as", ", ".join(known.aliases)),
        ("Published", known.published),
        ("Modified", known.modified),
        ("Vector", f"{known.vector} ({known.score_source})" if known.vector else ""),
        ("Exploited since", known.exploited_since),
        ("To be mended by", known.due),
        ("EPSS", "" if known.epss is None else f"{known.epss:.2%}"),
        ("Weaknesses", ", ".join(known.weaknesses)),
        ("Urgent because", known.urgency_reason),
        ("Package URL", known.purl),
    ]
    shown = [joined((element("b", f"{name}: "), text)) for name, text in facts if text]
    shown += [element("span", reason) for reason in known.reasons]
    shown += [
        element("span", f"{each.source} says {each.severity}: {each.text}") for each in known.scores
    ]
    shown += [link(each) for each in known.references]
    if shown:
        yield element("ul", *(element("li", each) for each in shown))
