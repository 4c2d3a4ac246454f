"""What each scheme orders, case by case; the oracles' pairs are in ``test_pairs.py``."""

from __future__ import annotations

import pytest

from scantling_common.versions.errors import NotAVersion
from scantling_common.versions.keys import MAX_LENGTH, ceiling, compare, find, parse
from scantling_common.versions.schemes import Scheme

ASCENDING = {
    "deb": [
        *("1.0~~", "1.0~~a", "1.0~", "1.0~rc1", "1.0", "1.0-1~bpo12+1", "1.0-1", "1.0-1+deb12u1"),
        *("1.0-2", "1.0-10", "1.0a", "1.0+dfsg-1", "1.0.1", "1.10", "1:0.1", "2:0.1~"),
    ],
    "rpm": [
        *("1.0~rc1-1", "1.0-1.el8", "1.0-1.el8_6", "1.0-1.el9", "1.0-10.el8", "1.0^git1-1"),
        *("1.0a-1", "1.0.1-1", "1.10-1", "1:0.1-1", "2:0.1-1"),
    ],
    "apk": [
        *("1.0_alpha", "1.0_alpha1", "1.0_beta", "1.0_pre2", "1.0_rc1", "1.0", "1.0-r0"),
        *("1.0-r1", "1.0-r10", "1.0~1a2b", "1.0_git20240131", "1.0_p1", "1.0_p10", "1.0a"),
        *("1.0.01", "1.0.1", "1.2", "1.10"),
    ],
    "maven": [
        *("1.0-alpha-1", "1.0-a2", "1.0-beta", "1.0.M1", "1.0-rc1", "1.0-CR2", "1.0-SNAPSHOT"),
        *("1.0", "1.0-sp", "1.0-foo", "1.0-1", "1.0.1", "1.2", "1.10"),
    ],
    "semver": [
        *("1.0.0-1", "1.0.0-11", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta"),
        *("1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0"),
    ],
    "pypi": [
        *("1.0.dev1", "1.0a1.dev1", "1.0a1", "1.0b2", "1.0rc1", "1.0", "1.0+abc.5", "1.0+5"),
        *("1.0.post1.dev1", "1.0.post1", "1.0-2", "1.0.1", "1.10", "1!0.1"),
    ],
}
EQUAL = {
    "deb": [("1.0", "0:1.0"), ("1.0", "1.0-0"), ("1.0", "1.00"), ("1.0a", "1.0a0")],
    "rpm": [("1.0-1", "0:1.0-1"), ("1.0-1", "(none):1.0-1"), ("1.0.-1", "1.0-1"), ("1.05", "1.5")],
    "apk": [("1.0", "01.0"), ("1.0-r1", "1.0-r01")],
    "maven": [
        *(("1", "1.0.0"), ("1.0", "1.0.Final"), ("1.0.RELEASE", "1.0-ga"), ("1.0rc1", "1.0-CR1")),
        *(("1.0a1", "1.0-alpha-1"), ("1-1.foo-bar1baz-.1", "1-1.foo-bar-1-baz-0.1")),
        ("1.\N{ARABIC-INDIC DIGIT TWO}", "1.2"),
    ],
    "semver": [("1.0.0+a", "1.0.0+b"), ("v1.0.0", "1.0.0"), ("=1.0.0", "1.0"), ("1.0.0rc", "1-rc")],
    "pypi": [("1.0", "1"), ("1.0-alpha", "1.0a0"), ("1.0c1", "1.0rc1"), ("V1.0.POST", "1.0-0")],
}
NO_VERSIONS = {
    "deb": ["x:1.0", "-1:1.0", ":1.0", "2147483648:1", "1.0-", "-1", "1 0", "1.0\N{DIGIT ONE}é"],
    "rpm": ["x:1.0-1", "a:b:1", "1:2:3", "-", "-1", "...-1"],
    "apk": ["", "a", "1.", "1..2", "1.0_foo", "1.0-1", "1.0-r", "1.0ab", "1.0a.1", "1.0~", "1.0_"],
    "maven": [],
    "semver": ["", "a", "1.2.3.4", "1.0.0-", "1.0.0-a..b", "1.0.0+", "1.0.0-ä", "latest"],
    "pypi": ["", "2004d", "1.0-custom", "1.0+", "1.0+a..b", "1..0", "a", "1.0 rc1"],
}
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
@pytest.mark.parametrize("text", ["", " ", "1\n2", "1\x002", "1 2", "1\x1b[31m", "1\x7f"])
def test_nothing_white_space_and_control_characters_are_no_version(
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
    assert find(scheme, "1" * MAX_LENGTH) is not None
    assert find(scheme, "1" * (MAX_LENGTH + 1)) is None


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("piece", ["1.", "0.", "1a", "a.", "1-", "~", "_p", ".", "a1", "1+", "-0"])
@pytest.mark.timeout(5)
def test_the_longest_versions_take_no_time(scheme: Scheme, piece: str) -> None:
    for tail in ("", "!", "1"):
        find(scheme, ("1" + piece * MAX_LENGTH)[: MAX_LENGTH - 1] + tail)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_numbers_of_any_length_are_compared(scheme: Scheme) -> None:
    long = "9" * 400

    assert compare(scheme, long, "1" + "0" * 400) == -1
    assert compare(scheme, f"1.{long}", f"1.{long[:-1]}8") == 1


@pytest.mark.parametrize("scheme", [Scheme.RPM])
def test_a_version_without_a_release_stands_for_all_its_releases(scheme: Scheme) -> None:
    key = parse(scheme, "1.0")

    assert key < parse(scheme, "1.0-1") < ceiling(scheme, key) < parse(scheme, "1.0.1-1")
    assert ceiling(scheme, parse(scheme, "1.0-1")) == parse(scheme, "1.0-1")


def test_a_python_version_stands_for_all_its_local_versions() -> None:
    key = parse(Scheme.PYPI, "2.0")

    assert key < parse(Scheme.PYPI, "2.0+cu118") < ceiling(Scheme.PYPI, key)
    assert ceiling(Scheme.PYPI, key) < parse(Scheme.PYPI, "2.0.post1")
