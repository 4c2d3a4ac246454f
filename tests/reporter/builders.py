"""Outcomes, findings and events as analyzers and sync make them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from scantling_common.events.models import ImageEvent, ScanExtract
from scantling_common.outcomes import (
    BaseImage,
    BaseReport,
    DistributionEntry,
    FileEntry,
    FileReport,
    Finding,
    Outcome,
    OutcomeError,
    PackageEntry,
    Versions,
)
from scantling_common.records.shared import ImageBody, Layer
from scantling_common.records.sync import Image, Placement, Registry, placement_id
from scantling_common.results import result_events
from scantling_common.risks import ALWAYS, Risk

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Literal

    from scantling_common.bus.port import Outgoing
    from scantling_common.risks import Severity, Status

PROJECT = "default"
REGISTRY = "registry-1"
NOW = 1_700_000_000_000


def digest(name: str) -> str:
    """Return the digest that stands for an image or layer of this name."""
    return f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"


def a_finding(
    name: str,
    *,
    risk: Risk = "baseimage",
    severity: Severity = "high",
    path: str = "",
    layer: str = "",
    suppressed: str = "",
) -> Finding:
    """Return a finding whose fingerprint is its name."""
    return Finding(
        id=name,
        fingerprint=name,
        risk=risk,
        severity=severity,
        title=f"{name} was found",
        path=path,
        layer=layer,
        details={"suppressed": suppressed} if suppressed else {},
    )


def a_package(
    name: str, version: str = "1.0", *, type_: str = "deb", path: str = ""
) -> PackageEntry:
    """Return a package."""
    return PackageEntry(
        name=name,
        version=version,
        type=type_,
        purl=f"pkg:{type_}/debian/{name}@{version}",
        path=path or "var/lib/dpkg/status",
        layer=digest("layer"),
        licenses=("MIT", "a licence of our own"),
    )


def an_error(path: str, *, layer: str = "", code: str = "unreadable") -> OutcomeError:
    """Return what was left out of an outcome."""
    return OutcomeError(path=path, layer=layer, code=code, message=f"{path} could not be read")


def an_outcome(  # what an outcome consists of
    risk: Risk,
    status: Status = "complete",
    *,
    findings: Iterable[Finding] = (),
    packages: Iterable[PackageEntry] = (),
    errors: Iterable[OutcomeError] = (),
    code: str = "",
    reason: str = "",
) -> Outcome:
    """Return an outcome as the analyzer of its risk type makes it."""
    looked = status in {"complete", "partial"}
    return Outcome(
        risk=risk,
        status=status,
        code=code,
        reason=reason,
        findings=tuple(findings),
        packages=tuple(packages),
        errors=tuple(errors),
        versions=Versions(version="3", rules="rules-1", settings="settings-1"),
        seconds=0.25,
        distribution=DistributionEntry(id="debian", version_id="12", name="Debian GNU/Linux 12")
        if risk == "software" and looked
        else None,
        files=a_file_report() if risk == "file" and looked else None,
        base=BaseReport(
            bases=(BaseImage(matched_by="layers", digest=digest("base"), references=("base:1",)),)
        )
        if risk == "baseimage" and looked
        else None,
    )


def a_file_report() -> FileReport:
    """Return the file information of a small image."""
    largest = FileEntry(
        path="usr/lib/\\xff.so",
        size=2048,
        mode="0644",
        owner="0:0",
        layer=digest("layer"),
        modified=NOW // 1000,
    )
    return FileReport(count=3, size=4096, largest=(largest,), setuid_count=1, setuid=("bin/su",))


def usual_outcomes(*findings: Finding, packages: Sequence[PackageEntry] = ()) -> list[Outcome]:
    """Return complete outcomes of the risk types that every scan has."""
    return [
        an_outcome("software", packages=packages or (a_package("openssl"),)),
        an_outcome("file"),
        an_outcome("baseimage", findings=findings),
    ]


def results(
    image: str,
    seq: int,
    outcomes: Iterable[Outcome],
    *,
    risks: Sequence[Risk] = ALWAYS,
    run: str = "",
    project: str = PROJECT,
) -> list[Outgoing]:
    """Return the pages that analyzers publish for a scan; each risk type is a run of its own."""
    request = ScanExtract(
        project=project,
        scan=f"{project}/{digest(image)}",
        image=digest(image),
        risks=tuple(risks),
        seq=seq,
    )
    return [
        event
        for outcome in outcomes
        for event in result_events(request, outcome, run or f"run-{seq}-{outcome.risk}")
    ]


def a_registry(*, project: str = PROJECT, id_: str = REGISTRY) -> Registry:
    """Return a registry."""
    return Registry(
        id=id_,
        project=project,
        name=f"name of {id_}",
        url="https://registry.example:5000",
        created_at=NOW,
    )


def an_image(name: str, *, size: int = 4096) -> Image:
    """Return an image of one layer."""
    return Image(
        id=digest(name),
        media_type="application/vnd.oci.image.manifest.v1+json",
        config_digest=digest(f"config of {name}"),
        os="linux",
        architecture="amd64",
        size=size,
        image_created_at=NOW - 1000,
        first_seen_at=NOW,
        body=ImageBody(
            layers=(
                Layer(
                    digest=digest("blob"),
                    size=1024,
                    media_type="application/vnd.oci.image.layer.v1.tar+gzip",
                    claimed_diff_id=digest("layer"),
                    created_by="/bin/sh -c true",
                ),
            )
        ),
    )


def a_placement(  # what a placement consists of
    image: str,
    repository: str = "team/app",
    tag: str = "latest",
    *,
    registry: str = REGISTRY,
    project: str = PROJECT,
    updated_at: int = NOW,
) -> Placement:
    """Return a placement that shows an image."""
    return Placement(
        id=placement_id(registry, repository, tag, "linux/amd64"),
        project=project,
        registry=registry,
        repository=repository,
        tag=tag,
        platform="linux/amd64",
        image=digest(image),
        observed_at=NOW,
        first_seen_at=NOW,
        last_seen_at=NOW,
        updated_at=updated_at,
        updated_source="registry",
    )


def an_image_event(
    placement: Placement,
    action: Literal["pushed", "discovered", "moved", "deleted"] = "pushed",
    *,
    previous: str | None = None,
) -> ImageEvent:
    """Return the event that sync publishes for a placement."""
    return ImageEvent(
        project=placement.project,
        action=action,
        registry=placement.registry,
        repository=placement.repository,
        tag=placement.tag or None,
        platform=placement.platform,
        placement=placement.id,
        image=placement.image,
        previous=previous,
        observed_at=datetime.fromtimestamp(NOW / 1000, UTC),
    )
