"""Whole processes, measured from outside: wall time and the largest resident set."""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


SEEN_EVERY: Final = 0.05


class Run(NamedTuple):
    """Medians of some runs. ``memory`` is the largest process of the tree, in bytes.

    ``tree`` is the largest sum of all its processes that was seen; pages that they share count
    in each.
    """

    seconds: float
    memory: int
    tree: int = 0


def measure(command: Sequence[str], *, runs: int = 5) -> Run:
    """Run a command once to warm up, then so many times; its output is thrown away.

    With ``runs`` 0 the only run counts.
    """
    measured = [_once(command) for _ in range(runs + 1)][min(runs, 1) :]
    return Run(
        statistics.median(run.seconds for run in measured),
        max(run.memory for run in measured),
        max(run.tree for run in measured),
    )


def _once(command: Sequence[str]) -> Run:
    begun = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        # As installed: modules are compiled once, not in every run.
        env={key: each for key, each in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"},
    )
    assert process.stderr is not None
    sums: list[int] = []
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, over, sums))
    watcher.start()
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    over.set()
    watcher.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {said.decode()[-500:]}")
    return Run(seconds, usage.ru_maxrss * 1024, max(sums, default=0))


def _watch(pid: int, over: threading.Event, sums: list[int]) -> None:
    """Add up what a process and its descendants hold, until it is over."""
    page = os.sysconf("SC_PAGE_SIZE")
    while not over.wait(SEEN_EVERY):
        waiting, total = [pid], 0
        while waiting:
            process = Path("/proc", str(waiting.pop()))
            with contextlib.suppress(OSError, ValueError):
                total += int((process / "statm").read_text().split()[1]) * page
                for task in (process / "task").iterdir():
                    waiting += map(int, (task / "children").read_text().split())
        sums.append(total)
