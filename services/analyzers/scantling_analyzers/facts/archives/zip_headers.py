"""Members of a zip by the header before each, where its directory does not name them.

The directory may be lost or damaged, or be that of the last one of several zips. Only what it says
is in an archive for certain: here it is guessed, and what is found serves to look for what is bad
in it.
"""

from __future__ import annotations

import zlib
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from isal import isal_zlib
from isal.igzip_lib import IsalError

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.archives.streams import Unpacked
from scantling_analyzers.facts.archives.zip_archive import (
    BIG,
    LOCAL,
    LOCAL_MAGIC,
    MAX_NAME_BYTES,
    STORED,
    unsupported,
    zip64,
)
from scantling_common.layers.limits import MIB

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_analyzers.facts.archives.budget import Budget
    from scantling_analyzers.facts.archives.zip_archive import Entry

_DESCRIBED_LATER: Final = 8
"""The flag of a member whose sizes stand behind it."""

_DESCRIPTOR_MAGIC: Final = b"PK\x07\x08"
_DIRECTORY_MAGIC: Final = b"PK\x01\x02"
_PIECE: Final = 64 * 1024
_FEW: Final = 64
"""Bytes in which most headers are found that follow a member."""
_NEWEST: Final = 63
"""The highest version that a header asks for, in tenths."""
_SYSTEMS: Final = 20
"""How many systems have a number, which some write beside the version."""
_METHODS: Final = frozenset({*range(20), *range(93, 100)})
_FLAWS: Final = frozenset({"malformed", "truncated", "unsupported_format"})


class Member(NamedTuple):
    """A member: its name, and what of its content is there."""

    name: bytes
    content: Unpacked


class _Header(NamedTuple):
    name: bytes
    flags: int
    method: int
    crc: int
    start: int
    compressed: int | None
    """None where it is described later."""
    is_sound: bool
    """Whether nothing of it is impossible: four bytes may look like its beginning by chance."""


def members_by_headers(
    archive: memoryview, known: Iterable[Entry], budget: Budget
) -> Iterator[Member]:
    """Yield the members that stand where none of the directory's, which are ``known``, does.

    Raises :class:`Unreadable` where there are too many, or it takes too long.
    """
    for start, end in _gaps(archive, known):
        for member in _members(archive[start:end], budget):
            if not budget.members:
                raise Unreadable("the archives have too many members", code="too_many")
            budget.count(1)
            yield member


def find_header(data: memoryview) -> int | None:
    """Return where the first header of a member stands that is a possible one, None for nowhere."""
    at = _find(data, 0, LOCAL_MAGIC)
    while at is not None:
        header = _header(data, at)
        if header is not None and header.is_sound:
            return at
        at = _find(data, at + len(LOCAL_MAGIC), LOCAL_MAGIC)
    return None


def _gaps(archive: memoryview, known: Iterable[Entry]) -> Iterator[tuple[int, int]]:
    """Yield where no member of the directory stands, and a header has room."""
    at = 0
    for entry in sorted(known, key=attrgetter("offset")):
        end = _end(archive, entry)
        if end is not None:
            if entry.offset - at > LOCAL.size:
                yield at, entry.offset
            at = max(at, end)
    if archive.nbytes - at > LOCAL.size:
        yield at, archive.nbytes


def _end(archive: memoryview, entry: Entry) -> int | None:
    """Return where a member ends, None where its own header says that there is more of it."""
    if not 0 <= entry.offset <= archive.nbytes - LOCAL.size:
        return None
    magic, _, flags, method, _, _, _, compressed, _, name_size, extra_size = LOCAL.unpack_from(
        archive, entry.offset
    )
    if flags & _DESCRIBED_LATER:
        # What is packed is never empty.
        has_more = method != STORED and not entry.compressed
    else:
        has_more = entry.compressed < compressed != BIG
    if magic != LOCAL_MAGIC or has_more:
        return None
    return int(entry.offset + LOCAL.size + name_size + extra_size + entry.compressed)


def _members(archive: memoryview, budget: Budget) -> Iterator[Member]:
    at = _find(archive, 0, LOCAL_MAGIC)
    while at is not None:
        budget.check_time()
        after = at + len(LOCAL_MAGIC)
        if (header := _header(archive, at)) is not None:
            content, end = _content(archive, header, budget)
            if header.is_sound or content.problem is None or content.problem.reason not in _FLAWS:
                yield Member(header.name, content)
                after = end if header.is_sound else after
        at = _find(archive, after, LOCAL_MAGIC)


