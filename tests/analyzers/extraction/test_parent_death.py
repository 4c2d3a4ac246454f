"""A worker does not outlive the process that waits for its answer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from scantling_analyzers.extraction import parent_death
from tests.standalone.running import gone

if TYPE_CHECKING:
    from collections.abc import Iterator

BUSY: Final = """\
import os
from scantling_analyzers.extraction.parent_death import end_with

parent = os.getpid()
pid = os.fork()
if pid == 0:
    end_with(parent)
    print(os.getpid(), flush=True)
while True:
    pass
"""

BEGUN: Final = """\
import sys
from scantling_analyzers.extraction.worker import main

main(None, None, "no_such_module:READERS", 1 << 40, (), int(sys.argv[1]))
"""


@pytest.fixture
def supervisor() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", BUSY], stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def test_a_worker_in_the_middle_of_an_item_ends_with_its_killed_supervisor(
    supervisor: subprocess.Popen[str],
) -> None:
    assert supervisor.stdout is not None
    worker = int(supervisor.stdout.readline())
    os.kill(supervisor.pid, signal.SIGKILL)
    assert gone(worker)


def test_a_worker_whose_supervisor_has_died_already_does_not_begin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    statuses: list[int] = []
    monkeypatch.setattr(os, "_exit", statuses.append)
    monkeypatch.setattr(parent_death, "_PR_SET_PDEATHSIG", 0)  # refused, and no harm done
    parent_death.end_with(os.getppid())
    assert statuses == []
    parent_death.end_with(os.getpid())
    assert statuses == [0]


@pytest.mark.parametrize("supervisor", [1, 0], ids=["forked", "by a fork server"])
def test_a_worker_that_was_adopted_before_it_began_ends_at_once(supervisor: int) -> None:
    ended = subprocess.run([sys.executable, "-c", BEGUN, str(supervisor)], check=False, timeout=30)
    assert ended.returncode == 0


def test_a_worker_of_a_living_supervisor_begins() -> None:
    command = [sys.executable, "-c", BEGUN, str(os.getpid())]
    ended = subprocess.run(command, check=False, timeout=30, capture_output=True, text=True)
    assert "No module named 'no_such_module'" in ended.stderr
