"""The analyzer of file information."""

from __future__ import annotations

from scantling_analyzers.contract import Settings
from scantling_analyzers.risks.file.analyzer import FileAnalyzer
from scantling_common.outcomes import CapabilityEntry, FileReport
from tests.analyzers.risks.content import content

FILES = FileReport(count=3, size=10)


def test_the_files_of_the_visibility_are_reported() -> None:
    outcome = FileAnalyzer().analyze(content(files=FILES), Settings())
    assert (outcome.status, outcome.files) == ("complete", FILES)


def test_entries_that_are_no_files_make_it_partial() -> None:
    outcome = FileAnalyzer().analyze(
        content(files=FILES, errors=(("../etc/passwd", 0, None),)), Settings()
    )
    assert (outcome.status, outcome.files) == ("partial", FILES)


def test_without_a_visibility_it_is_failed_not_empty() -> None:
    assert FileAnalyzer().analyze(content(), Settings()).status == "failed"


def test_a_capability_that_cannot_be_read_makes_it_partial() -> None:
    files = FileReport(
        count=2,
        size=0,
        capability_count=2,
        capabilities=(
            CapabilityEntry(path="bad", layer="one", revision=0),
            CapabilityEntry(path="good", layer="one", revision=2),
        ),
    )
    outcome = FileAnalyzer().analyze(content(files=files), Settings())

    assert outcome.status == "partial"
    assert [(error.path, error.layer, error.code) for error in outcome.errors] == [
        ("bad", "one", "malformed")
    ]
