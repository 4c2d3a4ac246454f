"""Every metric there is: one literal type of names, with what each counts.

Libraries and services take a :class:`Metrics`; :mod:`scantling_common.telemetry.prometheus` is
the one that shows them. This module imports nothing heavy: the scan path may have it.
"""

from __future__ import annotations

from typing import Final, Literal, Protocol, get_args

import msgspec

MetricName = Literal[
    # webhook deliveries answered, by status (accepted, repeated, unauthorized, malformed, …)
    "webhooks_received_total",
    # events handled, by topic and answer (done, retry, reject)
    "events_handled_total",
    # events written to a dead-letter topic, by topic
    "dead_letters_total",
    # events sent, by topic
    "events_sent_total",
    # seconds from receiving an event to its answer, by topic
    "handler_seconds",
    # events of a topic that a group has not committed
    "consumer_lag",
    # HTTP requests answered: seconds by method, route and status
    "http_request_seconds",
    # images that wait for a scan, by class (push, manual, scheduled)
    "waiting_depth",
    # scans in flight
    "scans_running",
    # re-matches in flight
    "rematches_running",
    # when the advisory database in use was built, in seconds since the epoch
    "advisories_built_at",
    # builds of the advisories that were announced
    "advisories_announced_total",
    # packages of the fleet of which a new build says something else
    "advisories_changed_packages_total",
    # publications of advisories that were asked for, by how that ended (fetched, unchanged, failed)
    "advisory_fetches_total",
    # scans started, by kind (scan, re-match, re-judge)
    "scans_started_total",
    # images passed over by the dispatcher, by the filter that did
    "images_skipped_total",
    # times that a scan had to wait for a limit, by registry
    "limit_waits_total",
    # seconds that one image's extraction took, by outcome
    "extraction_seconds",
    # bytes of layer blobs downloaded
    "downloaded_bytes_total",
    # layers whose stored facts were reused, and layers that were read, by result
    "layers_total",
    # workers that died or were killed, by reason (crash, deadline, memory, cancelled)
    "worker_deaths_total",
    # seconds that one run of an analyzer took, by risk
    "analysis_seconds",
    # outcomes merged, by risk and status
    "outcomes_total",
    # generations of heads that are written and not yet published
    "publish_lag",
    # requests to registries, by registry and status (the code, or the error)
    "registry_requests_total",
    # seconds that a metadata sync of a registry took, by outcome
    "sync_seconds",
    # seconds of one call of the store, by collection and verb
    "store_seconds",
    # lease changes, by what happened (acquired, lost)
    "leases_total",
    # documents that had had their time and were deleted, by collection
    "swept_total",
]

Kind = Literal["counter", "gauge", "histogram"]

_FAST: Final = (
    0.0005,
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
)
_SLOW: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0)


class Definition(msgspec.Struct, frozen=True):
    """Kind, help text, label names and, for histograms, upper bounds in the metric's unit."""

    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


DEFINITIONS: Final[dict[MetricName, Definition]] = {
    "webhooks_received_total": Definition("counter", "Webhook deliveries answered", ("status",)),
    "events_handled_total": Definition("counter", "Events handled", ("topic", "answer")),
    "dead_letters_total": Definition("counter", "Events dead-lettered", ("topic",)),
    "events_sent_total": Definition("counter", "Events sent", ("topic",)),
    "handler_seconds": Definition("histogram", "Seconds to handle an event", ("topic",), _FAST),
    "consumer_lag": Definition("gauge", "Events not committed", ("group", "topic")),
    "http_request_seconds": Definition(
        "histogram", "Seconds to answer a request", ("method", "route", "status"), _FAST
    ),
    "waiting_depth": Definition("gauge", "Images that wait for a scan", ("priority",)),
    "scans_running": Definition("gauge", "Scans in flight"),
    "rematches_running": Definition("gauge", "Re-matches in flight, which take no slot"),
    "advisories_built_at": Definition(
        "gauge", "When the advisory database in use was built, in seconds since the epoch"
    ),
    "advisories_announced_total": Definition("counter", "Builds of advisories announced"),
    "advisories_changed_packages_total": Definition(
        "counter", "Packages of which a new build says something else"
    ),
    "advisory_fetches_total": Definition("counter", "Feeds asked for", ("how",)),
    "scans_started_total": Definition("counter", "Scans started", ("kind",)),
    "images_skipped_total": Definition("counter", "Images passed over", ("filter",)),
    "limit_waits_total": Definition("counter", "Scans that waited for a limit", ("registry",)),
    "extraction_seconds": Definition(
        "histogram", "Seconds to extract an image", ("outcome",), _SLOW
    ),
    "downloaded_bytes_total": Definition("counter", "Bytes of layer blobs downloaded"),
    "layers_total": Definition("counter", "Layers reused and read", ("result",)),
    "worker_deaths_total": Definition("counter", "Workers that died", ("reason",)),
    "analysis_seconds": Definition("histogram", "Seconds of an analysis", ("risk",), _SLOW),
    "outcomes_total": Definition("counter", "Outcomes merged", ("risk", "status")),
    "publish_lag": Definition("gauge", "Head generations not yet published"),
    "registry_requests_total": Definition(
        "counter", "Requests to registries", ("registry", "status")
    ),
    "sync_seconds": Definition("histogram", "Seconds of a metadata sync", ("outcome",), _SLOW),
    "store_seconds": Definition(
        "histogram", "Seconds of a store call", ("collection", "verb"), _FAST
    ),
    "leases_total": Definition("counter", "Lease changes", ("event",)),
    "swept_total": Definition("counter", "Documents swept", ("collection",)),
}

NAMES: Final[tuple[MetricName, ...]] = get_args(MetricName)


class Metrics(Protocol):
    """Where measurements go; labels must be those of the metric's definition."""

    def count(self, name: MetricName, amount: float = 1, /, **labels: str) -> None:
        """Add to a counter."""

    def observe(self, name: MetricName, value: float, /, **labels: str) -> None:
        """Add a value to a histogram."""

    def set(self, name: MetricName, value: float, /, **labels: str) -> None:
        """Set a gauge."""


class _NoMetrics:
    """Drops all measurements."""

    def count(self, name: MetricName, amount: float = 1, /, **labels: str) -> None:
        """Drop."""

    def observe(self, name: MetricName, value: float, /, **labels: str) -> None:
        """Drop."""

    def set(self, name: MetricName, value: float, /, **labels: str) -> None:
        """Drop."""


NO_METRICS: Final[Metrics] = _NoMetrics()
"""For hosts that show no metrics."""
