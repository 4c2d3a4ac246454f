"""What the reporter is told of vulnerabilities that no image has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling.hosting.reporter import look_up
from tests.builders.advisories import advisory_database, osv_record

if TYPE_CHECKING:
    from pathlib import Path

GHSA = "GHSA-aaaa-bbbb-cccc"
CVE = "CVE-2026-1000"


def test_a_vulnerability_is_looked_up_by_any_of_its_names(tmp_path: Path) -> None:
    file = tmp_path / "advisories.db"
    severity = [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]
    advisory_database(
        file, osv_record(GHSA, "npm", "left", "1.0.1", aliases=[CVE], severity=severity)
    )

    for name in (GHSA, CVE, CVE.lower()):
        found = look_up(file, name)
        assert found is not None
        assert (found.id, found.severity) == (CVE, "critical")
        assert found.body.known.aliases == (GHSA,)
        assert found.body.known.score == 9.8
    assert look_up(file, "CVE-1999-1") is None


def test_without_a_database_that_can_be_read_nothing_is_known(tmp_path: Path) -> None:
    assert look_up(tmp_path / "none.db", CVE) is None
    (tmp_path / "damaged.db").write_bytes(b"damaged")
    assert look_up(tmp_path / "damaged.db", CVE) is None
