"""Workers that read side by side, and the memory that each keeps."""

from __future__ import annotations

import asyncio
import ctypes
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.extraction import freed_memory
from scantling_analyzers.extraction.freed_memory import KEPT, MAPPED, MIB, keep_freed_memory
from scantling_analyzers.extraction.pool import GIB
from tests.analyzers.extraction.test_layer import wanted

if TYPE_CHECKING:
    from tests.analyzers.extraction.blob_files import BlobFolder
    from tests.analyzers.extraction.conftest import Extraction


FILLING = """\
import resource
from scantling_analyzers.extraction.freed_memory import MIB, keep_freed_memory

resource.setrlimit(resource.RLIMIT_DATA, (256 * MIB, 256 * MIB))
keep_freed_memory()
held = []
try:
    while len(held) < 1000:
        held.append(bytearray(MIB))
except MemoryError:
    print(len(held))
    held.clear()
    bytearray(160 * MIB)
"""


class NoSuchOption:
    """A C library without mallopt."""

    def __init__(self, name: None) -> None:
        pass


async def test_who_waits_for_workers_to_be_busy_goes_on_once_they_are(
    extraction: Extraction, blobs: BlobFolder
) -> None:
    pool = extraction.pool
    await pool.busy(0)
    waiting = asyncio.create_task(pool.busy(1))
    await asyncio.sleep(0)
    assert not waiting.done()
    hanging = blobs.add({"do/hang": b""})
    reading = asyncio.create_task(extraction.layers.read(wanted(hanging), blobs))
    await waiting
    assert not reading.done()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading


def test_an_option_that_the_c_library_lacks_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", NoSuchOption)
    keep_freed_memory()


def test_options_are_those_of_mallopt(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[int, int]] = []

    class Recording(NoSuchOption):
        def mallopt(self, option: int, value: int) -> int:
            given.append((option, value))
            return 1

    monkeypatch.setattr(ctypes, "CDLL", Recording)
    keep_freed_memory()
    assert given == [(-1, KEPT), (-3, MAPPED)]


def test_what_is_kept_is_a_small_part_of_what_a_worker_may_have() -> None:
    assert MAPPED <= 32 * MIB  # glibc refuses more
    assert KEPT * 10 <= GIB
    assert freed_memory.MAPPED < KEPT


def test_what_is_kept_counts_and_gives_way_to_what_is_needed() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", FILLING], check=True, capture_output=True, text=True
    )
    assert 150 < int(ended.stdout) < 256
