"""The report of one image, as published: ``scantling.report/1``. Pure; JSON by msgspec.

The same image with the same outcomes gives the same bytes, apart from ``seconds`` and
``scanned_at``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from scantling_common.outcome_settings import BaselineCount, SettingItem
from scantling_common.outcomes import (
    BaseImage,
    CapabilityEntry,
    DistributionEntry,
    DuplicateEntry,
    FileEntry,
    Finding,
    LayerFiles,
    NewerImage,
    Outcome,
    OutcomeError,
    SbomAgreement,
    VulnerabilityEntry,
    WastedEntry,
)
from scantling_common.risks import RISKS, Risk, Severity, Status
from scantling_common.search_report import SearchReport
from scantling_reporter.licenses import normalised
from scantling_reporter.merge.status import ImageStatus, image_status
from scantling_reporter.merge.summary import counts_by_severity
from scantling_reporter.vulnerable_packages import VulnerablePackages

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SCHEMA: Final = "scantling.report/1"


class ReportLayer(msgspec.Struct, frozen=True, kw_only=True):
    """A layer; sizes in bytes, ``uncompressed_size`` null where the layer was never unpacked."""

    digest: str
    diff_id: str
    size: int
    uncompressed_size: int | None = None
    created_by: str = ""


class ReportImage(msgspec.Struct, frozen=True, kw_only=True):
    """Where the image stands and what it is; empty text and null where unknown.

    ``kind`` is the registry's kind of repository, ``organization`` the repository's namespace,
    ``reference`` what a client pulls. ``created`` is what the image's configuration says,
    ``updated`` when the tag was last set, ``scanned_at`` the newest analysis in the report.
    """

    project: str
    registry: str = ""
    kind: str = ""
    organization: str = ""
    repository: str = ""
    tags: tuple[str, ...] = ()
    reference: str = ""
    digest: str
    platform: str
    created: str | None = None
    updated: str | None = None
    scanned_at: str | None = None
    size: int = 0
    distribution: DistributionEntry | None = None
    layers: tuple[ReportLayer, ...] = ()


class ReportFinding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One finding; ``details`` and ``vulnerability`` hold what only its risk type has.

    ``layer`` is the ``diff_id`` of one of the image's layers, which says the build step;
    ``in_base`` where that layer is the base image's. One whose ``details`` have ``suppressed``,
    the reason, is set aside: it is shown, and counts nowhere.
    """

    id: str
    fingerprint: str
    risk: Risk
    severity: Severity
    title: str
    path: str = ""
    layer: str = ""
    package: str = ""
    version: str = ""
    fixed_version: str = ""
    description: str = ""
    solution: str = ""
    in_base: bool = False
    details: dict[str, str] = {}
    vulnerability: VulnerabilityEntry | None = None


class ReportPackage(msgspec.Struct, frozen=True, kw_only=True):
    """A package; ``vulnerabilities`` is absent where it is not known.

    It is how many different ones the package has that are not set aside. ``path`` may lead into
    archives: ``outer.war!/WEB-INF/lib/inner.jar``. ``layer`` is the ``diff_id`` of one of the
    image's layers, which says the build step. ``licenses`` are SPDX expressions where they are
    such, else what the package says. ``owner`` is the package of the operating system that brought
    this one's files: it counts once, as its owner.
    """

    name: str
    version: str
    type: str
    purl: str
    path: str
    layer: str
    arch: str
    source_name: str
    source_version: str
    licenses: tuple[str, ...]
    in_base: bool
    owner: str = ""
    state: str = ""
    sha1: str = ""
    found_by: str = ""
    cpes: tuple[str, ...] = ()
    module: str = ""
    third_party: bool = False
    vulnerabilities: int | UnsetType = UNSET


class ReportAnalyzer(msgspec.Struct, frozen=True, kw_only=True):
    """What an outcome was made with; ``advisories`` is the build of the advisory database."""

    version: str = ""
    rules: str = ""
    settings: str = ""
    advisories: str = ""


class ReportOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """One risk type; the fields after ``seconds`` are there for the risk type that has them.

    ``scanned_at`` is when the analysis that is shown was made: of a *stale* one, before the
    last attempt.
    ``setting``: baselines, with their counts, and items.
    ``software``: packages, package_count (those that have no ``owner``), owned_count (those that
    have) and sboms. ``file``: count to duplicates. ``baseimage``: bases to
    rebuild_on, with base_layers the number of lowest layers that are the base's. ``secret``:
    search.
    """

    status: Status
    code: str = ""
    reason: str = ""
    findings: tuple[ReportFinding, ...] = ()
    errors: tuple[OutcomeError, ...] = ()
    analyzer: ReportAnalyzer = ReportAnalyzer()
    scanned_at: str | None = None
    seconds: float = 0.0
    packages: tuple[ReportPackage, ...] | UnsetType = UNSET
    package_count: int | UnsetType = UNSET
    owned_count: int | UnsetType = UNSET
    sboms: tuple[SbomAgreement, ...] | UnsetType = UNSET
    count: int | UnsetType = UNSET
    size: int | UnsetType = UNSET
    largest: tuple[FileEntry, ...] | UnsetType = UNSET
    layers: tuple[LayerFiles, ...] | UnsetType = UNSET
    wasted: int | UnsetType = UNSET
    overwritten: int | UnsetType = UNSET
    deleted: int | UnsetType = UNSET
    wasted_files: tuple[WastedEntry, ...] | UnsetType = UNSET
    setuid_count: int | UnsetType = UNSET
    setgid_count: int | UnsetType = UNSET
    world_writable_count: int | UnsetType = UNSET
    open_directory_count: int | UnsetType = UNSET
    capability_count: int | UnsetType = UNSET
    device_count: int | UnsetType = UNSET
    symlink_count: int | UnsetType = UNSET
    links_above_root_count: int | UnsetType = UNSET
    hostile_count: int | UnsetType = UNSET
    setuid: tuple[str, ...] | UnsetType = UNSET
    setgid: tuple[str, ...] | UnsetType = UNSET
    world_writable: tuple[str, ...] | UnsetType = UNSET
    open_directories: tuple[str, ...] | UnsetType = UNSET
    capabilities: tuple[CapabilityEntry, ...] | UnsetType = UNSET
    devices: tuple[str, ...] | UnsetType = UNSET
    links_above_root: tuple[str, ...] | UnsetType = UNSET
    duplicate_groups: int | UnsetType = UNSET
    duplicate_size: int | UnsetType = UNSET
    duplicates: tuple[DuplicateEntry, ...] | UnsetType = UNSET
    bases: tuple[BaseImage, ...] | UnsetType = UNSET
    approved_list: bool | UnsetType = UNSET
    base_layers: int | UnsetType = UNSET
    rebuild_on: tuple[NewerImage, ...] | UnsetType = UNSET
    baselines: tuple[BaselineCount, ...] | UnsetType = UNSET
    items: tuple[SettingItem, ...] | UnsetType = UNSET
    search: SearchReport | UnsetType = UNSET


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A report: the image, its status, an outcome for each risk type, and counts."""

    schema: Literal["scantling.report/1"] = SCHEMA
    image: ReportImage
    status: ImageStatus
    outcomes: dict[Risk, ReportOutcome]
    summary: dict[Risk, dict[Severity, int]]


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What a head says of an outcome beside the outcome itself.

    ``status`` is *stale* where a later attempt failed; that attempt's status, code and reason
    follow. ``analyzed_at`` is in milliseconds, 0 where unknown.
    """

    status: Status
    attempt_status: Status
    code: str = ""
    reason: str = ""
    analyzed_at: int = 0


def report_of(
    image: ReportImage,
    outcomes: Iterable[Outcome],
    held: Mapping[str, Held] | None = None,
    *,
    scanned_at: int = 0,
) -> Report:
    """Return the report of an image from its outcomes.

    ``held`` is what a head says of them; without it each outcome is its own last attempt.
    ``scanned_at`` is in milliseconds; 0 takes the newest ``analyzed_at`` of ``held``.
    """
    by_risk = {outcome.risk: outcome for outcome in outcomes}
    known = held or {}
    attempts = {
        risk: known[risk].attempt_status if risk in known else outcome.status
        for risk, outcome in by_risk.items()
    }
    newest = scanned_at or max((entry.analyzed_at for entry in known.values()), default=0)
    ordered = [by_risk[risk] for risk in RISKS if risk in by_risk]
    distribution = next((each.distribution for each in ordered if each.distribution), None)
    return Report(
        image=msgspec.structs.replace(
            image, scanned_at=timestamp(newest), distribution=distribution
        ),
        status=image_status(attempts.values()),
        outcomes={
            outcome.risk: _outcome(outcome, known.get(outcome.risk), by_risk) for outcome in ordered
        },
        summary={
            outcome.risk: _severities(counts_by_severity(outcome.findings)) for outcome in ordered
        },
    )


