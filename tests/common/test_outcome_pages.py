"""Outcomes survive being cut into pages, whatever an image put into them."""

from __future__ import annotations

import hashlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scantling_common.bodies import BodyUnreadable
from scantling_common.outcome_pages import PAGE_LIMIT, assemble, bounded, paginate
from scantling_common.outcomes import (
    FileEntry,
    FileReport,
    Finding,
    Outcome,
    OutcomeError,
    PackageEntry,
    Versions,
)


def incompressible(length: int, seed: str) -> str:
    """Return text that no compressor shortens much."""
    parts = (hashlib.sha256(f"{seed}{n}".encode()).hexdigest() for n in range(length // 64 + 1))
    return "".join(parts)[:length]


def a_package(number: int, *, padding: int = 0) -> PackageEntry:
    return PackageEntry(
        name=f"package-{number}",
        version="1.0",
        type="deb",
        purl=f"pkg:deb/debian/package-{number}@1.0",
        path="var/lib/dpkg/status" + incompressible(padding, str(number)),
        layer="sha256:" + "0" * 64,
    )


texts = st.text(max_size=40)
errors = st.builds(OutcomeError, path=texts, layer=texts, code=texts, message=texts)
findings = st.builds(
    Finding,
    id=texts,
    fingerprint=texts,
    risk=st.just("secret"),
    severity=st.sampled_from(["critical", "low"]),
    title=texts,
    details=st.dictionaries(texts, texts, max_size=3),
)
packages = st.builds(
    PackageEntry, name=texts, version=texts, type=texts, purl=texts, path=texts, layer=texts
)
outcomes = st.builds(
    Outcome,
    risk=st.just("secret"),
    status=st.sampled_from(["complete", "partial", "failed"]),
    reason=texts,
    versions=st.builds(Versions, version=texts),
    findings=st.lists(findings, max_size=30).map(tuple),
    packages=st.lists(packages, max_size=30).map(tuple),
    errors=st.lists(errors, max_size=30).map(tuple),
)


@given(outcomes, st.integers(min_value=2048, max_value=8192))
def test_any_outcome_comes_back_as_it_was_bounded(outcome: Outcome, limit: int) -> None:
    pages = paginate(outcome, limit=limit)
    assert all(len(page) <= limit for page in pages)
    assert assemble(pages) == bounded(outcome, limit=limit)


@given(outcomes)
def test_nothing_is_cut_from_an_ordinary_outcome(outcome: Outcome) -> None:
    assert assemble(paginate(outcome)) == outcome


def test_equal_outcomes_have_equal_pages() -> None:
    outcome = Outcome(
        risk="software",
        status="complete",
        packages=tuple(a_package(number, padding=200) for number in range(20_000)),
    )
    pages = paginate(outcome)
    assert len(pages) > 1
    assert pages == paginate(msgspec.convert(msgspec.to_builtins(outcome), Outcome))
    assert all(len(page) <= PAGE_LIMIT for page in pages)
    assert assemble(pages) == outcome


def test_a_small_outcome_is_one_page() -> None:
    outcome = Outcome(
        risk="software",
        status="complete",
        packages=tuple(a_package(number) for number in range(500)),
    )
    assert len(paginate(outcome)) == 1


def test_an_entry_too_large_for_a_page_is_told_and_the_outcome_is_partial() -> None:
    giant = a_package(1, padding=2_000_000)
    outcome = Outcome(
        risk="software", status="complete", packages=(a_package(0), giant, a_package(2))
    )
    result = assemble(paginate(outcome))
    assert [package.name for package in result.packages] == ["package-0", "package-2"]
    assert result.status == "partial"
    assert result.errors[0].code == "entry_too_large"
    assert giant.path.startswith(result.errors[0].path)


def test_lists_of_the_report_are_shortened_before_a_page_is_refused() -> None:
    rows = tuple(
        FileEntry(
            path=incompressible(15_000, f"path{number}"),
            size=1,
            mode="0644",
            owner="0:0",
            layer="",
            modified=0,
        )
        for number in range(100)
    )
    report = FileReport(count=100, size=100, largest=rows)
    outcome = Outcome(risk="file", status="complete", files=report)
    pages = paginate(outcome)
    assert all(len(page) <= PAGE_LIMIT for page in pages)
    result = assemble(pages)
    assert result.files is not None
    assert result.files.count == 100
    assert 0 < len(result.files.largest) < 100
    assert (result.status, result.errors[0].code) == ("partial", "list_cut")


def test_lists_that_compress_well_are_still_bounded_unpacked() -> None:
    report = FileReport(count=1, size=1, setuid=("a" * 100_000,) * 1000)
    result = assemble(paginate(Outcome(risk="file", status="complete", files=report)))
    assert result.status == "partial"


def test_an_outcome_whose_own_fields_do_not_fit_is_failed() -> None:
    versions = Versions(version=incompressible(3_000_000, "version"))
    outcome = Outcome(risk="file", status="complete", versions=versions)
    result = assemble(paginate(outcome))
    assert (result.status, result.code) == ("failed", "outcome_too_large")


def test_pages_out_of_order_missing_or_damaged_are_refused() -> None:
    outcome = Outcome(
        risk="software",
        status="complete",
        packages=tuple(a_package(number, padding=200) for number in range(20_000)),
    )
    first, second, *_ = paginate(outcome)
    for pages in ([second, first], [second], [first, first], [], [first[:-5]]):
        with pytest.raises(BodyUnreadable):
            assemble(pages)
