"""The software of an image for people at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UnsetType

from scantling_reporter.formats.layers import DIGITS, layer_numbers, layer_word
from scantling_reporter.formats.terminal import columns_of, counted, readable_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scantling_common.outcomes import SbomAgreement
    from scantling_reporter.report import Report, ReportPackage


def packages_block(report: Report, total: int, *, explain: bool) -> list[str]:
    """Return the packages, and how many of them are a part of others."""
    outcome = report.outcomes.get("software")
    if outcome is None or isinstance(outcome.packages, UnsetType) or not outcome.packages:
        return []
    numbers = layer_numbers(report)
    columns = _columns(outcome.packages, numbers, explain=explain)
    shown = [(name, cells) for name, cells in columns.items() if any(cells)]
    rows = zip(*(cells for _, cells in shown), strict=True)
    lines = columns_of([name for name, _ in shown], rows, total=total)
    if not isinstance(outcome.owned_count, UnsetType) and outcome.owned_count:
        counts = not isinstance(outcome.package_count, UnsetType) and outcome.package_count
        parts = "is a part" if outcome.owned_count == 1 else "are parts"
        said = f"{counted(counts or 0, 'package')}; {outcome.owned_count} more {parts}"
        lines.append(f"{said} of packages of the system, with which they count once")
    return lines


def sboms_block(report: Report, total: int) -> list[str]:
    """Return one line for each SBOM that was published beside the image."""
    outcome = report.outcomes.get("software")
    if outcome is None or isinstance(outcome.sboms, UnsetType) or not outcome.sboms:
        return []
    rows = [(f"{each.via} {each.digest[:DIGITS]}", _agreement(each)) for each in outcome.sboms]
    header = ("PUBLISHED SBOM", "AGREEMENT (SIGNATURES ARE NOT VERIFIED)")
    return columns_of(header, rows, total=total)


def layers_block(report: Report, total: int) -> list[str]:
    """Return the layers with their build steps, to which packages refer by number."""
    rows = [
        (str(number), layer.diff_id[:DIGITS], readable_size(layer.size), layer.created_by)
        for number, layer in enumerate(report.image.layers, start=1)
    ]
    return columns_of(("LAYER", "DIFF ID", "SIZE", "BUILD STEP"), rows, total=total) if rows else []


def _columns(
    packages: Iterable[ReportPackage], numbers: Mapping[str, str], *, explain: bool
) -> dict[str, list[str]]:
    packages = list(packages)
    columns = {
        "PACKAGE": [each.name for each in packages],
        "VERSION": [each.version for each in packages],
        "TYPE": [each.type for each in packages],
        "VULNERABLE": [_number(each) for each in packages],
        "STATE": [each.state for each in packages],
        "PART OF": [each.owner for each in packages],
        "PATH": [each.path for each in packages],
        "FROM": ["base" if each.in_base else "" for each in packages],
    }
    if explain:
        columns["LAYER"] = [layer_word(numbers, each.layer) for each in packages]
        columns["LICENCES"] = [", ".join(each.licenses) for each in packages]
    return columns


def _number(package: ReportPackage) -> str:
    number = package.vulnerabilities
    return "" if isinstance(number, UnsetType) or not number else str(number)


def _agreement(sbom: SbomAgreement) -> str:
    if sbom.code:
        return f"not used: {sbom.reason or sbom.code}"
    differences = f"{sbom.only_in_sbom_count} only in it, {sbom.only_found_count} only found"
    made = f"; {sbom.format} by {sbom.tool}" if sbom.tool else f"; {sbom.format}"
    return f"{counted(sbom.same_count, 'package')} the same, {differences}{made}"
