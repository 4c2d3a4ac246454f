"""Rocky Linux' advisories are read from pages of its errata service."""

from __future__ import annotations

from typing import Any

import pytest

from scantling_analyzers.advisories.feeds.bounds import until
from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.rocky_apollo import RockyApolloFeed
from scantling_analyzers.advisories.models import (
    Advisory,
    Coverage,
    Enrichment,
    Reference,
    Score,
    Statement,
)
from tests.builders.feeds.document import advisories, document, refusals, said

FEED = RockyApolloFeed()
VECTOR = "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H"


def package(
    nevra: str = "bcel-0:6.4.1-9.el9_1.noarch.rpm",
    product: str = "Rocky Linux 9 x86_64",
    module: tuple[str | None, str | None] = (None, None),
) -> dict[str, Any]:
    return {
        "id": 1,
        "nevra": nevra,
        "checksum": "f2ce",
        "checksum_type": "sha256",
        "module_context": None,
        "module_name": module[0],
        "module_stream": module[1],
        "module_version": None,
        "repo_name": "AppStream",
        "package_name": "bcel",
        "product_name": product,
    }


def advisory(*packages: Any, **fields: Any) -> dict[str, Any]:
    return {
        "id": 369,
        "created_at": "2023-02-02T12:54:16.363377+00:00",
        "updated_at": "2023-02-02T14:08:58.894629+01:00",
        "published_at": "2023-01-02T06:07:03+00:00",
        "name": "RLSA-2023:0005",
        "synopsis": "Important: bcel security update",
        "description": "BCEL is\na library.",
        "kind": "Security",
        "severity": "Important",
        "topic": "An update is available for bcel.",
        "red_hat_advisory_id": 10,
        "affected_products": [],
        "cves": [
            {
                "id": 1,
                "cve": "CVE-2022-42920",
                "cvss3_scoring_vector": VECTOR,
                "cvss3_base_score": "8.1",
                "cwe": "CWE-787",
            }
        ],
        "fixes": [{"id": 1, "ticket_id": "1", "source": "https://example.org/1"}],
        "packages": list(packages),
        **fields,
    }


def page(*found: Any) -> dict[str, Any]:
    return {"advisories": list(found), "total": len(found), "page": 1, "size": 100, "links": {}}


def statements(*packages: Any) -> tuple[Statement, ...]:
    found = said(FEED, page(advisory(*packages)))
    assert refusals(found) == []
    return advisories(found)[0].statements


def test_an_advisory_is_about_its_cves_and_each_of_them_has_its_score() -> None:
    assert said(FEED, page(advisory(package()))) == [
        Advisory(
            id="RLSA-2023:0005",
            feed="rocky-apollo",
            vulnerabilities=("CVE-2022-42920",),
            title="Important: bcel security update",
            details="BCEL is\na library.",
            published="2023-01-02T06:07:03Z",
            modified="2023-02-02T13:08:58Z",
            scores=(Score(source="rocky", kind="word", text="Important"),),
            references=(
                Reference(url="https://errata.rockylinux.org/RLSA-2023:0005", kind="ADVISORY"),
                Reference(url="https://example.org/1", kind="REPORT"),
            ),
            statements=(
                Statement(stream="rocky:9", name="bcel", ranges=(until("6.4.1-9.el9_1"),)),
            ),
        ),
        Enrichment(
            id="CVE-2022-42920",
            feed="rocky-apollo",
            scores=(Score(source="rocky", kind="cvss_v3", text=VECTOR, value=8.1),),
            weaknesses=("CWE-787",),
        ),
        Coverage(feed="rocky-apollo", stream="rocky:9"),
    ]


def test_one_advisory_alone_is_read_too() -> None:
    assert said(FEED, {"advisory": advisory(package())}) == said(FEED, page(advisory(package())))


def test_packages_of_all_minor_releases_are_of_one() -> None:
    name = "umount-2:2.3.4-2.module+el8.4.0+557+48ba8b2f.aarch64.rpm"
    label = ("container-tools", "1.0")
    found = statements(
        package(name, "Rocky Linux 8 aarch64", label),
        package(name, "Rocky Linux 8.4 aarch64 (Legacy)", label),
        package(name.replace("aarch64", "src"), "Rocky Linux 8 aarch64", label),
        package(name.replace("aarch64", "x86_64"), "Rocky Linux 8.6 x86_64 (Legacy)", label),
    )

    assert found == (
        Statement(
            stream="rocky:8",
            name="umount",
            ranges=(until("2:2.3.4-2.module+el8.4.0+557+48ba8b2f"),),
            arches=("aarch64", "x86_64"),
            module="container-tools:1.0",
        ),
    )


