"""Photon's metadata of CVEs is read."""

from __future__ import annotations

from typing import Any

import pytest

from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.photon import PhotonFeed
from scantling_analyzers.advisories.models import Advisory, Coverage, NameOf, Score, Statement
from tests.builders.feeds.document import advisories, document, refusals, said

FEED = PhotonFeed()
PATH = "photon_cve_metadata/cve_data_photon4.0.json"
EVERY = ((("introduced", "0"),),)


def entry(
    id_: str = "CVE-2020-11979", version: str = "1.10.8-2.ph4", **fields: Any
) -> dict[str, Any]:
    return {
        "cve_id": id_,
        "pkg": "apache-ant",
        "cve_score": 7.5,
        "aff_ver": f"all versions before {version} are vulnerable",
        "res_ver": version,
        **fields,
    }


def test_each_cve_is_an_advisory_of_all_its_packages_sources_or_not() -> None:
    names_of: tuple[NameOf, ...] = ("source", "binary")
    found = said(FEED, [entry(), entry(pkg="ant-contrib", cve_score=9.1)], PATH)

    assert found == [
        Advisory(
            id="CVE-2020-11979",
            feed="photon",
            scores=(Score(source="photon", kind="word", text="Critical", value=9.1),),
            statements=tuple(
                Statement(
                    stream="photon:4.0",
                    name=name,
                    name_of=name_of,
                    ranges=((("introduced", "0"), ("fixed", "1.10.8-2.ph4")),),
                )
                for name in ("apache-ant", "ant-contrib")
                for name_of in names_of
            ),
        ),
        Coverage(feed="photon", stream="photon:4.0"),
    ]


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"res_ver": "NA"}, "not_fixed"),
        ({"res_ver": ""}, "not_fixed"),
        ({"res_ver": None}, "not_fixed"),
        ({"status": "Not Affected", "res_ver": "NA"}, "not_affected"),
    ],
)
def test_without_a_fix_there_is_a_state(fields: dict[str, Any], state: str) -> None:
    (advisory,) = advisories(said(FEED, [entry(**fields)], PATH))

    assert (advisory.statements[0].state, advisory.statements[0].ranges) == (state, EVERY)


@pytest.mark.parametrize(
    ("score", "word"),
    [(9.0, "Critical"), (7, "High"), ("5.5", "Medium"), (0.1, "Low"), (0, "None")],
)
def test_a_score_has_the_word_of_its_scale(score: float | str, word: str) -> None:
    (advisory,) = advisories(said(FEED, [entry(cve_score=score)], PATH))

    assert [(each.text, each.value) for each in advisory.scores] == [(word, float(score))]


@pytest.mark.parametrize("score", [None, 11, -1])
def test_what_is_no_score_is_none(score: float | None) -> None:
    assert advisories(said(FEED, [entry(cve_score=score)], PATH))[0].scores == ()


def test_the_release_is_taken_from_the_version_where_the_name_does_not_say_it() -> None:
    found = said(FEED, [entry(version="0:1-2.ph5"), entry("CVE-2020-0002", res_ver="NA")], "x.json")

    assert [each.statements[0].stream for each in advisories(found)] == ["photon:5.0", "photon:4.0"]
    assert advisories(found)[0].statements[0].ranges[0][1] == ("fixed", "1-2.ph5")


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (entry(version="1.2-3"), "unknown_stream"),
        (entry(cve_id=""), "malformed"),
        (entry(pkg="x" * 2000), "malformed"),
        (entry(res_ver="1.0 or so", aff_ver=".ph4"), "unknown_stream"),
        (entry(res_ver="1.0.ph4 or so"), "malformed"),
        (entry(status="Fixed", res_ver="NA"), "malformed"),
        ({"cve_id": "CVE-2020-0001"}, "malformed"),
        ("CVE-2020-0001", "malformed"),
    ],
)
def test_a_malformed_entry_costs_only_itself(broken: Any, code: str) -> None:
    if code == "unknown_stream" and isinstance(broken, dict):
        broken["aff_ver"] = ""
    found = said(FEED, [entry(), broken], "x.json")

    assert [each.code for each in refusals(found)] == [code]
    assert len(advisories(found)) == 1


def test_a_release_without_entries_is_covered() -> None:
    assert said(FEED, [], PATH) == [Coverage(feed="photon", stream="photon:4.0")]


def test_more_entries_than_there_can_be_are_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scantling_analyzers.advisories.feeds.photon.MAX_ENTRIES", 0)

    with pytest.raises(FeedUnreadable):
        said(FEED, [entry()], PATH)


def test_damaged_documents_are_unreadable() -> None:
    with pytest.raises(FeedUnreadable):
        list(FEED.read(document(b"[" * 10_000)))


def test_text_of_strangers_is_escaped() -> None:
    (advisory,) = advisories(said(FEED, [entry("CVE\x1b", pkg="a\u202e")], PATH))

    assert (advisory.id, advisory.statements[0].name) == ("CVE\\x1b", "a\\xe2\\x80\\xae")


@pytest.mark.parametrize("head", [b"", b"[]", b'[{"id": "x"', b'{"cve_id": "x", "pkg": "a"'])
def test_other_forms_are_not_taken_for_photon(head: bytes) -> None:
    assert not FEED.recognises("x.json", head)
