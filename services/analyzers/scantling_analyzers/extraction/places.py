"""Which entries stand at the paths that readers name, through all layers: of what kind, and whose.

Readers are given the content of regular files only. Who may read or change a file, and what a
directory or a link is, stands in the indexes.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Final

from scantling_analyzers.extraction.matcher import compile_pattern
from scantling_analyzers.facts.models import Place
from scantling_common.layers.entries import Kind
from scantling_common.layers.escape import escape
from scantling_common.layers.visibility import hidden_by

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scantling_analyzers.contract import Reader
    from scantling_common.layers.index import LayerIndex
    from scantling_common.layers.visibility import Located

MAX_PLACES: Final = 10_000
"""How many entries are kept, the first ones by path."""

_WILD: Final = re.compile(r"[*?]")
_KINDS: Final = {
    Kind.FILE: "file",
    Kind.HARD_LINK: "file",
    Kind.SYMLINK: "link",
    Kind.DIRECTORY: "directory",
}
_PERMISSIONS: Final = 0o7777


def places_of(
    indexes: Sequence[LayerIndex], readers: Sequence[Reader]
) -> tuple[tuple[Place, ...], tuple[str, ...]]:
    """Return the visible entries that readers name, and the names of readers that lack some.

    No more than :data:`MAX_PLACES` are kept: with more, each reader that names some lacks some.
    """
    naming = [reader for reader in readers if reader.places]
    if not naming:
        return (), ()
    found = set(_found(indexes, {glob for reader in naming for glob in reader.places}))
    hidden = hidden_by(indexes, found)
    visible = sorted((path, layer) for layer, path in found if (layer, path) not in hidden)
    places = tuple(_place(indexes[layer], path, layer) for path, layer in visible[:MAX_PLACES])
    lacking = [reader.name for reader in naming] if len(visible) > MAX_PLACES else []
    return places, tuple(lacking)


def _found(indexes: Sequence[LayerIndex], globs: set[str]) -> Iterator[Located]:
    plain = {glob.encode() for glob in globs if not _WILD.search(glob)}
    wild = sorted(glob for glob in globs if _WILD.search(glob))
    beginnings = tuple({_WILD.split(glob)[0].encode() for glob in wild})
    either = "|".join(compile_pattern(glob).pattern.decode() for glob in wild)
    any_wild = re.compile(either.encode() or b"(?!)", re.DOTALL)
    for layer, index in enumerate(indexes):
        near = (path for path in index.paths if path.startswith(beginnings))
        matching = (path for path in near if any_wild.fullmatch(path))
        for path in chain(plain.intersection(index.paths), matching):
            yield layer, path


def _place(index: LayerIndex, path: bytes, layer: int) -> Place:
    row = index.rows[path]
    kind = Kind(index.kinds[row])
    return Place(
        path=escape(path),
        kind=_KINDS.get(kind, "other"),
        mode=index.modes[row] & _PERMISSIONS,
        uid=index.uids[row],
        gid=index.gids[row],
        layer=layer,
        target=escape(index.links.get(row, b"")) if kind == Kind.SYMLINK else "",
    )
