"""`scantling scan` on Java archives: where they are, and what an index changes."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders import jar
from tests.builders.image import docker_archive, image
from tests.builders.java_index import java_index
from tests.builders.layer import Content, executable
from tests.standalone.running import Running, scantling

if TYPE_CHECKING:
    from pathlib import Path

RENAMED = jar.archive(jar.manifest({"Implementation-Version": "9"}))
WAR = jar.archive({"WEB-INF/lib/renamed.jar": RENAMED, **jar.pom("org.example", "shop", "1")})
TOOL = jar.archive({**jar.manifest(), **jar.pom("org.example", "tool", "2")})
SCRIPT = b"#!/bin/sh\nexec java -jar $0\n"
RUNTIME = b'IMPLEMENTOR="Debian"\nJAVA_VERSION="17.0.15"\n'


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    files: dict[str, Content] = {
        "srv/shop.war": WAR,
        "usr/lib/jvm/17/release": RUNTIME,
        "usr/bin/tool": executable(SCRIPT + TOOL),
        "usr/bin/other": executable(SCRIPT),
    }
    return docker_archive(tmp_path / "image.tar", {"reg.example/app:1": image(files)})


def _packages(*arguments: object) -> dict[str, dict[str, Any]]:
    ended = scantling("scan", "--format", "json", "--no-cache", *map(str, arguments))
    assert ended.returncode == 0, ended.stderr
    software = json.loads(ended.stdout)["outcomes"]["software"]
    return {package["path"]: package for package in software["packages"]}


def test_archives_within_archives_and_the_runtime_are_listed(archive: Path) -> None:
    packages = _packages(archive)
    assert {path: package["purl"] for path, package in packages.items()} == {
        "srv/shop.war": "pkg:maven/org.example/shop@1",
        "srv/shop.war!/WEB-INF/lib/renamed.jar": "pkg:maven/renamed/renamed@9",
        "usr/bin/tool": "pkg:maven/org.example/tool@2",
        "usr/lib/jvm/17/release": "pkg:generic/openjdk@17.0.15",
    }


def test_an_index_names_what_was_guessed(archive: Path, tmp_path: Path) -> None:
    sha1 = hashlib.sha1(RENAMED, usedforsecurity=False).hexdigest()
    index = java_index(tmp_path / "java.db", [(sha1, "org.published", "library", "1.2")])
    packages = _packages(archive, "--java-index", index)
    renamed = packages["srv/shop.war!/WEB-INF/lib/renamed.jar"]
    assert renamed["purl"] == "pkg:maven/org.published/library@1.2"
    assert packages["srv/shop.war"]["purl"] == "pkg:maven/org.example/shop@1"


def test_facts_that_are_kept_are_named_anew_by_another_index(archive: Path, tmp_path: Path) -> None:
    sha1 = hashlib.sha1(RENAMED, usedforsecurity=False).hexdigest()
    cache = tmp_path / "cache"
    for version in ("1", "2"):
        index = java_index(tmp_path / f"{version}.db", [(sha1, "g", "a", version)])
        ended = scantling(
            *("scan", "--format", "json", "--cache", str(cache)),
            *("--java-index", str(index), str(archive)),
        )
        assert f"pkg:maven/g/a@{version}" in ended.stdout


@pytest.mark.end_to_end
def test_the_analyzer_role_opens_the_index_that_its_settings_name(tmp_path: Path) -> None:
    index = java_index(tmp_path / "java.db", [])
    with Running("analyzer", "--risk", "software", **_settings(tmp_path, index)) as role:
        role.wait_for(r'"listening"')


@pytest.mark.end_to_end
def test_the_analyzer_role_does_not_start_with_an_index_that_is_none(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    ended = scantling("analyzer", "--risk", "software", **_settings(tmp_path, missing))
    assert ended.returncode != 0
    assert str(missing) in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.end_to_end
def test_an_analyzer_that_reads_no_archives_does_not_open_the_index(tmp_path: Path) -> None:
    settings = _settings(tmp_path, tmp_path / "missing")
    with Running("analyzer", "--risk", "baseimage", **settings) as role:
        role.wait_for(r'"listening"')


def _settings(folder: Path, index: Path) -> dict[str, str]:
    return {
        "SCANTLING_DATA": str(folder / "data"),
        "SCANTLING_LISTEN": "127.0.0.1:0",
        "SCANTLING_LOG_FORM": "json",
        "SCANTLING_JAVA_INDEX": str(index),
    }


def test_what_is_no_index_is_a_usage_error(archive: Path, tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("no index")
    for index in (text, tmp_path / "missing"):
        ended = scantling("scan", "--no-cache", "--java-index", str(index), str(archive))
        assert ended.returncode == 2
        assert str(index) in ended.stderr
        assert not ended.stdout
