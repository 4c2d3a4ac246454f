"""`scantling scan` as a process: what people, builds and hostile archives do to it."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import signal
import stat
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders.image import (
    OCI_INDEX,
    BuiltImage,
    BuiltLayer,
    descriptor,
    docker_archive,
    image,
    index,
    layout_files,
    oci_archive,
    platform_index,
    write_tar,
)
from tests.builders.layer import Content, layer, symlink
from tests.standalone.running import COMMAND, PATIENCE, clean_environment, gone, scantling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BASE = {
    "etc/os-release": "ID=alpine\nVERSION_ID=3.19\n",
    "lib/apk/db/installed": "P:musl\nV:1.2.4-r2\nA:x86_64\nL:MIT\n\n",
}
OTHER = {"etc/passwd": "root:x:0:0::/:/bin/sh\n"}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return docker_archive(tmp_path / "image.tar", {"reg.example/app:1": image(BASE)})


def scan(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return scantling("scan", *map(str, arguments), **environment)


def scan_json(*arguments: object) -> dict[str, Any]:
    ended = scan("--format", "json", "--no-cache", *arguments)
    assert ended.returncode == 0, ended.stderr
    report: dict[str, Any] = json.loads(ended.stdout)
    return report


def names(report: dict[str, Any]) -> set[str]:
    return {package["name"] for package in report["outcomes"]["software"]["packages"]}


# Arguments


@pytest.mark.parametrize(
    "arguments",
    [
        ("--platform", "bogus"),
        ("--platform", ""),
        ("--platform", "all", "--format", "cyclonedx"),
        ("--platform", "all", "--format", "spdx"),
        ("--risk", "nothing"),
        ("--fail-on", "worst"),
        ("--timeout", "0"),
        ("--timeout", "nan"),
        ("--cache", "here", "--no-cache"),
        ("--lists", "/there/is/no/such/directory"),
    ],
)
def test_what_can_not_be_asked_for_is_status_2(archive: Path, arguments: tuple[str, ...]) -> None:
    ended = scan(*arguments, archive)

    assert ended.returncode == 2, ended.stderr
    assert not ended.stdout


@pytest.mark.parametrize("text", ["", "x" * 300, "docker://" + "x" * 3000, "docker-archive:"])
def test_what_is_no_image_argument_is_status_2(text: str) -> None:
    ended = scan("--offline", text)

    assert ended.returncode in {2, 3}
    assert "Traceback" not in ended.stderr
    assert ended.stderr.startswith("scantling: ")


@pytest.mark.parametrize("form", ["{}", "docker-archive:{}", "oci-archive:{}", "oci:{}"])
def test_a_name_too_long_for_a_file_is_not_there(form: str) -> None:
    ended = scan(form.format("/" + "x" * 300 + ".tar"))

    assert ended.returncode == 3
    assert "[not_found]" in ended.stderr


@pytest.mark.parametrize("form", ["{}", "docker-archive:{}", "oci-archive:{}"])
def test_a_pipe_is_no_archive_and_no_registry(tmp_path: Path, form: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    ended = scan(form.format(tmp_path / "pipe"))

    assert ended.returncode == 3
    assert "pipe is not a regular file" in ended.stderr
    assert "[archive_unreadable]" in ended.stderr


# Which image


def test_of_two_images_for_a_platform_none_is_picked(tmp_path: Path) -> None:
    images = {"reg.example/first:1": image(BASE), "reg.example/second:1": image(OTHER)}
    archive = docker_archive(tmp_path / "two.tar", images)

    ended = scan("--no-cache", archive)

    assert ended.returncode == 3
    assert "reg.example/first:1, reg.example/second:1 [image_ambiguous]" in ended.stderr


def test_each_image_has_its_own_name(tmp_path: Path) -> None:
    images = {"reg.example/first:1": image(OTHER), "reg.example/second:1": image(BASE)}
    archive = docker_archive(tmp_path / "two.tar", images)

    ended = scan("--no-cache", "--platform", "all", "--format", "json", archive)

    found = {each["image"]["reference"]: names(each) for each in json.loads(ended.stdout)}
    assert found == {"reg.example/first:1": set(), "reg.example/second:1": {"musl"}}


def test_images_for_people_and_programs_stand_in_one_document(tmp_path: Path) -> None:
    images = {"reg.example/first:1": image(OTHER), "reg.example/second:1": image(BASE)}
    archive = docker_archive(tmp_path / "two.tar", images)
    every = ("--no-cache", "--platform", "all", "--risk", "software", archive)

    sarif = json.loads(scan("--format", "sarif", *every).stdout)
    lines = scan("--format", "csv", *every).stdout.splitlines()
    page = scan("--format", "html", *every).stdout

    assert len(sarif["runs"]) == 2
    assert [line.partition(",")[0] for line in lines] == ["project"]
    assert page.count("<!DOCTYPE html>") == 1
    assert page.count("<h1>") == 2


def test_a_platform_that_was_not_saved_does_not_stop_the_one_that_was(tmp_path: Path) -> None:
    archive = saved_for_one_platform(tmp_path)

    assert names(scan_json(archive)) == {"musl"}
    for platform in ("linux/arm64", "all"):
        ended = scan("--no-cache", "--platform", platform, archive)
        assert ended.returncode == 3
        assert "lists linux/arm64, and does not hold it" in ended.stderr


def saved_for_one_platform(folder: Path) -> Path:
    """Return what docker saves: the whole index, and the content of this platform."""
    here, other = image(BASE), image(OTHER, architecture="arm64")
    nested = platform_index(here, other)
    outer = index([descriptor(nested, OCI_INDEX)])
    archive = oci_archive(folder / "one.tar", {"1": here}, index_json=outer, extra=[nested])
    if os.uname().machine != "x86_64":
        pytest.skip("the images are for amd64")
    return archive


def test_a_layout_that_ends_too_early_is_damaged(tmp_path: Path) -> None:
    here, other = image(BASE), image(OTHER, architecture="arm64")
    nested = platform_index(here, other)
    outer = index([descriptor(nested, OCI_INDEX)])
    files = layout_files({"1": here}, index_json=outer, extra=[nested])
    whole = layer(files)
    archive = tmp_path / "cut.tar"
    archive.write_bytes(whole.rstrip(b"\0") + bytes(512 - len(whole.rstrip(b"\0")) % 512))

    ended = scan("--no-cache", archive)

    assert ended.returncode == 3
    assert "[archive_invalid]" in ended.stderr


# Where the report goes


def test_a_report_replaces_a_file_and_what_a_link_means(archive: Path, tmp_path: Path) -> None:
    target, link = tmp_path / "report.json", tmp_path / "link"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)

    assert scan("--no-cache", "--risk", "file", "-o", link, archive).returncode == 0

    assert link.is_symlink()
    assert json.loads(target.read_text())["status"] == "complete"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_pipe_is_written_to_and_stays_one(archive: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()), daemon=True)
    reader.start()

    assert scan("--no-cache", "--risk", "file", "-o", pipe, archive).returncode == 0

    reader.join(PATIENCE)
    assert json.loads(read[0])["status"] == "complete"
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_what_can_not_be_written_leaves_nothing(archive: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()

    for target in (folder, tmp_path / "nowhere" / "report", Path("/proc/report")):
        ended = scan("--no-cache", "-o", target, archive)
        assert ended.returncode == 3
        assert "[output_unwritable]" in ended.stderr

    assert sorted(tmp_path.iterdir()) == [folder, archive]


@pytest.mark.parametrize("redirection", [">/dev/full", ">&-"])
def test_standard_output_that_takes_nothing_is_status_3(archive: Path, redirection: str) -> None:
    ended = shell(f'"$0" scan --no-cache "$1" {redirection}', archive)

    assert ended.returncode == 3
    assert ended.stderr.startswith("scantling: standard output")
    assert "Traceback" not in ended.stderr


def test_a_reader_that_leaves_does_not_change_the_status(tmp_path: Path) -> None:
    many = {f"f{number}": "x" for number in range(200)}
    archive = oci_archive(tmp_path / "many.tar", {"1": image(*({n: c} for n, c in many.items()))})
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "approved-bases").write_text("sha256:none\n")
    command = (
        'set -o pipefail; "$0" scan --no-cache --risk file,baseimage --fail-on medium '
        '--lists "$2" "$1" | head -c 1'
    )

    ended = shell(command, archive, tmp_path / "lists")

    assert ended.returncode == 1
    assert ended.stdout == "{"
    assert not ended.stderr


def test_text_that_the_terminal_lacks_is_escaped(tmp_path: Path) -> None:
    files = {b"caf\xc3\xa9": "x" * 9, b"not-utf-8-\xff": "x" * 8, b"\x1b[31mred": "x" * 7}
    archive = docker_archive(tmp_path / "image.tar", {"a/b:1": image(files)})

    table = scan("--no-cache", "--format", "table", archive, PYTHONIOENCODING="ascii")
    report = scan("--no-cache", "--format", "json", archive, PYTHONIOENCODING="ascii:strict")

    assert table.returncode == report.returncode == 0, table.stderr + report.stderr
    assert "caf\\xe9" in table.stdout
    assert "\x1b" not in table.stdout + report.stdout
    paths = {file["path"] for file in json.loads(report.stdout)["outcomes"]["file"]["largest"]}
    assert paths == {"café", "not-utf-8-\\xff", "\\x1b[31mred"}


def shell(command: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command, COMMAND, *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=clean_environment(),
    )


# The cache


def make_file(cache: Path) -> None:
    cache.write_text("a file")


def make_damaged(cache: Path) -> None:
    cache.mkdir()
    (cache / "scan.db").write_bytes(b"not a database" * 999)


def make_foreign(cache: Path) -> None:
    import sqlite3  # noqa: PLC0415  # here alone

    cache.mkdir()
    with sqlite3.connect(cache / "scan.db") as connection:
        connection.execute("CREATE TABLE c_facts (x)")
    connection.close()


def make_directory(cache: Path) -> None:
    (cache / "scan.db").mkdir(parents=True)


def make_future(cache: Path) -> None:
    """Make a later version's documents, which this one must not guess at."""
    import sqlite3  # noqa: PLC0415  # here alone

    import msgspec  # noqa: PLC0415  # here alone

    with sqlite3.connect(cache / "scan.db") as connection:
        rows = connection.execute("SELECT id, doc FROM c_facts").fetchall()
        assert rows
        for id_, document in rows:
            later = msgspec.msgpack.encode({**msgspec.msgpack.decode(document), "v": 99})
            connection.execute("UPDATE c_facts SET doc = ? WHERE id = ?", (later, id_))
    connection.close()


