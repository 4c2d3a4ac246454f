"""From outcomes to units: what each layer brings to an image. Pure.

A package, or a vulnerability, that several layers bring belongs to the first of them, with all its
places: an image has each in one unit only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
from msgspec.structs import replace

from scantling_common.outcomes import VulnerabilityEntry
from scantling_common.records.fleet import (
    Affected,
    AffectedBody,
    AffectedPackage,
    Package,
    PackageBody,
    PackagePlace,
    UnitKind,
    Vulnerability,
    VulnerabilityBody,
    VulnerabilityName,
    fleet_id,
    indexed_text,
    search_name,
    severity_number,
    short_name,
    vulnerability_id,
)
from scantling_reporter.merge.summary import SUPPRESSED, is_suppressed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from scantling_common.outcomes import DistributionEntry, Finding, Outcome, PackageEntry

SYSTEM_TYPES: Final = frozenset({"alpm", "apk", "deb", "ebuild", "opkg", "rpm"})
"""Types of packages that advisories of the distribution speak of."""

MAX_LISTED: Final = 50
"""How many packages of one image and vulnerability are kept."""

_NOTHING: Final = VulnerabilityEntry()


@dataclass(frozen=True, slots=True)
class Content:
    """A unit to be: its kind, the hash of its content, its rows, and what they refer to.

    The rows have no unit yet.
    """

    kind: UnitKind
    digest: str
    packages: Sequence[Package] = ()
    places: Sequence[PackagePlace] = ()
    vulnerabilities: Sequence[Vulnerability] = ()
    names: Sequence[VulnerabilityName] = ()
    affected: Sequence[Affected] = ()


@dataclass(slots=True)
class _Group:
    """The places of one package, or the findings of one vulnerability; ``layer`` is the first's."""

    layer: str
    packages: list[PackageEntry] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


class _Analysis(NamedTuple):
    """The build of the advisories, and when it was matched with, in milliseconds."""

    advisories: str
    at: int


def software_contents(project: str, outcome: Outcome) -> list[Content]:
    """Return the units of an image's packages."""
    groups: dict[tuple[object, ...], _Group] = {}
    for package in outcome.packages:
        key = (package.type, package.name, package.version, package.arch, package.purl)
        whole = (*key, package.module, package.source_name, package.source_version, package.cpes)
        groups.setdefault(whole, _Group(package.layer)).packages.append(package)
    by_unit: dict[tuple[str, str], list[tuple[Package, list[str]]]] = {}
    for group in groups.values():
        record = package_record(project, group.packages, outcome.distribution)
        paths = sorted({indexed_text(each.path) for each in group.packages})
        by_unit.setdefault((group.layer, record.type), []).append((record, paths))
    return [_software(project, each) for _, each in sorted(by_unit.items())]


def vulnerability_contents(project: str, outcome: Outcome, analyzed_at: int) -> list[Content]:
    """Return the units of an image's vulnerabilities."""
    groups: dict[str, _Group] = {}
    for finding in outcome.findings:
        groups.setdefault(finding.id, _Group(finding.layer)).findings.append(finding)
    by_unit: dict[str, list[_Group]] = {}
    for group in groups.values():
        by_unit.setdefault(group.layer, []).append(group)
    at = _Analysis(outcome.versions.advisories, analyzed_at)
    return [_vulnerable(project, each, at) for _, each in sorted(by_unit.items())]


def package_record(
    project: str, places: Sequence[PackageEntry], distribution: DistributionEntry | None
) -> Package:
    """Return the record of a package that stands at some places of an image.

    It is a part of a package of the system only where each of its files is.
    """
    package = places[0]
    owners = {each.owner for each in places}
    made = Package(
        id="",
        project=project,
        name=package.name,
        search=search_name(package.type, package.name),
        short=short_name(package.type, package.name),
        source=search_name(package.type, package.source_name or package.name),
        version=indexed_text(package.version),
        type=package.type,
        arch=package.arch,
        module=package.module,
        owner=owners.pop() if len(owners) == 1 else "",
        body=PackageBody(
            purl=package.purl,
            source_name=package.source_name,
            source_version=package.source_version,
            cpes=package.cpes,
            distribution=_about(distribution) if package.type in SYSTEM_TYPES else None,
            third_party=any(each.third_party for each in places),
        ),
    )
    return replace(made, id=fleet_id(msgspec.json.encode([made, made.body]).decode()))


