"""Starts the process that tries passwords, and ends it when its time is over."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_analyzers.passwords.trials import HEAD_BYTES, Answer, Order

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scantling_analyzers.passwords.trials import Trial

MEMORY: Final = 512 * 1024 * 1024
"""The most memory that the process may allocate."""
MODULE: Final = "scantling_analyzers.passwords.prober"
_RUNNING: Final[set[subprocess.Popen[bytes]]] = set()
"""The processes of this one that try passwords now, so that who waits for none can end them."""
_GUARD: Final = threading.Lock()


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
    # The interpreter and our own module, and nothing of an image; no shell, no environment.
    process = subprocess.Popen(
        [sys.executable, "-I", "-m", MODULE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        close_fds=True,
    )
    with _GUARD:
        _RUNNING.add(process)
    try:
        output = _output(process, msgspec.msgpack.encode(order), seconds)
    finally:
        process.kill()
        process.wait()
        with _GUARD:
            _RUNNING.discard(process)
    return list(_answers(output))


def end_trials() -> None:
    """End all processes that try passwords: nobody waits for their answers any more."""
    with _GUARD:
        for process in _RUNNING:
            process.kill()


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
