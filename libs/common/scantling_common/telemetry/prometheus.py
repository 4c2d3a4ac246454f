"""Metrics as Prometheus collects them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from scantling_common.telemetry.metrics import DEFINITIONS

if TYPE_CHECKING:
    from scantling_common.telemetry.metrics import Definition, MetricName

NAMESPACE: Final = "scantling"
MAX_LABEL: Final = 128
"""The longest label value in characters; longer ones are cut."""


class PrometheusMetrics:
    """All metrics, in a registry of their own."""

    def __init__(self) -> None:
        """Declare every metric: all are shown from the start, but a gauge only once it is set.

        A gauge at 0 would claim that something is known where nothing ever looked.
        """
        self._registry = CollectorRegistry()
        self._counters: dict[MetricName, Counter] = {}
        self._gauges: dict[MetricName, Gauge] = {}
        self._shown: set[MetricName] = set()
        self._histograms: dict[MetricName, Histogram] = {}
        for name, definition in DEFINITIONS.items():
            self._declare(name, definition)

    def count(self, name: MetricName, amount: float = 1, /, **labels: str) -> None:
        """Add to a counter."""
        counter = self._counters[name]
        (counter.labels(**_cut(labels)) if labels else counter).inc(amount)

    def observe(self, name: MetricName, value: float, /, **labels: str) -> None:
        """Add a value to a histogram."""
        histogram = self._histograms[name]
        (histogram.labels(**_cut(labels)) if labels else histogram).observe(value)

    def set(self, name: MetricName, value: float, /, **labels: str) -> None:
        """Set a gauge."""
        gauge = self._gauges[name]
        if name not in self._shown:
            self._shown.add(name)
            self._registry.register(gauge)
        (gauge.labels(**_cut(labels)) if labels else gauge).set(value)

    def exposition(self) -> bytes:
        """Return all metrics in the Prometheus text format, version 0.0.4."""
        return generate_latest(self._registry)

    def value(self, sample: str, **labels: str) -> float | None:
        """Return one sample by its full name, None where it was never set."""
        return self._registry.get_sample_value(f"{NAMESPACE}_{sample}", labels)

    def _declare(self, name: MetricName, definition: Definition) -> None:
        full = f"{NAMESPACE}_{name}"
        if definition.kind == "counter":
            self._counters[name] = Counter(
                full, definition.help, definition.labels, registry=self._registry
            )
        elif definition.kind == "gauge":
            self._gauges[name] = Gauge(full, definition.help, definition.labels, registry=None)
        else:
            self._histograms[name] = Histogram(
                full,
                definition.help,
                definition.labels,
                buckets=definition.buckets,
                registry=self._registry,
            )


def _cut(labels: dict[str, str]) -> dict[str, str]:
    return {name: value[:MAX_LABEL] for name, value in labels.items()}
