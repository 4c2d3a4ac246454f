"""Bad input, through the whole pipeline and through ``scantling scan``: told, never clean."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from scantling_common.risks import ALWAYS
from tests.builders.image import OCI_INDEX, OCI_MANIFEST, docker_archive, oci_layout, sha256
from tests.end_to_end import hostile
from tests.end_to_end.apps import app, bare
from tests.end_to_end.cluster import PROGRAM
from tests.end_to_end.notices import notice
from tests.end_to_end.sizes import HUGE_MANIFEST

if TYPE_CHECKING:
    from pathlib import Path

    from tests.builders.image import BuiltImage
    from tests.end_to_end.scenes import Scene

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.registry,
    # A process that dies takes its sockets along; a role that dies in this one leaves them.
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]

RISKS = ALWAYS
UNREADABLE = 3
SCAN_SECONDS = 60


def scan(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``scantling scan``."""
    asked = ("--risk", ",".join(RISKS), "--no-cache", "--offline", "--format", "json")
    return subprocess.run(
        [str(PROGRAM), "scan", *asked, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=SCAN_SECONDS,
    )


def check_refused(done: subprocess.CompletedProcess[str], code: str) -> None:
    """Check that a scan said why an image can't be read, and showed no report."""
    assert done.returncode == UNREADABLE, done.stderr
    assert f"[{code}]" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def statuses(report: Any) -> dict[str, str]:
    """Return the status of each risk type."""
    return {risk: report["outcomes"][risk]["status"] for risk in RISKS}


async def test_damaged_layers_are_failed_in_the_pipeline_each_with_its_reason(
    scene: Scene,
) -> None:
    images = hostile.damaged()
    for name, image in images.items():
        await scene.source.pushed(image, name)
    for name, image in images.items():
        report = await scene.api.reported(image.digest, status="failed")
        assert statuses(report) == dict.fromkeys(RISKS, "failed"), name
        assert all(report["outcomes"][risk]["reason"] for risk in RISKS), name
        assert not report["outcomes"]["software"].get("packages"), name
    assert scene.recorded.dead() == []


@pytest.mark.parametrize("name", sorted(hostile.damaged()))
def test_damaged_layers_are_refused_by_scan(tmp_path: Path, name: str) -> None:
    layout = oci_layout(tmp_path / "layout", {"v1": hostile.damaged()[name]})

    done = scan(f"oci:{layout}:v1")

    assert done.returncode == UNREADABLE, done.stderr
    assert "Traceback" not in done.stderr
    if done.stdout:
        assert set(statuses(json.loads(done.stdout)).values()) == {"failed"}
    else:
        assert done.stderr.strip()


def test_a_truncated_archive_is_refused_by_scan(tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(256 * 1024)  # noqa: S311  # what does not compress
    image = app("whole", files={b"srv/noise": noise})
    archive = docker_archive(tmp_path / "whole.tar", {"app:v1": image})
    cut = tmp_path / "cut.tar"
    cut.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])

    done = scan(str(cut))

    assert done.returncode == UNREADABLE
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("scantling: ")


async def test_a_layer_that_is_not_what_its_digest_says_is_failed(scene: Scene) -> None:
    image, digest, other = hostile.swapped()
    scene.gate.replace(f"/v2/team/swapped/blobs/{digest}", other, "application/octet-stream")

    await scene.source.pushed(image, "swapped")

    report = await scene.api.reported(image.digest, status="failed")
    assert statuses(report) == dict.fromkeys(RISKS, "failed")
    assert digest in report["outcomes"]["software"]["reason"]


def test_a_layer_that_is_not_what_its_digest_says_is_refused_by_scan(tmp_path: Path) -> None:
    image, digest, other = hostile.swapped()
    layout = oci_layout(tmp_path / "layout", {"v1": image})
    (layout / "blobs" / digest.replace(":", "/")).write_bytes(other)

    done = scan(f"oci:{layout}:v1")

    assert done.returncode == UNREADABLE
    assert "Traceback" not in done.stderr
    assert not done.stdout or set(statuses(json.loads(done.stdout)).values()) == {"failed"}


@pytest.fixture
def host_folder(tmp_path: Path) -> Path:
    """Give a folder of the host with what an image would like to read."""
    folder = tmp_path / "host"
    folder.mkdir()
    (folder / "status").write_text(
        f"Package: {hostile.HOST_PACKAGE}\nStatus: install ok installed\nVersion: 1\n\n"
    )
    (folder / "os-release").write_text("ID=host-system\nVERSION_ID=1\n")
    return folder


