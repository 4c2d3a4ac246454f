"""How a layer index is stored: msgpack of packed little-endian columns, zstd around it."""

from __future__ import annotations

import sys
from array import array
from typing import Final

import msgspec
import zstandard

from scantling_common.layers.entries import HostileEntry
from scantling_common.layers.errors import IndexInvalid
from scantling_common.layers.index import LayerIndex
from scantling_common.layers.limits import GIB
from scantling_common.layers.paths import PathProblem

_VERSION: Final = 2
_LEVEL: Final = 3
_KINDS: Final = bytes(range(7))
_COLUMNS: Final = (
    ("modes", "H"),
    ("uids", "I"),
    ("gids", "I"),
    ("sizes", "q"),
    ("mtimes", "q"),
    ("offsets", "q"),
    ("hashes", "Q"),
)

MAX_BYTES: Final = 2 * GIB
"""How large a stored index may be once uncompressed; five million entries take about 0.6 GiB."""


class _Stored(msgspec.Struct, frozen=True, array_like=True):
    version: int
    count: int
    paths: bytes
    kinds: bytes
    modes: bytes
    uids: bytes
    gids: bytes
    sizes: bytes
    mtimes: bytes
    offsets: bytes
    hashes: bytes
    links: dict[int, bytes]
    sparse: dict[int, tuple[int, ...]]
    capabilities: dict[int, bytes]
    hidden: tuple[bytes, ...]
    opaque: tuple[bytes, ...]
    hostile: tuple[tuple[bytes, str], ...]
    hostile_count: int
    replaced: int


def encode(index: LayerIndex) -> bytes:
    """Return the index as bytes that :func:`decode` reads; equal indexes give equal bytes."""
    stored = _Stored(
        version=_VERSION,
        count=len(index),
        paths=b"\0".join(index.paths),
        kinds=index.kinds,
        **{name: _pack(getattr(index, name)) for name, _ in _COLUMNS},
        links=index.links,
        sparse=index.sparse,
        capabilities=index.capabilities,
        hidden=index.hidden,
        opaque=index.opaque,
        hostile=tuple((entry.name, entry.problem.value) for entry in index.hostile),
        hostile_count=index.hostile_count,
        replaced=index.replaced,
    )
    return zstandard.ZstdCompressor(level=_LEVEL).compress(msgspec.msgpack.encode(stored))


def decode(data: bytes, max_bytes: int = MAX_BYTES) -> LayerIndex:
    """Return the index that :func:`encode` was given.

    ``max_bytes`` bounds the uncompressed size. Raises :class:`IndexInvalid`.
    """
    try:
        size = zstandard.frame_content_size(data)
        if not 0 <= size <= max_bytes:
            raise IndexInvalid
        raw = zstandard.ZstdDecompressor().decompress(data, max_output_size=max_bytes)
        stored = msgspec.msgpack.decode(raw, type=_Stored)
        columns = {
            name: _unpack(code, getattr(stored, name), stored.count) for name, code in _COLUMNS
        }
        hostile = tuple(
            HostileEntry(name, PathProblem(problem)) for name, problem in stored.hostile
        )
    except (zstandard.ZstdError, msgspec.DecodeError, ValueError) as error:
        raise IndexInvalid from error
    paths = stored.paths.split(b"\0") if stored.count else []
    rows = range(stored.count)
    references = stored.links.keys() | stored.sparse.keys() | stored.capabilities.keys()
    good = (
        stored.version == _VERSION
        and len(paths) == len(stored.kinds) == stored.count
        and not stored.kinds.translate(None, _KINDS)
        and all(row in rows for row in references)
    )
    if not good:
        raise IndexInvalid
    return LayerIndex(
        paths=paths,
        kinds=stored.kinds,
        **columns,
        links=stored.links,
        sparse=stored.sparse,
        capabilities=stored.capabilities,
        hidden=stored.hidden,
        opaque=stored.opaque,
        hostile=hostile,
        hostile_count=stored.hostile_count,
        replaced=stored.replaced,
    )


def _pack(column: array[int]) -> bytes:
    if sys.byteorder == "big":
        column = column[:]
        column.byteswap()
    return column.tobytes()


def _unpack(code: str, data: bytes, count: int) -> array[int]:
    column = array(code)
    column.frombytes(data)
    if sys.byteorder == "big":
        column.byteswap()
    if len(column) != count:
        raise ValueError(f"a column of {len(column)} instead of {count}")
    return column
