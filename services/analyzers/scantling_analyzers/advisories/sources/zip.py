"""Zip archives (PKWARE APPNOTE 6.3), entry by entry, stored or deflated.

The central directory is read as it is needed and never held: an archive of a million entries takes
no more memory than one of ten. What it says of an entry is held against the entry itself.
"""

from __future__ import annotations

import struct
import zlib
from typing import IO, TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.advisories.sources.errors import (
    SourceDamaged,
    SourceError,
    SourceTooLarge,
    SourceUnsafe,
)
from scantling_analyzers.advisories.sources.limits import KIB, MIB
from scantling_analyzers.advisories.sources.naming import problem_of
from scantling_analyzers.advisories.sources.zip_end import Directory, directory_of
from scantling_analyzers.advisories.text import title

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.advisories.sources.limits import SourceLimits

MAGIC: Final = (b"PK\x03\x04", b"PK\x05\x06")
_CENTRAL: Final = struct.Struct("<4s4xHH4xLLLHHH4xLL")
"""4.3.12: signature, flags, method, CRC, two sizes, three lengths, attributes, offset."""
_CENTRAL_MAGIC: Final = b"PK\x01\x02"
_LOCAL: Final = struct.Struct("<4s22xHH")
"""4.3.7: signature, lengths of name and extra field."""
_LOCAL_MAGIC: Final = b"PK\x03\x04"
_STORED: Final = 0
_DEFLATED: Final = 8
_ENCRYPTED: Final = 0x1
_UTF8: Final = 0x800
_LINK: Final = 0o120000
_KIND: Final = 0o170000
_ZIP64: Final = 1
_LARGE: Final = 0xFFFF_FFFF
_FIELD: Final = struct.Struct("<HH")
_HELD: Final = 512 * KIB
_RECORD: Final = 200 * KIB
"""More than a record of the directory can have: 46 bytes and three fields of 64 KiB."""
_TAKEN: Final = 256 * KIB
_GIVEN: Final = 1 * MIB


class ZipEntry(NamedTuple):
    """A file in an archive, or why it can't be read. Sizes in bytes."""

    name: str
    raw_name: bytes
    size: int
    packed: int
    method: int
    crc: int
    at: int
    error: SourceError | None


def entries(file: IO[bytes], name: str, limits: SourceLimits) -> Iterator[ZipEntry]:
    """Give the files of an archive in the order of its directory.

    Raises :class:`SourceDamaged` and :class:`SourceTooLarge` for the archive as a whole, where it
    goes wrong.
    """
    directory = directory_of(file, name)
    for number, (fixed, text) in enumerate(_records(file, directory, name)):
        if number >= limits.entries:
            raise SourceTooLarge(f"{name} has more than {limits.entries:,} entries")
        entry = _entry(fixed, text, directory, limits)
        if not entry.name.endswith("/"):
            yield entry


def pieces(file: IO[bytes], entry: ZipEntry) -> Iterator[bytes]:
    """Read an entry to its end, and check its size and sum. Raises :class:`SourceDamaged`."""
    size = crc = 0
    for piece in _inflated(_packed(file, entry)) if entry.method else _packed(file, entry):
        size += len(piece)
        if size > entry.size:
            break
        crc = zlib.crc32(piece, crc)
        yield piece
    if (size, crc) != (entry.size, entry.crc):
        raise SourceDamaged("the entry is broken: its size or its sum is wrong")


def _records(
    file: IO[bytes], directory: Directory, name: str
) -> Iterator[tuple[tuple[int, ...], bytes]]:
    """Give the records of the directory: their fixed fields, and name and extra field."""
    held, at, end = b"", directory.start, directory.start + directory.size
    while held or at < end:
        while len(held) < _HELD and at < end:
            file.seek(at)
            piece = file.read(min(_HELD, end - at))
            if not piece:
                raise SourceDamaged(f"{name} ends inside its directory")
            held, at = held + piece, at + len(piece)
        used = 0
        while len(held) - used >= _CENTRAL.size and (at >= end or len(held) - used >= _RECORD):
            signature, *fixed = _CENTRAL.unpack_from(held, used)
            begun = used + _CENTRAL.size
            name_end, extra_end = begun + fixed[5], begun + fixed[5] + fixed[6]
            used = extra_end + fixed[7]
            if signature != _CENTRAL_MAGIC or used > len(held):
                raise SourceDamaged(f"the directory of {name} is broken")
            yield (*fixed, name_end - begun), held[begun:extra_end]
        if not used:
            raise SourceDamaged(f"the directory of {name} is broken")
        held = held[used:]


