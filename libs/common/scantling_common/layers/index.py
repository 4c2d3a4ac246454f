"""The index of one layer: columns, one row for each path, in archive order.

A path that stands in the archive twice has the row of its last entry; whiteout markers have no
row; hard links have their target's content.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import compress, repeat
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.layers import hardlinks, whiteouts
from scantling_common.layers.entries import Entries, HostileEntry, Kind
from scantling_common.layers.sparse import Map

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


NO_HASHES: Final[Mapping[int, int]] = MappingProxyType({})
_LINK: Final = int(Kind.HARD_LINK)


class IndexEntry(msgspec.Struct, frozen=True):
    """One row. ``offset`` is where the data stands in the plain tar, -1 for a dangling link."""

    path: bytes
    kind: Kind
    mode: int
    uid: int
    gid: int
    size: int
    mtime: int
    offset: int
    link: bytes = b""
    sparse: Map | None = None
    capability: bytes = b""


@dataclass(frozen=True)
class LayerIndex:
    """What one layer contains. Sizes in bytes, ``mtimes`` in seconds since the epoch.

    ``hidden`` and ``opaque`` are what the layer hides of lower ones, ``hostile`` the first of
    ``hostile_count`` entries that address nothing, ``replaced`` how many entries were
    superseded by a later one of the same path, ``hashes`` the xxh3 hash of each regular file of
    at least 4 KiB that is not sparse, else 0.
    """

    paths: list[bytes]
    kinds: bytes
    modes: array[int]
    uids: array[int]
    gids: array[int]
    sizes: array[int]
    mtimes: array[int]
    offsets: array[int]
    hashes: array[int]
    links: dict[int, bytes]
    sparse: dict[int, Map]
    capabilities: dict[int, bytes]
    hidden: tuple[bytes, ...] = ()
    opaque: tuple[bytes, ...] = ()
    hostile: tuple[HostileEntry, ...] = ()
    hostile_count: int = 0
    replaced: int = 0

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.paths)

    def __iter__(self) -> Iterator[IndexEntry]:
        """Return the entries in archive order."""
        return map(self.entry, range(len(self)))

    @cached_property
    def rows(self) -> dict[bytes, int]:
        """The row of each path."""
        return dict(zip(self.paths, range(len(self.paths)), strict=True))

    def row(self, path: bytes) -> int | None:
        """Return the row of a path, None where the layer has no such path."""
        return self.rows.get(path)

    def entry(self, row: int) -> IndexEntry:
        """Return one row as a record."""
        return IndexEntry(
            self.paths[row],
            Kind(self.kinds[row]),
            self.modes[row],
            self.uids[row],
            self.gids[row],
            self.sizes[row],
            self.mtimes[row],
            self.offsets[row],
            self.links.get(row, b""),
            self.sparse.get(row),
            self.capabilities.get(row, b""),
        )

    def is_file(self, row: int) -> bool:
        """Say whether a row has content that can be read: a file, or a hard link to one."""
        return self.kinds[row] <= _LINK and self.offsets[row] >= 0

    def files(self) -> Iterator[int]:
        """Return the rows that have content."""
        return (row for row in range(len(self)) if self.is_file(row))

    def dangling(self) -> list[int]:
        """Return the hard links whose target is not in this layer."""
        if _LINK not in self.kinds:
            return []
        return [
            row for row in range(len(self)) if self.kinds[row] == _LINK and self.offsets[row] < 0
        ]


def build(entries: Entries, hashes: Mapping[int, int] = NO_HASHES) -> LayerIndex:
    """Make the index of a walk, whose ``entries`` may change; ``hashes`` are by offset."""
    hardlinks.resolve(entries)
    marks = whiteouts.find(entries.paths)
    for path, problem in marks.refused:
        entries.refuse(path, problem)
    last = dict(zip(entries.paths, range(len(entries)), strict=True))
    replaced = len(entries) - len(last)
    if replaced or marks.markers:
        keep = sorted(set(last.values()) - marks.markers)
        entries = _select(entries, keep)
    return replace(
        _index_of(entries, hashes),
        hidden=tuple(marks.hidden),
        opaque=tuple(marks.opaque),
        hostile=tuple(entries.hostile),
        hostile_count=entries.hostile_count,
        replaced=replaced,
    )


def unseen(entries: Entries, index: LayerIndex) -> LayerIndex:
    """Return the entries with content that no row of the ``index`` of the same walk has.

    These are files that a later entry of the same path replaces, and whiteout markers that are not
    empty: no container shows them, and who has the layer can read them. Paths may repeat. What has
    another name in the index (a hard link made before the file was replaced) is not among them.
    """
    if len(entries) == len(index):
        return _index_of(Entries())
    seen = set(index.offsets)
    rows = [
        row
        for row, (kind, size, offset) in enumerate(
            zip(entries.kinds, entries.sizes, entries.offsets, strict=True)
        )
        if kind == Kind.FILE and size and offset not in seen
    ]
    return _index_of(_select(entries, rows))


def _index_of(entries: Entries, hashes: Mapping[int, int] = NO_HASHES) -> LayerIndex:
    return LayerIndex(
        paths=entries.paths,
        kinds=bytes(entries.kinds),
        modes=entries.modes,
        uids=entries.uids,
        gids=entries.gids,
        sizes=entries.sizes,
        mtimes=entries.mtimes,
        offsets=entries.offsets,
        hashes=_hashes(entries, hashes),
        links=entries.links,
        sparse=entries.sparse,
        capabilities=entries.capabilities,
    )


def _hashes(entries: Entries, hashes: Mapping[int, int]) -> array[int]:
    """Return the column of hashes; content that several links share is the first one's."""
    column = array("Q", map(hashes.get, entries.offsets, repeat(0)))
    at = entries.kinds.find(_LINK) if hashes else -1
    while at >= 0:
        column[at] = 0
        at = entries.kinds.find(_LINK, at + 1)
    return column


def _select(entries: Entries, keep: list[int]) -> Entries:
    """Return only the rows in ``keep``, which ascends."""
    wanted = bytearray(len(entries))
    for row in keep:
        wanted[row] = 1
    moved = dict(zip(keep, range(len(keep)), strict=True))
    chosen = Entries()
    chosen.paths = list(compress(entries.paths, wanted))
    chosen.kinds = bytearray(compress(entries.kinds, wanted))
    for name in ("modes", "uids", "gids", "sizes", "mtimes", "offsets"):
        column = getattr(entries, name)
        setattr(chosen, name, array(column.typecode, compress(column, wanted)))
    chosen.links = {moved[row]: link for row, link in entries.links.items() if row in moved}
    chosen.sparse = {moved[row]: regions for row, regions in entries.sparse.items() if row in moved}
    chosen.capabilities = {
        moved[row]: raw for row, raw in entries.capabilities.items() if row in moved
    }
    chosen.hostile, chosen.hostile_count = entries.hostile, entries.hostile_count
    return chosen