def report_of_risk(report: Report, risk: Risk) -> Report:
    """Return the report with one risk type only; KeyError where it has no outcome for it."""
    return msgspec.structs.replace(
        report,
        outcomes={risk: report.outcomes[risk]},
        summary={risk: report.summary[risk]},
    )


def timestamp(milliseconds: int) -> str | None:
    """Return milliseconds since the epoch in RFC 3339, UTC, whole seconds; None for 0."""
    if milliseconds <= 0:
        return None
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return moment.isoformat().replace("+00:00", "Z")


def organization_of(repository: str) -> str:
    """Return the namespace of a repository's name, empty where it has none."""
    return repository.rpartition("/")[0]


def _outcome(outcome: Outcome, held: Held | None, by_risk: Mapping[Risk, Outcome]) -> ReportOutcome:
    stale = held is not None and held.status == "stale"
    return ReportOutcome(
        status=held.status if held is not None else outcome.status,
        code=held.code if held is not None and stale else outcome.code,
        reason=held.reason if held is not None and stale else outcome.reason,
        findings=tuple(map(_finding, outcome.findings)),
        errors=outcome.errors,
        analyzer=ReportAnalyzer(
            version=outcome.versions.version,
            rules=outcome.versions.rules,
            settings=outcome.versions.settings,
            advisories=outcome.versions.advisories,
        ),
        scanned_at=timestamp(held.analyzed_at) if held is not None else None,
        seconds=outcome.seconds,
        **_packages(outcome, by_risk.get("vulnerability")),
        **_files(outcome),
        **_bases(outcome),
        **_settings(outcome),
        **_search(outcome),
    )


def _finding(finding: Finding) -> ReportFinding:
    return ReportFinding(**{name: getattr(finding, name) for name in Finding.__struct_fields__})


def _packages(outcome: Outcome, vulnerabilities: Outcome | None) -> dict[str, Any]:
    if outcome.risk != "software":
        return {}
    vulnerable = VulnerablePackages(vulnerabilities)
    packages = tuple(
        ReportPackage(
            name=package.name,
            version=package.version,
            type=package.type,
            purl=package.purl,
            path=package.path,
            layer=package.layer,
            arch=package.arch,
            source_name=package.source_name,
            source_version=package.source_version,
            licenses=normalised(package.licenses),
            in_base=package.in_base,
            owner=package.owner,
            state=package.state,
            sha1=package.sha1,
            found_by=package.found_by,
            cpes=package.cpes,
            module=package.module,
            third_party=package.third_party,
            vulnerabilities=vulnerable.number_of(package),
        )
        for package in outcome.packages
    )
    owned = sum(bool(package.owner) for package in packages)
    return {
        "packages": packages,
        "package_count": len(packages) - owned,
        "owned_count": owned,
        "sboms": outcome.sboms,
    }


def _files(outcome: Outcome) -> dict[str, Any]:
    files = outcome.files
    if files is None:
        return {}
    return {name: getattr(files, name) for name in files.__struct_fields__}


def _bases(outcome: Outcome) -> dict[str, Any]:
    if outcome.base is None:
        return {}
    return {
        "bases": outcome.base.bases,
        "approved_list": outcome.base.approved_list,
        "base_layers": outcome.base.layers,
        "rebuild_on": outcome.base.rebuild_on,
    }


def _search(outcome: Outcome) -> dict[str, Any]:
    return {} if outcome.search is None else {"search": outcome.search}


def _settings(outcome: Outcome) -> dict[str, Any]:
    if outcome.setting is None:
        return {}
    return {"baselines": outcome.setting.baselines, "items": outcome.setting.items}


def _severities(counts: Mapping[str, int]) -> dict[Severity, int]:
    return msgspec.convert(counts, dict[Severity, int])


__all__: Sequence[str] = (
    "SCHEMA",
    "Held",
    "Report",
    "ReportImage",
    "ReportLayer",
    "organization_of",
    "report_of",
    "report_of_risk",
    "timestamp",
)
