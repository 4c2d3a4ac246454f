"""`scantling scan` of references, against a real registry."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from scantling_common.risks import ALWAYS
from tests.builders.image import (
    OCI_INDEX,
    attestation,
    attestation_entry,
    descriptor,
    image,
    index,
    push,
    push_blob,
    push_manifest,
)
from tests.standalone.running import scantling

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from tests.services.registry import DistributionRegistry

pytestmark = pytest.mark.registry

BASE = {"etc/os-release": "ID=alpine\nVERSION_ID=3.19\n"}
# bcrypt of "s3cret" for the user "robot", as htpasswd -B writes it.
HTPASSWD = "robot:$2y$05$abcdefghijklmnopqrstuuLK7U1u6pVRmL7L1BBM2aS35PSZnDXlK\n"


def scan(*arguments: object, config: Path) -> subprocess.CompletedProcess[str]:
    # No advisories are at hand, and these tests are about none.
    form = ("--plain-http", "--format", "json", "--risk", ",".join(ALWAYS))
    return scantling("scan", *form, *map(str, arguments), DOCKER_CONFIG=str(config))


def push_index(host: str, repository: str, tag: str) -> None:
    """Push an index of two platforms, and the attestation of one."""
    here, other = image(BASE), image(BASE, {"b": "b"}, architecture="arm64")
    beside = attestation(here)
    for built in (here, other, beside):
        for data in built.blobs.values():
            push_blob(host, repository, data)
        push_manifest(host, repository, built.digest, built.manifest, built.media_type)
    entries = [
        descriptor(here.manifest, here.media_type, platform=here.platform),
        descriptor(other.manifest, other.media_type, platform=other.platform),
        attestation_entry(here),
    ]
    push_manifest(host, repository, tag, index(entries), OCI_INDEX)


def test_every_platform_of_an_index_is_scanned_and_no_attestation(
    tmp_path: Path, start_registry: Callable[..., DistributionRegistry]
) -> None:
    host = start_registry().host
    push_index(host, "team/app", "1")

    ended = scan("--no-cache", "--platform", "all", f"{host}/team/app:1", config=tmp_path)

    assert ended.returncode == 0, ended.stderr
    reports: list[dict[str, Any]] = json.loads(ended.stdout)
    assert [each["image"]["platform"] for each in reports] == ["linux/amd64", "linux/arm64"]
    assert {each["status"] for each in reports} == {"complete"}


def test_a_platform_that_is_not_wanted_is_not_asked_for(
    tmp_path: Path, start_registry: Callable[..., DistributionRegistry]
) -> None:
    registry = start_registry()
    push_index(registry.host, "team/app", "1")
    other = image(BASE, {"b": "b"}, architecture="arm64").digest
    before = registry.log.read_text().count(other)

    ended = scan(
        "--no-cache", "--platform", "linux/amd64", f"{registry.host}/team/app:1", config=tmp_path
    )

    assert ended.returncode == 0, ended.stderr
    assert registry.log.read_text().count(other) == before


def test_without_a_login_the_registry_is_closed(
    tmp_path: Path, start_registry: Callable[..., DistributionRegistry]
) -> None:
    passwords = tmp_path / "htpasswd"
    passwords.write_text(HTPASSWD)
    host = start_registry(htpasswd=passwords).host
    push(host, "team/app", "1", image(BASE), authorization=("robot", "s3cret"))
    config = tmp_path / "docker"
    config.mkdir()

    def log_in(password: str) -> None:
        auth = base64.b64encode(f"robot:{password}".encode()).decode()
        (config / "config.json").write_text(json.dumps({"auths": {host: {"auth": auth}}}))

    anonymous = scan("--no-cache", f"{host}/team/app:1", config=config)
    log_in("wrong-password")
    wrong = scan("--no-cache", f"{host}/team/app:1", config=config)
    log_in("s3cret")
    right = scan("--no-cache", f"{host}/team/app:1", config=config)

    assert [each.returncode for each in (anonymous, wrong, right)] == [3, 3, 0], right.stderr
    assert "registry_unauthorized" in anonymous.stderr
    assert "registry_unauthorized" in wrong.stderr
    assert "wrong-password" not in wrong.stderr
    assert "s3cret" not in right.stdout + right.stderr


def test_a_tag_that_moved_no_longer_names_the_old_base(
    tmp_path: Path, start_registry: Callable[..., DistributionRegistry]
) -> None:
    host, cache, lists = start_registry().host, tmp_path / "cache", tmp_path / "lists"
    lists.mkdir()
    (lists / "approved-bases").write_text(f"{host}/team/base:1\n")
    old, new = image(BASE), image({"etc/os-release": "ID=alpine\nVERSION_ID=3.20\n"})
    push(host, "team/app", "1", image(BASE, {"app": "x"}))

    def status(repository: str) -> int:
        asked = ("--cache", cache, "--risk", "baseimage", "--lists", lists, "--fail-on", "medium")
        return scan(*asked, f"{host}/team/{repository}:1", config=tmp_path).returncode

    push(host, "team/base", "1", old)
    assert [status("base"), status("app")] == [0, 0]
    push(host, "team/base", "1", new)
    assert [status("base"), status("app")] == [0, 1]


def test_a_newer_build_of_the_base_is_a_hint_to_rebuild(
    tmp_path: Path, start_registry: Callable[..., DistributionRegistry]
) -> None:
    host, cache = start_registry().host, tmp_path / "cache"
    old, new = image(BASE), image({"etc/os-release": "ID=alpine\nVERSION_ID=3.20\n"})
    push(host, "team/app", "1", image(BASE, {"app": "x"}))

    def base_of(repository: str) -> dict[str, Any]:
        ended = scan("--cache", cache, f"{host}/team/{repository}:1", config=tmp_path)
        assert ended.returncode == 0, ended.stderr
        found: dict[str, Any] = json.loads(ended.stdout)["outcomes"]["baseimage"]
        return found

    push(host, "team/base", "1", old)
    base_of("base")
    assert base_of("app")["rebuild_on"] == []
    push(host, "team/base", "1", new)
    base_of("base")
    outcome = base_of("app")

    assert [(hint["reference"], hint["digest"]) for hint in outcome["rebuild_on"]] == [
        (f"{host}/team/base:1", new.digest)
    ]
    assert outcome["base_layers"] == 1
    assert [base["digest"] for base in outcome["bases"]] == [old.digest]
