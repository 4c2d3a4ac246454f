"""7z archives in memory, of the methods that come with Python: LZMA, LZMA2, deflate, bzip2, none.

Filters for programs are undone, too, as far as they are a chain. PPMd, BCJ2, Deflate64 and
encryption are told.
"""

from __future__ import annotations

import bz2
import lzma
import struct
import zlib
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.archives.seven_zip_header import (
    ENCODED,
    Coder,
    Directory,
    Folder,
    Part,
    read_directory,
    read_packed,
)
from scantling_analyzers.facts.archives.streams import MEMORY, TAKEN, Source, Unpacked
from scantling_common.layers.limits import KIB, MIB

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.facts.archives.budget import Budget

_START: Final = struct.Struct("<6s2BIQQI")
"""Magic, version, checksum of what follows: where the directory is, its size and checksum."""
_SUMMED: Final = 12
_MOST_DIRECTORY: Final = 64 * MIB
_MOST_LAYERS: Final = 4
"""How often a directory may be packed; packers do it once."""

_COPY, _LZMA, _LZMA2 = b"\0", b"\x03\x01\x01", b"\x21"
_DEFLATE, _BZIP2 = b"\x04\x01\x08", b"\x04\x02\x02"
_ENCRYPTION: Final = b"\x06\xf1\x07\x01"
_DELTA: Final = b"\x03"
_FILTERS: Final = {
    b"\x04": lzma.FILTER_X86,
    b"\x03\x03\x01\x03": lzma.FILTER_X86,
    b"\x05": lzma.FILTER_POWERPC,
    b"\x03\x03\x02\x05": lzma.FILTER_POWERPC,
    b"\x06": lzma.FILTER_IA64,
    b"\x03\x03\x04\x01": lzma.FILTER_IA64,
    b"\x07": lzma.FILTER_ARM,
    b"\x03\x03\x05\x01": lzma.FILTER_ARM,
    b"\x08": lzma.FILTER_ARMTHUMB,
    b"\x03\x03\x07\x01": lzma.FILTER_ARMTHUMB,
    b"\x09": lzma.FILTER_SPARC,
    b"\x03\x03\x08\x05": lzma.FILTER_SPARC,
}
_ANY_DICTIONARY: Final = 40
_LEAST_DICTIONARY: Final = 4096
_GIVEN: Final = 1 * MIB
_CHUNK: Final = 64 * KIB
"""What a chunk of LZMA2 that is not packed holds at most."""


class SevenZipMember(NamedTuple):
    """A file in an archive: its folder, and where it stands in that."""

    name: bytes
    folder: Folder
    offset: int
    part: Part


def list_members(archive: memoryview, budget: Budget) -> list[SevenZipMember]:
    """Return the files that have content; raises :class:`Unreadable`."""
    members: list[SevenZipMember] = []
    directory = _directory(archive, budget)
    names = iter(directory.names)
    for folder in directory.folders:
        at = 0
        for part in folder.parts:
            members.append(SevenZipMember(next(names), folder, at, part))
            at += part.size
    return members


def check(folder: Folder, budget: Budget) -> None:
    """Raise :class:`Unreadable` for a folder that can't be unpacked at all."""
    if any(coder.method == _ENCRYPTION for coder in folder.coders):
        raise Unreadable("it is encrypted", code="unsupported_format")
    known = {_COPY, _LZMA, _LZMA2, _DEFLATE, _BZIP2}
    filters = {_DELTA, *_FILTERS}
    methods = [coder.method for coder, _ in folder.steps]
    if not methods or methods[0] not in known or not filters.issuperset(methods[1:]):
        raise Unreadable("it is packed in a way that is not unpacked", code="unsupported_format")
    limit = budget.limits.nested_bytes
    largest = max(size for _, size in folder.steps)
    if largest > limit:
        message = f"what is packed together has {largest} bytes, {limit} are read"
        raise Unreadable(message, code="too_large")


def unpack_folder(archive: memoryview, folder: Folder, budget: Budget) -> Unpacked:
    """Unpack a folder that passed :func:`check`; as much of it as can be, and why it is not all."""
    given = bytearray()
    problem: Unreadable | None = None
    start = _START.size + folder.offset
    packed = archive[start : start + folder.packed]
    try:
        for piece in _pieces(packed, folder, budget):
            given += piece
        if len(given) < folder.steps[0][1]:
            problem = Unreadable("the packed data ends too early", code="truncated")
        for coder, _ in folder.steps[1:]:
            given = _unfiltered(given, coder)
            budget.check_time()
    except Unreadable as error:
        problem = error
    except (lzma.LZMAError, zlib.error, struct.error, OSError, EOFError, ValueError):
        problem = Unreadable("the packed data is damaged", code="malformed")
    return Unpacked(memoryview(given), problem)


def content(member: SevenZipMember, folder: Unpacked) -> Unpacked:
    """Return what of a file is in its unpacked folder, and why it is not all or not right."""
    data = folder.data[member.offset : member.offset + member.part.size]
    if data.nbytes < member.part.size:
        lacking = Unreadable("the packed data ends too early", code="truncated")
        return Unpacked(data, folder.problem or lacking)
    if member.part.crc is not None and zlib.crc32(data) != member.part.crc:
        message = "the member isn't what the archive's directory says"
        return Unpacked(data, Unreadable(message, code="malformed"))
    return Unpacked(data, None)


