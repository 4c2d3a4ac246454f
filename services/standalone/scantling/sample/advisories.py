"""Advisories of what is in the sample images, from public facts; a handful, for the tour alone.

Whatever is matched with them is *partial* and says why, so that nobody takes them for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from scantling_analyzers.advisories.database.builder import build
from scantling_analyzers.advisories.feeds.osv import OsvFeed
from scantling_analyzers.advisories.provider import Remark
from scantling_analyzers.advisories.sources.document import of_bytes
from scantling_analyzers.advisories.sources.found import Found

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE: Final = "sample-advisories.db"
REMARK: Final = Remark(
    "advisories_sample",
    "only a few sample advisories are loaded; 'scantling advisories update' fetches real ones",
)
"""Why an outcome that was made with them is *partial*."""

_OPENSSL: Final = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"


def _record(
    id_: str,
    cve: str,
    package: tuple[str, str],
    ranges: tuple[tuple[str, str], ...],
    vector: str,
    summary: str,
    *,
    announces: bool = False,
) -> dict[str, Any]:
    ecosystem, name = package
    return {
        "schema_version": "1.7.0",
        "id": id_,
        "upstream" if announces else "aliases": [cve],
        "modified": "2024-10-01T00:00:00Z",
        "published": "2024-10-01T00:00:00Z",
        "summary": summary,
        "severity": [{"type": "CVSS_V3", "score": vector}],
        "affected": [
            {
                "package": {"ecosystem": ecosystem, "name": name},
                "ranges": [
                    {
                        "type": "ECOSYSTEM",
                        "events": [{"introduced": introduced}, {"fixed": fixed}],
                    }
                    for introduced, fixed in ranges
                ],
            }
        ],
    }


RECORDS: Final = (
    _record(
        "GHSA-599f-7c49-w659",
        "CVE-2022-42889",
        ("Maven", "org.apache.commons:commons-text"),
        (("1.5", "1.10.0"),),
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "Interpolated text can run code",
    ),
    _record(
        "GHSA-m2qf-hxjv-5gpq",
        "CVE-2023-30861",
        ("PyPI", "flask"),
        (("0", "2.2.5"), ("2.3.0", "2.3.2")),
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
        "A cached answer may hand one client's session cookie to another",
    ),
    _record(
        "GHSA-9wx4-h78v-vm56",
        "CVE-2024-35195",
        ("PyPI", "requests"),
        (("0", "2.32.0"),),
        "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:H/I:H/A:N",
        "A session that once did not verify certificates goes on not to",
    ),
    _record(
        "GHSA-rv95-896h-c2vc",
        "CVE-2024-29041",
        ("npm", "express"),
        (("0", "4.19.2"),),
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N",
        "A malformed address passes a list of allowed redirects",
    ),
    _record(
        "DSA-5764-1",
        "CVE-2024-6119",
        ("Debian:12", "openssl"),
        (("0", "3.0.14-1~deb12u2"),),
        _OPENSSL,
        "A certificate's name can make a client read beyond its memory",
        announces=True,
    ),
    _record(
        "ALPINE-CVE-2024-6119",
        "CVE-2024-6119",
        ("Alpine:v3.20", "openssl"),
        (("0", "3.3.2-r0"),),
        _OPENSSL,
        "A certificate's name can make a client read beyond its memory",
        announces=True,
    ),
)


class _Records:
    """The records as a source."""

    name = "sample"

    def __iter__(self) -> Iterator[Found]:
        for record in RECORDS:
            path = f"{record['id']}.json"
            yield Found(path, of_bytes(path, msgspec.json.encode(record)))


def build_sample(target: Path) -> None:
    """Build the database of the sample advisories. Raises what a build raises."""
    build([_Records()], (OsvFeed(),), target)