def check_contained(report: Any, host_folder: Path) -> None:
    """Check that an image neither read nor wrote anything of the host."""
    packages = {package["name"] for package in report["outcomes"]["software"]["packages"]}
    assert packages == {"kept"}
    assert hostile.HOST_PACKAGE not in json.dumps(report)
    assert "host-system" not in json.dumps(report)
    assert sorted(path.name for path in host_folder.iterdir()) == ["os-release", "status"]


async def test_paths_and_links_lead_nowhere_in_the_pipeline(
    scene: Scene, host_folder: Path
) -> None:
    image = hostile.escaping(host_folder)

    await scene.source.pushed(image, "escaping")

    report = await scene.api.reported(image.digest)
    assert report["status"] in {"complete", "partial"}
    check_contained(report, host_folder)


def test_paths_and_links_lead_nowhere_in_scan(tmp_path: Path, host_folder: Path) -> None:
    archive = docker_archive(tmp_path / "e.tar", {"app:v1": hostile.escaping(host_folder)})

    done = scan(f"docker-archive:{archive}", "--allow-partial")

    assert done.returncode == 0, done.stderr
    check_contained(json.loads(done.stdout), host_folder)


async def test_a_gigantic_manifest_is_refused_and_the_next_push_is_scanned(scene: Scene) -> None:
    huge = b" " * HUGE_MANIFEST
    await scene.source.push(app("tiny"), "team/huge")
    digest = f"sha256:{hashlib.sha256(huge).hexdigest()}"
    for reference in ("v1", digest):
        scene.gate.replace(f"/v2/team/huge/manifests/{reference}", huge, OCI_MANIFEST)

    assert await scene.source.told(notice("team/huge", tag="v1", id_="huge")) == 202

    report = await scene.api.reported(digest, status="unsupported")
    assert statuses(report) == dict.fromkeys(RISKS, "unsupported")
    assert f"{len(huge):,}" in report["outcomes"]["software"]["reason"]
    fine = await scene.source.pushed(app("fine"), "fine")
    assert await scene.api.reported(fine.image.digest, status="complete")


def test_a_gigantic_manifest_is_refused_by_scan(tmp_path: Path) -> None:
    huge = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}).encode()
    huge += b" " * HUGE_MANIFEST
    layout = oci_layout(tmp_path / "layout", {"v1": app("tiny")})
    index = json.loads((layout / "index.json").read_text())
    index["manifests"][0] |= {"digest": sha256(huge), "size": len(huge)}
    (layout / "index.json").write_text(json.dumps(index))
    (layout / "blobs" / sha256(huge).replace(":", "/")).write_bytes(huge)

    check_refused(scan(f"oci:{layout}:v1"), "manifest_too_large")


SYSTEMS: dict[str, tuple[BuiltImage, str, dict[str, str]]] = {
    "windows": (hostile.windows(), "unsupported", dict.fromkeys(RISKS, "unsupported")),
    "unheard-of": (
        hostile.unheard_of(),
        "unsupported",
        {"software": "unsupported", "file": "complete", "baseimage": "complete"},
    ),
    "none": (bare(), "complete", dict.fromkeys(RISKS, "complete")),
}
"""Images by system, with the status that they and their outcomes must have."""


@pytest.mark.parametrize("system", sorted(SYSTEMS))
async def test_a_system_that_is_not_supported_is_told_in_the_pipeline(
    scene: Scene, system: str
) -> None:
    image, status, outcomes = SYSTEMS[system]

    await scene.source.pushed(image, system)

    report = await scene.api.reported(image.digest, status=status)
    assert statuses(report) == outcomes


@pytest.mark.parametrize("system", sorted(SYSTEMS))
def test_a_system_that_is_not_supported_is_told_by_scan(tmp_path: Path, system: str) -> None:
    image, status, outcomes = SYSTEMS[system]
    archive = docker_archive(tmp_path / "s.tar", {"app:v1": image})

    done = scan(f"docker-archive:{archive}", "--platform", f"{image.os}/{image.architecture}")

    assert done.returncode == (0 if status == "complete" else UNREADABLE), done.stderr
    report = json.loads(done.stdout)
    assert report["status"] == status
    assert statuses(report) == outcomes
