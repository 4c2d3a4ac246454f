"""Every row of an image that a later layer hides, which layer does, and in which way.

The rules are those of :mod:`scantling_common.layers.visibility`. Here they are applied to all
rows at once, from the top layer down; what is done for each row is done by the interpreter's own
loops over sets and bytes, because an image has hundreds of thousands of them.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, compress, repeat
from operator import not_
from typing import TYPE_CHECKING, Final

from scantling_common.layers.entries import Kind
from scantling_common.layers.errors import LayerTooLarge
from scantling_common.layers.flags import rows_of
from scantling_common.layers.paths import parent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scantling_common.layers.index import LayerIndex

MAX_DIRECTORY_BYTES: Final = 512 * 1024 * 1024
"""How long the paths of all directories of an image, each written out, may be together.

An archive of deep paths that share nothing has as many bytes of directories as the square of its
own; no real tree comes near.
"""

_NO_DIRECTORY: Final = bytes(kind != Kind.DIRECTORY for kind in range(256))
_NEVER: Final = 1 << 62

_Codes = dict[bytes, int]


@dataclass(frozen=True)
class Hiding:
    """What is hidden of one layer: the code of each row, 0 where it can be seen.

    Otherwise the code is twice the position of the first layer above that hides it, plus one
    where that layer has nothing in its place: then it is deleted, else overwritten.
    """

    codes: array[int]

    @cached_property
    def mask(self) -> bytes:
        """One byte for each row: 1 where it can be seen."""
        return bytes(map(not_, self.codes))

    def rows(self) -> Iterable[int]:
        """Return the rows that are hidden."""
        return rows_of(self.codes)

    def hider(self, row: int) -> int:
        """Return the position of the layer that hides a hidden row."""
        return self.codes[row] >> 1

    def is_deleted(self, row: int) -> bool:
        """Say whether a row is hidden, and nothing stands in its place."""
        return bool(self.codes[row] & 1)


def hidings(layers: Sequence[LayerIndex]) -> list[Hiding]:
    """Return what is hidden of each layer; the lowest stands first.

    Raises :class:`LayerTooLarge` beyond ``MAX_DIRECTORY_BYTES``.
    """
    directories = [{path.rpartition(b"/")[0] for path in layer.paths} for layer in layers[:-1]]
    every = _with_ancestors(directories)
    found: list[Hiding] = []
    covered: _Codes = {}
    cut: _Codes = {}
    for position in reversed(range(len(layers))):
        layer = layers[position]
        if found:
            found.append(_hiding(layer, directories.pop(), covered, cut))
        else:
            found.append(Hiding(array("I", bytes(4 * len(layer)))))
        if position:
            _cover(layers, position, covered)
            cut.update(dict.fromkeys(_cuts(layer, every), 2 * position + 1))
    return found[::-1]


def _with_ancestors(directories: Iterable[set[bytes]]) -> set[bytes]:
    """Return directories with all that are above them."""
    found: set[bytes] = set()
    room = MAX_DIRECTORY_BYTES
    for of_layer in directories:
        for path in of_layer:
            directory = path
            while directory not in found:
                found.add(directory)
                room -= len(directory)
                directory = parent(directory)
            if room < 0:
                message = f"the image's directories take more than {MAX_DIRECTORY_BYTES:,} bytes"
                raise LayerTooLarge(message)
    return found


def _cover(layers: Sequence[LayerIndex], position: int, covered: _Codes) -> None:
    """Note what a layer covers of those below it."""
    layer, below = layers[position], layers[:position]
    paths: Iterable[bytes] = layer.paths
    if len(layer) > sum(map(len, below)):  # then most of it meets nothing: spare the memory
        paths = set[bytes]().union(*(lower.paths for lower in below)).intersection(paths)
    # A path that has a marker and an entry is overwritten, so the entries come last.
    covered.update(dict.fromkeys(layer.hidden, 2 * position + 1))
    covered.update(dict.fromkeys(paths, 2 * position))


def _cuts(layer: LayerIndex, directories: set[bytes]) -> set[bytes]:
    """Return which of the directories a layer empties."""
    no_directories = compress(layer.paths, layer.kinds.translate(_NO_DIRECTORY))
    return directories.intersection(chain(no_directories, layer.hidden, layer.opaque))


def _hiding(layer: LayerIndex, directories: set[bytes], covered: _Codes, cut: _Codes) -> Hiding:
    codes = array("I", map(covered.get, layer.paths, repeat(0)))
    if emptied := _emptied(directories, cut):
        for row, path in enumerate(layer.paths):
            if (directory := path.rpartition(b"/")[0]) in emptied:
                code = emptied[directory]
                codes[row] = min(code, codes[row] or code)
    return Hiding(codes)


def _emptied(directories: set[bytes], cut: _Codes) -> _Codes:
    """Return those of the directories that are cut, or stand below one that is."""
    if not cut:
        return {}
    known: dict[bytes, int] = {b"": cut.get(b"", _NEVER)}
    for wanted in directories:
        way: list[bytes] = []
        directory = wanted
        while directory not in known:
            way.append(directory)
            directory = parent(directory)
        code = known[directory]
        for step in reversed(way):
            known[step] = code = min(code, cut.get(step, _NEVER))
    return {path: code for path in directories if (code := known[path]) != _NEVER}
