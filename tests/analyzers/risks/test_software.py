"""The analyzer of software information, and its package URLs."""

from __future__ import annotations

import msgspec
import pytest

from scantling_analyzers.contract import KnownBase, Settings
from scantling_analyzers.facts.models import Distribution, Package
from scantling_analyzers.risks.software.analyzer import SoftwareAnalyzer
from scantling_analyzers.risks.software.purl import purl_of
from tests.analyzers.risks.content import IMAGE, content

DEBIAN = Distribution(path="etc/os-release", id="debian", version_id="12", name="Debian")


def package(name: str = "bash", version: str = "5.2-1", type_: str = "deb", **more: str) -> Package:
    given = {"path": "var/lib/dpkg/status", "name": name, "version": version, "type": type_}
    return msgspec.convert({"kind": "package", **given, **more}, Package)


def test_hidden_packages_are_not_installed() -> None:
    outcome = SoftwareAnalyzer().analyze(
        content((DEBIAN, 0, None), (package("old"), 0, 1), (package("new"), 1, None)), Settings()
    )
    assert [entry.name for entry in outcome.packages] == ["new"]
    assert outcome.status == "complete"


def test_an_unreadable_database_makes_the_outcome_partial_with_its_path() -> None:
    outcome = SoftwareAnalyzer().analyze(
        content((DEBIAN, 0, None), errors=(("var/lib/dpkg/status", 0, None),)), Settings()
    )
    assert outcome.status == "partial"
    assert [error.path for error in outcome.errors] == ["var/lib/dpkg/status"]
    assert "var/lib/dpkg/status" in outcome.reason


def test_what_a_later_layer_replaces_can_not_be_missing() -> None:
    outcome = SoftwareAnalyzer().analyze(
        content((DEBIAN, 0, None), errors=(("var/lib/dpkg/status", 0, 1),)), Settings()
    )
    assert outcome.status == "complete"


def test_an_image_without_a_distribution_is_complete() -> None:
    outcome = SoftwareAnalyzer().analyze(content(), Settings())
    assert (outcome.status, outcome.distribution, outcome.packages) == ("complete", None, ())


def test_packages_come_in_one_order_whatever_the_order_of_facts() -> None:
    facts = [(package(name), 0, None) for name in ("zlib", "bash", "apt")]
    one = SoftwareAnalyzer().analyze(content(*facts), Settings())
    other = SoftwareAnalyzer().analyze(content(*reversed(facts)), Settings())
    assert one == other


def test_packages_of_base_layers_are_marked() -> None:
    base = KnownBase(digest="sha256:b", chain_id="sha256:c", layers=1)
    outcome = SoftwareAnalyzer().analyze(
        content((package("base"), 0, None), (package("mine"), 1, None), bases=(base,)), Settings()
    )
    assert {entry.name: entry.in_base for entry in outcome.packages} == {
        "base": True,
        "mine": False,
    }


@pytest.mark.parametrize(
    ("id_", "id_like", "type_", "status"),
    [
        ("slackware", (), "npm", "unsupported"),
        ("arch", (), "npm", "complete"),
        ("openEuler", (), "npm", "complete"),
        ("unheard-of", (), "deb", "complete"),
        ("unheard-of", ("rhel", "fedora"), "npm", "complete"),
        ("alpine", (), "npm", "complete"),
    ],
)
def test_a_distribution_whose_packages_nobody_can_read_is_unsupported_never_clean(
    id_: str, id_like: tuple[str, ...], type_: str, status: str
) -> None:
    distribution = Distribution(path="etc/os-release", id=id_, id_like=id_like)
    outcome = SoftwareAnalyzer().analyze(
        content((distribution, 0, None), (package("found", type_=type_), 0, None)), Settings()
    )
    assert outcome.status == status
    assert [entry.name for entry in outcome.packages] == ["found"]
    assert bool(outcome.reason) is (status == "unsupported")


def test_an_image_is_no_base_of_itself() -> None:
    itself = KnownBase(digest=IMAGE, chain_id="sha256:1", layers=2, references=())
    outcome = SoftwareAnalyzer().analyze(
        content((package("mine"), 1, None), bases=(itself,)), Settings()
    )
    assert not outcome.packages[0].in_base


@pytest.mark.parametrize(
    ("fact", "purl"),
    [
        (package("bash", arch="amd64"), "pkg:deb/debian/bash@5.2-1?arch=amd64&distro=debian-12"),
        (
            package("libc6", "2.36", source_name="glibc", source_version="2.36-9"),
            "pkg:deb/debian/libc6@2.36?distro=debian-12&upstream=glibc%402.36-9",
        ),
        (
            package("vim", "2:9.0-1.el9", type_="rpm", arch="x86_64"),
            "pkg:rpm/debian/vim@9.0-1.el9?arch=x86_64&distro=debian-12&epoch=2",
        ),
        (package("@angular/core", "17.0", type_="npm"), "pkg:npm/%40angular/core@17.0"),
        (package("Foo_Bar", "1", type_="pypi"), "pkg:pypi/foo-bar@1"),
        (package("zope.interface", "6", type_="pypi"), "pkg:pypi/zope-interface@6"),
        (package("org.a:b", "1.0", type_="maven"), "pkg:maven/org.a/b@1.0"),
        (package("b", "1.0", type_="maven"), "pkg:maven/b@1.0"),
    ],
)
def test_package_urls_follow_the_specification(fact: Package, purl: str) -> None:
    assert purl_of(fact, DEBIAN) == purl
