"""The files of an image that can be seen, counted: how many, how large, which stand out.

Whatever is asked of every row is answered with columns of flags, one byte for each row: those of
different questions are joined, and only rows that stand out are looked at one by one.
"""

from __future__ import annotations

import heapq
import sys
from array import array
from dataclasses import dataclass
from itertools import chain, compress
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.layers.duplicates import Column, duplicates_of
from scantling_common.layers.entries import Kind
from scantling_common.layers.escape import escape
from scantling_common.layers.flags import Flags, both, few_rows_of, rows_of
from scantling_common.layers.hiding import hidings
from scantling_common.layers.waste import LayerWaste, WastedFile, most_wasted, waste_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scantling_common.layers.duplicates import Group
    from scantling_common.layers.index import LayerIndex

LARGEST: Final = 50
LISTED: Final = 1000
"""How many paths a list holds; what it counts is complete."""

_FILES: Final = bytes(kind <= Kind.HARD_LINK for kind in range(256))
_DIRECTORIES: Final = bytes(kind == Kind.DIRECTORY for kind in range(256))
_LINKS: Final = bytes(kind == Kind.HARD_LINK for kind in range(256))
_SYMLINKS: Final = bytes(kind == Kind.SYMLINK for kind in range(256))
_DEVICES: Final = bytes(kind in {Kind.CHARACTER_DEVICE, Kind.BLOCK_DEVICE} for kind in range(256))
_LOW, _HIGH = (0, 1) if sys.byteorder == "little" else (1, 0)
# Bits of st_mode (inode(7)): three of the upper byte, and that others may write.
_SETUID: Final = bytes(bool(byte & 0o4000 >> 8) for byte in range(256))
_SETGID: Final = bytes(bool(byte & 0o2000 >> 8) for byte in range(256))
_NOT_STICKY: Final = bytes(not byte & 0o1000 >> 8 for byte in range(256))
_WORLD_WRITABLE: Final = bytes(bool(byte & 0o002) for byte in range(256))


class VisibleFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file; ``path`` is escaped, ``size`` bytes, ``mtime`` seconds since the epoch."""

    path: str
    size: int
    mode: int
    uid: int
    gid: int
    mtime: int
    layer: int


class LayerFiles(msgspec.Struct, frozen=True, kw_only=True):
    """One layer: all its files, and those of them that can be seen.

    The difference of the two sizes is what the layer wastes.
    """

    count: int
    size: int
    visible_count: int
    visible_size: int
    hostile_count: int
    waste: LayerWaste


class Marked(msgspec.Struct, frozen=True, kw_only=True):
    """Entries that stand out: all of them counted, the first ``LISTED`` by path listed."""

    count: int
    files: tuple[VisibleFile, ...]


class DuplicateFiles(msgspec.Struct, frozen=True, kw_only=True):
    """Visible files of equal content: how many, and the first ones as (escaped path, layer)."""

    size: int
    count: int
    saved: int
    files: tuple[tuple[str, int], ...]


class Capable(msgspec.Struct, frozen=True, kw_only=True):
    """A file with capabilities: ``raw`` is its attribute ``security.capability``."""

    path: str
    layer: int
    raw: bytes


class FileStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """The visible files of an image: regular files and hard links to them.

    Content that several hard links of a layer share is counted once in ``size``. ``largest``
    is ordered by size, then path. ``open_directories`` are those that everybody may write to and
    that lack the sticky bit; ``leaving`` are symlinks whose target, read as text, is above the
    root. ``duplicates`` are those that cost most of ``duplicate_groups``; together all of them
    cost ``duplicate_size`` bytes more than one copy of each.
    """

    count: int
    size: int
    layers: tuple[LayerFiles, ...]
    largest: tuple[VisibleFile, ...]
    setuid: Marked
    setgid: Marked
    world_writable: Marked
    open_directories: Marked
    devices: Marked
    leaving: Marked
    symlink_count: int
    capable_count: int
    capable: tuple[Capable, ...]
    wasted: tuple[WastedFile, ...]
    duplicate_groups: int
    duplicate_size: int
    duplicates: tuple[DuplicateFiles, ...]


@dataclass(frozen=True)
class _Seen:
    """A layer and its flags: what can be seen, and which of that are files."""

    index: LayerIndex
    mask: bytes
    files: bytes

    def where(self, *columns: Flags) -> bytes:
        """Return the flags of what can be seen and is set in all columns."""
        found = self.mask
        for column in columns:
            found = both(found, column)
        return found

    def of_kind(self, kinds: bytes) -> bytes:
        return self.index.kinds.translate(kinds)

    def mode_bits(self, byte: int, bits: bytes) -> bytes:
        return self.index.modes.tobytes()[byte::2].translate(bits)


def count_files(layers: Sequence[LayerIndex], largest: int = LARGEST) -> FileStatistics:
    """Count the visible files of the image that ``layers`` make, bottom first."""
    hidden = hidings(layers)
    seen = [
        _Seen(layer, hiding.mask, both(hiding.mask, layer.kinds.translate(_FILES)))
        for layer, hiding in zip(layers, hidden, strict=True)
    ]
    wasted = waste_of(layers, hidden)
    counted = tuple(map(_count, seen, wasted))
    capable = _capable(seen)
    duplicates = duplicates_of(
        [Column(layer.index.sizes, _hashes(layer), layer.files) for layer in seen]
    )
    return FileStatistics(
        count=sum(layer.visible_count for layer in counted),
        size=sum(layer.visible_size for layer in counted),
        layers=counted,
        largest=_largest(seen, largest),
        setuid=_marked(seen, lambda layer: both(layer.files, layer.mode_bits(_HIGH, _SETUID))),
        setgid=_marked(seen, lambda layer: both(layer.files, layer.mode_bits(_HIGH, _SETGID))),
        world_writable=_marked(
            seen, lambda layer: both(layer.files, layer.mode_bits(_LOW, _WORLD_WRITABLE))
        ),
        open_directories=_marked(
            seen,
            lambda layer: layer.where(
                layer.of_kind(_DIRECTORIES),
                layer.mode_bits(_LOW, _WORLD_WRITABLE),
                layer.mode_bits(_HIGH, _NOT_STICKY),
            ),
        ),
        devices=_marked(seen, lambda layer: layer.where(layer.of_kind(_DEVICES))),
        leaving=_marked(seen, _leaving),
        symlink_count=sum(layer.where(layer.of_kind(_SYMLINKS)).count(1) for layer in seen),
        capable_count=len(capable),
        capable=tuple(
            Capable(path=escape(path), layer=position, raw=raw)
            for path, position, raw in heapq.nsmallest(LISTED, capable)
        ),
        wasted=most_wasted(wasted),
        duplicate_groups=duplicates.groups,
        duplicate_size=duplicates.saved,
        duplicates=tuple(_duplicate(seen, group) for group in duplicates.largest),
    )


def _count(layer: _Seen, waste: LayerWaste) -> LayerFiles:
    files = layer.of_kind(_FILES)
    return LayerFiles(
        count=files.count(1),
        size=_size(layer.index, files),
        visible_count=layer.files.count(1),
        visible_size=_size(layer.index, layer.files),
        hostile_count=layer.index.hostile_count,
        waste=waste,
    )


def _size(layer: LayerIndex, flags: bytes) -> int:
    """Add up sizes; what hard links share counts once."""
    sizes = array("q", compress(layer.sizes, flags))
    if Kind.HARD_LINK not in layer.kinds:
        return sum(sizes)
    # Empty files have no content to share.
    offsets = compress(layer.offsets, flags)
    return sum(dict(compress(zip(offsets, sizes, strict=True), sizes)).values())


def _largest(seen: Sequence[_Seen], number: int) -> tuple[VisibleFile, ...]:
    sizes = (compress(layer.index.sizes, layer.files) for layer in seen)
    least = min(heapq.nlargest(number, chain.from_iterable(sizes)), default=0)
    found: list[tuple[int, bytes, int, int]] = []
    for position, layer in enumerate(seen):
        paths, column = layer.index.paths, layer.index.sizes
        rows = [row for row in rows_of(layer.files) if column[row] >= least]
        # Of millions of equal size, in an archive made for that, only the first by path count.
        equal = (row for row in rows if column[row] == least)
        rows = [row for row in rows if column[row] > least]
        rows += heapq.nsmallest(number, equal, key=paths.__getitem__)
        found += [(-column[row], paths[row], position, row) for row in rows]
    first = heapq.nsmallest(number, found)
    return tuple(_file(seen[position].index, position, row) for _, _, position, row in first)


def _marked(seen: Sequence[_Seen], flags_of: Callable[[_Seen], bytes]) -> Marked:
    columns = [flags_of(layer) for layer in seen]
    found = (
        (layer.index.paths[row], position, row)
        for position, layer in enumerate(seen)
        for row in few_rows_of(columns[position])
    )
    return Marked(
        count=sum(column.count(1) for column in columns),
        files=tuple(
            _file(seen[position].index, position, row)
            for _, position, row in heapq.nsmallest(LISTED, found)
        ),
    )


def _leaving(layer: _Seen) -> bytes:
    flags = bytearray(len(layer.index))
    for row, target in layer.index.links.items():
        if b".." in target and _is_above_root(layer.index.paths[row], target):
            flags[row] = 1
    return layer.where(layer.of_kind(_SYMLINKS), flags)


def _is_above_root(path: bytes, target: bytes) -> bool:
    """Say whether a symlink's target climbs above the root, other links not followed."""
    depth = 0 if target.startswith(b"/") else path.count(b"/")
    for segment in target.split(b"/"):
        if segment == b"..":
            depth -= 1
        elif segment not in {b"", b"."}:
            depth += 1
        if depth < 0:
            return True
    return False


def _hashes(layer: _Seen) -> Sequence[int]:
    """Return the hashes of a layer's files.

    Content with several hard links has its hash at the first name; where that one is hidden,
    another one stands for it.
    """
    index = layer.index
    if Kind.HARD_LINK not in index.kinds:
        return index.hashes
    waiting = {
        index.offsets[row]: key
        for row, key in enumerate(index.hashes)
        if key and not layer.files[row]
    }
    if not waiting:
        return index.hashes
    hashes = index.hashes[:]
    for row in rows_of(both(layer.files, layer.of_kind(_LINKS))):
        hashes[row] = waiting.pop(index.offsets[row], 0)
    return hashes


def _duplicate(seen: Sequence[_Seen], group: Group) -> DuplicateFiles:
    files = [(escape(seen[layer].index.paths[row]), layer) for layer, row in group.files]
    return DuplicateFiles(size=group.size, count=group.count, saved=group.saved, files=tuple(files))


def _capable(seen: Sequence[_Seen]) -> list[tuple[bytes, int, bytes]]:
    return [
        (layer.index.paths[row], position, raw)
        for position, layer in enumerate(seen)
        for row, raw in layer.index.capabilities.items()
        if layer.files[row]
    ]


def _file(layer: LayerIndex, position: int, row: int) -> VisibleFile:
    return VisibleFile(
        path=escape(layer.paths[row]),
        size=layer.sizes[row],
        mode=layer.modes[row],
        uid=layer.uids[row],
        gid=layer.gids[row],
        mtime=layer.mtimes[row],
        layer=position,
    )
