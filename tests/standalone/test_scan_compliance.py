"""`scantling scan` of images with software that is not allowed, by every form of the list."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders import dpkg, elf, jar, node_package
from tests.builders.image import docker_archive, image
from tests.builders.layer import Content, executable
from tests.standalone.running import scantling

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

MINER = elf.elf({".rodata": b"\0a program\0"})
BASE: dict[str, Content] = {
    "etc/os-release": b"ID=debian\nVERSION_ID=12\n",
    dpkg.STATUS: dpkg.status([dpkg.stanza("nmap", "7.93"), dpkg.stanza("bash", "5.2")]),
    "var/lib/dpkg/info/nmap.list": b"/.\n/usr/bin/nmap\n",
    "usr/bin/nmap": executable(MINER),
    "opt/tcpdump": executable(),
}
APP: dict[str, Content] = {
    **node_package.installed("coinhive", "1.0.0"),
    "srv/log4j-core.jar": jar.library("org.apache.logging.log4j", "log4j-core", "2.14.1"),
    "opt/kworker": executable(MINER),
    "opt/.wh.tcpdump": b"",
}
LIST = f"""\
# What our images must not have.
deny *:log4j-core type=maven version="< 2.17" severity=critical id=log4shell reason="CVE-2021-44228"
deny sha256={hashlib.sha256(MINER).hexdigest()} path=/opt/* severity=critical reason="a miner"
allow bash
deny type=deb severity=low
tcpdump
"""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return docker_archive(tmp_path / "image.tar", {"a/b:1": image(BASE, APP)})


def scan(*arguments: object) -> subprocess.CompletedProcess[str]:
    return scantling("scan", "--no-cache", "--risk", "compliance", *map(str, arguments))


def lists(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "disallowed-software").write_text(text)
    return folder


def outcome_of(ended: subprocess.CompletedProcess[str]) -> Any:
    return json.loads(ended.stdout)["outcomes"]["compliance"]


def test_the_list_finds_packages_archives_and_programs_where_they_stand(
    archive: Path, tmp_path: Path
) -> None:
    ended = scan("--lists", lists(tmp_path / "l", LIST), "--fail-on", "critical", archive)

    assert ended.returncode == 1
    outcome = outcome_of(ended)
    assert outcome["status"] == "complete"
    found = [
        (f["package"], f.get("version", ""), f["path"], f["severity"]) for f in outcome["findings"]
    ]
    assert found == [
        ("kworker", "", "opt/kworker", "critical"),
        ("org.apache.logging.log4j:log4j-core", "2.14.1", "srv/log4j-core.jar", "critical"),
        ("nmap", "7.93", dpkg.STATUS, "low"),
    ]
    layers = json.loads(ended.stdout)["image"]["layers"]
    ids = [layer["diff_id"] for layer in layers]
    assert [ids.index(f["layer"]) for f in outcome["findings"]] == [1, 1, 0]


@pytest.mark.parametrize("name", ["sha1", "SHA256"])
def test_each_hash_finds_each_kind_of_archive_and_program(tmp_path: Path, name: str) -> None:
    inner, boxed = jar.library("g", "inner", "1"), jar.library("g", "boxed", "1")
    unknown = jar.archive({"a/B.class": b"\xca\xfe\xba\xbe"})
    script = b"#!/bin/sh\nexec java -jar $0\n"
    contents = {
        "srv/outer.war": jar.archive({**jar.manifest(), "WEB-INF/lib/inner.jar": inner}),
        "srv/outer.war!/WEB-INF/lib/inner.jar": inner,
        "srv/box.zip!/lib/boxed.jar": boxed,
        "srv/unknown.jar": unknown,
        "opt/server": script + jar.archive({**jar.manifest(), **jar.pom("g", "server", "2")}),
        "opt/busybox": elf.elf({".rodata": b"\0BusyBox v1.36.1 (2023-06-01)\0"}),
        "opt/run": script,
    }
    files: dict[str, Content] = {
        "etc/os-release": b"ID=debian\nVERSION_ID=12\n",
        dpkg.STATUS: dpkg.status([dpkg.stanza("bash", "5.2")]),
        "srv/box.zip": jar.archive({"lib/boxed.jar": boxed, "README": b"x" * 5000}, stored=True),
        **{path: contents[path] for path in ("srv/outer.war", "srv/unknown.jar")},
        **{path: executable(contents[path]) for path in contents if path.startswith("opt/")},
    }
    archive = docker_archive(tmp_path / "image.tar", {"a/b:1": image(files)})
    digests = [hashlib.new(name.lower(), each).hexdigest() for each in contents.values()]
    denied = "".join(f"deny {name}={digest.upper()}\n" for digest in digests)

    outcome = outcome_of(scan("--lists", lists(tmp_path / "l", denied), archive))

    assert outcome["status"] == "complete"
    assert sorted(found["path"] for found in outcome["findings"]) == sorted(contents)
    told = {found["details"]["hash"] for found in outcome["findings"]}
    assert told == {f"{name.lower()}:{digest}" for digest in digests}


def test_without_a_list_the_default_one_applies(archive: Path) -> None:
    outcome = outcome_of(scan(archive))

    found = [(f["package"], f["id"], f["details"]["list"]) for f in outcome["findings"]]
    assert found == [("coinhive", "miner", "default"), ("nmap", "network-scanner", "default")]
    assert outcome["analyzer"]["rules"].startswith("software-list:")


def test_an_empty_list_forbids_nothing(archive: Path, tmp_path: Path) -> None:
    ended = scan(
        "--lists", lists(tmp_path / "l", "# nothing\n"), "--fail-on", "negligible", archive
    )
    assert (ended.returncode, outcome_of(ended)["findings"]) == (0, [])


def test_every_format_has_name_version_path_and_layer(archive: Path, tmp_path: Path) -> None:
    folder = lists(tmp_path / "l", LIST)
    layer = json.loads(scan(archive).stdout)["image"]["layers"][1]["diff_id"]

    def text(form: str) -> str:
        return scan("--lists", folder, "--format", form, archive).stdout

    table = text("table")
    assert "NOT ALLOWED" in table
    assert "3 pieces of software are not allowed" in table
    rows = [row for row in csv.DictReader(io.StringIO(text("csv"))) if "log4j" in row["package"]]
    assert [(row["version"], row["path"], row["layer"]) for row in rows] == [
        ("2.14.1", "srv/log4j-core.jar", layer)
    ]
    assert rows[0]["purl"] == "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"
    (run,) = json.loads(text("sarif"))["runs"]
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == {
        "compliance/log4shell",
        "compliance/disallowed-software",
    }
    html = text("html")
    assert "Software that is not allowed" in html
    assert all(part in html for part in ("kworker", "2.14.1", "srv/log4j-core.jar", layer))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# a\n\nnmap\n  nmap type=dep\n", "line 4, column 13: 'dep' is no type"),
        ("nmap\ninclude all\n", "line 2, column 9: only the default list"),
        ('x\ny reason="z\n', "line 2, column 10: a quoted value is not ended"),
        ("nmap<7\nx y\n", "line 1, column 1: nmap<7 is no name"),
        ("".join(f"t{n}\n" for n in range(100_000)), "100000 entries; at most 10000 are kept"),
    ],
)
def test_a_bad_line_is_a_mistake_with_its_number_and_what_to_write(
    archive: Path, tmp_path: Path, text: str, said: str
) -> None:
    ended = scan("--lists", lists(tmp_path / "l", text), archive)

    assert ended.returncode == 2
    assert said in ended.stderr
    assert "[list_unusable]" in ended.stderr


def test_a_bad_line_is_not_sent_to_a_server(tmp_path: Path) -> None:
    file, token = tmp_path / "list", tmp_path / "token"
    file.write_text("nmap\nnmap severity=bad\n")
    token.write_text("t")
    # Nobody listens there: that nobody answers is not what is said.
    server = ("--server", "http://127.0.0.1:1", "--token-file", str(token))

    ended = scantling("list", "set", "disallowed-software", str(file), *server)

    assert ended.returncode == 2
    assert "line 2, column 15: bad is no severity" in ended.stderr
