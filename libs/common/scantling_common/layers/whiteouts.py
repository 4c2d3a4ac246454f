"""Whiteouts (OCI image specification, layer.md): what a layer hides of the layers below.

``.wh.NAME`` hides NAME, ``.wh..wh..opq`` hides everything in its directory. Both hide lower
layers only, wherever they stand in the archive. The markers themselves are never files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.layers.paths import PathProblem, parent

if TYPE_CHECKING:
    from collections.abc import Sequence

PREFIX: Final = b".wh."
META_PREFIX: Final = b".wh..wh."
OPAQUE: Final = b".wh..wh..opq"

_TOGETHER: Final = 1024
"""How many paths are looked at in one go: most layers have no marker."""


class Whiteouts(msgspec.Struct):
    """The markers of one layer.

    ``hidden`` are paths hidden with all below them, ``opaque`` directories whose lower content
    is hidden (the root is ``b""``), ``refused`` markers that name nothing, ``markers`` the rows
    that are no files: all of these, and what AUFS keeps for itself.
    """

    hidden: list[bytes]
    opaque: list[bytes]
    refused: list[tuple[bytes, PathProblem]]
    markers: set[int]


def find(paths: Sequence[bytes]) -> Whiteouts:
    """Return the markers among the paths of one layer."""
    found = Whiteouts([], [], [], set())
    for at in range(0, len(paths), _TOGETHER):
        some = paths[at : at + _TOGETHER]
        if PREFIX in b"\0".join(some):
            for row, path in enumerate(some, at):
                if PREFIX in path:
                    _sort(found, row, path)
    return found


def _sort(found: Whiteouts, row: int, path: bytes) -> None:
    directory = parent(path)
    name = path[len(directory) + 1 :] if directory else path
    if path.startswith(META_PREFIX) and path != OPAQUE:
        found.markers.add(row)
        return
    if not name.startswith(PREFIX):
        return
    found.markers.add(row)
    hidden = name.removeprefix(PREFIX)
    if name == OPAQUE:
        found.opaque.append(directory)
    elif name.startswith(META_PREFIX):
        return
    elif hidden in {b"", b".", b".."}:
        found.refused.append((path, PathProblem.BAD_WHITEOUT))
    else:
        found.hidden.append(directory + b"/" + hidden if directory else hidden)
