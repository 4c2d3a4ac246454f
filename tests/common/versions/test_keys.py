"""What each scheme orders, case by case; the oracles' pairs are in ``test_pairs.py``."""

from __future__ import annotations

import pytest

from scantling_common.versions.errors import NotAVersion
from scantling_common.versions.keys import MAX_LENGTH, ceiling, compare, find, parse
from scantling_common.versions.schemes import Scheme
from tests.builders.versions import gibberish
from tests.common.versions.cases import ASCENDING, EQUAL, NO_VERSIONS

SCHEMES = list(Scheme)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_versions_ascend(scheme: Scheme) -> None:
    versions = ASCENDING[scheme]

    assert [
        (left, right)
        for place, right in enumerate(versions)
        for left in versions[:place]
        if compare(scheme, left, right) != -1 or compare(scheme, right, left) != 1
    ] == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_different_texts_are_one_version(scheme: Scheme) -> None:
    for left, right in EQUAL[scheme]:
        assert (left, right, compare(scheme, left, right)) == (left, right, 0)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_the_ecosystem_does_not_have_is_no_version(scheme: Scheme) -> None:
    assert [text for text in NO_VERSIONS[scheme] if find(scheme, text) is not None] == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    "text", ["", " ", "1\n2", "1\x002", "1 2", "1\x1b[31m", "1\x7f", "1\ud800"]
)
def test_nothing_white_space_and_unusable_characters_are_no_version(
    scheme: Scheme, text: str
) -> None:
    assert find(scheme, text) is None


@pytest.mark.parametrize("scheme", SCHEMES)
def test_white_space_around_a_version_does_not_count(scheme: Scheme) -> None:
    assert compare(scheme, " 1.0\n", "1.0") == 0


def test_the_error_names_the_text_and_shows_it_safely() -> None:
    with pytest.raises(NotAVersion, match=r"'1\\x1b\[31m' is no version of the scheme semver"):
        parse(Scheme.SEMVER, "1\x1b[31m")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_version_that_is_too_long_is_none(scheme: Scheme) -> None:
    longest = "1." + "1" * (MAX_LENGTH - 2)

    assert find(scheme, longest) is not None
    assert find(scheme, longest + "1") is None


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("piece", ["1.", "0.", "1a", "a.", "1-", "~", "_p", ".", "a1", "1+", "-0"])
@pytest.mark.timeout(5)
def test_the_longest_versions_take_no_time(scheme: Scheme, piece: str) -> None:
    for tail in ("", "!", "1"):
        find(scheme, ("1" + piece * MAX_LENGTH)[: MAX_LENGTH - 1] + tail)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_any_text_has_a_key_that_can_be_stored_or_none(scheme: Scheme) -> None:
    found = [find(scheme, text) for text in gibberish(5_000, 19)]

    assert None in found
    assert all(key is None or key.encode() for key in found)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_numbers_of_any_length_are_compared(scheme: Scheme) -> None:
    one = "v1" if scheme is Scheme.CPAN else "1"  # without the v, it is the decimals of 1
    long = "9" * 400

    assert compare(scheme, f"{one}.{long}", f"{one}.1{'0' * 400}") == -1
    assert compare(scheme, f"{one}.{long}", f"{one}.{long[:-1]}8") == 1


@pytest.mark.parametrize("scheme", [Scheme.ALPM, Scheme.RPM])
def test_a_version_without_a_release_stands_for_all_its_releases(scheme: Scheme) -> None:
    key = parse(scheme, "1.0")

    assert key < parse(scheme, "1.0-1") < ceiling(scheme, key) < parse(scheme, "1.0.1-1")
    assert ceiling(scheme, parse(scheme, "1.0-1")) == parse(scheme, "1.0-1")


def test_a_python_version_stands_for_all_its_local_versions() -> None:
    key = parse(Scheme.PYPI, "2.0")

    assert key < parse(Scheme.PYPI, "2.0+cu118") < ceiling(Scheme.PYPI, key)
    assert ceiling(Scheme.PYPI, key) < parse(Scheme.PYPI, "2.0.post1")
