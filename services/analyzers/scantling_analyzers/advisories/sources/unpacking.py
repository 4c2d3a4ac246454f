"""Decompression of files and entries as a stream, by their first bytes: gzip, xz, bzip2, zstd.

No piece that comes out is larger than a few MiB, and what comes out is metered against what went
in. Several members after one another are one content, as the tools have it; what follows the last
is an error, and so is an end that comes too early.
"""

from __future__ import annotations

import bz2
import lzma
from typing import IO, TYPE_CHECKING, Final, Protocol

import zstandard
from isal import igzip_lib

from scantling_analyzers.advisories.sources.errors import SourceDamaged, SourceTooLarge
from scantling_analyzers.advisories.sources.limits import KIB, MIB
from scantling_analyzers.advisories.text import title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scantling_analyzers.advisories.sources.limits import SourceLimits

GZIP: Final = b"\x1f\x8b"
XZ: Final = b"\xfd7zXZ\0"
BZIP2: Final = b"BZh"
ZSTD: Final = b"\x28\xb5\x2f\xfd"
_TAKEN: Final = 256 * KIB
_GIVEN: Final = 1 * MIB
_ZSTD_TAKEN: Final = 2 * KIB
"""A zstd block of four bytes expands to at most 128 KiB: 2 KiB stay within 64 MiB."""


class _Member(Protocol):
    """What ``bz2``, ``lzma`` and ``isal`` have in common."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


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
        return _unzstd(file, limits)
    if start.startswith(GZIP):
        return _members(file, GZIP, lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP))
    if start.startswith(XZ):
        return _members(file, XZ, lambda: lzma.LZMADecompressor(memlimit=limits.memory_bytes))
    return _members(file, BZIP2, bz2.BZ2Decompressor)


def _members(file: IO[bytes], magic: bytes, new: Callable[[], _Member]) -> Iterator[bytes]:
    member: _Member | None = new()
    data = file.read(_TAKEN)
    while data:
        if member is None:
            data = _next_member(file, data, magic)
            if not data:
                return
            member = new()
        yield from _inflated(member, data)
        if member.eof:
            data = member.unused_data or file.read(_TAKEN)
            member = None
        else:
            data = file.read(_TAKEN)
    if member is not None:
        raise EOFError("it ends too early")


def _next_member(file: IO[bytes], data: bytes, magic: bytes) -> bytes:
    """Return the data of the next member, nothing after the last; zeros may pad the end."""
    if len(data) < len(magic):
        data += file.read(_TAKEN)
    if data.startswith(magic):
        return data
    while data:
        if data.strip(b"\0"):
            raise ValueError("there is something after its end")
        data = file.read(_TAKEN)
    return b""


def _inflated(member: _Member, data: bytes) -> Iterator[bytes]:
    while True:
        out = member.decompress(data, _GIVEN)
        if out:
            yield out
        if member.eof or member.needs_input:
            return
        data = b""


def _unzstd(file: IO[bytes], limits: SourceLimits) -> Iterator[bytes]:
    """Decompress one or more zstd frames (RFC 8878), skippable ones included."""
    decompressor = zstandard.ZstdDecompressor(max_window_size=limits.memory_bytes)
    frame = decompressor.decompressobj()
    while data := file.read(_ZSTD_TAKEN):
        while data:
            if frame.eof:
                frame = decompressor.decompressobj()
            if out := frame.decompress(data):
                yield out
            data = frame.unused_data if frame.eof else b""
    if not frame.eof:
        raise EOFError("it ends too early")
