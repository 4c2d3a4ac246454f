"""Scratch directories of scans that were killed go with the next scan, and those in use never."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scantling.scan.scratch import MOST_SWEPT, PREFIX, scratch_directory, sweep_scratch
from tests.builders.image import docker_archive, image
from tests.standalone.running import PATIENCE, clean_environment, scantling

if TYPE_CHECKING:
    from collections.abc import Callable

HOLDER = """
import sys
from scantling.scan.scratch import scratch_directory
with scratch_directory() as folder:
    (folder / "layer-1").mkdir()
    (folder / "layer-1" / "index").write_bytes(b"x")
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def held(temporary: Path) -> tuple[subprocess.Popen[str], Path]:
    """Return a process that works in a scratch directory, and the directory."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=clean_environment(TMPDIR=str(temporary)),
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_a_directory_goes_with_its_content() -> None:
    with scratch_directory() as folder:
        (folder / "blob").write_bytes(b"x")
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()


def test_what_a_killed_process_left_is_swept_and_what_a_living_one_uses_is_not(
    temporary: Path,
) -> None:
    process, folder = held(temporary)
    with process:
        assert sweep_scratch() == 0
        assert (folder / "layer-1" / "index").exists()
        process.kill()
        process.wait(PATIENCE)
        assert folder.exists()
        assert sweep_scratch() == 1
    assert list(temporary.iterdir()) == []


def test_the_next_scan_sweeps(temporary: Path, tmp_path: Path) -> None:
    process, folder = held(temporary)
    with process:
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE)
    archive = docker_archive(tmp_path / "image.tar", {"a:1": image({"a": b"x"})})
    ended = scantling("scan", "--no-cache", str(archive), TMPDIR=str(temporary))
    assert ended.returncode in {0, 3}, ended.stderr
    assert not folder.exists()


@pytest.mark.parametrize(
    "make",
    [
        lambda path, outside: path.symlink_to(outside),
        lambda path, _: path.write_bytes(b"x"),
        lambda path, _: os.mkfifo(path),
    ],
)
def test_what_only_has_the_name_of_a_directory_is_left_alone(
    temporary: Path, tmp_path: Path, make: Callable[[Path, Path], object]
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_bytes(b"x")
    make(temporary / f"{PREFIX}x", outside)
    assert sweep_scratch() == 0
    assert (temporary / f"{PREFIX}x").exists()
    assert (outside / "kept").exists()


def test_a_link_within_a_directory_is_removed_and_not_followed(
    temporary: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_bytes(b"x")
    (temporary / f"{PREFIX}x").mkdir()
    (temporary / f"{PREFIX}x" / "link").symlink_to(outside)
    assert sweep_scratch() == 1
    assert (outside / "kept").exists()


def test_directories_of_other_users_and_other_names_are_left_alone(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (temporary / f"{PREFIX}x").mkdir()
    (temporary / "scantling-other").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert sweep_scratch() == 0
    monkeypatch.undo()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    assert sweep_scratch() == 1
    assert [path.name for path in temporary.iterdir()] == ["scantling-other"]


def test_one_sweep_looks_at_so_many_directories_only(temporary: Path) -> None:
    for number in range(MOST_SWEPT + 1):
        (temporary / f"{PREFIX}{number}").mkdir()
    assert sweep_scratch() == MOST_SWEPT
    assert sweep_scratch() == 1


def test_a_temporary_directory_that_is_not_there_is_no_error(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(temporary / "none"))
    assert sweep_scratch() == 0


def test_a_sweep_between_making_and_locking_costs_nothing_but_another_try(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = tempfile.mkdtemp
    swept: list[int] = []

    def swept_at_once(prefix: str) -> str:
        folder = made(prefix=prefix)
        if not swept:
            swept.append(sweep_scratch())
        return folder

    monkeypatch.setattr(tempfile, "mkdtemp", swept_at_once)
    with scratch_directory() as folder:
        assert folder.is_dir()
    assert swept == [1]


def test_a_sweep_that_comes_while_the_lock_is_taken_costs_another_try_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lock = fcntl.flock
    waited: list[int] = []

    def locked(handle: int, operation: int) -> None:
        if operation == fcntl.LOCK_SH and not waited:
            waited.append(sweep_scratch())
        lock(handle, operation)

    monkeypatch.setattr(fcntl, "flock", locked)
    with scratch_directory() as folder:
        assert folder.is_dir()
        assert waited == [1]


def test_directories_that_are_always_swept_away_are_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = tempfile.mkdtemp

    def swept_at_once(prefix: str) -> str:
        folder = made(prefix=prefix)
        sweep_scratch()
        return folder

    monkeypatch.setattr(tempfile, "mkdtemp", swept_at_once)
    with pytest.raises(FileNotFoundError), scratch_directory():
        pass


def test_without_locks_scans_go_on_and_nothing_is_swept(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(_handle: int, _operation: int) -> None:
        raise OSError

    monkeypatch.setattr(fcntl, "flock", no_locks)
    (temporary / f"{PREFIX}x").mkdir()
    with scratch_directory():
        assert sweep_scratch() == 0
    assert [path.name for path in temporary.iterdir()] == [f"{PREFIX}x"]