@pytest.mark.parametrize("spoil", [make_file, make_damaged, make_foreign, make_directory])
def test_a_cache_that_can_not_be_used_is_said_and_not_needed(
    archive: Path, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    cache = tmp_path / "cache"
    spoil(cache)

    ended = scan("--format", "json", "--cache", cache, archive)

    assert ended.returncode == 0, ended.stderr
    assert names(json.loads(ended.stdout)) == {"musl"}
    assert "can't be used, the scan went on without it" in ended.stderr


def test_a_cache_of_a_later_version_is_not_guessed_at(archive: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = scan("--format", "json", "--cache", cache, archive)
    make_future(cache)

    ended = scan("--format", "json", "--cache", cache, archive)

    assert (first.returncode, ended.returncode) == (0, 0), ended.stderr
    assert names(json.loads(ended.stdout)) == {"musl"}
    assert "has version 99" in ended.stderr


def test_an_archive_can_not_name_itself_an_approved_base(tmp_path: Path) -> None:
    built = image(BASE)
    archive = docker_archive(tmp_path / "image.tar", {"reg.example/approved:1": built})
    child = docker_archive(tmp_path / "child.tar", {"a/b:1": image(BASE, OTHER)})
    lists, cache = tmp_path / "lists", tmp_path / "cache"
    lists.mkdir()

    def status(entry: str, path: Path) -> int:
        (lists / "approved-bases").write_text(entry)
        asked = ("--cache", cache, "--risk", "baseimage", "--fail-on", "medium", "--lists", lists)
        return scan(*asked, path).returncode

    assert status("reg.example/approved", archive) == 1
    assert status("reg.example/approved", child) == 1
    digest = scan_json(archive)["image"]["digest"]
    assert status(digest, child) == 0


# Lists


def list_folder(folder: Path, make: Callable[[Path], object]) -> Path:
    folder.mkdir()
    make(folder / "approved-bases")
    return folder


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.symlink_to("/there/is/no/such/file"),
        os.mkfifo,
        Path.mkdir,
        lambda path: path.write_bytes(b"\xff\n"),
        lambda path: path.write_bytes(b"x" * (4 * 1024 * 1024 + 1)),
        lambda path: path.with_name("approved-bases.txt").write_text("x"),
    ],
)
def test_a_list_that_can_not_be_read_is_not_taken_for_none(
    archive: Path, tmp_path: Path, make: Callable[[Path], object]
) -> None:
    ended = scan("--no-cache", "--lists", list_folder(tmp_path / "lists", make), archive)

    assert ended.returncode == 2
    assert "[list_unusable]" in ended.stderr


