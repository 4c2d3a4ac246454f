"""Whole processes, measured from outside: wall time and the largest resident set."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Run(NamedTuple):
    """Medians of some runs; ``memory`` is the largest process of the tree, in bytes."""

    seconds: float
    memory: int


def measure(command: Sequence[str], *, runs: int = 5) -> Run:
    """Run a command once to warm up, then so many times; its output is thrown away."""
    measured = [_once(command) for _ in range(runs + 1)][1:]
    return Run(
        statistics.median(run.seconds for run in measured), max(run.memory for run in measured)
    )


def _once(command: Sequence[str]) -> Run:
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {said.decode()[-500:]}")
    return Run(time.perf_counter() - begun, usage.ru_maxrss * 1024)
