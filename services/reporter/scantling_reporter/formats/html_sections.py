"""The sections of a report in HTML, but for vulnerabilities. Each gives nothing without content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import UnsetType

from scantling_common.risks import SEVERITIES
from scantling_reporter.formats.distribution import distribution_words
from scantling_reporter.formats.markup import Markup, details, element, joined, table, word
from scantling_reporter.formats.ranking import by_rank
from scantling_reporter.formats.terminal import counted, readable_size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_reporter.report import Report, ReportPackage

_ERRORS: Final = 1_000


def image_section(report: Report) -> Iterator[Markup]:
    """Give what the image is, and its layers."""
    image = report.image
    facts = [
        ("Status", word(report.status)),
        ("Project", image.project),
        ("Registry", image.registry),
        ("Repository", image.repository),
        ("Tags", ", ".join(image.tags)),
        ("Digest", image.digest),
        ("Platform", image.platform),
        ("Distribution", distribution_words(report)),
        ("Size", readable_size(image.size)),
        ("Created", image.created or ""),
        ("Updated", image.updated or ""),
        ("Scanned", image.scanned_at or ""),
    ]
    rows = (element("tr", element("th", name), element("td", text)) for name, text in facts if text)
    yield element("table", element("tbody", *rows))
    if image.layers:
        layers = [
            (str(number), layer.diff_id, readable_size(layer.size), layer.created_by)
            for number, layer in enumerate(image.layers, start=1)
        ]
        said = counted(len(layers), "layer")
        yield details(said, table(("Layer", "Diff ID", "Size", "Build step"), layers))


def risks_section(report: Report) -> Iterator[Markup]:
    """Give the status of each risk type, and how many findings it has."""
    rows = []
    for risk, outcome in report.outcomes.items():
        counts = report.summary.get(risk, {})
        parts = [joined((f"{counts[s]} ", word(s))) for s in SEVERITIES if counts.get(s)]
        reason = outcome.reason or outcome.code
        found = joined(parts, ", ") if parts else "none"
        made = outcome.analyzer.advisories
        rows.append((risk, word(outcome.status), found, reason, made))
    yield element("h2", "Risks")
    yield table(("Risk", "Status", "Findings", "Reason", "Advisories"), rows)


def packages_section(report: Report) -> Iterator[Markup]:
    """Give the packages."""
    outcome = report.outcomes.get("software")
    if outcome is None or isinstance(outcome.packages, UnsetType) or not outcome.packages:
        return
    header = ("Name", "Version", "Type", "Vulnerabilities", "Licences", "Part of", "Path", "From")
    said = counted(len(outcome.packages), "package")
    yield element("h2", "Software")
    yield details(said, table(header, map(_package, outcome.packages)))


def files_section(report: Report) -> Iterator[Markup]:
    """Give the largest files, and how many there are."""
    outcome = report.outcomes.get("file")
    if outcome is None or isinstance(outcome.count, UnsetType):
        return
    size = 0 if isinstance(outcome.size, UnsetType) else outcome.size
    yield element("h2", "Files")
    yield element("p", f"{counted(outcome.count, 'file')}, {readable_size(size)}")
    if not isinstance(outcome.largest, UnsetType) and outcome.largest:
        rows = [(readable_size(f.size), f.mode, f.owner, f.path) for f in outcome.largest]
        yield details("The largest files", table(("Size", "Mode", "Owner", "Path"), rows))
    for name, paths in (
        ("setuid", outcome.setuid),
        ("setgid", outcome.setgid),
        ("world-writable", outcome.world_writable),
    ):
        if not isinstance(paths, UnsetType) and paths:
            listed = element("ul", *(element("li", path) for path in paths))
            yield details(f"{counted(len(paths), 'file')} {name}", listed)


def bases_section(report: Report) -> Iterator[Markup]:
    """Give the base images, and newer builds to rebuild on."""
    outcome = report.outcomes.get("baseimage")
    if outcome is None or isinstance(outcome.bases, UnsetType):
        return
    hints = () if isinstance(outcome.rebuild_on, UnsetType) else outcome.rebuild_on
    if not (outcome.bases or outcome.findings or hints):
        return
    yield element("h2", "Base images")
    rows = [
        (
            ", ".join(base.references) or base.digest,
            base.matched_by,
            base.confidence,
            "approved" if base.approved else "",
        )
        for base in outcome.bases
    ]
    if rows:
        yield table(("Base image", "Matched by", "Confidence", "List"), rows)
    for each in sorted(outcome.findings, key=by_rank):
        yield element("p", word(each.severity), f" {each.title}")
    if hints:
        newer = [(hint.reference, hint.digest, hint.since) for hint in hints]
        yield table(("Rebuild on", "Which is now", "Since"), newer)


def errors_section(report: Report) -> Iterator[Markup]:
    """Give what was left out."""
    errors = [(risk, each) for risk, out in report.outcomes.items() for each in out.errors]
    if not errors:
        return
    yield element("h2", "Left out")
    rows = [(risk, each.code, each.path, each.message) for risk, each in errors[:_ERRORS]]
    yield table(("Risk", "Code", "Path", "Message"), rows)
    if len(errors) > _ERRORS:
        yield element("p", f"and {len(errors) - _ERRORS} more, in the JSON report")


def _package(package: ReportPackage) -> tuple[str, ...]:
    count = package.vulnerabilities
    return (
        package.name,
        package.version,
        package.type,
        "" if isinstance(count, UnsetType) else str(count),
        ", ".join(package.licenses),
        package.owner,
        package.path,
        "base" if package.in_base else "",
    )
