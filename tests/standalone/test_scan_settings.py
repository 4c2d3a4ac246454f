"""Unsafe settings of an image that the tests build, through layers, links and its configuration."""

from __future__ import annotations

import json
import posixpath
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders import dpkg
from tests.builders.image import docker_archive, image
from tests.builders.layer import Content, executable, symlink
from tests.standalone.running import scantling

if TYPE_CHECKING:
    from pathlib import Path

HASH = "$1$" + "saltsalt$" + "h" * 22
BASE: dict[str, Content] = {
    "etc/os-release": b"ID=debian\nVERSION_ID=12\n",
    dpkg.STATUS: dpkg.status([dpkg.stanza("openssh-server", "1:9.2p1-2+deb12u2")]),
    "usr/sbin/sshd": executable(),
    "etc/passwd": b"root:x:0:0:root:/root:/bin/bash\n",
    "etc/shadow": f"root:{HASH}:19000:0:99999:7:::\n".encode(),
    "etc/group": b"root:x:0:\n",
    "etc/login.defs": b"PASS_MAX_DAYS 99999\nENCRYPT_METHOD YESCRYPT\n",
    "etc/sudoers": b"Defaults use_pty\n",
    "etc/ssh/sshd_config": b"Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin yes\n",
}
APP: dict[str, Content] = {
    "etc/ssh/sshd_config.d/10-ours.conf": b"# ours\nPermitRootLogin no\n",
    "etc/login.defs": b"PASS_MAX_DAYS 90\n",
    "etc/.wh.sudoers": b"",
    "etc/passwd": b"root:x:0:0::/root:/bin/bash\ntoor:x:0:0::/root:/bin/sh\n",
}


def scan(archive: Path, *arguments: str) -> Any:
    ended = scantling("scan", "--no-cache", "--risk", "setting", *arguments, str(archive))
    assert ended.returncode in {0, 3}, ended.stderr
    return ended.stdout


def test_what_is_visible_is_judged_with_file_line_and_layer(tmp_path: Path) -> None:
    archive = docker_archive(tmp_path / "image.tar", {"a/b:1": image(BASE, APP)})

    report = json.loads(scan(archive))

    outcome = report["outcomes"]["setting"]
    items = {item["id"]: item for item in outcome["items"]}
    assert items["ssh-root-login"]["status"] == "passed"
    assert items["ssh-root-login"]["path"] == "etc/ssh/sshd_config.d/10-ours.conf"
    assert items["ssh-root-login"]["line"] == 2
    assert items["ssh-max-auth-tries"]["status"] == "failed"
    assert "9.2" in items["ssh-max-auth-tries"]["observed"]
    assert items["password-maximum-days"]["status"] == "passed"
    assert items["password-hash-login-defs"]["status"] == "failed"
    assert items["sudo-use-pty"]["status"] == "not_applicable"
    assert items["kernel-syn-cookies"]["status"] == "not_applicable"
    assert items["image-user"]["status"] == "failed"
    finding = next(f for f in outcome["findings"] if f["id"] == "account-uid-0")
    assert (finding["path"], finding["details"]["line"]) == ("etc/passwd", "2")
    assert finding["layer"] == report["image"]["layers"][1]["diff_id"]
    counts = {each["id"]: each for each in outcome["baselines"]}
    assert {"debian-12", "ssh", "password-policy", "docker-image"} <= set(counts)
    assert sum(each["failed"] for each in counts.values()) >= len(
        [item for item in items.values() if item["status"] == "failed"]
    )


def test_no_hash_is_in_any_output(tmp_path: Path) -> None:
    archive = docker_archive(tmp_path / "image.tar", {"a/b:1": image(BASE, APP)})

    for form in ("json", "table", "html"):
        text = scan(archive, "--format", form)
        assert "h" * 20 not in text, form
        assert "saltsalt" not in text, form


def test_an_image_without_a_distribution_is_judged_by_its_configuration(tmp_path: Path) -> None:
    archive = docker_archive(tmp_path / "image.tar", {"a/b:1": image({"app": executable()})})

    outcome = json.loads(scan(archive))["outcomes"]["setting"]

    assert outcome["status"] == "complete"
    items = {item["id"]: item for item in outcome["items"]}
    assert items["file-passwd"]["status"] == "not_applicable"
    assert items["file-passwd"]["reason"] == "the image has no distribution"
    assert items["image-user"]["status"] == "failed"


