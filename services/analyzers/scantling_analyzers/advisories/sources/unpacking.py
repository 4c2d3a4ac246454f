"""Decompression of files and entries as a stream, by their first bytes: gzip, xz, bzip2, zstd.

No piece that comes out is larger than a few MiB, and what comes out is metered against what went
in. Several members after one another are one content, as the tools have it; what follows the last
is an error, and so is an end that comes too early.
"""

from __future__ import annotations

import bz2
import lzma
from functools import partial
from typing import IO, TYPE_CHECKING, Final

import zstandard
from isal import igzip_lib

from scantling_analyzers.advisories.sources.errors import SourceDamaged, SourceTooLarge
from scantling_analyzers.advisories.sources.limits import KIB
from scantling_analyzers.advisories.text import title
from scantling_analyzers.compressed import FRAME_PIECE, frames, members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.advisories.sources.limits import SourceLimits

GZIP: Final = b"\x1f\x8b"
XZ: Final = b"\xfd7zXZ\0"
BZIP2: Final = b"BZh"
ZSTD: Final = b"\x28\xb5\x2f\xfd"
_TAKEN: Final = 256 * KIB


def is_compressed(start: bytes) -> bool:
    """Tell whether content is compressed, by its first bytes."""
    return start.startswith((GZIP, XZ, BZIP2, ZSTD))


def unpacked(file: IO[bytes], start: bytes, name: str, limits: SourceLimits) -> Iterator[bytes]:
    """Decompress a file that begins with ``start``; the file stands at its beginning.

    Raises :class:`SourceDamaged` and :class:`SourceTooLarge`.
    """
    pieces = _pieces(file, start, limits)
    given = 0
    try:
        for piece in pieces:
            given += len(piece)
            if given > limits.total_bytes:
                raise SourceTooLarge(f"{name} holds over {limits.total_bytes:,} bytes")
            if given > max(limits.ratio_floor, file.tell() * limits.ratio):
                raise SourceTooLarge(
                    f"{name} expands more than {limits.ratio} times (decompression bomb)"
                )
            yield piece
    except (igzip_lib.IsalError, lzma.LZMAError, zstandard.ZstdError, EOFError, ValueError) as bad:  # type: ignore[misc]  # the stub of isal is wrong
        raise SourceDamaged(f"{name} can't be decompressed: {title(str(bad))}") from bad
    except OSError as bad:
        if bad.errno is not None:
            raise  # the disk's, and not bz2's word for broken data
        raise SourceDamaged(f"{name} can't be decompressed: {title(str(bad))}") from bad


def _pieces(file: IO[bytes], start: bytes, limits: SourceLimits) -> Iterator[bytes]:
    if start.startswith(ZSTD):
        return frames(partial(file.read, FRAME_PIECE), limits.memory_bytes)
    read = partial(file.read, _TAKEN)
    if start.startswith(GZIP):
        return members(read, GZIP, partial(igzip_lib.IgzipDecompressor, flag=igzip_lib.DECOMP_GZIP))
    if start.startswith(XZ):
        return members(read, XZ, partial(lzma.LZMADecompressor, memlimit=limits.memory_bytes))
    return members(read, BZIP2, bz2.BZ2Decompressor)
