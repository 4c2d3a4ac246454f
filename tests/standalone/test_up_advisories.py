"""New advisories reach what `up` has analysed already, without a byte from any registry."""

from __future__ import annotations

import sys
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.builders.advisories import advisory_database, osv_record
from tests.standalone.running import PATIENCE, Running

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scantling.client.api import Api

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.skipif(sys.platform != "linux", reason="the sample needs it"),
]

TEXT = osv_record("CVE-2030-1", "Maven", "org.apache.commons:commons-text", "1.10.0")
FLASK = osv_record("CVE-2030-2", "PyPI", "flask", "3.0.0")
REQUESTS = osv_record("CVE-2030-6", "PyPI", "requests", "2.0.0")
# So that no ecosystem of the sample lacks its feed.
OTHERS = (
    REQUESTS,
    osv_record("CVE-2030-3", "npm", "nothing-of-ours", "1.0.0"),
    osv_record("CVE-2030-4", "Alpine:v3.20", "nothing-of-ours", "1.0.0"),
    osv_record("CVE-2030-5", "Debian:12", "nothing-of-ours", "1.0.0"),
)


def replaced(data: Path, *records: dict[str, Any]) -> str:
    """Put another build of the advisories where `up` looks; return its name."""
    draft = data / f"draft-{len(records)}.db"
    build = advisory_database(draft, *records)
    draft.replace(data / "advisories.db")
    return build


def vulnerabilities(api: Api, name: str) -> dict[str, Any]:
    """Return the outcome of the vulnerabilities of an image, by its repository."""
    rows = api.pages("/images", {"project": "default"}, limit=100)
    (row,) = [row for row in rows if row["repository"] == name]
    report = api.get(f"/images/{row['digest']}/report", {"placement": row["placement"]})
    outcome: dict[str, Any] = report["outcomes"]["vulnerability"]
    return outcome


def downloaded(api: Api) -> float:
    """Return how many bytes came from registries since the start."""
    with urllib.request.urlopen(f"{api.server}/metrics", timeout=PATIENCE) as answer:
        text = answer.read().decode()
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "scantling_downloaded_bytes_total"
    )


def until(look: Callable[[], Any], is_enough: Callable[[Any], bool]) -> Any:
    end = time.monotonic() + PATIENCE
    while True:
        found = look()
        if is_enough(found):
            return found
        assert time.monotonic() < end, found
        time.sleep(0.2)


def test_what_was_analysed_is_matched_again_with_each_new_build(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Running("up", "--data", str(data), "--listen", "127.0.0.1:0", "--sample") as up:
        api = up.api(data / "admin-token")
        up.wait_for("push more images")
        first = vulnerabilities(api, "sample/shop")
        assert first["status"] == "partial"
        assert "sample advisories" in first["reason"]

        before = downloaded(api)
        assert before
        build = replaced(data, TEXT, *OTHERS)
        found = until(
            lambda: vulnerabilities(api, "sample/shop"),
            lambda outcome: outcome["analyzer"].get("advisories") == build,
        )
        assert found["status"] == "complete"
        assert [each["id"] for each in found["findings"]] == ["CVE-2030-1"]

        other = vulnerabilities(api, "sample/alpine")
        build = replaced(data, TEXT, FLASK, *OTHERS)
        found = until(
            lambda: vulnerabilities(api, "sample/shop"),
            lambda outcome: outcome["analyzer"].get("advisories") == build,
        )
        assert {each["id"] for each in found["findings"]} == {"CVE-2030-1", "CVE-2030-2"}

        # A report is there a moment before its scan has ended. What is late waits in a task that
        # never ends.
        tasks = until(
            lambda: [
                task
                for task in api.pages("/tasks", {"project": "default"}, limit=100)
                if task["kind"] == "rematch" and task["id"] != "rematch-default"
            ],
            lambda tasks: {task["state"] for task in tasks} == {"done"},
        )
        # Only the shop has what the second build speaks of: the others have no need of it.
        totals = sorted(task["counts"]["total"] for task in tasks)
        assert [total for total in totals if total] == [1, 3]
        assert vulnerabilities(api, "sample/alpine") == other
        assert downloaded(api) == before
        assert up.stop() == 0
