"""An image with vulnerabilities of every kind, for the tests of reports and of the fleet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from scantling_common.outcomes import (
    AdvisoryEntry,
    Finding,
    Outcome,
    ScoreEntry,
    Versions,
    VulnerabilityEntry,
)
from scantling_reporter.report import Report, ReportImage, ReportLayer, report_of
from tests.reporter.builders import NOW, a_finding, a_package, an_outcome, digest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_common.outcomes import PackageEntry
    from scantling_common.risks import Severity, Status

SHELL = VulnerabilityEntry(
    aliases=("GHSA-jfh8-c2jp-5v3q",),
    scores=(
        ScoreEntry(
            source="nvd",
            kind="cvss_v3",
            text="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H",
            score=10.0,
            severity="critical",
        ),
        ScoreEntry(source="debian", kind="word", text="unimportant", severity="low"),
    ),
    score=10.0,
    vector="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H",
    score_source="nvd",
    published="2021-12-10",
    modified="2024-04-03T17:15:47Z",
    weaknesses=("CWE-502", "CWE-20", "NVD-CWE-noinfo"),
    references=("https://example.org/advisory?a=1&b=2", "javascript:alert(1)"),
    upgrade="2.17.1",
    urgency="immediate",
    urgency_reason="it is exploited, and there is a fix",
    exploited_since="2021-12-10",
    due="2021-12-24",
    ransomware=True,
    epss=0.97546,
    epss_percentile=0.99999,
    purl="pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1",
    advisories=(
        AdvisoryEntry(
            id="GHSA-jfh8-c2jp-5v3q",
            feed="osv",
            stream="Maven",
            fixed_version="2.15.0",
            decided=True,
        ),
        AdvisoryEntry(id="DSA-5020-1", feed="debian", stream="debian:12", state="not_fixed"),
    ),
    reasons=("2.14.1 is before 2.15.0, in which it is fixed",),
)

LOG4J = replace(
    a_package(
        "org.apache.logging.log4j:log4j-core",
        "2.14.1",
        type_="maven",
        path="srv/app.war!/WEB-INF/lib/log4j-core.jar",
    ),
    purl=SHELL.purl,
)
OPENSSL = replace(a_package("openssl", "3.0.1-1"), purl="pkg:deb/debian/openssl@3.0.1-1?arch=amd64")


def a_vulnerability(
    id_: str,
    package: PackageEntry,
    *,
    severity: Severity = "high",
    fixed: str = "",
    suppressed: str = "",
    fingerprint: str = "",
    in_base: bool = False,
    description: str = "",
    **known: Any,
) -> Finding:
    """Return a finding of a package; ``known`` are fields of its vulnerability."""
    return Finding(
        id=id_,
        fingerprint=fingerprint or f"{id_} {package.name} {package.path}",
        risk="vulnerability",
        severity=severity,
        title=f"{id_} lets others in",
        description=description,
        solution=f"Upgrade {package.name} to {fixed}." if fixed else "",
        path=package.path,
        layer=package.layer,
        package=package.name,
        version=package.version,
        fixed_version=fixed,
        in_base=in_base,
        details={"suppressed": suppressed} if suppressed else {},
        vulnerability=VulnerabilityEntry(**{"purl": package.purl, **known}),
    )


def log4shell() -> Finding:
    """Return the finding of which all is known."""
    made = a_vulnerability("CVE-2021-44228", LOG4J, severity="critical", fixed="2.15.0")
    return replace(made, vulnerability=SHELL, description="JNDI features\nare not protected.")


def findings() -> tuple[Finding, ...]:
    """Return findings of each kind: with a fix, without, of the base, set aside."""
    aside = a_vulnerability(
        "CVE-2022-1", OPENSSL, severity="critical", suppressed="the code is never reached"
    )
    return (
        a_vulnerability("CVE-2022-3", OPENSSL, severity="low", state="will_not_fix", in_base=True),
        log4shell(),
        a_vulnerability("CVE-2022-2", OPENSSL, fixed="3.0.2-1", urgency="planned", in_base=True),
        replace(
            aside,
            details={
                **aside.details,
                "vex_status": "not_affected",
                "vex_justification": "vulnerable_code_not_in_execute_path",
            },
        ),
        a_vulnerability("CVE-2022-4", OPENSSL, severity="unknown", state="under_investigation"),
    )


def vulnerable(
    *found: Finding, status: Status = "complete", code: str = "", build: str = "build-1"
) -> Outcome:
    """Return the outcome of the analyzer of vulnerabilities."""
    made = an_outcome("vulnerability", status, findings=found or findings(), code=code)
    return replace(made, versions=Versions(version="1", advisories=build))


def a_vulnerable_report(
    outcome: Outcome | None = None, *, packages: Iterable[PackageEntry] = (LOG4J, OPENSSL)
) -> Report:
    """Return the report of an image with packages, vulnerabilities and one other finding."""
    image = ReportImage(
        project="local",
        repository="team/app",
        tags=("1.0",),
        reference="registry.example/team/app:1.0",
        digest=digest("app"),
        platform="linux/amd64",
        created="2023-11-14T22:13:20Z",
        layers=(ReportLayer(digest=digest("blob"), diff_id=digest("layer"), size=1024),),
    )
    outcomes = [
        outcome or vulnerable(),
        an_outcome("software", packages=packages),
        an_outcome("baseimage", findings=[a_finding("not-approved", severity="medium")]),
    ]
    return report_of(image, outcomes, scanned_at=NOW)