def _directory(archive: memoryview, budget: Budget) -> Directory:
    if archive.nbytes < _START.size:
        raise Unreadable("the archive ends inside its header", code="truncated")
    *_, summed, offset, size, crc = _START.unpack_from(archive)
    if zlib.crc32(archive[_SUMMED : _START.size]) != summed:
        raise Unreadable("the archive's header is damaged", code="malformed")
    if not size:
        return Directory((), ())
    if size > _MOST_DIRECTORY:
        raise Unreadable(f"the directory has {size} bytes", code="too_large")
    start = _START.size + offset
    if start + size > archive.nbytes:
        raise Unreadable("the archive ends before its directory", code="truncated")
    data = bytes(archive[start : start + size])
    if zlib.crc32(data) != crc:
        raise Unreadable("the archive's directory is damaged", code="malformed")
    for _ in range(_MOST_LAYERS):
        if data[:1] != bytes([ENCODED]):
            return read_directory(data, budget.members)
        data = _packed_directory(archive, read_packed(data), budget)
    raise Unreadable("the archive's directory is packed too often", code="nested_too_deep")


def _packed_directory(archive: memoryview, folder: Folder, budget: Budget) -> bytes:
    try:
        check(folder, budget)
    except Unreadable as error:
        message = f"the archive's directory can't be read: {error.message}"
        raise Unreadable(message, code=error.reason) from None
    if folder.size > _MOST_DIRECTORY:
        raise Unreadable(f"the directory has {folder.size} bytes", code="too_large")
    unpacked = unpack_folder(archive, folder, budget)
    (part,) = folder.parts
    whole = content(SevenZipMember(b"", folder, 0, part), unpacked)
    if whole.problem is not None:
        raise whole.problem
    return bytes(whole.data)


def _pieces(packed: memoryview, folder: Folder, budget: Budget) -> Iterator[bytes]:
    """Yield what the first coder gives, at most as much as is told."""
    coder, size = folder.steps[0]
    source = Source(packed, TAKEN, budget)
    left = size
    for piece in _given(coder, size, source):
        budget.inflate(len(piece), size - left + len(piece), source.taken)
        yield piece[:left]
        left -= len(piece)
        if left <= 0:
            return


def _given(coder: Coder, size: int, source: Source) -> Iterator[bytes]:
    if coder.method == _COPY:
        return iter(source.next, b"")
    if coder.method == _DEFLATE:
        return _inflated(source)
    if coder.method == _BZIP2:
        return _decompressed(bz2.BZ2Decompressor(), source)
    chain = [_lzma(coder.method, coder.properties, size)]
    return _decompressed(lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=chain), source)


def _decompressed(
    decompressor: lzma.LZMADecompressor | bz2.BZ2Decompressor, source: Source
) -> Iterator[bytes]:
    while not decompressor.eof:
        needed = decompressor.needs_input
        data = source.next() if needed else b""
        if needed and not data:
            return
        yield decompressor.decompress(data, _GIVEN)


def _inflated(source: Source) -> Iterator[bytes]:
    decompressor = zlib.decompressobj(-zlib.MAX_WBITS)
    while not decompressor.eof:
        data = decompressor.unconsumed_tail or source.next()
        if not data:
            return
        yield decompressor.decompress(data, _GIVEN)


def _lzma(method: bytes, properties: bytes, size: int) -> dict[str, Any]:
    """Return how a stream is unpacked; a dictionary need not be larger than the content."""
    if method == _LZMA2:
        (stated,) = properties
        if stated > _ANY_DICTIONARY:
            raise ValueError
        dictionary = (2 | stated & 1) << stated // 2 + 11
        found: dict[str, Any] = {"id": lzma.FILTER_LZMA2}
    else:
        coded, dictionary = struct.unpack("<BI", properties)
        rest, bits = divmod(coded, 9)
        found = {"id": lzma.FILTER_LZMA1, "lc": bits, "lp": rest % 5, "pb": rest // 5}
    dictionary = max(min(dictionary, size), _LEAST_DICTIONARY)
    if dictionary > MEMORY:
        message = f"the packed data asks for more than {MEMORY} bytes of memory"
        raise Unreadable(message, code="too_large")
    return found | {"dict_size": dictionary}


def _unfiltered(data: bytearray, coder: Coder) -> bytearray:
    """Undo a filter: as Python has filters only beside LZMA, the content is put in its clothes."""
    if coder.method == _DELTA:
        (distance,) = coder.properties
        undoing: dict[str, Any] = {"id": lzma.FILTER_DELTA, "dist": distance + 1}
    else:
        undoing = {"id": _FILTERS[coder.method]}
    plain = {"id": lzma.FILTER_LZMA2, "dict_size": _CHUNK}
    decompressor = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[undoing, plain])
    found = bytearray()
    for at in range(0, len(data), _CHUNK):
        chunk = data[at : at + _CHUNK]
        control = b"\2" if at else b"\1"
        found += decompressor.decompress(control + (len(chunk) - 1).to_bytes(2, "big") + chunk)
    found += decompressor.decompress(b"\0")
    return found