def test_sources_count_only_where_nothing_else_is_named() -> None:
    assert [each.name_of for each in statements(package("a-0:1-2.el9.src.rpm"))] == ["source"]


@pytest.mark.parametrize(
    ("vector", "score", "cwe"),
    [("UNKNOWN", "UNKNOWN", "UNKNOWN"), (None, None, None), ("", "", "")],
)
def test_what_is_unknown_of_a_cve_is_nothing(
    vector: str | None, score: str | None, cwe: str | None
) -> None:
    cves = [
        {
            "cve": "CVE-2022-42920",
            "cvss3_scoring_vector": vector,
            "cvss3_base_score": score,
            "cwe": cwe,
        }
    ]
    found = said(FEED, page(advisory(package(), cves=cves)))

    assert not any(isinstance(each, Enrichment) for each in found)


@pytest.mark.parametrize("score", ["none", 11, None, "nan"])
def test_a_vector_without_a_number_is_one(score: Any) -> None:
    cves = [{"cve": "CVE-2022-42920", "cvss3_scoring_vector": VECTOR, "cvss3_base_score": score}]
    found = said(FEED, page(advisory(package(), cves=cves)))

    (enrichment,) = [each for each in found if isinstance(each, Enrichment)]
    assert enrichment.scores == (Score(source="rocky", kind="cvss_v3", text=VECTOR),)


def test_updates_that_mend_no_vulnerability_are_refused() -> None:
    found = said(FEED, page(advisory(package(), name="RLBA-2019:0973", kind="Bug Fix", cves=[])))

    assert [(each.record, each.code) for each in refusals(found)] == [
        ("RLBA-2019:0973", "no_vulnerability")
    ]
    assert advisories(said(FEED, page(advisory(package(), kind="Bug Fix"))))


@pytest.mark.parametrize(
    ("packages", "code"),
    [
        ([package(product="Rocky Linux SIG Cloud 9")], "unknown_stream"),
        ([package("bcel")], "malformed"),
        ([], "names_no_package"),
    ],
)
def test_an_advisory_of_no_use_is_refused(packages: list[Any], code: str) -> None:
    found = said(FEED, page(advisory(*packages)))

    assert [(each.code, each.part) for each in refusals(found)] == [(code, False)]
    assert advisories(found) == []


def test_more_packages_than_there_can_be_are_cut_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scantling_analyzers.advisories.feeds.rocky_apollo.MAX_STATEMENTS", 1)
    found = said(FEED, page(advisory(package(), package("a-0:1-2.el9.noarch.rpm"))))

    assert [(each.code, each.part) for each in refusals(found)] == [("too_many", True)]


@pytest.mark.parametrize("broken", [{"name": "RLSA-1"}, [], {"name": "", "packages": []}])
def test_a_malformed_advisory_costs_only_itself(broken: Any) -> None:
    found = said(FEED, page(advisory(package()), broken))

    assert [(each.record, each.code) for each in refusals(found)] == [("advisory 2", "malformed")]
    assert len(advisories(found)) == 1


def test_more_advisories_than_there_can_be_are_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scantling_analyzers.advisories.feeds.rocky_apollo.MAX_ADVISORIES", 0)

    with pytest.raises(FeedUnreadable):
        said(FEED, page(advisory(package())))


@pytest.mark.parametrize(
    "content", [b'{"advisories": [', b'{"advisories": ' + b"[" * 9_000, b'{"advisory": ', b"{}"]
)
def test_damaged_documents_are_unreadable(content: bytes) -> None:
    with pytest.raises(FeedUnreadable):
        list(FEED.read(document(content)))


def test_text_of_strangers_is_escaped() -> None:
    (found,) = advisories(
        said(FEED, page(advisory(package("a\x1b-0:1-2.el9.noarch.rpm"), name="RLSA\u202e")))
    )

    assert (found.id, found.statements[0].name) == ("RLSA\\xe2\\x80\\xae", "a\\x1b")


@pytest.mark.parametrize(
    "head", [b"", b"[]", b'{"advisories": {}', b'{"advisories": [{"url": "x"', b'{"advisory": 1']
)
def test_other_forms_are_not_taken_for_a_page(head: bytes) -> None:
    assert not FEED.recognises("page.json", head)
