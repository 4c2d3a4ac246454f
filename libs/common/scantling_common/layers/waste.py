"""Content that an image carries and nobody sees: overwritten or deleted by a later layer."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.layers.entries import Kind
from scantling_common.layers.escape import escape
from scantling_common.layers.flags import both, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scantling_common.layers.hiding import Hiding
    from scantling_common.layers.index import LayerIndex

LISTED: Final = 50

_FILES: Final = bytes(kind <= Kind.HARD_LINK for kind in range(256))


class WastedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A hidden file: escaped path, bytes, its layer, and the first one above that hides it.

    ``deleted`` where that layer has nothing in its place.
    """

    path: str
    size: int
    layer: int
    hidden_by: int
    deleted: bool


class LayerWaste(msgspec.Struct, frozen=True, kw_only=True):
    """What one layer wastes, in bytes, and the ``LISTED`` largest of it by size, then path."""

    overwritten: int
    deleted: int
    largest: tuple[WastedFile, ...]


def waste_of(layers: Sequence[LayerIndex], hidings: Sequence[Hiding]) -> list[LayerWaste]:
    """Return what each layer wastes.

    Content with several hard links is wasted once all of them are hidden, by the layer that
    hides the last one.
    """
    return [
        _of_layer(position, layer, hiding)
        for position, (layer, hiding) in enumerate(zip(layers, hidings, strict=True))
    ]


def most_wasted(waste: Iterable[LayerWaste], number: int = LISTED) -> tuple[WastedFile, ...]:
    """Return the largest wasted files of all layers."""
    every = (file for layer in waste for file in layer.largest)
    return tuple(heapq.nsmallest(number, every, key=lambda f: (-f.size, f.path, f.layer)))


def _of_layer(position: int, layer: LayerIndex, hiding: Hiding) -> LayerWaste:
    sizes, kinds = layer.sizes, layer.kinds
    rows = [row for row in hiding.rows() if sizes[row] and kinds[row] <= Kind.HARD_LINK]
    if rows and Kind.HARD_LINK in kinds:
        rows = _last_links(layer, hiding, rows)
    deleted = sum(sizes[row] for row in rows if hiding.is_deleted(row))
    largest = heapq.nsmallest(LISTED, rows, key=lambda row: (-sizes[row], layer.paths[row]))
    return LayerWaste(
        overwritten=sum(sizes[row] for row in rows) - deleted,
        deleted=deleted,
        largest=tuple(
            WastedFile(
                path=escape(layer.paths[row]),
                size=sizes[row],
                layer=position,
                hidden_by=hiding.hider(row),
                deleted=hiding.is_deleted(row),
            )
            for row in largest
        ),
    )


def _last_links(layer: LayerIndex, hiding: Hiding, rows: list[int]) -> list[int]:
    """Return one row for each content of which no link can be seen: the one hidden last."""
    offsets = layer.offsets
    visible = rows_of(both(hiding.mask, layer.kinds.translate(_FILES)))
    seen = {offsets[row] for row in visible if layer.sizes[row]}
    last: dict[int, int] = {}
    for row in rows:
        offset = offsets[row]
        if offset not in seen and (
            offset not in last or hiding.hider(row) > hiding.hider(last[offset])
        ):
            last[offset] = row
    return list(last.values())
