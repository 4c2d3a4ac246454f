"""A report for people at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import UnsetType

from scantling_common.risks import SEVERITIES
from scantling_reporter.formats.terminal import coloured, columns_of, safe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scantling_common.risks import Severity
    from scantling_reporter.report import Report, ReportFinding, ReportOutcome

_LARGEST: Final = 10
_ERRORS: Final = 20


def render(report: Report, *, total: int = 120, colour: bool = False) -> str:
    """Return a report as text of ``total`` columns (at least 40)."""
    total = max(total, 40)
    blocks = [
        _image(report, total, colour=colour),
        _risks(report, total, colour=colour),
        _findings(report, total, colour=colour),
        _packages(report, total),
        _files(report, total),
        _bases(report, total),
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
        ("Size", f"{readable_size(image.size)} in {_counted(len(image.layers), 'layer')}"),
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
    return _counted(len(outcome.errors), "error") if outcome.errors else ""


def _counts(summary: Mapping[Severity, int]) -> str:
    parts = [f"{summary[each]} {each}" for each in SEVERITIES if summary.get(each)]
    return ", ".join(parts) or "none"


def _findings(report: Report, total: int, *, colour: bool) -> list[str]:
    findings = [finding for outcome in report.outcomes.values() for finding in outcome.findings]
    if not findings:
        return []
    rows = [_finding(each) for each in sorted(findings, key=_rank)]
    header = ("SEVERITY", "RISK", "ID", "TITLE", "PACKAGE", "FIXED", "PATH")
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
    )


def _packages(report: Report, total: int) -> list[str]:
    outcome = report.outcomes.get("software")
    if outcome is None or isinstance(outcome.packages, UnsetType) or not outcome.packages:
        return []
    rows = [(each.name, each.version, each.type, each.path) for each in outcome.packages]
    return columns_of(("PACKAGE", "VERSION", "TYPE", "PATH"), rows, total=total)


def _files(report: Report, total: int) -> list[str]:
    outcome = report.outcomes.get("file")
    if outcome is None or isinstance(outcome.count, UnsetType):
        return []
    largest = () if isinstance(outcome.largest, UnsetType) else outcome.largest[:_LARGEST]
    size = 0 if isinstance(outcome.size, UnsetType) else outcome.size
    rows = [(readable_size(each.size), each.mode, each.owner, each.path) for each in largest]
    lines = [f"{_counted(outcome.count, 'file')}, {readable_size(size)}"]
    return [*lines, *columns_of(("SIZE", "MODE", "OWNER", "LARGEST FILES"), rows, total=total)]


def _bases(report: Report, total: int) -> list[str]:
    outcome = report.outcomes.get("baseimage")
    if outcome is None or isinstance(outcome.bases, UnsetType) or not outcome.bases:
        return []
    rows = [
        (
            ", ".join(base.references) or base.digest,
            base.matched_by,
            str(base.layers),
            "yes" if base.approved else "no",
        )
        for base in outcome.bases
    ]
    return columns_of(("BASE IMAGE", "MATCHED BY", "LAYERS", "APPROVED"), rows, total=total)


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


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def readable_size(size: int) -> str:
    """Return a size in bytes with a binary unit (IEC 80000-13)."""
    amount = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:  # noqa: PLR2004 - the factor of the units
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"
