"""A report for people at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_common.risks import SEVERITIES
from scantling_reporter.formats.table_bases import bases_block
from scantling_reporter.formats.table_files import files_block
from scantling_reporter.formats.table_software import layers_block, packages_block, sboms_block
from scantling_reporter.formats.terminal import coloured, columns_of, counted, readable_size, safe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scantling_common.risks import Severity
    from scantling_reporter.report import Report, ReportFinding, ReportOutcome

_ERRORS: Final = 20


def render(report: Report, *, total: int = 120, colour: bool = False, explain: bool = False) -> str:
    """Return a report as text of ``total`` columns (at least 40).

    ``explain`` says of each package its layer and licences, and of each layer its build step.
    """
    total = max(total, 40)
    blocks = [
        _image(report, total, colour=colour),
        _risks(report, total, colour=colour),
        _findings(report, total, colour=colour),
        packages_block(report, total, explain=explain),
        sboms_block(report, total),
        # File information has the same, with more beside it.
        layers_block(report, total) if explain and "file" not in report.outcomes else [],
        files_block(report, total),
        bases_block(report, total),
        _errors(report, total),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _image(report: Report, total: int, *, colour: bool) -> list[str]:
    image = report.image
    distribution = image.distribution
    facts = [
        ("Image", image.reference or image.digest),
        ("Digest", image.digest),
        ("Platform", image.platform),
        (
            "Distribution",
            _distribution(distribution.name or distribution.id, distribution.version_id)
            if distribution
            else "none",
        ),
        ("Size", f"{readable_size(image.size)} in {counted(len(image.layers), 'layer')}"),
        ("Scanned", image.scanned_at or "never"),
    ]
    lines = [f"{name + ':':14}{safe(text)}"[: total * 2] for name, text in facts]
    return [*lines, f"{'Status:':14}{coloured(report.status, report.status, colour=colour)}"]


def _distribution(name: str, version: str) -> str:
    return name if not version or version in name else f"{name} {version}"


def _risks(report: Report, total: int, *, colour: bool) -> list[str]:
    rows = [
        (risk, outcome.status, _counts(report.summary.get(risk, {})), _why(outcome))
        for risk, outcome in report.outcomes.items()
    ]
    return columns_of(("RISK", "STATUS", "FINDINGS", "REASON"), rows, total=total, colour=colour)


def _why(outcome: ReportOutcome) -> str:
    if outcome.reason or outcome.code:
        return outcome.reason or outcome.code
    return counted(len(outcome.errors), "error") if outcome.errors else ""


def _counts(summary: Mapping[Severity, int]) -> str:
    parts = [f"{summary[each]} {each}" for each in SEVERITIES if summary.get(each)]
    return ", ".join(parts) or "none"


def _findings(report: Report, total: int, *, colour: bool) -> list[str]:
    findings = [finding for outcome in report.outcomes.values() for finding in outcome.findings]
    if not findings:
        return []
    rows = [_finding(each) for each in sorted(findings, key=_rank)]
    header: tuple[str, ...] = (
        "SEVERITY",
        "RISK",
        "ID",
        "TITLE",
        "PACKAGE",
        "FIXED",
        "PATH",
        "FROM",
    )
    if not any(finding.in_base for finding in findings):
        header, rows = header[:-1], [row[:-1] for row in rows]
    return columns_of(header, rows, total=total, colour=colour)


def _rank(finding: ReportFinding) -> tuple[int, str, str, str]:
    return (SEVERITIES.index(finding.severity), finding.risk, finding.id, finding.fingerprint)


def _finding(finding: ReportFinding) -> Sequence[str]:
    package = f"{finding.package} {finding.version}".strip()
    return (
        finding.severity,
        finding.risk,
        finding.id,
        finding.title,
        package,
        finding.fixed_version,
        finding.path,
        "base" if finding.in_base else "",
    )


def _errors(report: Report, total: int) -> list[str]:
    errors = [
        (risk, error.code, error.path, error.message)
        for risk, outcome in report.outcomes.items()
        for error in outcome.errors
    ]
    if not errors:
        return []
    lines = columns_of(("LEFT OUT", "CODE", "PATH", "MESSAGE"), errors[:_ERRORS], total=total)
    more = len(errors) - _ERRORS
    return [*lines, f"… and {more} more, in the JSON report"] if more > 0 else lines
