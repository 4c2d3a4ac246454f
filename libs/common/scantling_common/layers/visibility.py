"""Which files of an image can be seen, and which layer hides the others.

The rules (OCI image specification, layer.md), for layers from the bottom up: an entry replaces
what stands at its path; one that is no directory also hides everything below its path; a
whiteout hides its path and everything below; an opaque marker hides everything below its
directory. All of that touches lower layers only. Paths are compared as they are written: links
in them are not followed, so nothing is taken for hidden that some runtime might show.
"""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING, Final

from scantling_common.layers.entries import Kind
from scantling_common.layers.paths import ancestors

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scantling_common.layers.index import LayerIndex

_NO_DIRECTORY: Final = bytes(kind != Kind.DIRECTORY for kind in range(256))

Located = tuple[int, bytes]
"""A layer's position, 0 at the bottom, and a path in it."""


def hidden_by(layers: Sequence[LayerIndex], wanted: Iterable[Located]) -> dict[Located, int]:
    """Return, for each wanted path that can't be seen, the first layer above that hides it.

    What is not in the answer is visible. The cost is one set look-up for each row of each
    layer, whatever the number of paths.
    """
    waiting = {located: ancestors(located[1]) for located in wanted}
    interest = {path for _, path in waiting}.union(*waiting.values())
    hidden: dict[Located, int] = {}
    for position, layer in enumerate(layers):
        if not position or not waiting:
            continue
        covered, cut = _covers(layer, interest)
        for located, above in list(waiting.items()):
            if located[0] >= position:
                continue
            if located[1] in covered or not cut.isdisjoint(above):
                hidden[located] = position
                del waiting[located]
    return hidden


def _covers(layer: LayerIndex, interest: set[bytes]) -> tuple[set[bytes], set[bytes]]:
    """Return which paths of interest a layer covers, and below which it hides everything."""
    covered = interest.intersection(layer.paths)
    cut = interest.intersection(compress(layer.paths, layer.kinds.translate(_NO_DIRECTORY)))
    marked = interest.intersection(layer.hidden)
    return covered | marked, cut | marked | interest.intersection(layer.opaque)