def test_a_byte_order_mark_is_no_part_of_the_first_entry(archive: Path, tmp_path: Path) -> None:
    digest = scan_json(archive)["image"]["digest"]
    text = f"\ufeff{digest}\r\n"
    lists = list_folder(tmp_path / "lists", lambda path: path.write_bytes(text.encode()))

    asked = ("--no-cache", "--risk", "baseimage", "--lists", lists, "--fail-on", "low")
    assert scan(*asked, archive).returncode == 0


# Ending early


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("moment", ["opening", "reading"])
def test_a_signal_leaves_nothing_behind(tmp_path: Path, sent: signal.Signals, moment: str) -> None:
    with scan_under_way(tmp_path, moment, {sent: signal.SIG_DFL}) as (process, scratch):
        workers = children_of(process.pid)
        process.send_signal(sent)
        _, said = process.communicate(timeout=PATIENCE)

    assert process.returncode == 130, said
    assert said == b"scantling: interrupted\n"
    assert workers
    assert all(gone(int(worker)) for worker in workers)
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGHUP])
def test_a_background_job_ends_by_other_signals_than_ctrl_c(
    tmp_path: Path, sent: signal.Signals
) -> None:
    # What a shell starts with & ignores SIGINT.
    inherited = {signal.SIGINT: signal.SIG_IGN, sent: signal.SIG_DFL}
    with scan_under_way(tmp_path, "reading", inherited) as (process, scratch):
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.05)
        process.send_signal(sent)
        _, said = process.communicate(timeout=PATIENCE)

    assert (process.returncode, said) == (130, b"scantling: interrupted\n")
    assert list(scratch.iterdir()) == []


