"""The status of a scan."""

from __future__ import annotations

import pytest

from scantling_dispatcher.decisions.statuses import worst


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ({}, ("complete", "")),
        ({"software": "complete", "file": "not_applicable"}, ("complete", "")),
        ({"software": "complete", "file": "partial"}, ("partial", "file")),
        ({"software": "unsupported", "file": "partial"}, ("unsupported", "software")),
        ({"software": "unsupported", "file": "failed"}, ("failed", "file")),
        ({"software": "complete", "file": "stale"}, ("failed", "file")),
        ({"software": "not_applicable"}, ("complete", "")),
    ],
)
def test_the_worst_outcome_is_the_status(
    outcomes: dict[str, str], expected: tuple[str, str]
) -> None:
    assert worst(outcomes) == expected
