"""The write-ahead log beside an SQLite database (sqlite.org/fileformat2.html, section 4).

Frames count up to the last one that commits a transaction; after it may follow frames of an
earlier use of the file, whose salts or checksums don't fit.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.contract import Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADER_SIZE: Final = 32
FRAME_HEADER_SIZE: Final = 24
MAGIC_LITTLE: Final = 0x377F0682
MAGIC_BIG: Final = 0x377F0683
FORMAT_VERSION: Final = 3_007_000
PAGE_SIZES: Final = frozenset(2**power for power in range(9, 17))
_MASK: Final = 0xFFFFFFFF
_HEADER: Final = struct.Struct(">8I")
_FRAME: Final = struct.Struct(">6I")

Checksum = tuple[int, int]


class Log(NamedTuple):
    """The newest committed pages by number; ``size`` is that of the log in bytes."""

    page_size: int
    pages: Mapping[int, memoryview]
    size: int


NO_LOG: Final = Log(0, {}, 0)


def checksum(order: str, seed: Checksum, data: memoryview | bytes) -> Checksum:
    """Return SQLite's running checksum over whole pairs of 32-bit words (section 4.2)."""
    first, second = seed
    for even, odd in struct.iter_unpack(f"{order}II", data):
        first = (first + even + second) & _MASK
        second = (second + odd + first) & _MASK
    return first, second


def committed_pages(log: memoryview) -> Log:
    """Return what the log commits; :data:`NO_LOG` where it commits nothing.

    Raises :class:`Unreadable` where a log that isn't empty has no valid header: what it holds
    would be left out in silence.
    """
    if log.nbytes < HEADER_SIZE:
        return NO_LOG
    magic, version, page_size, _, *salts_and_sum = _HEADER.unpack_from(log)
    order = ">" if magic == MAGIC_BIG else "<"
    running = checksum(order, (0, 0), log[:24])
    if (
        magic not in {MAGIC_LITTLE, MAGIC_BIG}
        or version != FORMAT_VERSION
        or page_size not in PAGE_SIZES
        or running != tuple(salts_and_sum[2:])
    ):
        raise Unreadable(
            "the write-ahead log of the database has no valid header", code="malformed"
        )
    pages: dict[int, memoryview] = {}
    pending: dict[int, memoryview] = {}
    step = FRAME_HEADER_SIZE + page_size
    for start in range(HEADER_SIZE, log.nbytes - step + 1, step):
        number, commit, *salts, first, second = _FRAME.unpack_from(log, start)
        page = log[start + FRAME_HEADER_SIZE : start + step]
        running = checksum(order, checksum(order, running, log[start : start + 8]), page)
        if salts != salts_and_sum[:2] or running != (first, second) or not number:
            break
        pending[number] = page
        if commit:
            pages.update(pending)
            pending.clear()
    return Log(page_size, pages, log.nbytes) if pages else NO_LOG
