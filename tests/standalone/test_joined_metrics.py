"""The metrics of several processes as one text."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from scantling.embedded.joined_metrics import fetch_metrics, joined
from scantling_common.telemetry.prometheus import PrometheusMetrics


def test_samples_say_whose_they_are() -> None:
    control, analysis = PrometheusMetrics(), PrometheusMetrics()
    control.count("dead_letters_total", 2, topic='a"{b} c')
    analysis.count("dead_letters_total", 3, topic="d")
    analysis.count("downloaded_bytes_total", 7)

    text = joined({"control": control.exposition(), "analysis": analysis.exposition()}).decode()

    families = {family.name: family for family in text_string_to_metric_families(text)}
    letters = {
        (sample.labels["process"], sample.labels["topic"], sample.value)
        for sample in families["scantling_dead_letters"].samples
        if sample.name.endswith("_total")
    }
    assert letters == {("control", 'a"{b} c', 2.0), ("analysis", "d", 3.0)}
    bytes_ = families["scantling_downloaded_bytes"].samples
    assert {(s.labels["process"], s.value) for s in bytes_ if s.name.endswith("_total")} == {
        ("control", 0.0),
        ("analysis", 7.0),
    }
    assert text.count("# TYPE scantling_dead_letters_total ") == 1


def test_who_does_not_answer_has_none() -> None:
    assert fetch_metrics("http://127.0.0.1:1") == b""
    assert joined({"control": b"", "analysis": b""}) == b""
