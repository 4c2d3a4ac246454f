"""Pages of the National Vulnerability Database, API 2.0."""

from __future__ import annotations

from typing import Any


def page(*cves: Any) -> dict[str, Any]:
    """Return a page of these entries."""
    return {
        "resultsPerPage": len(cves),
        "startIndex": 0,
        "totalResults": len(cves),
        "format": "NVD_CVE",
        "version": "2.0",
        "timestamp": "2024-05-06T07:08:09.123",
        "vulnerabilities": [{"cve": cve} for cve in cves],
    }


def cve(*configurations: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return an entry."""
    return {
        "id": "CVE-2022-1576",
        "sourceIdentifier": "cna@example.org",
        "published": "2022-07-11T13:15:08.503",
        "lastModified": "2024-11-21T06:41:00.133",
        "vulnStatus": "Modified",
        "descriptions": [{"lang": "es", "value": "Un fallo"}, {"lang": "en", "value": "A flaw"}],
        "configurations": list(configurations),
        **fields,
    }


def metric(
    vector: str, score: float, source: str = "nvd@nist.gov", type_: str = "Primary"
) -> dict[str, Any]:
    """Return a judgement by a CVSS vector."""
    return {
        "source": source,
        "type": type_,
        "cvssData": {"version": "3.1", "vectorString": vector, "baseScore": score},
        "exploitabilityScore": 2.8,
        "impactScore": 3.6,
    }


def node(*matches: dict[str, Any], operator: str = "OR", negate: bool = False) -> dict[str, Any]:
    """Return a node of CPE names."""
    return {"operator": operator, "negate": negate, "cpeMatch": list(matches)}


def match(name: str, *, vulnerable: bool = True, **bounds: Any) -> dict[str, Any]:
    """Return a CPE name with bounds; ``name`` is completed: ``a:vendor:product:version``."""
    parts = name.split(":")
    return {
        "vulnerable": vulnerable,
        "criteria": ":".join(["cpe:2.3", *parts, *["*"] * (11 - len(parts))]),
        "matchCriteriaId": "696C1A2A-E47E-4E47-AB2D-F551F136B5D1",
        **bounds,
    }
