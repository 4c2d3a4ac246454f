"""Metrics that tests look at."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scantling_common.telemetry.metrics import MetricName


class Counting:
    """Adds up what was swept, by collection."""

    def __init__(self) -> None:
        self._swept: Counter[str] = Counter()

    @property
    def swept(self) -> dict[str, float]:
        """Return the collections of which something was swept."""
        return {name: count for name, count in self._swept.items() if count}

    def count(self, name: MetricName, amount: float = 1, /, **labels: str) -> None:
        if name == "swept_total":
            self._swept[labels["collection"]] += int(amount)

    def observe(self, name: MetricName, value: float, /, **labels: str) -> None:
        """Drop: nothing is swept by a histogram."""

    def set(self, name: MetricName, value: float, /, **labels: str) -> None:
        """Drop: nothing is swept by a gauge."""
