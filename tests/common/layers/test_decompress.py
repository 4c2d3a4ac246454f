"""Compressed layers: recognised by their bytes, read whole, stopped when they explode."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
from typing import TYPE_CHECKING

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from scantling_common.layers.decompress import compression, decompress
from scantling_common.layers.errors import CompressionInvalid, LayerTooLarge
from scantling_common.layers.limits import MIB, LayerLimits
from tests.builders.layer import END, entry, layer

if TYPE_CHECKING:
    from collections.abc import Callable

PLAIN = layer({"a": b"some text " * 5000, "b": bytes(range(256)) * 100})
SKIPPABLE = b"\x52\x2a\x4d\x18" + struct.pack("<I", 5) + b"aside"

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
}


def unpacked(blob: bytes, piece: int = MIB, limits: LayerLimits | None = None) -> bytes:
    pieces = (blob[at : at + piece] for at in range(0, len(blob), piece))
    return b"".join(decompress(pieces, limits or LayerLimits()))


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("piece", [1000, MIB])
def test_what_was_packed_comes_back(kind: str, piece: int) -> None:
    blob = PACKERS[kind](PLAIN)

    assert compression(blob[:512]) == kind
    assert unpacked(blob, piece) == PLAIN


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=6), st.integers(1, 50))
def test_several_gzip_members_are_one_layer(parts: list[bytes], piece: int) -> None:
    blob = b"".join(map(gzip.compress, parts))

    assert unpacked(blob, piece) == b"".join(parts)
    assert unpacked(blob + bytes(700), piece) == b"".join(parts)


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=6), st.integers(1, 50))
def test_several_zstd_frames_are_one_layer(parts: list[bytes], piece: int) -> None:
    blob = SKIPPABLE + SKIPPABLE.join(map(zstandard.compress, parts)) + SKIPPABLE

    assert unpacked(blob, piece) == b"".join(parts)


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
@pytest.mark.parametrize("keep", [0.1, 0.5, 0.99])
def test_a_truncated_stream_is_an_error(kind: str, keep: float) -> None:
    blob = PACKERS[kind](PLAIN)

    with pytest.raises(CompressionInvalid, match="ends too early"):
        unpacked(blob[: int(len(blob) * keep)])


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_a_damaged_stream_is_an_error(kind: str) -> None:
    blob = bytearray(PACKERS[kind](PLAIN))
    blob[len(blob) // 2] ^= 0x55

    with pytest.raises(CompressionInvalid):
        unpacked(bytes(blob))


def test_a_gzip_checksum_is_verified() -> None:
    blob = bytearray(gzip.compress(PLAIN))
    blob[-6] ^= 1

    with pytest.raises(CompressionInvalid, match="broken"):
        unpacked(bytes(blob))


@pytest.mark.parametrize(
    "rest", [b"x", b"\0\0x", gzip.compress(b"a", mtime=0)[1:], bytes(40000) + b"\x1f\x8b"]
)
def test_data_after_the_end_of_gzip_is_an_error(rest: bytes) -> None:
    with pytest.raises(CompressionInvalid):
        unpacked(gzip.compress(PLAIN) + rest)


def test_another_member_after_padding_is_an_error() -> None:
    first = gzip.compress(PLAIN)
    padding = bytes(4 * 32_768 - len(first) % 32_768)

    with pytest.raises(CompressionInvalid, match="after the end"):
        unpacked(first + padding + gzip.compress(b"hidden"))


def test_data_after_the_end_of_zstd_is_an_error() -> None:
    with pytest.raises(CompressionInvalid):
        unpacked(zstandard.compress(PLAIN) + b"garbage")


@pytest.mark.parametrize("packed", [bz2.compress(PLAIN), lzma.compress(PLAIN)])
def test_other_compressions_are_named(packed: bytes) -> None:
    with pytest.raises(CompressionInvalid, match="compressed with"):
        unpacked(packed)


@pytest.mark.parametrize("name", [b"\x1f\x8bfile", b"BZhat", b"\x28\xb5\x2f\xfd"])
def test_a_tar_whose_first_name_looks_compressed_is_plain(name: bytes) -> None:
    assert unpacked(entry(name) + END) == entry(name) + END


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_a_decompression_bomb_is_stopped_early(kind: str) -> None:
    pieces = decompress([PACKERS[kind](bytes(64 * MIB))], LayerLimits(ratio=50, ratio_floor=MIB))
    given_out = 0

    def read() -> None:
        nonlocal given_out
        for piece in pieces:
            given_out += len(piece)

    with pytest.raises(LayerTooLarge, match="bomb"):
        read()
    assert given_out < 64 * MIB


def test_a_small_layer_of_zeros_is_no_bomb() -> None:
    assert len(unpacked(gzip.compress(bytes(4 * MIB)))) == 4 * MIB


@pytest.mark.parametrize("kind", PACKERS)
def test_the_uncompressed_size_is_bounded(kind: str) -> None:
    with pytest.raises(LayerTooLarge, match="uncompressed"):
        unpacked(PACKERS[kind](PLAIN), limits=LayerLimits(uncompressed_bytes=10_000))


def test_a_zstd_window_is_bounded() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=24, enable_ldm=True)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    blob = packer.compress(PLAIN) + packer.flush()

    assert unpacked(blob) == PLAIN
    with pytest.raises(LayerTooLarge, match="memory"):
        unpacked(blob, limits=LayerLimits(zstd_window_bytes=8 * MIB))


def test_half_of_a_gzip_magic_at_the_end_of_a_piece_is_waited_for() -> None:
    blob = gzip.compress(b"a") + gzip.compress(b"b")
    cut = blob.index(b"\x1f\x8b", 2) + 1
    assert b"".join(decompress([blob[:cut], blob[cut:]], LayerLimits())) == b"ab"
    with pytest.raises(CompressionInvalid, match="too early"):
        b"".join(decompress([blob[:cut]], LayerLimits()))
