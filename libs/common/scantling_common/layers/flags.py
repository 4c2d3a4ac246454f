"""Columns of flags: one byte for each row of a layer, 1 where something holds."""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Flags = bytes | bytearray


def both(one: Flags, other: Flags) -> bytes:
    """Return where both hold; the columns are of one length."""
    # As numbers, because that is one pass of the machine over words and not one over objects.
    joined = int.from_bytes(one, "little") & int.from_bytes(other, "little")
    return joined.to_bytes(len(one), "little")


def rows_of(flags: Sequence[int]) -> Iterable[int]:
    """Return the rows where it holds; any number but 0 is a flag too."""
    return compress(range(len(flags)), flags)


def few_rows_of(flags: Flags) -> Iterator[int]:
    """Return the rows where it holds, fast where they are few among many."""
    at = flags.find(1)
    while at >= 0:
        yield at
        at = flags.find(1, at + 1)
