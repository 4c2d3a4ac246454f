"""Compressed files in memory, several in a row: gzip (RFC 1952), xz, lzma, bzip2, zstd (RFC 8878).

What could be unpacked before a limit or damage is given with the reason why it is not all.
"""

from __future__ import annotations

import bz2
import lzma
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import zstandard
from isal import igzip_lib

from scantling_analyzers.compressed import FRAME_PIECE, AfterTheEnd, Member, frames, members
from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.archives.kinds import Format
from scantling_common.layers.limits import KIB, MIB

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.facts.archives.budget import Budget

MEMORY: Final = 128 * MIB
"""What a decompressor may ask for: the dictionary of xz, the window of zstd."""
TAKEN: Final = 64 * KIB
"""How much of a file is given to a decompressor at once."""
_TOO_MUCH_MEMORY: Final = ("Memory usage limit", "too much memory")
"""How xz and zstd say that a file is over the limit."""
_MAGIC: Final = {
    Format.GZIP: b"\x1f\x8b",
    Format.XZ: b"\xfd7zXZ\0",
    Format.LZMA: b"\x5d\0\0",
    Format.BZIP2: b"BZh",
}
"""How a further member begins; one of lzma is read as far as it has the usual properties."""


class Unpacked(NamedTuple):
    """The content of a compressed file, and why it is not all of it, None where it is."""

    data: memoryview
    problem: Unreadable | None


class Source:
    """Hands out a file in small pieces, and counts."""

    def __init__(self, data: memoryview, piece: int, budget: Budget) -> None:
        """Begin with a file, of which ``piece`` bytes are given at once."""
        self.taken = 0
        self.check_time = budget.check_time
        """Is called for each member, too: those that hold nothing spend nothing else."""
        self._data, self._piece = data, piece

    def next(self) -> bytes:
        """Return the next piece, nothing at the end."""
        self.check_time()
        piece = bytes(self._data[self.taken : self.taken + self._piece])
        self.taken += len(piece)
        return piece


def unpack(data: memoryview, kind: Format, budget: Budget) -> Unpacked:
    """Decompress a file within a budget; raises nothing for what the file holds."""
    source = Source(data, FRAME_PIECE if kind is Format.ZSTD else TAKEN, budget)
    given = bytearray()
    try:
        for piece in _pieces(source, kind):
            budget.inflate(len(piece), len(given) + len(piece), source.taken)
            given += piece
    except Unreadable as problem:
        return Unpacked(memoryview(given), problem)
    except AfterTheEnd:
        message = "there is something after the compressed data"
        return Unpacked(memoryview(given), Unreadable(message, code="malformed"))
    except (igzip_lib.IsalError, lzma.LZMAError, zstandard.ZstdError, EOFError, OSError) as error:  # type: ignore[misc]  # the stub of isal is wrong
        return Unpacked(memoryview(given), _problem(error, kind))
    return Unpacked(memoryview(given), None)


def _pieces(source: Source, kind: Format) -> Iterator[bytes]:
    if kind is Format.ZSTD:
        return frames(source.next, MEMORY, source.check_time)
    return members(source.next, _MAGIC[kind], partial(_new, kind), source.check_time)


def _problem(error: Exception, kind: Format) -> Unreadable:
    if isinstance(error, EOFError):
        return Unreadable(f"the {kind.value} data ends too early", code="truncated")
    if any(said in str(error) for said in _TOO_MUCH_MEMORY):
        message = f"the {kind.value} data asks for more than {MEMORY} bytes of memory"
        return Unreadable(message, code="too_large")
    return Unreadable(f"the {kind.value} data is damaged", code="malformed")


def _new(kind: Format) -> Member:
    if kind is Format.GZIP:
        return igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
    if kind is Format.XZ:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MEMORY)
    if kind is Format.LZMA:
        return lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=MEMORY)
    return bz2.BZ2Decompressor()