def _entry(
    fixed: tuple[int, ...], text: bytes, directory: Directory, limits: SourceLimits
) -> ZipEntry:
    flags, method, crc, packed, size, name_length, _, _, attributes, at, _ = fixed
    raw, extra = text[:name_length], text[name_length:]
    name = raw.decode("utf-8", "surrogateescape") if flags & _UTF8 else raw.decode("cp437")
    size, packed, at = _zip64(extra, size, packed, at)
    at += directory.shift
    error = _refusal(name, (flags, method, attributes), (size, packed), limits)
    if error is None and at > directory.start:
        error = SourceDamaged("the entry is broken: it begins beyond the end")
    return ZipEntry(
        name=name,
        raw_name=raw,
        size=size,
        packed=packed,
        method=method,
        crc=crc,
        at=at,
        error=error,
    )


def _zip64(extra: bytes, *fields: int) -> tuple[int, ...]:
    """Return sizes and offset with those that did not fit into 32 bits (4.5.3)."""
    at = 0
    while at + _FIELD.size <= len(extra):
        kind, length = _FIELD.unpack_from(extra, at)
        at += _FIELD.size
        if kind == _ZIP64:
            numbers = iter(struct.unpack_from(f"<{min(length, len(extra) - at) // 8}Q", extra, at))
            return tuple(next(numbers, each) if each == _LARGE else each for each in fields)
        at += length
    return fields


def _refusal(
    name: str, kind: tuple[int, int, int], sizes: tuple[int, int], limits: SourceLimits
) -> SourceError | None:
    (flags, method, attributes), (size, packed) = kind, sizes
    if problem := problem_of(name):
        return SourceUnsafe(f"the entry {problem}")
    if attributes >> 16 & _KIND == _LINK:
        return SourceUnsafe("the entry is a link, which is not followed")
    if method not in {_STORED, _DEFLATED}:
        return SourceDamaged("the entry is packed by a method that is not read")
    if flags & _ENCRYPTED:
        return SourceDamaged("the entry is encrypted")
    if size > max(limits.ratio_floor, packed * limits.ratio):
        return SourceTooLarge(
            f"the entry expands more than {limits.ratio} times (decompression bomb)"
        )
    return None


def _packed(file: IO[bytes], entry: ZipEntry) -> Iterator[bytes]:
    """Give what is stored of an entry."""
    file.seek(entry.at)
    # The directory and its end stand behind: there is as much to read.
    local = file.read(_LOCAL.size).ljust(_LOCAL.size, b"\0")
    signature, name_length, extra_length = _LOCAL.unpack(local)
    if signature != _LOCAL_MAGIC or file.read(name_length) != entry.raw_name:
        raise SourceDamaged("the entry is broken: another one stands in its place")
    at, left = entry.at + _LOCAL.size + name_length + extra_length, entry.packed
    while left:
        file.seek(at)
        piece = file.read(min(left, _TAKEN))
        if not piece:
            raise SourceDamaged("the entry is broken: it ends too early")
        at, left = at + len(piece), left - len(piece)
        yield piece


def _inflated(packed: Iterator[bytes]) -> Iterator[bytes]:
    """Inflate (RFC 1951), no more than 1 MiB at once."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for piece in packed:
            data = piece
            while data and not inflater.eof:
                yield inflater.decompress(data, _GIVEN)
                data = inflater.unconsumed_tail
        while not inflater.eof and (rest := inflater.decompress(b"", _GIVEN)):
            yield rest
    except zlib.error as error:
        raise SourceDamaged(f"the entry is broken: {title(str(error))}") from error
    if not inflater.eof:
        raise SourceDamaged("the entry is broken: it ends too early")
