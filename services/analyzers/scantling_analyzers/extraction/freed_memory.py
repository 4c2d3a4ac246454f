"""What a worker does with memory that it has freed: keep some of it for the next file."""

from __future__ import annotations

import contextlib
from typing import Final

MIB: Final = 1024 * 1024
KEPT: Final = 64 * MIB
"""How much freed memory stays with a worker at the end of its heap (``M_TRIM_THRESHOLD``)."""
MAPPED: Final = 4 * MIB
"""Blocks from this size on are given back at once; smaller ones come from the heap
(``M_MMAP_THRESHOLD``)."""

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3


def keep_freed_memory() -> None:
    """Let glibc keep freed memory, see mallopt(3); another C library does as it likes.

    By default blocks from 128 KiB on are mapped and unmapped each time, and the system clears each
    of their pages anew: half of all page faults of a worker.
    """
    # Neither Python nor the C library need have it. Only workers wait for the import.
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import ctypes  # noqa: PLC0415  # as said

        set_option = ctypes.CDLL(None).mallopt
        set_option(_M_TRIM_THRESHOLD, KEPT)
        set_option(_M_MMAP_THRESHOLD, MAPPED)
