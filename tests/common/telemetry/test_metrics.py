"""Metrics: one list of names, one exposition."""

from __future__ import annotations

import pytest

from scantling_common.store.measured import MeasuredStore
from scantling_common.store.port import Collection, Delete, Index, Range
from scantling_common.store.sqlite import SqliteStore
from scantling_common.telemetry.metrics import DEFINITIONS, NAMES, NO_METRICS
from scantling_common.telemetry.prometheus import PrometheusMetrics

BOATS = Collection("boats", "sync", (Index("by_id", ("id",)),))


def test_every_name_is_defined_and_every_definition_named() -> None:
    assert set(DEFINITIONS) == set(NAMES)


def test_kinds_and_names_agree() -> None:
    for name, definition in DEFINITIONS.items():
        assert (definition.kind == "counter") == name.endswith("_total"), name
        assert (definition.kind == "histogram") == name.endswith("_seconds"), name
        assert bool(definition.buckets) == (definition.kind == "histogram"), name
        assert list(definition.buckets) == sorted(set(definition.buckets)), name
        assert definition.help, name


def test_what_is_measured_is_shown() -> None:
    metrics = PrometheusMetrics()

    metrics.count("webhooks_received_total", status="accepted")
    metrics.count("webhooks_received_total", 2, status="accepted")
    metrics.count("downloaded_bytes_total", 1024)
    metrics.set("scans_running", 3)
    metrics.set("waiting_depth", 7, priority="push")
    metrics.observe("extraction_seconds", 0.2, outcome="complete")

    assert metrics.value("webhooks_received_total", status="accepted") == 3
    assert metrics.value("downloaded_bytes_total") == 1024
    assert metrics.value("scans_running") == 3
    assert metrics.value("waiting_depth", priority="push") == 7
    assert metrics.value("extraction_seconds_bucket", outcome="complete", le="0.25") == 1
    assert metrics.value("extraction_seconds_bucket", outcome="complete", le="0.1") == 0
    text = metrics.exposition().decode()
    assert 'scantling_webhooks_received_total{status="accepted"} 3.0' in text
    assert "# TYPE scantling_scans_running gauge" in text


def test_a_gauge_is_shown_once_it_is_set_and_a_counter_from_the_start() -> None:
    metrics = PrometheusMetrics()
    assert "scantling_downloaded_bytes_total 0.0" in metrics.exposition().decode()
    assert "scantling_scans_running" not in metrics.exposition().decode()

    metrics.set("scans_running", 1)
    metrics.set("scans_running", 0)

    assert "scantling_scans_running 0.0" in metrics.exposition().decode()


def test_labels_are_those_of_the_definition() -> None:
    metrics = PrometheusMetrics()

    with pytest.raises(ValueError, match="label"):
        metrics.count("webhooks_received_total", kind="accepted")
    with pytest.raises(ValueError, match="label"):
        metrics.count("webhooks_received_total")


def test_label_values_are_bounded() -> None:
    metrics = PrometheusMetrics()

    metrics.count("images_skipped_total", filter="x" * 1000)

    assert metrics.value("images_skipped_total", filter="x" * 128) == 1


def test_metrics_may_be_dropped() -> None:
    NO_METRICS.count("downloaded_bytes_total")
    NO_METRICS.observe("extraction_seconds", 1, outcome="failed")
    NO_METRICS.set("scans_running", 1)


async def test_a_store_s_calls_are_measured() -> None:
    metrics = PrometheusMetrics()
    store = MeasuredStore(SqliteStore(":memory:"), metrics)
    await store.ensure([BOATS])

    assert await store.insert(BOATS, {"id": "a", "x": 1})
    assert not await store.insert(BOATS, {"id": "a", "x": 1})
    assert await store.replace(BOATS, {"id": "a", "x": 2}, rev=1)
    assert await store.set_fields(BOATS, "a", {"x": 3})
    assert await store.claim(BOATS, Range(index="by_id"), {"x": 4})
    assert await store.get(BOATS, "a") == {"id": "a", "x": 4, "rev": 4}
    assert len(await store.get_many(BOATS, ["a"])) == 1
    assert len(await store.page(BOATS, Range(index="by_id"), limit=5)) == 1
    assert await store.bulk(BOATS, [Delete("b")]) == [False]
    assert await store.delete(BOATS, "a")
    await store.close()

    counts = {
        verb: metrics.value("store_seconds_count", collection="boats", verb=verb)
        for verb in ("get", "insert", "page", "claim", "bulk", "delete", "get_many", "replace")
    }
    assert counts == {**dict.fromkeys(counts, 1), "insert": 2}
