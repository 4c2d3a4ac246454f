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
