"""Which version mends a finding, and which already has the fix."""

from __future__ import annotations

import pytest

from scantling_analyzers.advisories.models import Advisory, Event, Statement
from tests.analyzers.advisories.matching.asking import ids, match, only, package
from tests.builders.advisory_book import AdvisoryBook, advisory, fixed_in

CVE = "CVE-2022-33891"
TWO_RANGES = Statement(
    stream="PyPI",
    name="pyspark",
    ranges=(
        (("introduced", "0"), ("fixed", "3.1.1")),
        (("introduced", "3.1.1"), ("fixed", "3.1.3")),
        (("introduced", "3.2.0"), ("fixed", "3.2.2")),
    ),
)
LISTED = Statement(
    stream="PyPI",
    name="pyspark",
    ranges=(
        (("introduced", "0"), ("fixed", "3.1.1")),
        (("introduced", "3.2.0"), ("fixed", "3.2.2")),
    ),
    versions=("3.1.1", "3.1.2"),
)


@pytest.mark.parametrize(
    ("statement", "installed", "fixed"),
    [
        (TWO_RANGES, "1.0.2", "3.1.3"),
        (TWO_RANGES, "3.1.2", "3.1.3"),
        (TWO_RANGES, "3.2.1", "3.2.2"),
        (LISTED, "1.0.2", "3.2.2"),
        (LISTED, "3.1.2", "3.2.2"),
    ],
)
def test_a_fix_is_a_version_that_the_record_itself_takes_as_mended(
    statement: Statement, installed: str, fixed: str
) -> None:
    book = AdvisoryBook(advisory(CVE, statement))
    assert only(match(book, package("pypi", "pyspark", installed))).fixed_version == fixed
    assert ids(match(book, package("pypi", "pyspark", fixed))) == []


RANGES = ("introduced 0, fixed 1.2.0, introduced 2.0.0, fixed 2.0.5, introduced 3.0.0",)
SEVERAL = (
    "introduced 0, fixed 1.2.0, introduced 1.4.0, fixed 1.5.0",
    "introduced 0, fixed 1.4.2",
    "introduced 2.0.0, fixed 2.1.0",
)


def _events(text: str) -> tuple[Event, ...]:
    """Return the events of ``introduced 1.0, fixed 2.0``."""
    events: list[Event] = []
    for part in text.split(", "):
        kind, version = part.split(" ")
        assert kind in {"introduced", "fixed", "last_affected"}
        events.append((kind, version))  # type: ignore[arg-type] # asserted above
    return tuple(events)


def _about(*ranges: str) -> AdvisoryBook:
    """Return advisories of one range each, as ``introduced 0, fixed 1.0``."""
    statements = [Statement(stream="npm", name="a", ranges=(_events(each),)) for each in ranges]
    names = (f"CVE-2023-{number}" for number in range(1000, 2000))
    return AdvisoryBook(*map(advisory, names, statements))


@pytest.mark.parametrize(
    ("ranges", "installed", "fixed"),
    [
        (RANGES, "1.0.0", "1.2.0"),
        (RANGES, "2.0.0", "2.0.5"),
        (RANGES, "3.1.0", ""),
        (("introduced 0, last_affected 1.5.0",), "1.0.0", ""),
    ],
)
def test_the_fix_is_that_of_the_range_that_the_version_is_in(
    ranges: tuple[str, ...], installed: str, fixed: str
) -> None:
    assert only(match(_about(*ranges), package("npm", "a", installed))).fixed_version == fixed


@pytest.mark.parametrize(
    ("ranges", "upgrade"),
    [
        (SEVERAL, "1.5.0"),
        ((*SEVERAL, "introduced 0"), ""),
        ((*SEVERAL, "introduced 0, fixed soon"), ""),
    ],
)
def test_one_version_clears_every_range(ranges: tuple[str, ...], upgrade: str) -> None:
    found = match(_about(*ranges), package("npm", "a", "1.0.0")).findings

    assert {each.vulnerability and each.vulnerability.upgrade for each in found} == {upgrade}


def test_a_listed_version_without_a_release_stands_for_all_releases() -> None:
    statement = Statement(stream="rocky:9", name="curl", versions=("7.76.1",))
    book = AdvisoryBook(advisory(CVE, statement))

    assert ids(match(book, package("rpm", "curl", "7.76.1-23.el9"), on="rocky:9")) == [CVE]
    assert ids(match(book, package("rpm", "curl", "7.76.2-1.el9"), on="rocky:9")) == []


def test_without_a_clean_version_no_fix_is_named() -> None:
    open_end: tuple[Event, ...] = (("introduced", "3.0"),)
    statement = Statement(
        stream="PyPI", name="a", ranges=((("introduced", "0"), ("fixed", "3.1")), open_end)
    )
    finding = only(match(AdvisoryBook(advisory(CVE, statement)), package("pypi", "a", "1.0")))
    assert finding.fixed_version == ""


def _erratum(id_: str, fix: str) -> Advisory:
    return advisory(id_, fixed_in("almalinux:9", "curl", fix), vulnerabilities=("CVE-2023-38545",))


ERRATA = AdvisoryBook(
    _erratum("ALSA-2023:5763", "7.76.1-23.el9_2.4"),
    _erratum("ALSA-2023:6745", "7.76.1-26.el9_3.2"),
)


@pytest.mark.parametrize(
    ("installed", "vulnerable"),
    [
        ("7.76.1-23.el9_2.3", True),
        ("7.76.1-23.el9_2.4", False),
        ("7.76.1-23.el9_2.5", False),
        ("7.76.1-26.el9_3.1", True),
        ("7.76.1-26.el9_3.2", False),
        ("7.76.1-26.el9", True),
        ("7.79.0-23.el9_2.4", False),
    ],
)
def test_an_erratum_of_a_later_minor_release_does_not_outweigh_the_one_of_the_package_s_own(
    installed: str, *, vulnerable: bool
) -> None:
    found = ids(match(ERRATA, package("rpm", "curl", installed), on="almalinux:9.2"))
    assert bool(found) is vulnerable


def test_a_later_mend_of_the_same_minor_release_still_counts() -> None:
    book = AdvisoryBook(
        _erratum("ALSA-2023:5763", "7.76.1-23.el9_2.4"),
        _erratum("ALSA-2023:9999", "7.76.1-23.el9_2.6"),
    )
    assert ids(match(book, package("rpm", "curl", "7.76.1-23.el9_2.4"), on="almalinux:9.2"))
