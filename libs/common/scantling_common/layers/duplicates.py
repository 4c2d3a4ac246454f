"""Content that an image stores more than once."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass
from itertools import chain, compress
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.layers.flags import rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_common.layers.flags import Flags

LISTED: Final = 50
NAMED: Final = 10
"""How many files of one group are named."""


@dataclass(frozen=True)
class Column:
    """The files of one layer: by row the size, the hash (0 for none), and which rows count."""

    sizes: Sequence[int]
    hashes: Sequence[int]
    flags: Flags


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Files of equal content, ``count`` in all; the first ones as (layer, row)."""

    size: int
    count: int
    files: tuple[tuple[int, int], ...]

    @property
    def saved(self) -> int:
        """Return how many bytes less it were if the content was stored once."""
        return self.size * (self.count - 1)


class Duplicates(msgspec.Struct, frozen=True, kw_only=True):
    """All groups counted, and the ``LISTED`` that cost most."""

    groups: int
    saved: int
    largest: tuple[Group, ...]


def duplicates_of(columns: Sequence[Column]) -> Duplicates:
    """Return which content is there several times: files of equal size and equal hash.

    The hash must be 64 bits; it is no proof against somebody who makes collisions.
    """
    hashes = chain.from_iterable(compress(column.hashes, column.flags) for column in columns)
    several = {key for key, count in Counter(hashes).items() if count > 1 and key}
    found: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for layer, column in enumerate(columns):
        for row in rows_of(bytes(map(several.__contains__, column.hashes))):
            if column.flags[row]:
                key = column.hashes[row], column.sizes[row]
                found.setdefault(key, []).append((layer, row))
    groups = [
        Group(size=size, count=len(files), files=tuple(files[:NAMED]))
        for (_, size), files in found.items()
        if len(files) > 1
    ]
    return Duplicates(
        groups=len(groups),
        saved=sum(group.saved for group in groups),
        largest=tuple(heapq.nsmallest(LISTED, groups, key=lambda g: (-g.saved, g.files))),
    )
