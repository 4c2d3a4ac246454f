"""Zip archives in memory (PKWARE APPNOTE 6.3), read as a Java class loader reads them.

The central directory alone says what the archive holds. Nothing is believed but the position
of things: sizes are limits, and every byte that is inflated is counted.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Final, NamedTuple

from isal import isal_zlib
from isal.igzip_lib import IsalError

from scantling_analyzers.contract import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_NAME_BYTES: Final = 4096
"""The longest path that a file system has; a member with a longer name is addressed by none."""
MAX_DIRECTORY_BYTES: Final = 128 * 1024 * 1024
MAX_WANTED: Final = 100_000
"""How many members of one archive are worth a look; a fat archive has some hundred."""

_END: Final = struct.Struct("<4s4H2IH")
_END_MAGIC: Final = b"PK\x05\x06"
_MAX_COMMENT: Final = 0xFFFF
_LOCATOR: Final = struct.Struct("<4sIQI")
_LOCATOR_MAGIC: Final = b"PK\x06\x07"
_END64: Final = struct.Struct("<4sQ2H2I4Q")
_END64_MAGIC: Final = b"PK\x06\x06"
_ENTRY: Final = struct.Struct("<4s6H3I5H2I")
_ENTRY_MAGIC: Final = b"PK\x01\x02"
_LENGTHS: Final = struct.Struct("<28x3H")
LOCAL: Final = struct.Struct("<4s5H3I2H")
LOCAL_MAGIC: Final = b"PK\x03\x04"
_EXTRA: Final = struct.Struct("<2H")
_ZIP64_EXTRA: Final = 1
BIG: Final = 0xFFFFFFFF
"""What stands for a number that the zip64 field has."""
_ENCRYPTED: Final = 1
_SLACK: Final = 64 * 1024
STORED: Final = 0
_DEFLATED: Final = 8


class Entry(NamedTuple):
    """A member as the central directory describes it; sizes are claims."""

    name: bytes
    flags: int
    method: int
    crc: int
    compressed: int
    size: int
    offset: int

    @property
    def packed(self) -> bool:
        """Say whether the member must be inflated; else it is a part of the archive as it is."""
        return self.method != STORED


class Listing(NamedTuple):
    """What a central directory holds: the wanted entries, and how many there are in all.

    ``problem`` is why the directory was not read to its end.
    """

    entries: list[Entry]
    total: int
    problem: Unreadable | None


def list_entries(archive: memoryview, endings: tuple[bytes, ...], limit: int) -> Listing:
    """Return the members whose lower-case name has one of these endings, in their order.

    Raises :class:`Unreadable` (``malformed``, ``truncated``, ``too_large``) where there is no
    directory that can be read at all.
    Offsets are those in ``archive``, whatever stands before the zip proper.
    """
    start, end, shift = _directory(archive)
    if end - start > MAX_DIRECTORY_BYTES:
        raise Unreadable(f"the directory has {end - start} bytes", code="too_large")
    directory = bytes(archive[start:end])
    found: list[Entry] = []
    at, size, count = 0, len(directory), 0
    # By a few letters most members are told from the wanted ones.
    least = min(map(len, endings))
    tails = {ending[-least:] for ending in endings}
    while at < size:
        if size - at < _ENTRY.size or not directory.startswith(_ENTRY_MAGIC, at):
            return Listing(found, count, _damaged())
        if count >= limit:
            problem = Unreadable("the archives have too many members", code="too_many")
            return Listing(found, count, problem)
        count += 1
        name_size, extra_size, comment_size = _LENGTHS.unpack_from(directory, at)
        name_end = at + _ENTRY.size + name_size
        following = name_end + extra_size + comment_size
        if following > size:
            return Listing(found, count, _damaged())
        if directory[name_end - least : name_end].lower() in tails and (
            name := directory[name_end - name_size : name_end]
        ).lower().endswith(endings):
            if len(found) >= MAX_WANTED:
                message = f"over {MAX_WANTED} records and archives in the archive"
                return Listing(found, count, Unreadable(message, code="too_many"))
            if name_size > MAX_NAME_BYTES:
                problem = Unreadable("a member's name is too long", code="too_large")
                return Listing(found, count, problem)
            extra = directory[name_end : name_end + extra_size]
            found.append(_entry(directory, at, name, extra, shift))
        at = following
    return Listing(found, count, None)


def _damaged() -> Unreadable:
    return Unreadable("the archive's directory is damaged", code="malformed")


def _entry(directory: bytes, at: int, name: bytes, extra: bytes, shift: int) -> Entry:
    (_, _, _, flags, method, _, _, crc, compressed, size, _, _, _, _, _, _, offset) = (
        _ENTRY.unpack_from(directory, at)
    )
    if BIG in {compressed, size, offset}:
        size, compressed, offset = zip64(extra, size, compressed, offset)
    return Entry(name, flags, method, crc, compressed, size, offset + shift)


def unsupported(flags: int, method: int) -> Unreadable | None:
    """Return why a member can't be unpacked: it is encrypted, or packed in a rare way."""
    if not flags & _ENCRYPTED and method in {STORED, _DEFLATED}:
        return None
    return Unreadable("the member is encrypted, or packed in a rare way", code="unsupported_format")


