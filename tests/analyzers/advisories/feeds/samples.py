"""A document of each feed that uses most of its form, for tests of what they have in common."""

from __future__ import annotations

import json
from typing import Any, Final

from tests.builders.feeds.nvd import cve, match, metric, node, page
from tests.builders.feeds.osv import package, record, span

_RELEASES: Final = {
    "bookworm": {"status": "resolved", "fixed_version": "5.2", "urgency": "low"},
    "sid": {"status": "open", "nodsa": "Minor", "nodsa_reason": "ignored"},
}
_ROW: Final = {
    "distribution": "euleros",
    "release": "2.0-SP9",
    "advisory": "EulerOS-SA-2024-1234",
    "vulnerabilities": "CVE-2024-0001",
    "package": "bash",
    "fixed_version": "5.0-2",
    "severity": "High",
    "published": "2024-05-31",
    "url": "https://example.org/1",
    "title": "An update",
}
_OSV: Final = record(
    "ALSA-2024:1234",
    package("AlmaLinux:8", "nodejs", span(fixed="1-2.module_el8.6.0+1")),
    package("Go", "stdlib", span("SEMVER", fixed="1.2"), ecosystem_specific={"imports": [{}]}),
    package("PyPI", "a", versions=["1", "2"]),
    summary="Important: nodejs:18 security update",
    details="It is\nbad.",
    aliases=["GHSA-aaaa-bbbb-cccc"],
    related=["CVE-2024-0001"],
    severity=[{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N"}],
    references=[{"type": "WEB", "url": "https://example.org/"}],
    database_specific={"severity": "HIGH", "cwe_ids": ["CWE-79"]},
)
_ALMA: Final = {
    "id": "ALSA-2019:3708",
    "issued_date": 1572983623,
    "title": "Moderate: a",
    "type": "security",
    "severity": "Moderate",
    "packages": [{"name": "a", "epoch": "0", "version": "1", "release": "2.el8", "arch": "x86_64"}],
    "references": [{"id": "CVE-2019-2510", "type": "cve", "href": "https://example.org/"}],
}
_ROCKY: Final = {
    "id": 369,
    "name": "RLSA-2023:0005",
    "synopsis": "Important: a",
    "kind": "Security",
    "severity": "Important",
    "published_at": "2023-01-02T06:07:03+00:00",
    "cves": [
        {
            "cve": "CVE-2022-42920",
            "cvss3_scoring_vector": "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H",
            "cvss3_base_score": "8.1",
            "cwe": "CWE-787",
        }
    ],
    "packages": [
        {"nevra": "a-0:1-2.el9.noarch.rpm", "product_name": "Rocky Linux 9 x86_64"},
    ],
}

_CONTENTS: Final[dict[str, Any]] = {
    "osv": _OSV,
    "osv list": [_OSV, _OSV],
    "debian-tracker": {
        "bash": {"CVE-2024-0001": {"description": "A\nflaw", "releases": _RELEASES}}
    },
    "debian-lists": (
        "[29 Mar 2023] DSA-5380-1 a - security update\n\t{CVE-2023-1393}\n\t[bullseye] - a 1\n"
        "CVE-2021-36367 (A flaw)\n\t- putty 0.75-3 (low; bug #1)\n\t[buster] - putty <no-dsa>\n"
        "CVE-2021-36368\n\tREJECTED\n"
    ),
    "secdb": {
        "apkurl": "x",
        "urlprefix": "https://packages.wolfi.dev",
        "packages": [{"pkg": {"name": "a", "secfixes": {"1-r0": ["CVE-2024-0001 XSA-1"]}}}],
    },
    "secdb yaml": (
        "---\ndistroversion: v3.3\npackages:\n  - pkg:\n      name: a\n      secfixes:\n"
        "        1-r0:\n          - CVE-2024-0001\n"
    ),
    "epss": "#score_date:2025-08-25T12:55:00Z\ncve,epss,percentile\nCVE-2024-0001,0.5,0.9\n",
    "kev": {
        "catalogVersion": "1",
        "vulnerabilities": [
            {"cveID": "CVE-2024-0001", "dateAdded": "2024-05-06", "vulnerabilityName": "A flaw"}
        ],
    },
    "photon": [
        {"cve_id": "CVE-2020-11979", "pkg": "a", "cve_score": 7.5, "res_ver": "1.10.8-2.ph4"}
    ],
    "nvd": page(
        cve(
            {
                "operator": "AND",
                "nodes": [
                    node(match("a:v:p:*", versionEndExcluding="2"), match("a:v:q:1:rc1")),
                    node(match("o:linux:linux_kernel:-", vulnerable=False)),
                ],
            },
            metrics={"cvssMetricV31": [metric("CVSS:3.1/AV:N", 6.5)]},
            references=[{"url": "https://example.org/", "tags": ["Patch"]}],
        )
    ),
    "vendor-table": f"{','.join(_ROW)}\n{','.join(_ROW.values())}\n",
    "vendor-table json": {"vendor_table": 1, "rows": [_ROW]},
    "alma-errata": {"schema_version": "1.0", "data": [_ALMA]},
    "rocky-apollo": {"advisories": [_ROCKY]},
}

SAMPLES: Final = {
    name: (content if isinstance(content, str) else json.dumps(content)).encode()
    for name, content in _CONTENTS.items()
}
"""Documents by the name of their feed, and after a space what is special."""