def _about(distribution: DistributionEntry | None) -> DistributionEntry | None:
    """Return a distribution without its name for people, which says nothing to matching."""
    return None if distribution is None else replace(distribution, name="")


def _software(project: str, entries: Iterable[tuple[Package, list[str]]]) -> Content:
    ordered = sorted(entries, key=lambda entry: entry[0].id)
    places = [
        PackagePlace(id="", project=project, unit="", package=package.id, path=path)
        for package, paths in ordered
        for path in paths
    ]
    texts = [text for place in places for text in (place.package, place.path)]
    return Content(
        kind="software",
        digest=fleet_id(project, "software", *texts),
        packages=[package for package, _ in ordered],
        places=places,
    )


def _vulnerable(project: str, groups: Iterable[_Group], analysis: _Analysis) -> Content:
    ordered = sorted(groups, key=lambda group: group.findings[0].id)
    affected = [_affected(project, group.findings) for group in ordered]
    vulnerabilities = [_vulnerability(project, each.findings, analysis) for each in ordered]
    texts = [msgspec.json.encode([each, each.body]).decode() for each in affected]
    return Content(
        kind="vulnerability",
        digest=fleet_id(project, "vulnerability", *texts),
        vulnerabilities=vulnerabilities,
        names=[name for each in vulnerabilities for name in _names(each)],
        affected=affected,
    )


def _vulnerability(project: str, findings: Sequence[Finding], analysis: _Analysis) -> Vulnerability:
    worst = max(findings, key=lambda each: (severity_number(each.severity), each.fingerprint))
    known = worst.vulnerability or _NOTHING
    return Vulnerability(
        id=vulnerability_id(project, worst.id),
        project=project,
        vulnerability=indexed_text(worst.id),
        severity=severity_number(worst.severity),
        exploited=bool(known.exploited_since),
        epss=known.epss or 0.0,
        published=indexed_text(known.published),
        analyzed_at=analysis.at,
        advisories=analysis.advisories,
        body=VulnerabilityBody(
            title=worst.title, description=worst.description, known=_of_any_package(known)
        ),
    )


def _of_any_package(known: VulnerabilityEntry) -> VulnerabilityEntry:
    """Return what is known of a vulnerability without what is said of one package."""
    return replace(
        known,
        state="",
        upgrade="",
        urgency="",
        urgency_reason="",
        match="package",
        purl="",
        advisories=(),
        reasons=(),
        running=True,
    )


def _names(record: Vulnerability) -> Iterable[VulnerabilityName]:
    names = {record.vulnerability.upper(), *map(str.upper, record.body.known.aliases)}
    for name in sorted(map(indexed_text, names)):
        yield VulnerabilityName(
            id=fleet_id(name, record.id),
            project=record.project,
            name=name,
            vulnerability=record.id,
        )


def _affected(project: str, findings: Sequence[Finding]) -> Affected:
    ordered = sorted(findings, key=lambda each: (is_suppressed(each), each.path, each.fingerprint))
    counted = [each for each in ordered if not is_suppressed(each)]
    worst = max(map(_number, counted or ordered))
    return Affected(
        id="",
        project=project,
        unit="",
        vulnerability=vulnerability_id(project, ordered[0].id),
        severity=next(each.severity for each in counted or ordered if _number(each) == worst),
        fixable=any(each.fixed_version for each in counted),
        suppressed=not counted,
        body=AffectedBody(packages=tuple(map(_package, ordered[:MAX_LISTED])), count=len(ordered)),
    )


def _number(finding: Finding) -> int:
    return severity_number(finding.severity)


def _package(finding: Finding) -> AffectedPackage:
    known = finding.vulnerability or _NOTHING
    details: Mapping[str, str] = finding.details
    return AffectedPackage(
        package=finding.package,
        version=finding.version,
        path=finding.path,
        purl=known.purl,
        fixed_version=finding.fixed_version,
        state=known.state,
        suppressed=details.get(SUPPRESSED, ""),
    )
