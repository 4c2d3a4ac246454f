"""Tar archives in memory, read by the walk that reads layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from scantling_analyzers.contract import Unreadable
from scantling_common.layers.entries import Kind
from scantling_common.layers.errors import LayerError, LayerTooLarge, TarTruncated
from scantling_common.layers.limits import LayerLimits
from scantling_common.layers.sparse import expand
from scantling_common.layers.tar import TarWalk

if TYPE_CHECKING:
    from scantling_common.layers.entries import Entries
    from scantling_common.layers.sparse import Map


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


def list_members(archive: memoryview, limit: int) -> TarListing:
    """Return the regular files; links stand for files that are there themselves.

    Raises nothing: what ends the reading, and each entry that addresses nothing, is a problem.
    """
    walking = TarWalk(LayerLimits(entries=limit))
    problems: list[tuple[bytes, Unreadable]] = []
    try:
        walking.feed(archive)
        found = walking.finish()
    except LayerError as error:
        problems.append((b"", _problem(error)))
        found = walking.cut()
    for entry in found.hostile:
        message = f"the entry of the archive can't be read: {entry.problem.value}"
        problems.append((entry.name, Unreadable(message, code="entry_not_addressable")))
    if found.hostile_count > len(found.hostile):
        more = found.hostile_count - len(found.hostile)
        problems.append((b"", Unreadable(f"{more} more such entries", code="too_many")))
    return TarListing(_files(found), len(found) + found.hostile_count, problems)


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


def _files(entries: Entries) -> list[TarMember]:
    found = []
    for row, kind in enumerate(entries.kinds):
        size = entries.sizes[row]
        if kind != Kind.FILE or not size:
            continue
        regions = entries.sparse.get(row)
        stored = size if regions is None else sum(regions[1::2])
        found.append(TarMember(entries.paths[row], entries.offsets[row], stored, size, regions))
    return found


def _problem(error: LayerError) -> Unreadable:
    if isinstance(error, LayerTooLarge):
        return Unreadable("the archive has too many entries, or too long names", code="too_many")
    code = "truncated" if isinstance(error, TarTruncated) else "malformed"
    return Unreadable(f"the archive can't be read to its end: {error.message}", code=code)