def test_what_has_no_baseline_or_is_behind_a_link_is_not_clean(tmp_path: Path) -> None:
    layer: dict[str, Content] = {
        **BASE,
        "etc/os-release": b"ID=debian\nVERSION_ID=7\n",
        "etc/pam.d": symlink("/usr/share/pam"),
        "usr/share/pam/common-auth": b"auth required pam_unix.so\n",
    }
    archive = docker_archive(tmp_path / "image.tar", {"a/b:1": image(layer)})

    outcome = json.loads(scan(archive))["outcomes"]["setting"]

    assert (outcome["status"], outcome["code"]) == ("unsupported", "distribution_unsupported")
    assert outcome["reason"] == "there is no baseline for debian 7"
    items = {item["id"]: item for item in outcome["items"]}
    # What stands behind a link elsewhere is not read, and so not judged.
    assert items["password-nullok"]["status"] == "unknown"
    assert items["image-user"]["status"] == "failed"


@pytest.mark.parametrize("target", ["/etc/ssh/conf/ours.conf", "../ours.conf", "/srv/sshd-a.conf"])
def test_what_the_server_includes_is_followed_through_links_and_layers(
    tmp_path: Path, target: str
) -> None:
    link = "etc/ssh/sshd_config.d/a.conf"
    path = posixpath.normpath(posixpath.join("etc/ssh/sshd_config.d", target)).lstrip("/")
    below: dict[str, Content] = {**BASE, path: b"PermitRootLogin = no\n"}
    archive = docker_archive(
        tmp_path / "image.tar", {"a/b:1": image(below, {link: symlink(target)})}
    )

    outcome = json.loads(scan(archive))["outcomes"]["setting"]

    assert outcome["status"] == "complete"
    items = {item["id"]: item for item in outcome["items"]}
    assert items["ssh-root-login"]["status"] == "passed"
    assert (items["ssh-root-login"]["path"], items["ssh-root-login"]["line"]) == (link, 1)


def test_what_the_server_includes_from_anywhere_else_is_told_as_not_read(tmp_path: Path) -> None:
    layer: dict[str, Content] = {
        **BASE,
        "etc/ssh/sshd_config.d/a.conf": symlink("/store/abc"),
        "store/abc": b"PermitRootLogin no\n",
    }
    archive = docker_archive(tmp_path / "image.tar", {"a/b:1": image(layer)})

    outcome = json.loads(scan(archive))["outcomes"]["setting"]

    assert outcome["status"] == "partial"
    items = {item["id"]: item for item in outcome["items"]}
    assert items["ssh-root-login"]["status"] == "unknown"


@pytest.mark.parametrize(
    ("entry", "status"),
    [("FOO_TOKEN=false", "passed"), ("DB_PASSWORD=", "passed"), ("FOO_TOKEN=abc-9d", "failed")],
)
def test_a_switch_whose_name_sounds_secret_is_no_secret_of_the_environment(
    tmp_path: Path, entry: str, status: str
) -> None:
    built = image(
        BASE, runtime={"Env": ["PATH=/bin", entry]}, history=[{"created_by": f"ENV {entry}"}]
    )
    archive = docker_archive(tmp_path / "image.tar", {"a/b:1": built})

    items = {i["id"]: i for i in json.loads(scan(archive))["outcomes"]["setting"]["items"]}

    assert items["image-secrets-environment"]["status"] == status
    assert items["image-secrets-history"]["status"] == status


def test_rules_of_sudo_and_blocks_of_ssh_are_shown_as_they_hold(tmp_path: Path) -> None:
    layer: dict[str, Content] = {
        **BASE,
        "etc/sudoers": b"User_Alias OPS = bob, %ops\nOPS ALL = NOPASSWD: /bin/a, \\\n /bin/b\n",
        "etc/ssh/sshd_config": b"PermitRootLogin no\nMatch User root\nPermitRootLogin yes\n",
        "etc/pam.d/common-auth": b"-auth sufficient pam_x.so\nauth required pam_unix.so nullok\n",
    }
    archive = docker_archive(tmp_path / "image.tar", {"a/b:1": image(layer)})

    items = {i["id"]: i for i in json.loads(scan(archive))["outcomes"]["setting"]["items"]}

    assert items["sudo-nopasswd"]["observed"] == (
        "bob, %ops may run /bin/a without a password ; bob, %ops may run /bin/b without a password"
    )
    assert (items["sudo-nopasswd"]["path"], items["sudo-nopasswd"]["line"]) == ("etc/sudoers", 2)
    root = items["ssh-root-login"]
    assert (root["observed"], root["line"]) == ("PermitRootLogin yes (for Match User root)", 3)
    assert items["password-nullok"]["line"] == 2
