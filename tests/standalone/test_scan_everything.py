"""`scantling scan` of one image with a known set of every kind of risk: exactly that is told.

The risks are spread over layers: in files that a later layer deletes or overwrites, in archives in
archives, at paths that are not searched by default, and in the configuration of the image.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from scantling_common.risks import RISKS
from tests.builders import dpkg, elf, jar, node_package
from tests.builders.accounts import hashed
from tests.builders.advisories import advisory_database, osv_record
from tests.builders.image import docker_archive, image
from tests.builders.layer import Content, executable
from tests.builders.malware_marker import TEST_FILE
from tests.builders.packed import tarred, zipped
from tests.standalone.running import scantling

if TYPE_CHECKING:
    from pathlib import Path

# Put together here: nothing that looks like a live secret is in the repository.
PASSWORDS: Final = ("hG7k" + "q9Zx2vLpT4", "Wq8r" + "Zt3mNb6yK1", "Lf5x" + "Vd9pJc2sR7")
PROGRAM: Final = elf.elf({".rodata": b"\0a program\0"})


def secret(number: int) -> bytes:
    return f"DB_PASSWORD={PASSWORDS[number]}\n".encode()


def layers() -> tuple[dict[str, Content], ...]:
    """Return the files of the layers, lowest first."""
    packages = [("bash", "5.2-1"), ("nmap", "7.93-1"), ("zlib1g", "1.2-1")]
    log4j = jar.library("org.apache.logging.log4j", "log4j-core", "2.14.1")
    base: dict[str, Content] = {
        "etc/os-release": b"ID=debian\nVERSION_ID=12\n",
        dpkg.STATUS: dpkg.status([dpkg.stanza(*each) for each in packages]),
        "etc/passwd": b"root:x:0:0::/root:/bin/bash\napp:x:1000:1000::/srv:/bin/sh\n",
        "etc/shadow": b"root:%b:19000:0:99999:7:::\napp:!:19000::::::\n" % hashed(b"root", b"$5$"),
        "etc/ssh/sshd_config": b"PermitRootLogin no\nPermitEmptyPasswords no\n",
        "usr/sbin/sshd": executable(PROGRAM),
        "usr/share/app/app.env": secret(0),
        "srv/app/old.env": secret(0),
        "opt/dropped": TEST_FILE,
        "opt/packed.tar": tarred({"a/b.zip": zipped({"c.txt": TEST_FILE})}),
    }
    middle: dict[str, Content] = {
        **node_package.installed("shop", "1.0.0"),
        "etc/ssh/sshd_config": b"PermitRootLogin yes\nPermitEmptyPasswords no\n",
        "srv/app/.wh.old.env": b"",
        "srv/app/app.env": secret(1),
        "srv/outer.war": zipped({"WEB-INF/lib/log4j-core-2.14.1.jar": log4j}),
        "opt/.wh.dropped": b"",
    }
    top: dict[str, Content] = {
        "opt/xmrig": executable(PROGRAM),
        "usr/local/bin/tool": executable(PROGRAM, 0o4755),
    }
    return base, middle, top


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp("everything")
    database = folder / "advisories.db"
    advisory_database(
        database,
        osv_record("DSA-1-1", "Debian:12", "zlib1g", "1.3-1", aliases=["CVE-2030-1"]),
        osv_record("CVE-2030-2", "npm", "shop", "2.0.0"),
        osv_record("CVE-2030-3", "Maven", "org.apache.logging.log4j:log4j-core", "2.17.1"),
    )
    lists = folder / "lists"
    lists.mkdir()
    (lists / "approved-bases").write_text("registry.example/base/*\n")
    runtime = {"Env": [f"DB_PASSWORD={PASSWORDS[2]}"], "User": "0"}
    archive = docker_archive(
        folder / "image.tar", {"shop/web:1": image(*layers(), runtime=runtime)}
    )
    ended = scantling(
        *("scan", "--no-cache", "--format", "json", "--lists", str(lists)),
        *("--advisories", str(database), str(archive)),
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def told(report: Any, risk: str) -> list[tuple[str, str, int]]:
    """Return id, path and layer of each finding; -1 for what is in no layer."""
    ids = [layer["diff_id"] for layer in report["image"]["layers"]]
    return sorted(
        (each["id"], each.get("path", ""), ids.index(each["layer"]) if each.get("layer") else -1)
        for each in report["outcomes"][risk]["findings"]
    )


def test_vulnerabilities_are_told_of_packages_in_archives_too(report: Any) -> None:
    assert told(report, "vulnerability") == [
        ("CVE-2030-1", dpkg.STATUS, 0),
        ("CVE-2030-2", "app/node_modules/shop/package.json", 1),
        ("CVE-2030-3", "srv/outer.war!/WEB-INF/lib/log4j-core-2.14.1.jar", 1),
    ]


def test_malware_is_told_in_archives_and_in_what_was_deleted(report: Any) -> None:
    assert told(report, "malware") == [
        ("test_eicar", "opt/dropped", 0),
        ("test_eicar", "opt/packed.tar!/a/b.zip!/c.txt", 0),
    ]


def test_secrets_are_told_in_files_in_what_was_deleted_and_in_the_configuration(
    report: Any,
) -> None:
    assert told(report, "secret") == [
        ("generic-password", "", -1),
        ("generic-password", "srv/app/app.env", 1),
        ("generic-password", "srv/app/old.env", 0),
        ("htpasswd-hash", "etc/shadow", 0),
    ]
    values = json.dumps(report)
    assert not [value for value in PASSWORDS if value in values]


def test_settings_are_told_by_what_is_visible(report: Any) -> None:
    found = told(report, "setting")
    assert {each for each in found if not each[0].startswith("ssh-")} == {
        ("account-groups", "etc/passwd", 0),
        ("account-homes", "etc/passwd", 0),
        ("account-inactive-lock", "etc/shadow", 0),
        ("account-maximum-days", "etc/shadow", 0),
        ("account-minimum-days", "etc/shadow", 0),
        ("file-shadow", "etc/shadow", 0),
        ("image-health-check", "", -1),
        ("image-secrets-environment", "", -1),
        ("image-setuid", "usr/local/bin/tool", -1),
        ("image-user", "", -1),
        ("weak-password", "etc/shadow", 0),
    }
    ssh = {name for name, path, layer in found if (path, layer) == ("etc/ssh/sshd_config", 1)}
    assert "ssh-root-login" in ssh
    assert "ssh-empty-passwords" not in ssh
    assert ssh | {"ssh-server-in-image"} == {each[0] for each in found if each[0][:4] == "ssh-"}


def test_software_that_is_not_allowed_is_told_with_and_without_a_package(report: Any) -> None:
    assert told(report, "compliance") == [
        ("miner", "opt/xmrig", 2),
        ("network-scanner", dpkg.STATUS, 0),
        ("remote-shell", "usr/sbin/sshd", 0),
    ]


def test_packages_files_and_the_base_are_told(report: Any) -> None:
    packages = {each["name"] for each in report["outcomes"]["software"]["packages"]}
    assert packages >= {"bash", "nmap", "zlib1g", "shop", "org.apache.logging.log4j:log4j-core"}
    assert report["outcomes"]["file"]["setuid"] == ["usr/local/bin/tool"]
    assert told(report, "baseimage") == [("base-image-not-approved", "", 0)]


def test_everything_is_complete(report: Any) -> None:
    outcomes = report["outcomes"]
    assert {risk: each["status"] for risk, each in outcomes.items()} == dict.fromkeys(
        RISKS, "complete"
    )