def check(entry: Entry, limit: int) -> None:
    """Raise :class:`Unreadable` for a member that isn't worth a try.

    ``too_large`` over ``limit`` bytes, ``malformed`` where no packer would need so many bytes,
    ``unsupported_format`` for encryption and rare methods.
    """
    if (problem := unsupported(entry.flags, entry.method)) is not None:
        raise problem
    if entry.size > limit:
        raise Unreadable(f"the member has {entry.size} bytes, {limit} are read", code="too_large")
    if entry.compressed > 2 * entry.size + _SLACK:
        raise Unreadable("the member is larger packed than plain", code="malformed")


def content(archive: memoryview, entry: Entry) -> memoryview:
    """Return the content of a member that passed :func:`check`.

    Raises :class:`Unreadable` (``truncated``, ``malformed``) where it isn't what the directory
    says.
    """
    packed = _packed(archive, entry)
    plain = packed if entry.method == STORED else _inflate(packed, entry.size)
    if plain.nbytes != entry.size or isal_zlib.crc32(plain) != entry.crc:
        raise Unreadable("the member isn't what the archive's directory says", code="malformed")
    return plain


def _packed(archive: memoryview, entry: Entry) -> memoryview:
    if entry.offset < 0 or entry.offset + LOCAL.size > archive.nbytes:
        raise Unreadable("the member lies beyond the end of the archive", code="truncated")
    magic, *_, name_size, extra_size = LOCAL.unpack_from(archive, entry.offset)
    if magic != LOCAL_MAGIC:
        raise Unreadable("no member where the archive's directory points", code="malformed")
    start = entry.offset + LOCAL.size + name_size + extra_size
    if start + entry.compressed > archive.nbytes:
        raise Unreadable("the member lies beyond the end of the archive", code="truncated")
    return archive[start : start + entry.compressed]


def _inflate(packed: memoryview, size: int) -> memoryview:
    """Inflate up to one byte more than ``size``, which tells a lie about the size."""
    try:
        return memoryview(isal_zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, size + 1))
    except IsalError as error:  # type: ignore[misc]  # the stub is wrong
        raise Unreadable(f"the member can't be inflated: {error}", code="malformed") from None


def ends_as_zip(data: memoryview) -> bool:
    """Tell whether a file has a zip at its end, whatever it begins with: it may be a program.

    What follows the zip, or is its comment, is looked over as interpreters do that run such files.
    """
    tail = bytes(data[-_END.size - _MAX_COMMENT :])
    # Texts have not even the last byte of it, and that is told fastest.
    if _END_MAGIC[-1:] not in tail or tail.rfind(_END_MAGIC) < 0:
        return False
    if bytes(data[-_END.size :][:4]) == _END_MAGIC and data.nbytes > _END.size:
        return True
    return any(_has_entries(data, end) for end in _ends(data))


def _directory(archive: memoryview) -> tuple[int, int, int]:
    """Return start and end of the central directory, and how far the zip proper is shifted."""
    ends = list(_ends(archive))
    if not ends:
        code = "truncated" if bytes(archive[:4]) == LOCAL_MAGIC else "malformed"
        raise Unreadable("no zip archive, or its end is missing", code=code)
    # A comment may hold what looks like an end.
    last = next((end for end in ends if _has_entries(archive, end)), ends[0])
    return _directory_before(archive, last)


def _directory_before(archive: memoryview, end: int) -> tuple[int, int, int]:
    *_, size, offset, _ = _END.unpack_from(archive, end)
    locator = end - _LOCATOR.size
    if locator >= 0 and bytes(archive[locator : locator + 4]) == _LOCATOR_MAGIC:
        end = _end64(archive, locator)
        *_, size, offset = _END64.unpack_from(archive, end)
    start = end - size
    if start < 0 or start < offset:
        raise Unreadable("the archive's directory is larger than the archive", code="truncated")
    return start, end, start - offset


def _ends(archive: memoryview) -> Iterator[int]:
    """Yield where an end of a directory may stand, the last one first."""
    window = max(0, archive.nbytes - _END.size - _MAX_COMMENT)
    tail = bytes(archive[window:])
    found = tail.rfind(_END_MAGIC)
    while found >= 0:
        if found + _END.size <= len(tail):
            yield window + found
        found = tail.rfind(_END_MAGIC, 0, found)


def _has_entries(archive: memoryview, end: int) -> bool:
    try:
        start, *_ = _directory_before(archive, end)
    except Unreadable:
        return False
    return bytes(archive[start : start + 4]) == _ENTRY_MAGIC


def _end64(archive: memoryview, locator: int) -> int:
    """Return the position of the zip64 end; it stands before its locator if anything precedes."""
    _, _, offset, _ = _LOCATOR.unpack_from(archive, locator)
    last = archive.nbytes - _END64.size
    for position in (min(max(0, locator - _END64.size), last), min(offset, last)):
        if position >= 0 and bytes(archive[position : position + 4]) == _END64_MAGIC:
            return int(position)
    raise Unreadable("the archive's zip64 directory is missing", code="truncated")


def zip64(extra: bytes, *numbers: int) -> list[int]:
    """Replace each number that doesn't fit in 32 bits by the next one of the zip64 field."""
    position = 0
    while position + _EXTRA.size <= len(extra):
        kind, size = _EXTRA.unpack_from(extra, position)
        position += _EXTRA.size
        if kind == _ZIP64_EXTRA:
            wide = iter(
                int.from_bytes(extra[at : at + 8], "little")
                for at in range(position, min(position + size, len(extra)) - 7, 8)
            )
            return [next(wide, number) if number == BIG else number for number in numbers]
        position += size
    return list(numbers)