def _header(archive: memoryview, at: int) -> _Header | None:
    """Return what stands at a place, None where it is no header."""
    if at + LOCAL.size > archive.nbytes:
        return None
    _, version, flags, method, _, _, crc, compressed, size, name_size, extra_size = (
        LOCAL.unpack_from(archive, at)
    )
    name_end = at + LOCAL.size + name_size
    start = name_end + extra_size
    if not 0 < name_size <= MAX_NAME_BYTES or start > archive.nbytes:
        return None
    name = bytes(archive[at + LOCAL.size : name_end])
    is_sound = (
        version & 0xFF <= _NEWEST
        and version >> 8 < _SYSTEMS
        and method in _METHODS
        and b"\0" not in name
    )
    if flags & _DESCRIBED_LATER:
        return _Header(name, flags, method, crc, start, None, is_sound)
    _, compressed = zip64(bytes(archive[name_end:start]), size, compressed)
    return _Header(name, flags, method, crc, start, compressed, is_sound)


def _content(archive: memoryview, header: _Header, budget: Budget) -> tuple[Unpacked, int]:
    """Return what is there of a member, and where it ends as far as that is known."""
    end = header.start if header.compressed is None else header.start + header.compressed
    if (problem := unsupported(header.flags, header.method)) is not None:
        return Unpacked(memoryview(b""), problem), min(end, archive.nbytes)
    if header.method == STORED:
        if header.compressed is None:
            end = _next_magic(archive, header.start)
        budget.look(min(end, archive.nbytes) - header.start)
        return _checked(Unpacked(archive[header.start : end], None), header, archive, end)
    unpacked, taken = _inflated(archive[header.start :], budget)
    if header.compressed is None:
        end = header.start + (0 if unpacked.problem else taken)
    return _checked(unpacked, header, archive, end)


def _checked(
    found: Unpacked, header: _Header, archive: memoryview, end: int
) -> tuple[Unpacked, int]:
    problem = found.problem
    if end > archive.nbytes:
        problem = _goes_on()
    elif (
        not problem and header.compressed is not None and isal_zlib.crc32(found.data) != header.crc
    ):
        problem = Unreadable("the member isn't what its header says", code="malformed")
    return Unpacked(found.data, problem), min(end, archive.nbytes)


def _goes_on() -> Unreadable:
    return Unreadable("the member goes on beyond the end of the archive", code="truncated")


def _inflated(packed: memoryview, budget: Budget) -> tuple[Unpacked, int]:
    """Return what can be inflated, and how many bytes that took."""
    inflating = isal_zlib.decompressobj(-zlib.MAX_WBITS)
    given, taken = bytearray(), 0
    problem: Unreadable | None = None
    try:
        while not inflating.eof and problem is None:
            piece = inflating.unconsumed_tail or bytes(packed[taken : taken + _PIECE])
            taken += 0 if inflating.unconsumed_tail else len(piece)
            plain = inflating.decompress(piece, MIB)
            budget.inflate(max(len(plain), len(piece)), len(given) + len(plain), taken)
            given += plain
            problem = None if piece or plain else _goes_on()
    except Unreadable as error:
        problem = error
    except IsalError as error:  # type: ignore[misc]  # the stub is wrong
        problem = Unreadable(f"the member can't be inflated: {error}", code="malformed")
    return Unpacked(memoryview(given), problem), taken - len(inflating.unused_data)


def _next_magic(archive: memoryview, start: int) -> int:
    """Return where anything begins that may follow a member, the end where nothing does."""
    end = archive.nbytes
    # The next header is where the search goes on: no byte is looked at more than three times.
    for magic in (LOCAL_MAGIC, _DESCRIPTOR_MAGIC, _DIRECTORY_MAGIC):
        found = _find(archive[:end], start, magic)
        end = end if found is None else found
    return end


def _find(archive: memoryview, start: int, magic: bytes) -> int | None:
    size = _FEW
    while start < archive.nbytes:
        found = bytes(archive[start : start + size + len(magic) - 1]).find(magic)
        if found >= 0:
            return start + found
        start += size
        size = MIB
    return None
