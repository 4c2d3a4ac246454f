"""What a layer is called in tables: its number, which is shorter than its digest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scantling_reporter.report import Report

DIGITS: Final = 19
"""How much of a digest is shown: ``sha256:`` and twelve digits."""


def layer_numbers(report: Report) -> dict[str, str]:
    """Return the number of each layer, from 1, by its diff_id."""
    return {layer.diff_id: str(n) for n, layer in enumerate(report.image.layers, start=1)}


def layer_word(numbers: Mapping[str, str], layer: str) -> str:
    """Return the number of a layer, or the beginning of its digest where it has none."""
    return numbers.get(layer, layer[:DIGITS])
