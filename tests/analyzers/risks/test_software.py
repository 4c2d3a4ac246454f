"""The analyzer of software information, and its package URLs."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest

from scantling_analyzers.attestations.models import ClaimedSbom
from scantling_analyzers.contract import KnownBase, Settings
from scantling_analyzers.facts.models import ContentSets, Distribution, Package
from scantling_analyzers.inventory.purl import purl_of
from scantling_analyzers.risks.software.analyzer import MAX_CONTENT_SETS, SoftwareAnalyzer
from tests.analyzers.risks.content import IMAGE, content

DEBIAN = Distribution(path="etc/os-release", id="debian", version_id="12", name="Debian")


def package(name: str = "bash", version: str = "5.2-1", type_: str = "deb", **more: Any) -> Package:
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


def test_what_each_reader_says_alike_is_said_once() -> None:
    errors = (("", 0, None), ("", 0, None), ("", 1, None))
    outcome = SoftwareAnalyzer().analyze(content(errors=errors), Settings())
    assert len(outcome.errors) == 2
    assert outcome.reason.endswith("and 1 more")


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


def test_two_readers_that_find_one_package_at_one_path_make_one_entry() -> None:
    one = package(licenses=["MIT"], found_by="dpkg")
    other = package(source_name="bash-src", source_version="5", found_by="copyright")
    outcomes = [
        SoftwareAnalyzer().analyze(content(*((fact, 0, None) for fact in facts)), Settings())
        for facts in ((one, other), (other, one))
    ]
    assert outcomes[0].packages == outcomes[1].packages
    (entry,) = outcomes[0].packages
    assert (entry.licenses, entry.source_name) == (("MIT",), "bash-src")


def test_one_package_at_several_paths_is_listed_at_each() -> None:
    outcome = SoftwareAnalyzer().analyze(
        content((package(path="b"), 0, None), (package(path="a"), 1, None)), Settings()
    )
    assert [entry.path for entry in outcome.packages] == ["a", "b"]


def test_what_the_system_brought_is_marked_with_its_owner() -> None:
    image = content((package("yaml", type_="pypi"), 0, None))
    owned = msgspec.structs.replace(
        image,
        facts=tuple(msgspec.structs.replace(f, owner="deb:python3-yaml") for f in image.facts),
    )
    outcome = SoftwareAnalyzer().analyze(owned, Settings())
    assert [entry.owner for entry in outcome.packages] == ["deb:python3-yaml"]


def test_content_sets_are_listed_and_too_many_of_them_are_said() -> None:
    few = ContentSets(path="root/buildinfo/content_manifests/a.json", sets=("b", "a"))
    many = ContentSets(
        path="root/buildinfo/content_manifests/b.json",
        sets=tuple(f"set-{number:04}" for number in range(MAX_CONTENT_SETS + 1)),
    )
    outcome = SoftwareAnalyzer().analyze(content((DEBIAN, 0, None), (few, 0, None)), Settings())
    assert outcome.distribution is not None
    assert outcome.distribution.content_sets == ("a", "b")
    outcome = SoftwareAnalyzer().analyze(content((DEBIAN, 0, None), (many, 0, None)), Settings())
    assert outcome.distribution is not None
    assert len(outcome.distribution.content_sets) == MAX_CONTENT_SETS
    assert [error.code for error in outcome.errors] == ["too_many"]


def test_the_agreement_of_an_sbom_beside_the_image_changes_no_status() -> None:
    image = msgspec.structs.replace(
        content((DEBIAN, 0, None), (package(), 0, None)),
        sboms=(ClaimedSbom(via="index", digest="sha256:a", purls=("pkg:npm/gone@1",)),),
    )
    outcome = SoftwareAnalyzer().analyze(image, Settings())
    assert outcome.status == "complete"
    assert [(each.same_count, each.only_in_sbom_count) for each in outcome.sboms] == [(0, 1)]


def test_a_large_image_is_analysed_at_once() -> None:
    facts = [
        (package(f"lib{number}", path="var/lib/dpkg/status", source_name=f"s{number}"), 0, None)
        for number in range(20_000)
    ]
    image = content((DEBIAN, 0, None), *facts)
    begun = time.process_time()
    assert len(SoftwareAnalyzer().analyze(image, Settings()).packages) == 20_000
    assert time.process_time() - begun < 2