@contextlib.contextmanager
def scan_under_way(
    tmp_path: Path, moment: str, inherited: dict[signal.Signals, signal.Handlers]
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Give a scan that is at a moment, and its temporary directory.

    What a parent ignores its children ignore, too; ``inherited`` is what this one gets.
    """
    archive, scratch = large_archive(tmp_path), tmp_path / "scratch"
    scratch.mkdir()
    before = {each: signal.signal(each, what) for each, what in inherited.items()}
    with subprocess.Popen(
        [COMMAND, "scan", "--no-cache", str(archive)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=clean_environment(TMPDIR=str(scratch)),
    ) as process:
        for each, what in before.items():
            signal.signal(each, what)
        while process.poll() is None and not has_come(moment, process.pid, scratch):
            threading.Event().wait(0.001)
        yield process, scratch


def has_come(moment: str, pid: int, scratch: Path) -> bool:
    if moment == "reading":
        return bool(list(scratch.glob("scantling-scan-*/layer-*")))
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            # Before it has workers Python tries whether files can be made there.
            if link.readlink().is_relative_to(scratch) and children_of(pid):
                return True
    return False


def children_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_the_time_limit_covers_the_opening_of_the_archive(tmp_path: Path) -> None:
    archive, scratch = large_archive(tmp_path), tmp_path / "scratch"
    scratch.mkdir()

    ended = scan("--no-cache", "--timeout", "0.001", archive, TMPDIR=str(scratch))

    assert ended.returncode == 3
    assert "[scan_overdue]" in ended.stderr
    assert list(scratch.iterdir()) == []


def large_archive(folder: Path) -> Path:
    """Return an archive that takes a while: compressed, 64 MiB, of one layer."""
    files = {f"f{number}": os.urandom(64 * 1024) * 16 for number in range(64)}
    plain = oci_archive(folder / "large.tar", {"1": image(files, compression="plain")})
    packed = folder / "large.tar.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes(), 1))
    plain.unlink()
    return packed


# Hostile archives


def manifest_archive(path: Path, config: str, **files: Any) -> Path:
    entries: list[dict[str, Any]] = [{"Config": config, "RepoTags": None, "Layers": []}]
    return write_tar(path, {"manifest.json": json.dumps(entries), **files})


@pytest.mark.parametrize(
    ("config", "files"),
    [
        ("\x1b[31mred\x07", {}),
        ("/etc/passwd", {}),
        ("../../etc/passwd", {}),
        ("a\x00b", {}),
        ("a", {"a": symlink("b"), "b": symlink("a")}),
        ("a", {"a": symlink("../../../etc/passwd")}),
    ],
)
def test_names_in_an_archive_reach_neither_the_host_nor_the_terminal(
    tmp_path: Path, config: str, files: dict[str, Any]
) -> None:
    ended = scan("--no-cache", manifest_archive(tmp_path / "image.tar", config, **files))

    assert ended.returncode == 3
    assert ended.stderr.startswith("scantling: ")
    assert "Traceback" not in ended.stderr
    assert not {"\x1b", "\x00", "\x07"}.intersection(ended.stderr)


def test_a_layer_named_often_is_hashed_once(tmp_path: Path) -> None:
    part = BuiltLayer(plain=layer({"f": os.urandom(1024 * 1024)}))
    built = BuiltImage(layers=(part,) * 400)
    entries: list[dict[str, Any]] = [
        {"Config": "config", "RepoTags": ["a/b:1"], "Layers": ["layer"] * 400}
    ] * 200
    files: dict[str, Content] = {
        "config": built.config,
        "layer": part.blob,
        "manifest.json": json.dumps(entries),
    }
    archive = write_tar(tmp_path / "often.tar", files)

    # 80,000 times 1 MiB: minutes, were each read.
    assert scan("--no-cache", "--timeout", "60", archive).returncode == 0


def test_a_windows_image_is_unsupported_and_not_clean(tmp_path: Path) -> None:
    archive = oci_archive(tmp_path / "image.tar", {"1": image(BASE, os="windows")})

    ended = scan("--no-cache", "--format", "json", archive)

    assert ended.returncode == 3
    assert json.loads(ended.stdout)["status"] == "unsupported"
    assert scan("--no-cache", "--allow-partial", archive).returncode == 0


# Limits


def test_a_limit_makes_the_outcome_partial_until_it_is_raised(
    archive: Path, tmp_path: Path
) -> None:
    limits = tmp_path / "limits.toml"
    limits.write_text("[layer]\nentries = 1\n")
    ended = scan(archive, "--format", "json", "--cache", tmp_path / "cache", "--limits", limits)
    outcome = json.loads(ended.stdout)["outcomes"]["software"]
    assert (ended.returncode, outcome["status"]) == (3, "partial")
    assert {error["code"] for error in outcome["errors"]} == {"layer_too_large"}

    ended = scan(archive, "--format", "json", "--cache", tmp_path / "cache")
    assert (ended.returncode, names(json.loads(ended.stdout))) == (0, {"musl"})


@pytest.mark.parametrize("command", ["scan", "up"])
def test_a_limit_that_does_not_exist_is_a_usage_error(
    archive: Path, tmp_path: Path, command: str
) -> None:
    limits = tmp_path / "limits.toml"
    limits.write_text("[layer]\nentrys = 1\n")
    if command == "scan":
        ended = scan(archive, "--limits", limits)
    else:
        ended = scantling("up", "--data", str(tmp_path / "data"), SCANTLING_LIMITS=str(limits))
    assert ended.returncode == 2
    assert f"{limits}: [layer] has no limit 'entrys'" in ended.stderr
    assert "there are: seconds, compressed_bytes" in ended.stderr
    assert not (tmp_path / "data").exists()
