"""A report for people at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_common.risks import SEVERITIES
from scantling_reporter.formats.distribution import distribution_words
from scantling_reporter.formats.ranking import by_rank
from scantling_reporter.formats.table_bases import bases_block
from scantling_reporter.formats.table_compliance import compliance_block
from scantling_reporter.formats.table_files import files_block
from scantling_reporter.formats.table_malware import malware_block
from scantling_reporter.formats.table_secrets import reasons_block, secrets_block
from scantling_reporter.formats.table_settings import settings_block
from scantling_reporter.formats.table_software import layers_block, packages_block, sboms_block
from scantling_reporter.formats.table_vulnerabilities import (
    explanations_block,
    vulnerabilities_block,
)
from scantling_reporter.formats.terminal import coloured, columns_of, counted, readable_size, safe
from scantling_reporter.merge.summary import SUPPRESSED, is_suppressed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scantling_common.risks import Severity
    from scantling_reporter.report import Report, ReportFinding, ReportOutcome

_ERRORS: Final = 20
_OWN_BLOCKS: Final = frozenset({"vulnerability", "malware", "setting", "secret", "compliance"})
"""Risk types whose findings have a table of their own."""


def render(
    report: Report,
    *,
    total: int = 120,
    colour: bool = False,
    verbose: bool = False,
    explain: bool = False,
) -> str:
    """Return a report as text of ``total`` columns (at least 40).

    ``verbose`` says of each package its layer and licences, of each layer its build step, of
    settings every check item, and which findings are set aside; ``explain`` says of each
    vulnerability and each secret why it is one.
    """
    total = max(total, 40)
    blocks = [
        _image(report, total, colour=colour),
        _risks(report, total, colour=colour),
        vulnerabilities_block(report, total, colour=colour),
        explanations_block(report, total) if explain else [],
        malware_block(report, total, colour=colour),
        settings_block(report, total, colour=colour, verbose=verbose),
        secrets_block(report, total, colour=colour),
        reasons_block(report, total) if explain else [],
        compliance_block(report, total, colour=colour),
        _findings(report, total, colour=colour),
        _set_aside(report, total, verbose=verbose),
        packages_block(report, total, explain=verbose),
        sboms_block(report, total),
        # File information has the same, with more beside it.
        layers_block(report, total) if verbose and "file" not in report.outcomes else [],
        files_block(report, total),
        bases_block(report, total),
        _errors(report, total),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _image(report: Report, total: int, *, colour: bool) -> list[str]:
    image = report.image
    facts = [
        ("Image", image.reference or image.digest),
        ("Digest", image.digest),
        ("Platform", image.platform),
        ("Distribution", distribution_words(report)),
        ("Size", f"{readable_size(image.size)} in {counted(len(image.layers), 'layer')}"),
        ("Scanned", image.scanned_at or "never"),
    ]
    lines = [f"{name + ':':14}{safe(text)}"[: total * 2] for name, text in facts]
    return [*lines, f"{'Status:':14}{coloured(report.status, report.status, colour=colour)}"]


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
    findings = [
        finding
        for risk, outcome in report.outcomes.items()
        for finding in outcome.findings
        if risk not in _OWN_BLOCKS and not is_suppressed(finding)
    ]
    if not findings:
        return []
    rows = [_finding(each) for each in sorted(findings, key=by_rank)]
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


def _set_aside(report: Report, total: int, *, verbose: bool) -> list[str]:
    """Say how many findings don't count because somebody decided so, and which if asked."""
    findings = [
        finding
        for outcome in report.outcomes.values()
        for finding in outcome.findings
        if is_suppressed(finding)
    ]
    if not findings:
        return []
    verb = "is" if len(findings) == 1 else "are"
    said = f"{counted(len(findings), 'finding')} {verb} set aside and not counted"
    if not verbose:
        return [f"{said} (-v lists them)"]
    rows = [
        (
            each.severity,
            each.id,
            f"{each.package} {each.version}".strip(),
            each.path,
            each.details.get(SUPPRESSED, ""),
        )
        for each in sorted(findings, key=by_rank)
    ]
    header = ("SET ASIDE", "ID", "PACKAGE", "PATH", "WHY")
    return [said, *columns_of(header, rows, total=total)]


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
