"""AlmaLinux' errata are read, with the modules that they name."""

from __future__ import annotations

from typing import Any

import pytest

from scantling_analyzers.advisories.feeds.alma_errata import AlmaErrataFeed
from scantling_analyzers.advisories.feeds.bounds import until
from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.models import Advisory, Coverage, Reference, Score, Statement
from tests.builders.feeds.document import advisories, document, refusals, said

FEED = AlmaErrataFeed()


def package(name: str = "Judy", release: str = "18.el8_5", **fields: Any) -> dict[str, Any]:
    return {
        "name": name,
        "epoch": "0",
        "version": "1.0.5",
        "release": release,
        "arch": "x86_64",
        "src": f"{name}-1.0.5-{release}.src.rpm",
        "filename": f"{name}-1.0.5-{release}.x86_64.rpm",
        "checksum": "d02f",
        "checksum_type": "sha256",
        "reboot_suggested": 0,
        **fields,
    }


def errata(*packages: Any, **fields: Any) -> dict[str, Any]:
    erratum = {
        "id": "ALSA-2019:3708",
        "issued_date": 1572983623,
        "updated_date": 1651142818,
        "severity": "Moderate",
        "title": "Moderate: mariadb:10.3 security update",
        "description": "MariaDB is\na server.",
        "type": "security",
        "packages": list(packages),
        "modules": [],
        "references": [
            {"id": "CVE-2019-2510", "type": "cve", "href": "https://example.org/CVE-2019-2510"},
            {"id": "ALSA-2019-3708", "type": "self", "href": "https://example.org/8/ALSA.html"},
        ],
        **fields,
    }
    return {"schema_version": "1.0", "data": [erratum]}


def statements(*packages: Any) -> tuple[Statement, ...]:
    found = said(FEED, errata(*packages))
    assert refusals(found) == []
    return advisories(found)[0].statements


def test_an_erratum_is_an_advisory_about_its_cves() -> None:
    assert said(FEED, errata(package())) == [
        Advisory(
            id="ALSA-2019:3708",
            feed="alma-errata",
            vulnerabilities=("CVE-2019-2510",),
            title="Moderate: mariadb:10.3 security update",
            details="MariaDB is\na server.",
            published="2019-11-05T19:53:43Z",
            modified="2022-04-28T10:46:58Z",
            scores=(Score(source="almalinux", kind="word", text="Moderate"),),
            references=(
                Reference(url="https://example.org/CVE-2019-2510"),
                Reference(url="https://example.org/8/ALSA.html", kind="ADVISORY"),
            ),
            statements=(
                Statement(
                    stream="almalinux:8",
                    name="Judy",
                    ranges=(until("1.0.5-18.el8_5"),),
                    arches=("x86_64",),
                ),
            ),
        ),
        Coverage(feed="alma-errata", stream="almalinux:8"),
    ]


def test_packages_are_of_a_module_of_an_architecture_or_of_all() -> None:
    label = "mariadb:10.3:8050020220427075058:c5368500:x86_64"
    found = statements(
        package(release="18.module_el8.5.0+2632+14ced695", module=label, epoch="3"),
        package("galera", arch="noarch"),
        package("both"),
        package("both", arch="aarch64"),
    )

    assert [(each.name, each.module, each.arches) for each in found] == [
        ("Judy", "mariadb:10.3", ("x86_64",)),
        ("galera", "", ()),
        ("both", "", ("aarch64", "x86_64")),
    ]
    assert found[0].ranges == (until("3:1.0.5-18.module_el8.5.0+2632+14ced695"),)


def test_of_builds_of_the_same_fix_the_earliest_counts() -> None:
    found = statements(package(release="18.el8_6"), package(release="18.el8_4"))

    assert [each.ranges for each in found] == [(until("1.0.5-18.el8_4"),)]


def test_sources_count_only_where_nothing_else_is_named() -> None:
    assert [each.name for each in statements(package(), package("src", arch="src"))] == ["Judy"]
    assert [each.name_of for each in statements(package(arch="src"))] == ["source"]


@pytest.mark.parametrize(
    ("release", "stream"),
    [
        ("5.1.el8_4", "almalinux:8"),
        ("1.module_el9.2.0+14+db30a8fa", "almalinux:9"),
        ("3.el10", "almalinux:10"),
        ("2.el9_0.alma.1", "almalinux:9"),
    ],
)
def test_the_release_is_in_the_version(release: str, stream: str) -> None:
    assert statements(package(release=release))[0].stream == stream


def test_updates_that_mend_no_vulnerability_are_refused() -> None:
    found = said(FEED, errata(package(), id="ALBA-2021:3049", type="bugfix", references=[]))

    assert [(each.record, each.code) for each in refusals(found)] == [
        ("ALBA-2021:3049", "no_vulnerability")
    ]
    assert advisories(said(FEED, errata(package(), type="bugfix")))
    assert advisories(said(FEED, errata(package(), references=None)))[0].vulnerabilities == ()


@pytest.mark.parametrize(
    ("packages", "code"),
    [
        ([package(release="1.fc39")], "unknown_stream"),
        ([package(name="")], "malformed"),
        ([package(version="1 2")], "malformed"),
        ([], "names_no_package"),
    ],
)
def test_an_erratum_of_no_use_is_refused(packages: list[Any], code: str) -> None:
    found = said(FEED, errata(*packages))

    assert [(each.code, each.part) for each in refusals(found)] == [(code, False)]
    assert advisories(found) == []


def test_a_package_of_no_use_costs_only_itself() -> None:
    found = said(FEED, errata(package(), package(release="1.fc39")))

    assert [(each.code, each.part) for each in refusals(found)] == [("unknown_stream", True)]
    assert len(advisories(found)[0].statements) == 1


def test_more_packages_than_there_can_be_are_cut_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scantling_analyzers.advisories.feeds.alma_errata.MAX_STATEMENTS", 1)
    found = said(FEED, errata(package(), package("other")))

    assert [(each.code, each.part) for each in refusals(found)] == [("too_many", True)]


@pytest.mark.parametrize("broken", [{"id": "ALSA-1"}, [], {"id": "", "packages": []}])
def test_a_malformed_erratum_costs_only_itself(broken: Any) -> None:
    content = errata(package())
    content["data"].append(broken)
    found = said(FEED, content)

    assert [(each.record, each.code) for each in refusals(found)] == [("erratum 2", "malformed")]
    assert len(advisories(found)) == 1


def test_more_errata_than_there_can_be_are_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scantling_analyzers.advisories.feeds.alma_errata.MAX_ERRATA", 0)

    with pytest.raises(FeedUnreadable):
        said(FEED, errata(package()))


@pytest.mark.parametrize("content", [b'{"data": [', b'{"data": ' + b"[" * 9_000, b'{"data": 1}'])
def test_damaged_documents_are_unreadable(content: bytes) -> None:
    with pytest.raises(FeedUnreadable):
        list(FEED.read(document(content)))


def test_text_of_strangers_is_escaped() -> None:
    (advisory,) = advisories(said(FEED, errata(package("a\x1b"), id="ALSA\u202e")))

    assert (advisory.id, advisory.statements[0].name) == ("ALSA\\xe2\\x80\\xae", "a\\x1b")


@pytest.mark.parametrize("head", [b"", b"[]", b'{"data": {', b'{"data": [{"cve_id": "x"'])
def test_other_forms_are_not_taken_for_errata(head: bytes) -> None:
    assert not FEED.recognises("errata.full.json", head)
