"""Where the links of an image lead, through all its layers."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from scantling_common.layers.entries import Kind
from scantling_common.layers.paths import ancestors, normalise, parent
from scantling_common.layers.visibility import hidden_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from scantling_common.layers.index import LayerIndex
    from scantling_common.layers.visibility import Located

MAX_HOPS: Final = 8
MAX_STEPS: Final = 4_000_000
"""How much looking at directories the ways of all links together may take; deep ones count more."""
_BYTES: Final = 128

Links = dict[bytes, tuple[int, bytes]]
"""Layer and target, as it is written, of each link by its path."""


class LinkTargets:
    """Follows symbolic links of an image; those of a layer that a later one hides are not there.

    ``exhausted`` says that some were not followed, because all together took too many steps.
    """

    def __init__(self, indexes: Sequence[LayerIndex], steps: int = MAX_STEPS) -> None:
        """Look at nothing yet; the lowest layer stands first."""
        self.indexes = indexes
        self.exhausted = False
        self._steps = steps

    def each(self) -> Iterator[tuple[Located, bytes]]:
        """Yield every link, hidden ones as well: layer and path, and the target as written."""
        for layer, index in enumerate(self.indexes):
            for row, target in index.links.items():
                if index.kinds[row] == Kind.SYMLINK:
                    yield (layer, index.paths[row]), target

    def visible(self, wanted: Callable[[bytes, bytes], bool]) -> Links:
        """Return the links that can be seen, of those whose path and target are wanted."""
        found = {
            located: to
            for located, to in self.each()
            if wanted(located[1], to) and self.spend(_cost(located[1]))
        }
        hidden = hidden_by(self.indexes, found) if found else {}
        return {
            located[1]: (located[0], target)
            for located, target in found.items()
            if located not in hidden
        }

    @cached_property
    def links(self) -> Links:
        """All links that can be seen."""
        return self.visible(lambda _path, _target: True)

    def followed(self, path: bytes) -> tuple[int | None, bytes | None]:
        """Return the layer of the first link on the way to a path, and where it leads in the end.

        Without a layer there is no link on the way, without a target it leads nowhere.
        """
        first = None
        for _ in range(MAX_HOPS):
            if not self.spend(_cost(path)):
                return None, None
            step = next((each for each in (path, *ancestors(path)) if each in self.links), None)
            if step is None:
                return first, path
            layer, target = self.links[step]
            first = layer if first is None else first
            base = b"" if target.startswith(b"/") else parent(step) + b"/"
            moved = normalise((base + target + path[len(step) :]).lstrip(b"/"))
            if not moved:
                return None, None
            path = moved
        return None, None

    def spend(self, steps: int) -> bool:
        """Take some of the steps that may be taken; say whether there were as many."""
        self._steps -= steps
        self.exhausted |= self._steps < 0
        return not self.exhausted

    def file(self, path: bytes) -> tuple[int, int] | None:
        """Return layer and row of the highest entry at a path, if it is a file with content.

        Whether a later layer hides it is not asked.
        """
        for layer in reversed(range(len(self.indexes))):
            index = self.indexes[layer]
            row = index.row(path)
            if row is not None:
                return (layer, row) if index.is_file(row) else None
        return None


def _cost(path: bytes) -> int:
    return (path.count(b"/") + 1) * (len(path) // _BYTES + 1)
