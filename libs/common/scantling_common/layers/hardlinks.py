"""Hard links of one layer: each gets the content of the entry that it names.

A link shares what its target was when the link stood in the archive: a later entry of the
target's name changes nothing. A target that stands in a lower layer (or nowhere) leaves the
link *dangling*, with the data offset -1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_common.layers.entries import Kind
from scantling_common.layers.paths import normalise

if TYPE_CHECKING:
    from scantling_common.layers.entries import Entries

DANGLING: Final = -1
_LINK: Final = int(Kind.HARD_LINK)


def resolve(entries: Entries) -> None:
    """Give every hard link in ``entries`` its target's size, data and map, in place."""
    kinds = entries.kinds
    at = kinds.find(_LINK)
    rows: dict[bytes, int] = {}
    known = 0
    while at >= 0:
        rows.update(zip(entries.paths[known:at], range(known, at), strict=True))
        known = at
        _resolve_one(entries, at, rows.get(normalise(entries.links[at]) or b"", DANGLING))
        at = kinds.find(_LINK, at + 1)


def _resolve_one(entries: Entries, row: int, target: int) -> None:
    kind = entries.kinds[target] if target >= 0 else Kind.DIRECTORY
    if kind == Kind.DIRECTORY:
        entries.offsets[row] = DANGLING
        return
    entries.sizes[row] = entries.sizes[target]
    entries.offsets[row] = entries.offsets[target]
    if kind not in {Kind.FILE, _LINK}:
        entries.kinds[row] = kind
    if kind == Kind.SYMLINK:
        entries.links[row] = entries.links[target]
    if target in entries.sparse:
        entries.sparse[row] = entries.sparse[target]
    if target in entries.capabilities:
        entries.capabilities[row] = entries.capabilities[target]
