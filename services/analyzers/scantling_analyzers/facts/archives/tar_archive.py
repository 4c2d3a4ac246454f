"""Tar archives in memory, read by the walk that reads layers.

Unlike a layer, an archive may be several in a row with zeros before and between them, be it a
single block, which ``tar -i`` reads: all of them are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.contract import Unreadable
from scantling_common.layers import header
from scantling_common.layers.entries import Kind
from scantling_common.layers.errors import (
    LayerError,
    LayerTooLarge,
    TarError,
    TarGoesOn,
    TarTruncated,
)
from scantling_common.layers.header import BLOCK
from scantling_common.layers.limits import DEFAULT_LIMITS, KIB, LayerLimits
from scantling_common.layers.sparse import expand
from scantling_common.layers.tar import TarWalk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scantling_common.layers.entries import Entries
    from scantling_common.layers.sparse import Map

_CHECKSUM: Final = slice(148, 154)
_USTAR: Final = slice(257, 262)
_ZEROS: Final = bytes(64 * KIB)
_TOLD: Final = DEFAULT_LIMITS.hostile_entries
"""How many entries that address nothing are told of by name."""


class TarMember(NamedTuple):
    """A file in an archive: ``offset`` and ``stored`` bytes of it, ``size`` with its holes."""

    name: bytes
    offset: int
    stored: int
    size: int
    regions: Map | None


class TarListing(NamedTuple):
    """The files of an archive, how many entries it has, and what of it can't be had."""

    members: list[TarMember]
    total: int
    problems: list[tuple[bytes, Unreadable]]


def begin(data: memoryview, start: int = 0) -> int | None:
    """Return where a tar archive begins: at ``start``, or behind zeros; None where none does."""
    at = _behind_zeros(data, start)
    return at if at < data.nbytes and _is_header(data[at : at + BLOCK]) else None


def list_members(archive: memoryview, limit: int, check_time: Callable[[], None]) -> TarListing:
    """Return the regular files; links stand for files that are there themselves.

    Raises nothing but what ``check_time`` raises: what ends the reading, and each entry that
    addresses nothing, is a problem.
    """
    members: list[TarMember] = []
    problems: list[tuple[bytes, Unreadable]] = []
    total = 0
    start: int | None = begin(archive) or 0
    while start is not None:
        check_time()
        named = max(0, _TOLD - len(problems))
        limits = LayerLimits(entries=max(0, limit - total), hostile_entries=named)
        walking = TarWalk(limits, solaris=True)
        end: int | None = None
        try:
            walking.feed(archive[start:])
            found, end = walking.finish(), start + walking.end
        except TarGoesOn as error:
            found, end = walking.cut(), start + error.at
        except LayerError as error:
            problems.append((b"", _problem(error)))
            found = walking.cut()
        members.extend(_files(found, start))
        problems.extend(_not_addressable(found))
        # One without any entry counts, too: else there is no end to the number of them.
        total += max(1, len(found) + found.hostile_count)
        start = None if end is None else _next(archive, end, problems)
    return TarListing(members, total, problems)


def _next(archive: memoryview, end: int, problems: list[tuple[bytes, Unreadable]]) -> int | None:
    """Return where the next archive begins behind one that ends; anything else is a problem."""
    behind = _behind_zeros(archive, end)
    if behind >= archive.nbytes:
        return None
    if _is_header(archive[behind : behind + BLOCK]):
        return behind
    message = f"there is something after the end of the archive, at byte {behind}"
    problems.append((b"", Unreadable(message, code="malformed")))
    return None


def _not_addressable(found: Entries) -> Iterator[tuple[bytes, Unreadable]]:
    for entry in found.hostile:
        message = f"the entry of the archive can't be read: {entry.problem.value}"
        yield entry.name, Unreadable(message, code="entry_not_addressable")
    if found.hostile_count > len(found.hostile):
        more = found.hostile_count - len(found.hostile)
        yield b"", Unreadable(f"{more} more such entries", code="too_many")


def content(archive: memoryview, member: TarMember, limit: int) -> memoryview:
    """Return the content of a file: a view, put together only where it is sparse.

    Raises :class:`Unreadable` where the archive ends before, and where a sparse file has more
    than ``limit`` bytes.
    """
    end = member.offset + member.stored
    if end > archive.nbytes:
        raise Unreadable("the archive ends inside the file", code="truncated")
    stored = archive[member.offset : end]
    if member.regions is None:
        return stored
    if member.size > limit:
        message = f"the sparse file has {member.size} bytes, {limit} are read"
        raise Unreadable(message, code="too_large")
    return expand(stored, member.regions, member.size)


def _files(entries: Entries, start: int) -> list[TarMember]:
    found = []
    for row, kind in enumerate(entries.kinds):
        size = entries.sizes[row]
        if kind != Kind.FILE or not size:
            continue
        regions = entries.sparse.get(row)
        stored = size if regions is None else sum(regions[1::2])
        at = start + entries.offsets[row]
        found.append(TarMember(entries.paths[row], at, stored, size, regions))
    return found


def _problem(error: LayerError) -> Unreadable:
    if isinstance(error, LayerTooLarge):
        return Unreadable("the archive has too many entries, or too long names", code="too_many")
    code = "truncated" if isinstance(error, TarTruncated) else "malformed"
    return Unreadable(f"the archive can't be read to its end: {error.message}", code=code)


def _behind_zeros(data: memoryview, start: int) -> int:
    """Return where the first block stands that is not all zeros, the end where none does."""
    if start < data.nbytes and data[start]:  # as nearly all files begin
        return start
    at = start
    while at < data.nbytes:
        piece = bytes(data[at : at + len(_ZEROS)])
        if piece != _ZEROS[: len(piece)]:
            zeros = len(piece) - len(piece.lstrip(b"\0"))
            return at + zeros // BLOCK * BLOCK
        at += len(piece)
    return data.nbytes


def _is_header(data: memoryview) -> bool:
    """Tell whether a block is the header of a tar archive, by its sum."""
    block = bytes(data)
    if len(block) < BLOCK or not block[0]:
        return False
    if block[_USTAR] != b"ustar" and not block[_CHECKSUM].strip(b" \0").isdigit():
        return False
    try:
        return header.byte_sum(block) == header.ChecksumCache()[block[148:156]]
    except TarError:
        return False
