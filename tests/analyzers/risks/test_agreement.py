"""How published SBOMs agree with what was found."""

from __future__ import annotations

import pytest

from scantling_analyzers.attestations.models import ClaimedSbom
from scantling_analyzers.risks.software.agreement import LISTED, MAX_SBOMS, agreements, identity
from scantling_common.outcomes import PackageEntry


def package(purl: str, *, owner: str = "") -> PackageEntry:
    return PackageEntry(
        name="n", version="1", type="t", purl=purl, path="p", layer="l", owner=owner
    )


def sbom(*purls: str, digest: str = "sha256:a", **more: object) -> ClaimedSbom:
    return ClaimedSbom(via="index", digest=digest, purls=purls, **more)  # type: ignore[arg-type]  # by name


def test_packages_are_the_same_in_only_one_or_only_the_other() -> None:
    found = [package("pkg:npm/a@1"), package("pkg:npm/b@1"), package("pkg:npm/b@1")]
    (agreement,) = agreements([sbom("pkg:npm/a@1", "pkg:npm/c@1", unidentified=3)], found)
    assert (agreement.same_count, agreement.only_in_sbom_count, agreement.only_found_count) == (
        1,
        1,
        1,
    )
    assert agreement.only_in_sbom == ("pkg:npm/c@1",)
    assert agreement.only_found == ("pkg:npm/b@1",)
    assert agreement.unidentified_count == 3


def test_a_part_of_a_package_of_the_system_is_not_missed_in_an_sbom() -> None:
    system, part = package("pkg:deb/debian/py-a@1"), package("pkg:pypi/a@1", owner="deb:py-a")
    (without,) = agreements([sbom("pkg:deb/debian/py-a@1")], [system, part])
    assert (without.same_count, without.only_found_count) == (1, 0)
    (both,) = agreements([sbom("pkg:deb/debian/py-a@1", "pkg:pypi/a@1")], [system, part])
    assert (both.same_count, both.only_in_sbom_count, both.only_found_count) == (2, 0, 0)


def test_without_an_sbom_there_is_nothing_to_agree_with() -> None:
    assert agreements([], [package("pkg:npm/a@1")]) == ()


def test_an_unusable_sbom_says_why_and_counts_nothing() -> None:
    bad = sbom(code="malformed", reason="x" * 1000)
    (agreement,) = agreements([bad], [package("pkg:npm/a@1")])
    assert (agreement.code, agreement.only_found_count) == ("malformed", 0)
    assert len(agreement.reason) < 400


def test_lists_are_short_and_counts_are_complete() -> None:
    many = [f"pkg:npm/{number:04}@1" for number in range(1000)]
    (agreement,) = agreements([sbom(*many)], [package(f"pkg:npm/x{'y' * 900}@1")])
    assert agreement.only_in_sbom_count == 1000
    assert agreement.only_in_sbom == tuple(many[:LISTED])
    assert len(agreement.only_found[0]) == 300


def test_of_many_sboms_the_first_are_compared_and_the_rest_is_said() -> None:
    many = [sbom("pkg:npm/a@1", digest=f"sha256:{number:03}") for number in range(MAX_SBOMS + 2)]
    compared = agreements(reversed(many), [package("pkg:npm/a@1")])
    assert len(compared) == MAX_SBOMS + 1
    assert [each.same_count for each in compared[:-1]] == [1] * MAX_SBOMS
    assert compared[-1].code == "too_many"
    assert compared == agreements(many, [package("pkg:npm/a@1")])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("pkg:rpm/rhel/bash@5.1-6.el9", "pkg:rpm/redhat/bash@5.1-6.el9"),
        ("pkg:deb/debian/curl@1%3A2.0", "pkg:deb/debian/curl@1:2.0"),
        ("pkg:deb/debian/curl@1:2.0", "pkg:deb/debian/curl@2.0"),
        ("pkg:npm/%40babel/core@7", "pkg:npm/@babel/core@7"),
        ("pkg:npm/Left-Pad@1", "pkg:npm/left-pad@1"),
        ("pkg:pypi/zope.interface@6", "pkg:pypi/Zope_Interface@6"),
        ("pkg:golang/example.org/a@v1.2.0", "pkg:golang/example.org/a@1.2.0"),
        ("pkg:DEB/debian/a%2Bb@1", "pkg:deb/debian/a+b@1"),
        ("pkg://npm/a@1", "pkg:npm/a@1"),
    ],
)
def test_tools_that_write_a_package_in_two_ways_mean_the_same(one: str, other: str) -> None:
    assert identity(one) == identity(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("pkg:npm/a@1", "pkg:npm/a@2"),
        ("pkg:npm/a@1", "pkg:pypi/a@1"),
        ("pkg:npm/%40a/b@1", "pkg:npm/b@1"),
        ("pkg:maven/org.a/b@1", "pkg:maven/org.c/b@1"),
        ("pkg:deb/debian/a@1-1", "pkg:deb/debian/a@1-2"),
    ],
)
def test_different_packages_are_different(one: str, other: str) -> None:
    assert identity(one) != identity(other)


@pytest.mark.parametrize("purl", ["pkg:oci/app@sha256%3Aa", "pkg:docker/alpine@3", "pkg:npm", ""])
def test_the_image_is_no_package_of_itself(purl: str) -> None:
    assert identity(purl) == ""
