"""Sparse files: old GNU headers and the GNU.sparse pax records 0.0, 0.1 and 1.0.

A map is a flat tuple ``(offset, length, offset, length, …)`` of the regions that hold data, in
the file's own coordinates; the data itself stands in the archive back to back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_common.layers.errors import LayerTooLarge, TarInvalid, TarTruncated
from scantling_common.layers.header import BLOCK, number

if TYPE_CHECKING:
    from scantling_common.layers.header import Buffer
    from scantling_common.layers.pax import Records

Map = tuple[int, ...]

_HEADER_AT: Final = 386
_EXTENDED_AT: Final = 482
_REAL_SIZE_AT: Final = 483
_CONTINUED_AT: Final = 504
_LONGEST_NUMBER: Final = 20


def old_gnu(buffer: Buffer, offset: int, block: bytes, limit: int) -> tuple[Map, int, int]:
    """Read the map of a type ``S`` entry.

    Returns the map, the real size, and where the data begins. ``limit`` bounds the regions.
    """
    regions = _regions(block[_HEADER_AT:_EXTENDED_AT])
    real = number(block[_REAL_SIZE_AT : _REAL_SIZE_AT + 12])
    extended = block[_EXTENDED_AT]
    at = offset + BLOCK
    while extended:
        more = bytes(buffer[at : at + BLOCK])
        if len(more) < BLOCK:
            raise TarTruncated(f"the archive ends in the sparse map at byte {at}")
        regions += _regions(more[:_CONTINUED_AT])
        extended = more[_CONTINUED_AT]
        at += BLOCK
        _bound(len(regions), limit)
    return tuple(regions), real, at


def pax_map(records: Records, limit: int) -> Map | None:
    """Return the map of a GNU.sparse 0.0 or 0.1 header, None where there is none."""
    text = b""
    numbers: list[bytes] = []
    for key, value in records:
        if key in {b"GNU.sparse.offset", b"GNU.sparse.numbytes"}:
            numbers.append(value)
        elif key == b"GNU.sparse.map":
            text = value
    if text:
        numbers = text.split(b",", 2 * limit)
    _bound(len(numbers), limit)
    return tuple(_decimal(value) for value in numbers) if numbers else None


def pax_1_0(buffer: Buffer, data: int, size: int, limit: int) -> tuple[Map, int]:
    """Read the map at the head of the data of a GNU.sparse 1.0 file.

    Returns the map and how many bytes it takes, a multiple of 512.
    """
    taken = 0
    text = b""
    wanted = 1
    while text.count(b"\n") < wanted:
        chunk = bytes(buffer[data + taken : data + min(2 * taken + 8 * BLOCK, size)])
        if not chunk:
            raise TarInvalid("a sparse map has no end")
        text += chunk
        taken += len(chunk)
        if wanted == 1 and b"\n" in text:
            count = _decimal(text.partition(b"\n")[0])
            _bound(2 * count, limit)
            wanted += 2 * count
    numbers = text.split(b"\n", wanted)[:wanted]
    length = sum(map(len, numbers)) + wanted
    return tuple(map(_decimal, numbers[1:])), -(-length // BLOCK) * BLOCK


def validate(regions: Map, real_size: int, stored_size: int) -> None:
    """Raise :class:`TarInvalid` unless the regions ascend, stay inside, and fill the data."""
    if len(regions) % 2:
        raise TarInvalid("a sparse map has an offset without a length")
    starts, lengths = regions[::2], regions[1::2]
    ends = [start + length for start, length in zip(starts, lengths, strict=True)]
    good = (
        real_size >= 0
        and min(regions, default=0) >= 0
        and max(ends, default=0) <= real_size
        and all(end <= start for end, start in zip(ends, starts[1:], strict=False))
        and sum(lengths) <= stored_size
    )
    if not good:
        raise TarInvalid("a sparse map overlaps, runs backwards or leaves its file")


def expand(data: memoryview, regions: Map, real_size: int) -> memoryview:
    """Return the file's content with its holes as zeros."""
    whole = bytearray(real_size)
    at = 0
    for start, length in zip(regions[::2], regions[1::2], strict=True):
        whole[start : start + length] = data[at : at + length]
        at += length
    return memoryview(whole).toreadonly()


def _regions(field: bytes) -> list[int]:
    """Return the regions of one header's table, which ends at its first empty slot."""
    regions: list[int] = []
    for at in range(0, len(field) - 23, 24):
        if not field[at]:
            break
        regions += (number(field[at : at + 12]), number(field[at + 12 : at + 24]))
    return regions


def _decimal(value: bytes) -> int:
    if not value.isdigit() or len(value) > _LONGEST_NUMBER:
        raise TarInvalid(f"a sparse map holds {value[:40]!r} where a number is due")
    return int(value)


def _bound(numbers: int, limit: int) -> None:
    if numbers > 2 * limit:
        raise LayerTooLarge(f"the sparse files have more than {limit} regions")
