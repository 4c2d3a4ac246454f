"""What nobody speaks of is never told as clean."""

from __future__ import annotations

import pytest

from scantling_analyzers.advisories.lifecycle import KNOWN_ON
from scantling_analyzers.advisories.models import Coverage
from tests.analyzers.advisories.matching.asking import distribution, ids, match, package
from tests.builders.advisory_book import AdvisoryBook, advisory, fixed_in

BOOK = AdvisoryBook(
    advisory("CVE-2024-1", fixed_in("npm", "a", "2.0.0")),
    Coverage(feed="x", stream="debian:12"),
    Coverage(feed="x", stream="debian:9"),
)
OPENSSL = package("deb", "openssl", "1.1")


def test_a_distribution_whose_advisories_are_not_loaded_is_unsupported() -> None:
    matched = match(BOOK, OPENSSL, package("npm", "a", "1.0.0"), on="debian:11")
    assert matched.coverage.unsupported == "no advisories of debian:11 are loaded"
    assert ids(matched) == ["CVE-2024-1"]


def test_a_distribution_that_nobody_speaks_for_is_unsupported() -> None:
    assert "gobolinux" in match(BOOK, OPENSSL, on="gobolinux:17").coverage.unsupported


def test_a_feed_that_says_nothing_bad_speaks_for_its_stream() -> None:
    matched = match(BOOK, OPENSSL, on="debian:12")
    assert not matched.coverage.unsupported
    assert not matched.coverage.notes


def test_packages_of_a_distribution_that_is_not_told_are_unsupported() -> None:
    assert match(BOOK, OPENSSL).coverage.unsupported
    assert not match(BOOK, package("npm", "a", "3.0.0")).coverage.unsupported


def test_an_ecosystem_without_any_advisories_is_left_out() -> None:
    left = (package("pypi", "b", "1.0"), package("generic", "c", "1", cpes=("cpe:2.3:a:c:c:1",)))
    assert match(BOOK, package("npm", "a", "1.0.0"), *left).coverage.left_out == left


def test_packages_of_a_release_of_which_a_part_is_missing_are_told() -> None:
    alpine = Coverage(feed="x", stream="alpine:3.18")
    book = AdvisoryBook(alpine, incomplete={"alpine:3.18": "community"})
    musl = package("apk", "musl", "1.2.4-r0")
    coverage = match(book, musl, package("npm", "a", "1.0.0"), on="alpine:3.18").coverage
    assert coverage.halfway == (musl,)
    assert coverage.missing == "community of alpine:3.18"
    assert match(book, OPENSSL, on="debian:12").coverage.halfway == ()


def test_packages_of_which_no_feed_speaks_are_counted() -> None:
    unheard = [package("luarocks", f"l{n}", "1") for n in range(3)]
    coverage = match(BOOK, *unheard, package("generic", "g", "1")).coverage
    assert coverage.unjudged == (("generic", 1), ("luarocks", 3))
    assert coverage.left_out == ()


def test_a_package_of_another_kind_than_the_distributions_is_left_out() -> None:
    foreign = package("rpm", "a", "1-1")
    assert match(BOOK, foreign, on="debian:12").coverage.left_out == (foreign,)


def test_a_release_past_its_end_of_life_says_so() -> None:
    coverage = match(BOOK, OPENSSL, on="debian:9").coverage
    assert coverage.end_of_life == "2022-06-30"
    assert "debian:9 is past its end of life" in coverage.notes[0]


def test_the_end_of_life_is_seen_from_what_the_database_knows() -> None:
    then = AdvisoryBook(Coverage(feed="x", stream="debian:9"), newest="2021-01-01T00:00:00Z")
    assert not match(then, OPENSSL, on="debian:9").coverage.end_of_life


@pytest.mark.parametrize(
    ("release", "newest", "told"),
    [
        ("debian:12", "2026-12-01T00:00:00Z", 0),
        ("debian:12", "2027-05-01T00:00:00Z", 1),
        ("fedora:77", "2033-01-01", 1),
        # Past its end it is for good, and what has no releases has no end.
        ("debian:9", "2027-05-01T00:00:00Z", 0),
        ("wolfi", "2033-01-01", 0),
        ("debian:12", "", 0),
    ],
)
def test_advisories_long_after_the_dates_were_gathered_say_so(
    release: str, newest: str, told: int
) -> None:
    book = AdvisoryBook(Coverage(feed="x", stream=release), newest=newest)
    notes = match(book, OPENSSL, on=release).coverage.notes
    note = (
        f"whether {release} is past its end of life is not sure: the dates in this version of "
        f"Scantling are of {KNOWN_ON}, and the advisories go to {newest[:10]}"
    )
    assert [each for each in notes if "is not sure" in each] == [note] * told


def test_an_addition_to_a_release_does_not_speak_for_it() -> None:
    modules = AdvisoryBook(Coverage(feed="x", stream="sle-module:12"))
    coverage = match(modules, package("rpm", "a", "1-1"), on="sles:12.5").coverage
    assert coverage.unsupported == "no advisories of sles:12.5 are loaded"


def test_a_general_stream_alone_is_enough_and_an_exact_one_is_added() -> None:
    general = Coverage(feed="x", stream="uos:20-e")
    exact = Coverage(feed="x", stream="uos:20-1050-e")
    uos = distribution("uos:20", service_pack="1050", edition="e")
    streams = [
        match(AdvisoryBook(*books), package("rpm", "a", "1-1"), on=uos).coverage.setting.streams
        for books in ((general,), (exact,), (general, exact))
    ]
    assert streams == [("uos:20-e",), ("uos:20-1050-e",), ("uos:20-1050-e", "uos:20-e")]
