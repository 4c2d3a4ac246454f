"""What readers did with how many files: added up for each layer, for there may be millions."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from scantling_analyzers.facts.models import FileFacts, Tally
from scantling_common.layers.entries import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scantling_analyzers.contract import Reader
    from scantling_common.layers.index import LayerIndex

PASSED_OVER: Final = "passed_over"
"""The word for files that a reader did not want, see ``passes_over`` in the contract."""


EMPTY: Final = "empty"
"""The word for files without content: readers of every file are not asked to look at them."""


class Tallies:
    """Adds up for several readers, by their position."""

    def __init__(self, readers: Sequence[Reader]) -> None:
        """Count nothing yet."""
        self._counts: list[Counter[str]] = [Counter() for _ in readers]

    def of_reader(self, position: int) -> Counter[str]:
        """Return what is added up for a reader so far; what is added to it counts."""
        return self._counts[position]

    def passed_over(self, readers: Sequence[Reader], index: LayerIndex) -> None:
        """Count the files of a layer that readers of every file did not want, or that are empty."""
        for position, reader in enumerate(readers):
            passes_over = reader.passes_over
            if passes_over is not None:
                found = _passed_over(passes_over, index)
                self._counts[position].update({word: n for word, n in found.items() if n})

    def of(self, position: int) -> tuple[FileFacts, ...]:
        """Return what a reader tells of the whole layer: one fact, or none."""
        counts = self._counts[position]
        if not counts:
            return ()
        return (FileFacts(path="", facts=(Tally(path="", counts=dict(sorted(counts.items()))),)),)


def add_up(tally: Tally, counts: Counter[str]) -> None:
    """Add what a reader tells of one file to ``counts``."""
    for word, number in tally.counts.items():
        counts[word] += number


def _passed_over(passes_over: Callable[[bytes], bool], index: LayerIndex) -> dict[str, int]:
    # Of millions of files: nothing is looked up for each that is the same for all.
    over, empty, file = 0, 0, int(Kind.FILE)
    for path, kind, size in zip(index.paths, index.kinds, index.sizes, strict=True):
        if kind == file:
            if passes_over(path):
                over += 1
            elif not size:
                empty += 1
    return {PASSED_OVER: over, EMPTY: empty}
