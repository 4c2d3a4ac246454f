"""Decompression of a layer as a stream: gzip, zstd or plain, by its first bytes.

Media types are not believed. Input is fed in small pieces, so that no piece can expand to more
than :data:`LARGEST_PIECE`, and the totals are metered against :class:`LayerLimits`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import zstandard
from isal import igzip_lib

from scantling_common.layers import header
from scantling_common.layers.errors import CompressionInvalid, LayerTooLarge, TarError
from scantling_common.layers.limits import KIB, MIB, LayerLimits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

GZIP_MAGIC: Final = b"\x1f\x8b"
ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_SKIPPABLE: Final = b"\x2a\x4d\x18"
_OTHERS: Final = {b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"\x04\x22\x4d\x18": "lz4"}

LARGEST_PIECE: Final = 64 * MIB
_GZIP_PIECE: Final = 256 * KIB
_GZIP_OUTPUT: Final = 1 * MIB
_ZSTD_PIECE: Final = 2 * KIB
"""A zstd block of four bytes expands to at most 128 KiB: 2 KiB stay within 64 MiB."""
_TOO_MUCH_MEMORY: Final = "too much memory"
"""How zstd (its error *window too large*) says that a frame is over the limit."""


def compression(start: bytes) -> str:
    """Return ``plain``, ``gzip`` or ``zstd`` for the first 512 bytes of a blob.

    Raises :class:`CompressionInvalid` for other compressions. What has a valid tar header is
    plain, whatever its first name looks like.
    """
    if _is_tar(start):
        return "plain"
    if start.startswith(GZIP_MAGIC):
        return "gzip"
    if start.startswith(ZSTD_MAGIC) or (start[1:4] == _SKIPPABLE and start[0] & 0xF0 == 0x50):  # noqa: PLR2004
        return "zstd"
    if name := unsupported_compression(start):
        raise CompressionInvalid(f"layers compressed with {name} are not supported")
    return "plain"


def unsupported_compression(start: bytes) -> str:
    """Return the name of a compression that is known, but not read; empty for all others."""
    names = (name for magic, name in _OTHERS.items() if start.startswith(magic))
    return "" if _is_tar(start) else next(names, "")


def decompress(blob: Iterable[bytes], limits: LayerLimits) -> Iterator[bytes]:
    """Return the plain tar of a blob, piece by piece.

    Raises :class:`CompressionInvalid` for broken or truncated data and for anything but zeros
    after its end, :class:`LayerTooLarge` beyond the size or the ratio, after what is within.
    """
    source = iter(blob)
    first = b""
    while len(first) < header.BLOCK and (piece := next(source, b"")):
        first += piece
    kind = compression(first[: header.BLOCK])
    meter = _Meter(limits)
    pieces = _chain(first, source, meter)
    if kind == "gzip":
        yield from meter.outgoing(_gunzip(pieces))
    elif kind == "zstd":
        yield from _gather(meter.outgoing(_unzstd(pieces, limits)))
    else:
        yield from meter.outgoing(pieces)


class _Meter:
    """Counts what goes in and comes out, and stops a decompression bomb."""

    def __init__(self, limits: LayerLimits) -> None:
        self.limits = limits
        self.taken = 0
        self.given = 0

    def outgoing(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        limits = self.limits
        for piece in pieces:
            most = max(limits.ratio_floor, self.taken * limits.ratio)
            within = min(most, limits.uncompressed_bytes) - self.given
            self.given += len(piece)
            if len(piece) > within > 0:
                yield piece[:within]
            if self.given > limits.uncompressed_bytes:
                raise LayerTooLarge(
                    f"the layer has more than {limits.uncompressed_bytes:,} bytes uncompressed"
                )
            if self.given > most:
                raise LayerTooLarge(
                    f"the layer expands more than {limits.ratio} times (decompression bomb)",
                    hint="raise the ratio limit if this image is wanted",
                )
            yield piece


def _chain(first: bytes, rest: Iterator[bytes], meter: _Meter) -> Iterator[bytes]:
    meter.taken += len(first)
    yield first
    for piece in rest:
        meter.taken += len(piece)
        yield piece


def _gunzip(blob: Iterator[bytes]) -> Iterator[bytes]:
    """Inflate one or more gzip members (RFC 1952), padding of zeros allowed after the last."""
    member: igzip_lib.IgzipDecompressor | None = None
    carried = b""
    begun = padded = False
    for piece in _cut(blob, _GZIP_PIECE):
        data, carried = carried + piece, b""
        while data:
            if member is None:
                if begun and not data.strip(b"\0"):
                    padded = True
                    break
                if data == GZIP_MAGIC[:1]:
                    carried = data
                    break
                if padded or not data.startswith(GZIP_MAGIC):
                    raise CompressionInvalid("the layer has data after the end of its gzip stream")
                member, begun = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP), True
            yield from _inflate(member, data)
            data = member.unused_data if member.eof else b""
            member = None if member.eof else member
    if member is not None or carried or not begun:
        raise CompressionInvalid("the layer's gzip data ends too early")


def _inflate(member: igzip_lib.IgzipDecompressor, data: bytes) -> Iterator[bytes]:
    while True:
        try:
            out = member.decompress(data, _GZIP_OUTPUT)
        except (igzip_lib.IsalError, EOFError) as error:  # type: ignore[misc]  # the stub is wrong
            raise CompressionInvalid("the layer's gzip data is broken") from error
        if out:
            yield out
        if member.eof or member.needs_input:
            return
        data = b""


def _unzstd(blob: Iterator[bytes], limits: LayerLimits) -> Iterator[bytes]:
    """Decompress one or more zstd frames (RFC 8878), skippable ones included."""
    decompressor = zstandard.ZstdDecompressor(max_window_size=limits.zstd_window_bytes)
    frame = decompressor.decompressobj()
    begun = False
    for piece in _cut(blob, _ZSTD_PIECE):
        data = bytes(piece)
        while data:
            if frame.eof:
                frame = decompressor.decompressobj()
            begun = True
            try:
                out = frame.decompress(data)
            except zstandard.ZstdError as error:
                if _TOO_MUCH_MEMORY in str(error):
                    message = (
                        f"zstd asks for more than {limits.zstd_window_bytes:,} bytes of memory"
                    )
                    raise LayerTooLarge(message) from error
                raise CompressionInvalid(f"the layer's zstd data is broken: {error}") from error
            if out:
                yield out
            data = frame.unused_data if frame.eof else b""
    if not begun or not frame.eof:
        raise CompressionInvalid("the layer's zstd data ends too early")


def _gather(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Join small pieces: to hand one on costs more than to hash 16 KiB."""
    held: list[bytes] = []
    size = 0
    try:
        for piece in pieces:
            held.append(piece)
            size += len(piece)
            if size >= MIB:
                yield b"".join(held)
                held, size = [], 0
    except LayerTooLarge:
        # What came before the limit counts.
        if held:
            yield b"".join(held)
        raise
    if held:
        yield b"".join(held)


def _cut(blob: Iterator[bytes], size: int) -> Iterator[bytes]:
    for piece in blob:
        for at in range(0, len(piece), size):
            yield piece[at : at + size]


def _is_tar(start: bytes) -> bool:
    if len(start) < header.BLOCK:
        return False
    field = header.FIELDS.unpack_from(start)[6]
    try:
        stated = header.ChecksumCache()[field]
    except TarError:
        return False
    return header.byte_sum(start) == stated
