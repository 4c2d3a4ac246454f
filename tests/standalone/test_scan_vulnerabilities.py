"""`scantling scan` with an advisory database and VEX documents, and without them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders.advisories import advisory_database, osv_record
from tests.builders.image import (
    OCI_INDEX,
    descriptor,
    docker_archive,
    image,
    index,
    oci_archive,
    platform_index,
    sha256,
)
from tests.builders.node_package import installed
from tests.standalone.running import scantling

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

GHSA = "GHSA-aaaa-bbbb-cccc"
CVE = "CVE-2026-1000"
PURL = "pkg:npm/left@1.0.0"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    files = installed("left", "1.0.0")
    return docker_archive(tmp_path / "image.tar", {"a/b:1": image(files)})


@pytest.fixture
def database(tmp_path: Path) -> Path:
    file = tmp_path / "data" / "advisories.db"
    file.parent.mkdir()
    severity = [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]
    advisory_database(
        file, osv_record(GHSA, "npm", "left", "1.0.1", aliases=[CVE], severity=severity)
    )
    return file


def scan(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return scantling("scan", "--no-cache", *map(str, arguments), **environment)


def outcome_of(ended: subprocess.CompletedProcess[str]) -> Any:
    return json.loads(ended.stdout)["outcomes"]["vulnerability"]


def test_vulnerabilities_are_found_with_the_database_that_is_named(
    archive: Path, database: Path
) -> None:
    ended = scan("--advisories", database, archive)
    assert ended.returncode == 0
    outcome = outcome_of(ended)
    assert outcome["status"] == "complete"
    assert [(each["id"], each["fixed_version"]) for each in outcome["findings"]] == [(CVE, "1.0.1")]
    assert len(outcome["analyzer"]["advisories"]) == 64


def test_the_database_of_the_data_directory_is_used_without_being_named(
    archive: Path, database: Path
) -> None:
    ended = scan(archive, SCANTLING_DATA=str(database.parent))
    assert [each["id"] for each in outcome_of(ended)["findings"]] == [CVE]


def test_findings_decide_the_status_where_that_is_asked_for(archive: Path, database: Path) -> None:
    asked = ("--advisories", database, "--risk", "vulnerability", archive)
    assert scan("--fail-on", "critical", *asked).returncode == 1
    assert scan("--allow-partial", *asked).returncode == 0


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ((), 0),
        (("--risk", "vulnerability"), 3),
        (("--fail-on", "critical"), 3),
        (("--fail-on", "critical", "--allow-partial"), 0),
    ],
)
def test_without_a_database_who_asked_for_vulnerabilities_has_failed(
    archive: Path, tmp_path: Path, asked: tuple[str, ...], status: int
) -> None:
    ended = scan(*asked, archive, SCANTLING_DATA=str(tmp_path / "none"))
    assert ended.returncode == status
    outcome = outcome_of(ended)
    assert (outcome["status"], outcome["code"]) == ("unsupported", "advisories-missing")
    assert outcome["findings"] == []
    assert "scantling advisories build" in ended.stderr


def test_who_asks_for_other_risks_hears_nothing_of_advisories(archive: Path) -> None:
    ended = scan("--risk", "software", archive)
    assert ended.returncode == 0
    assert not ended.stderr


def test_a_database_that_is_named_and_can_not_be_used_is_a_mistake(
    archive: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"x" * 200)
    for file in (tmp_path / "none.db", broken):
        ended = scan("--advisories", file, archive)
        assert ended.returncode == 2
        assert "[advisories_unusable]" in ended.stderr


def test_a_database_that_can_not_be_used_is_a_mistake_where_all_layers_are_known(
    archive: Path, tmp_path: Path
) -> None:
    broken, cache = tmp_path / "broken.db", ("--cache", str(tmp_path / "cache"))
    broken.write_bytes(b"x" * 200)
    assert scantling("scan", *cache, "--risk", "software", str(archive)).returncode == 0
    ended = scantling("scan", *cache, "--advisories", str(broken), str(archive))
    assert ended.returncode == 2
    assert "[advisories_unusable]" in ended.stderr


def vex_of(folder: Path, product: str) -> Path:
    vex = folder / "vex.json"
    vex.write_text(
        json.dumps(
            {
                "@context": "https://openvex.dev/ns/v0.2.0",
                "@id": "https://example.com/vex/1",
                "author": "Example",
                "timestamp": "2026-01-01T00:00:00Z",
                "statements": [
                    {
                        "vulnerability": {"name": CVE},
                        "products": [{"@id": product}],
                        "status": "not_affected",
                        "justification": "vulnerable_code_not_in_execute_path",
                    }
                ],
            }
        )
    )
    return vex


def test_a_vex_document_may_name_the_index_that_leads_to_the_image(
    database: Path, tmp_path: Path
) -> None:
    files = installed("left", "1.0.0")
    images = {"-amd": image(files), "-arm": image(files, architecture="arm64")}
    inner = platform_index(*images.values())
    named = {"org.opencontainers.image.ref.name": "1"}
    top = index([descriptor(inner, OCI_INDEX, annotations=named)])
    archive = oci_archive(tmp_path / "oci.tar", images, index_json=top, extra=[inner])

    vex = vex_of(tmp_path, f"pkg:oci/image@{sha256(inner)}")
    ended = scan("--advisories", database, "--platform", "linux/arm64", "--vex", vex, archive)

    (finding,) = outcome_of(ended)["findings"]
    assert "Example" in finding["details"]["suppressed"]


def test_a_vex_document_sets_a_finding_aside_and_it_stays_visible(
    archive: Path, database: Path, tmp_path: Path
) -> None:
    vex = vex_of(tmp_path, PURL)
    asked = ("--advisories", database, "--risk", "vulnerability", "--fail-on", "low")
    ended = scan(*asked, "--vex", vex, archive)
    assert ended.returncode == 0
    (finding,) = outcome_of(ended)["findings"]
    assert finding["id"] == CVE
    assert "Example" in finding["details"]["suppressed"]
    assert scan(*asked, archive).returncode == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{}", "no VEX document that is known"),
        (b"", "no VEX document that is known"),
        (b'{"@context": "https://openvex.dev/ns/v0.2.0", "statements": []}', "no VEX statement"),
        (b'{"@context": "https://openvex.dev/ns/v0.2.0", "statements": [{}]}', "no vulnerability"),
        (b'{"@context": "https://openvex.dev/ns/v0.2.0", "statements": [', "no OpenVEX"),
    ],
)
def test_a_vex_document_that_can_not_be_used_is_a_mistake(
    archive: Path, database: Path, tmp_path: Path, content: bytes, said: str
) -> None:
    vex = tmp_path / "vex.json"
    vex.write_bytes(content)
    ended = scan("--advisories", database, "--vex", vex, archive)
    assert ended.returncode == 2
    assert "[vex_unusable]" in ended.stderr
    assert said in ended.stderr


def test_a_vex_document_that_is_not_there_is_a_mistake_without_a_database_too(
    archive: Path, tmp_path: Path
) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        ended = scan("--vex", path, archive, SCANTLING_DATA=str(tmp_path))
        assert ended.returncode == 2
        assert "[vex_unusable]" in ended.stderr
