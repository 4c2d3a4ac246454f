"""The files of an image that can be seen, counted: how many, how large, which stand out."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.layers.entries import Kind
from scantling_common.layers.escape import escape
from scantling_common.layers.visibility import masks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scantling_common.layers.index import LayerIndex

LARGEST: Final = 50
LISTED: Final = 1000

_SETUID: Final = 0o4000
_SETGID: Final = 0o2000
_WORLD_WRITABLE: Final = 0o002


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


class Marked(msgspec.Struct, frozen=True, kw_only=True):
    """Files with one mode bit: all of them counted, the first ``LISTED`` by path listed."""

    count: int
    files: tuple[VisibleFile, ...]


class FileStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """The visible files of an image: regular files and hard links to them.

    Content that several hard links of a layer share is counted once in ``size``. ``largest``
    is ordered by size, then path.
    """

    count: int
    size: int
    layers: tuple[LayerFiles, ...]
    largest: tuple[VisibleFile, ...]
    setuid: Marked
    setgid: Marked
    world_writable: Marked


def count_files(layers: Sequence[LayerIndex], largest: int = LARGEST) -> FileStatistics:
    """Count the visible files of the image that ``layers`` make, bottom first."""
    visible = [
        [row for row, seen in enumerate(mask) if seen and layer.kinds[row] <= Kind.HARD_LINK]
        for layer, mask in zip(layers, masks(layers), strict=True)
    ]
    counted = tuple(_count(layer, rows) for layer, rows in zip(layers, visible, strict=True))
    found = [
        _file(layers, position, row)
        for position, rows in enumerate(visible)
        for row in _top(layers[position], rows, largest)
    ]
    found.sort(key=lambda file: (-file.size, file.path))
    return FileStatistics(
        count=sum(layer.visible_count for layer in counted),
        size=sum(layer.visible_size for layer in counted),
        layers=counted,
        largest=tuple(found[:largest]),
        setuid=_marked(layers, visible, _SETUID),
        setgid=_marked(layers, visible, _SETGID),
        world_writable=_marked(layers, visible, _WORLD_WRITABLE),
    )


def _count(layer: LayerIndex, visible: list[int]) -> LayerFiles:
    files = [row for row, kind in enumerate(layer.kinds) if kind <= Kind.HARD_LINK]
    return LayerFiles(
        count=len(files),
        size=_size(layer, files),
        visible_count=len(visible),
        visible_size=_size(layer, visible),
        hostile_count=layer.hostile_count,
    )


def _size(layer: LayerIndex, rows: Iterable[int]) -> int:
    """Add up sizes; what hard links share counts once."""
    if Kind.HARD_LINK not in layer.kinds:
        return sum(map(layer.sizes.__getitem__, rows))
    # Empty files share an offset with what follows them, and add nothing.
    sizes = {layer.offsets[row]: layer.sizes[row] for row in rows if layer.sizes[row]}
    return sum(sizes.values())


def _top(layer: LayerIndex, rows: list[int], number: int) -> list[int]:
    return heapq.nsmallest(number, rows, key=lambda row: (-layer.sizes[row], layer.paths[row]))


def _marked(layers: Sequence[LayerIndex], visible: list[list[int]], bit: int) -> Marked:
    found = [
        (layers[position].paths[row], position, row)
        for position, rows in enumerate(visible)
        for row in rows
        if layers[position].modes[row] & bit
    ]
    first = heapq.nsmallest(LISTED, found)
    return Marked(
        count=len(found),
        files=tuple(_file(layers, position, row) for _, position, row in first),
    )


def _file(layers: Sequence[LayerIndex], position: int, row: int) -> VisibleFile:
    layer = layers[position]
    return VisibleFile(
        path=escape(layer.paths[row]),
        size=layer.sizes[row],
        mode=layer.modes[row],
        uid=layer.uids[row],
        gid=layer.gids[row],
        mtime=layer.mtimes[row],
        layer=position,
    )
