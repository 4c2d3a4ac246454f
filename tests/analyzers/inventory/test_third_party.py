"""What a vendor other than the distribution packaged is told from what the distribution did."""

from __future__ import annotations

import pytest

from scantling_analyzers.facts.models import Package
from scantling_analyzers.inventory.third_party import third_parties


def system(name: str, maintainer: str, *, type_: str = "rpm", version: str = "1-1") -> Package:
    return Package(path="db", name=name, version=version, type=type_, maintainer=maintainer)


def deb(name: str, maintainer: str, version: str = "1-1") -> Package:
    return system(name, maintainer, type_="deb", version=version)


BASE = deb("base-files", "Santiago Vila <sanvila@debian.org>")


def test_an_rpm_of_another_vendor_than_the_system_is_a_third_party_s() -> None:
    assert third_parties(
        [
            system("glibc", "AlmaLinux"),
            system("python3-yaml", "AlmaLinux"),
            system("elasticsearch", "Elasticsearch"),
            system("ansible", "Fedora Project"),
            system("own-build", ""),
        ]
    ) == {"rpm:elasticsearch", "rpm:ansible", "rpm:own-build"}


def test_a_distribution_of_two_vendors_is_both_s() -> None:
    suse = "SUSE LLC <https://www.suse.example/>"
    packages = [
        *(system("glibc", suse), system("openSUSE-release", "openSUSE")),
        *(system("zypper", "SUSE LLC <other>"), system("leap-tools", "openSUSE")),
    ]
    assert not third_parties(packages)


@pytest.mark.parametrize("maintainer", ["", "(none)"])
def test_where_no_core_package_tells_its_vendor_nothing_is_foreign(maintainer: str) -> None:
    assert not third_parties([system("glibc", maintainer), system("x", "Elasticsearch")])
    assert not third_parties([system("x", "Elasticsearch")])


@pytest.mark.parametrize(
    ("maintainer", "version"),
    [
        ("Debian Python Team <team+python@tracker.debian.org>", "1-1"),
        ("Someone <s@lists.alioth.debian.org>", "1-1"),
        ("Ubuntu Developers <u@lists.ubuntu.com>", "1-1"),
        ("Someone <someone@mail.example>", "1.2-3+deb12u1"),
        ("Someone <someone@mail.example>", "1.2-3ubuntu0.1"),
        ("", "1-1"),
    ],
)
def test_a_deb_of_the_distribution_is_known_by_its_maintainer_or_version(
    maintainer: str, version: str
) -> None:
    assert not third_parties([BASE, deb("python3-yaml", maintainer, version)])


@pytest.mark.parametrize(
    "maintainer",
    [
        "Elasticsearch Team <info@vendor.example>",
        "Somebody <somebody@notdebian.org>",
        "Cloud Authors <https://code.vendor.example/p/sdk/>",
        "debian.org",
    ],
)
def test_a_deb_of_anybody_else_is_a_third_party_s(maintainer: str) -> None:
    assert third_parties([BASE, deb("elasticsearch", maintainer)]) == {"deb:elasticsearch"}


def test_a_distribution_made_of_debian_is_known_by_who_maintains_its_core() -> None:
    core = deb("base-files", "Developers <dev@kylin.example>")
    packages = [core, deb("a", "Dev <x@kylin.example>"), deb("b", "Dev <x@lists.kylin.example>")]
    assert not third_parties(packages)
    assert third_parties([*packages, deb("c", "Vendor <x@vendor.example>")]) == {"deb:c"}


def test_other_formats_are_the_distribution_s() -> None:
    apk = system("x", "Somebody <s@vendor.example>", type_="apk")
    assert not third_parties([BASE, apk])
