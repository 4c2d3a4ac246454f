"""Starts the process that tries passwords, and ends it when its time is over."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_analyzers.passwords.stopping import current_stopper
from scantling_analyzers.passwords.trials import HEAD_BYTES, Answer, Order

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scantling_analyzers.passwords.stopping import Stopper
    from scantling_analyzers.passwords.trials import Trial

MEMORY: Final = 512 * 1024 * 1024
"""The most memory that the process may allocate."""
MODULE: Final = "scantling_analyzers.passwords.prober"
_SLOTS: Final = threading.BoundedSemaphore(max(1, (os.cpu_count() or 1) - 1))
"""How many may run side by side: jobs of many images must not take all processors."""


def tried(
    trials: Sequence[Trial], shared: Sequence[bytes], *, seconds: float, memory: int = MEMORY
) -> list[Answer]:
    """Return the answers that came within ``seconds``, in the order of the trials.

    Fewer than trials where the time was over, or the process ended. The hashes and passwords go
    through a pipe: no other process can see them.
    """
    if not trials:
        return []
    order = Order(tuple(shared), tuple(trials), memory, max(1, round(seconds) + 1))
    stopper = current_stopper()
    with _SLOTS:
        if stopper.is_stopped:
            return []
        return list(_answers(_asked(msgspec.msgpack.encode(order), seconds, stopper)))


def _asked(order: bytes, seconds: float, stopper: Stopper) -> bytes:
    # The interpreter and our own module, and nothing of an image; no shell, no environment.
    process = subprocess.Popen(
        [sys.executable, "-I", "-m", MODULE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
    )
    with stopper.watching(process):
        return _output(process, order, seconds)


def _output(process: subprocess.Popen[bytes], order: bytes, seconds: float) -> bytes:
    try:
        return process.communicate(order, timeout=seconds)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate()[0]


def _answers(output: bytes) -> Iterator[Answer]:
    place = 0
    while place + HEAD_BYTES <= len(output):
        length = int.from_bytes(output[place : place + HEAD_BYTES], "big")
        place += HEAD_BYTES
        packed = output[place : place + length]
        if len(packed) < length:
            return
        yield msgspec.msgpack.decode(packed, type=Answer)
        place += length
