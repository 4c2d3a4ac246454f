"""Builds of who rebuilds a distribution's packages are compared by what they share with its own."""

from __future__ import annotations

import pytest

from scantling_analyzers.advisories.matching.rebuilds import compared, form_of
from tests.analyzers.advisories.matching.asking import ids, match, only, package
from tests.builders.advisory_book import AdvisoryBook, advisory, fixed_in

CVE = "CVE-2022-22720"
FIX = "2.4.6-97.el7_9.5"


@pytest.mark.parametrize(
    ("stream", "release", "version", "form"),
    [
        ("rhel:7", "centos:7", "97.el7.centos.5", "major"),
        ("rhel:6", "centos:6", "1-69.el6.centos", "major"),
        ("rhel:7", "centos:7", "1-1160.el7.centos.plus", "major"),
        ("rhel:7", "scientific:7", "97.sl7", "major"),
        ("rhel:7", "scientific:7", "97.sl7_9.5", "marked"),
        ("rhel:7", "centos:7", "97.el7_9.centos.5", "marked"),
        ("rhel:7", "centos:7", "97.el7_9.5", ""),
        ("rhel:7", "centos:7", "97.el7", ""),
        ("rhel:7", "centos:7", "1-1.el7.centosish", ""),
        ("rhel:8", "centos-stream:8", "1-2.module_el8.6.0+1087+69a6d4f2", "module"),
        ("rhel:8", "rhel:8", "1-2.module+el8.6.0+1087+69a6d4f2", ""),
        ("rhel-eus:8.6", "rhel:8", "97.sl8", ""),
        ("rocky:8", "rocky:8", "1-2.module+el8.5.0+747+83fae388", ""),
        ("tuxcare-centos:7", "centos:7", "97.el7.centos.5", ""),
        ("rhel:8", "", "97.sl8", ""),
        ("debian:11", "debian:11", "5.1-2+rpi1", "marked"),
        ("debian:11", "debian:11", "5.1-2+deb11u1", ""),
        ("ubuntu:22.04", "ubuntu:22.04", "5.1-2+rpi1", ""),
    ],
)
def test_only_builds_of_others_are_compared_otherwise(
    stream: str, release: str, version: str, form: str
) -> None:
    assert form_of(stream, release, version) == form


def test_what_is_compared_is_the_same_for_both_sides_and_for_itself() -> None:
    assert compared("major", "1:97.el7.centos.5") == compared("major", "1:97.el7_9.5")
    assert compared("marked", "97.sl7_9.5") == "97.el7_9.5"
    module = compared("module", "43.module+el8.5.0+13806+b30d9eec.1")
    assert module == "43.module_el8.5.0.1"
    assert compared("module", module) == module
    assert compared("", "97.el7.centos.5") == "97.el7.centos.5"


def test_versions_are_shown_as_the_publisher_and_the_image_write_them() -> None:
    book = AdvisoryBook(advisory(CVE, fixed_in("rhel:7", "httpd", FIX)))
    finding = only(match(book, package("rpm", "httpd", "2.4.6-97.el7.centos.4"), on="centos:7"))

    assert (finding.version, finding.fixed_version) == ("2.4.6-97.el7.centos.4", FIX)
    assert finding.vulnerability is not None
    assert finding.vulnerability.upgrade == FIX
    assert "2.4.6-97.el7.centos.4 is installed" in finding.vulnerability.reasons[0]


def test_a_source_without_an_epoch_is_compared_so_too() -> None:
    book = AdvisoryBook(advisory(CVE, fixed_in("rhel:7", "perl", f"4:{FIX}", name_of="source")))
    part = package(
        "rpm",
        "perl-Carp",
        "1.26-244.el7.centos",
        source_name="perl",
        source_version="2.4.6-97.el7.centos.4",
    )
    mended = package(
        "rpm",
        "perl-Carp",
        "1.26-244.el7.centos",
        source_name="perl",
        source_version="2.4.6-97.el7.centos.5",
    )

    assert ids(match(book, part, on="centos:7")) == [CVE]
    assert ids(match(book, mended, on="centos:7")) == []
