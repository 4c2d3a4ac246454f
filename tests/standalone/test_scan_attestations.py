"""`scantling scan` of images beside which somebody published what is in them."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders.attestation import (
    CYCLONEDX_JSON,
    IN_TOTO,
    SLSA_1,
    SPDX,
    BuiltAttestation,
    attested_layout,
    cyclonedx,
    provenance,
    spdx,
    statement,
)
from tests.builders.image import (
    OCI_INDEX,
    OCI_MANIFEST,
    descriptor,
    image,
    index,
    sha256,
    write_tar,
)
from tests.common.images.web_server import Web, manifest_reply, reply, serving
from tests.standalone.running import scantling

if TYPE_CHECKING:
    from pathlib import Path
    from subprocess import CompletedProcess

IMAGE = image(
    {
        "etc/os-release": "ID=alpine\nVERSION_ID=3.19\n",
        "lib/apk/db/installed": "P:musl\nV:1.2.4-r2\nA:x86_64\n\nP:zlib\nV:1.3-r0\nA:x86_64\n\n",
    }
)
BILL = spdx("pkg:apk/alpine/musl@1.2.4-r2?arch=x86_64&distro=3.19", "pkg:apk/alpine/gone@1")
ATTESTED = BuiltAttestation(
    documents=[
        (statement(IMAGE.digest, SPDX, BILL), IN_TOTO),
        (
            statement(
                IMAGE.digest, SLSA_1, provenance(("pkg:docker/alpine@3.19", sha256(b"base")))
            ),
            IN_TOTO,
        ),
    ]
)
REFERRER = BuiltAttestation(
    documents=[(json.dumps(cyclonedx("pkg:apk/alpine/zlib@1.3-r0")).encode(), CYCLONEDX_JSON)],
    subject=IMAGE.digest,
)


def scan(*arguments: object, **environment: str) -> CompletedProcess[str]:
    return scantling("scan", "--risk", "software", *map(str, arguments), **environment)


def software(ended: CompletedProcess[str]) -> dict[str, Any]:
    assert ended.returncode == 0, ended.stderr
    outcome: dict[str, Any] = json.loads(ended.stdout)["outcomes"]["software"]
    return outcome


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return write_tar(tmp_path / "image.tar", attested_layout(IMAGE, [ATTESTED]))


def test_the_sbom_in_an_archive_is_compared_with_what_was_found(archive: Path) -> None:
    outcome = software(scan("--no-cache", "--format", "json", archive))
    assert outcome["status"] == "complete"
    (agreement,) = outcome["sboms"]
    assert agreement["via"] == "index"
    assert agreement["same_count"] == 1
    assert agreement["only_in_sbom"] == ["pkg:apk/alpine/gone@1"]
    assert agreement["only_found"] == ["pkg:apk/alpine/zlib@1.3-r0"]
    table = scan("--no-cache", "--format", "table", archive).stdout
    assert "1 package the same, 1 only in it, 1 only found; SPDX-2.3 by maker-1.2" in table


def test_a_second_scan_says_the_same_from_the_cache(archive: Path, tmp_path: Path) -> None:
    scans = [software(scan("--cache", tmp_path / "c", "--format", "json", archive)) for _ in "12"]
    assert scans[0]["sboms"] == scans[1]["sboms"] != []


def test_an_sbom_about_another_image_is_said_and_changes_nothing(tmp_path: Path) -> None:
    made = BuiltAttestation(documents=[(statement(sha256(b"x"), SPDX, BILL), IN_TOTO)])
    path = write_tar(tmp_path / "image.tar", attested_layout(IMAGE, [made]))
    outcome = software(scan("--no-cache", "--format", "json", path))
    assert outcome["status"] == "complete"
    assert [each["code"] for each in outcome["sboms"]] == ["subject_mismatch"]


def test_a_damaged_sbom_leaves_the_scan_complete(tmp_path: Path) -> None:
    files = attested_layout(IMAGE, [ATTESTED])
    blob = f"blobs/{sha256(ATTESTED.documents[0][0]).replace(':', '/')}"
    path = write_tar(tmp_path / "image.tar", {**files, blob: b"{" * len(files[blob])})
    outcome = software(scan("--no-cache", "--format", "json", path))
    assert outcome["status"] == "complete"
    assert [each["code"] for each in outcome["sboms"]] == ["digest_mismatch"]


async def test_a_registry_is_asked_for_what_its_index_names_and_for_more_on_demand(
    tmp_path: Path,
) -> None:
    listed = index(
        [
            descriptor(IMAGE.manifest, IMAGE.media_type, platform=IMAGE.platform),
            ATTESTED.entry(IMAGE.digest),
        ]
    )
    server = Web()
    server.route("/v2/app/manifests/1", manifest_reply(listed, OCI_INDEX))
    server.route(f"/v2/app/manifests/{sha256(listed)}", manifest_reply(listed, OCI_INDEX))
    blobs = {**IMAGE.blobs, **{sha256(data): data for data in (*ATTESTED.blobs, *REFERRER.blobs)}}
    for digest, data in blobs.items():
        server.route(f"/v2/app/blobs/{digest}", reply(data))
    for data in (IMAGE.manifest, ATTESTED.manifest, REFERRER.manifest):
        server.route(f"/v2/app/manifests/{sha256(data)}", manifest_reply(data, OCI_MANIFEST))
    server.route(f"/v2/app/referrers/{IMAGE.digest}", reply(index([REFERRER.entry()])))
    async with serving(server):
        given = ("--no-cache", "--plain-http", "--format", "json", f"127.0.0.1:{server.port}/app:1")
        environment = {"DOCKER_CONFIG": str(tmp_path)}
        plain = software(await asyncio.to_thread(partial(scan, *given, **environment)))
        asked = [path for _, path in server.seen() if "referrers" in path]
        more = software(
            await asyncio.to_thread(partial(scan, "--referrers", *given, **environment))
        )
    assert [each["via"] for each in plain["sboms"]] == ["index"]
    assert asked == []
    assert sorted(each["via"] for each in more["sboms"]) == ["index", "referrers"]
