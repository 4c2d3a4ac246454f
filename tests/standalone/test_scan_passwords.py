"""`scantling scan` of images whose accounts have weak passwords, and what it keeps to itself."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scantling_analyzers.passwords.process import MODULE
from tests.builders.accounts import hashed, passwd, shadow
from tests.builders.image import docker_archive, image
from tests.standalone.running import PATIENCE, Running, scantling

if TYPE_CHECKING:
    import subprocess

    from tests.builders.layer import Content

PASSWORD = "zq-canary-" + "4711"
GOOD = b"Xk3#9dlw0qz"


def hashes() -> bytes:
    return b"".join(
        (
            shadow("root", hashed(b"toor", b"$1$")),
            shadow("ann", hashed(PASSWORD.encode(), b"$1$")),
            shadow("bob", hashed(GOOD, b"$1$")),
        )
    )


def files() -> dict[str, Content]:
    return {
        "etc/os-release": b"ID=debian\nVERSION_ID=12\n",
        "etc/passwd": passwd("root", 0) + passwd("ann") + passwd("bob"),
        "etc/shadow": hashes(),
        "srv/redis.conf": f"requirepass {PASSWORD}\n".encode(),
    }


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    later: dict[str, Content] = {"srv/.wh.redis.conf": b"", "root/.vnc/passwd": bytes(8)}
    return docker_archive(tmp_path / "image.tar", {"a/b:1": image(files(), later)})


def scan(*arguments: object) -> subprocess.CompletedProcess[str]:
    return scantling("scan", "--risk", "setting", *map(str, arguments))


def lists(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "weak-passwords").write_text(text)
    return folder


def weak(ended: subprocess.CompletedProcess[str]) -> list[tuple[str, str, str]]:
    outcome: dict[str, Any] = json.loads(ended.stdout)["outcomes"]["setting"]
    return [
        (each["details"]["account"], each["severity"], each["details"]["why"])
        for each in outcome["findings"]
        if each["id"] == "weak-password"
    ]


def test_the_list_of_a_directory_adds_to_ours_and_the_cache_is_judged_again(
    archive: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"

    first = scan("--format", "json", "--cache", cache, archive)
    again = scan(
        *("--format", "json", "--cache", cache),
        *("--lists", lists(tmp_path / "lists", f"# ours\n{PASSWORD}\n"), archive),
    )

    assert weak(first) == [("root", "critical", "default")]
    assert weak(again) == [("root", "critical", "default"), ("ann", "high", "your_list")]
    assert stat.S_IMODE((cache / "fact.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("form", ["table", "json", "html", "sarif"])
def test_neither_hash_nor_password_leaves_the_scan(
    archive: Path, tmp_path: Path, form: str
) -> None:
    cache = tmp_path / "cache"
    given = lists(tmp_path / "lists", PASSWORD)

    ended = scan("-v", "--explain", "--format", form, "--cache", cache, "--lists", given, archive)

    kept = b"".join(file.read_bytes() for file in cache.iterdir())
    said = ended.stdout.encode() + ended.stderr.encode()
    for line in hashes().splitlines():
        hash_ = line.split(b":")[1]
        for secret in (hash_, hash_.rpartition(b"$")[2], PASSWORD.encode()):
            assert secret not in said
            assert secret not in kept
    assert b"ann" in said


def test_a_line_that_is_no_password_is_refused_with_its_number(
    archive: Path, tmp_path: Path
) -> None:
    ended = scan("--lists", lists(tmp_path / "lists", "fine\n" + "x" * 129), archive)

    assert ended.returncode == 2
    assert "weak-passwords, line 2: the password has 129 characters, 128 at most" in ended.stderr
    assert "xxx" not in ended.stderr


def test_a_list_that_is_not_utf_8_is_refused(archive: Path, tmp_path: Path) -> None:
    folder = lists(tmp_path / "lists", "")
    (folder / "weak-passwords").write_bytes(b"caf\xe9\n")

    ended = scan("--lists", folder, archive)

    assert ended.returncode == 2
    assert "is not UTF-8: byte 3" in ended.stderr


def test_a_cache_whose_key_others_may_read_is_said_and_not_used(
    archive: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    scan("--format", "json", "--cache", cache, archive)
    (cache / "fact.key").chmod(0o644)

    ended = scan("--format", "json", "--cache", cache, archive)

    assert weak(ended) == [("root", "critical", "default")]
    assert "can't be used, the scan went on without it" in ended.stderr
    assert "chmod 600" in ended.stderr


def test_a_cache_that_lost_its_key_says_so_and_is_not_clean(archive: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    scan("--format", "json", "--cache", cache, archive)
    (cache / "fact.key").unlink()

    ended = scan("--format", "json", "--cache", cache, archive)

    outcome = json.loads(ended.stdout)["outcomes"]["setting"]
    assert weak(ended) == []
    assert outcome["status"] == "partial"
    assert "seal_broken" in {error["code"] for error in outcome["errors"]}
    assert ended.returncode == 3


def test_ctrl_c_ends_a_scan_that_tries_passwords(tmp_path: Path) -> None:
    slow = b"".join(shadow(f"u{n}", b"$2b$13$%022d" % n + b"a" * 31) for n in range(4))
    content: dict[str, Content] = {"etc/shadow": slow}
    archive = docker_archive(tmp_path / "slow.tar", {"a/b:1": image(content)})

    with _interruptible("scan", "--risk", "setting", "--no-cache", str(archive)) as running:
        prober = _child(running)
        begun = time.monotonic()
        status = running.stop(signal.SIGINT)

    assert status == 130
    assert time.monotonic() - begun < 10
    with pytest.raises(ProcessLookupError):
        os.kill(prober, 0)


def _interruptible(*arguments: str) -> Running:
    """Start a command that Ctrl-C ends, also where these tests run as a shell's background job.

    Such a job ignores SIGINT, and so would what it starts.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        return Running(*arguments)
    finally:
        signal.signal(signal.SIGINT, before)


def _child(running: Running) -> int:
    """Return the process that tries passwords, once it runs."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and running.process.poll() is None:
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
                is_ours = int(parent) == running.process.pid
                if is_ours and MODULE.encode() in (process / "cmdline").read_bytes():
                    return int(process.name)
        time.sleep(0.05)
    raise AssertionError(running.output)
