"""The catalogue of known exploited vulnerabilities is read."""

from __future__ import annotations

from typing import Any

import pytest

from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.kev import KevFeed
from scantling_analyzers.advisories.models import Enrichment, Reference
from tests.builders.feeds.document import document, refusals, said

FEED = KevFeed()


def entry(**fields: Any) -> dict[str, Any]:
    return {
        "cveID": "CVE-2024-0001",
        "vendorProject": "Example",
        "product": "Thing",
        "vulnerabilityName": "Example Thing Vulnerability",
        "dateAdded": "2024-05-06",
        "shortDescription": "It is\nopen.",
        "requiredAction": "Mend it.",
        "dueDate": "2024-05-27",
        "knownRansomwareCampaignUse": "Known",
        "notes": "See: https://example.org/a ; https://example.org/b",
        "cwes": ["CWE-59", "none"],
        **fields,
    }


def catalogue(*entries: Any) -> dict[str, Any]:
    return {
        "title": "CISA Catalog of Known Exploited Vulnerabilities",
        "catalogVersion": "2024.05.06",
        "dateReleased": "2024-05-06T17:04:19.9796Z",
        "count": len(entries),
        "vulnerabilities": list(entries),
    }


def test_an_entry_says_since_when_and_until_when() -> None:
    assert said(FEED, catalogue(entry())) == [
        Enrichment(
            id="CVE-2024-0001",
            feed="kev",
            title="Example Thing Vulnerability",
            details="It is\nopen.",
            weaknesses=("CWE-59",),
            references=(
                Reference(url="https://example.org/a"),
                Reference(url="https://example.org/b"),
            ),
            exploited_since="2024-05-06",
            due="2024-05-27",
            ransomware=True,
        )
    ]


@pytest.mark.parametrize("use", ["Unknown", "", None])
def test_ransomware_is_what_is_known(use: str | None) -> None:
    (found,) = said(FEED, catalogue(entry(knownRansomwareCampaignUse=use)))

    assert isinstance(found, Enrichment)
    assert not found.ransomware


@pytest.mark.parametrize(
    "broken", [entry(dateAdded="soon"), entry(cveID=""), entry(dateAdded=None), [], {"cveID": "x"}]
)
def test_a_malformed_entry_costs_only_itself(broken: Any) -> None:
    found = said(FEED, catalogue(broken, entry()))

    assert [each.code for each in refusals(found)] == ["malformed"]
    assert isinstance(found[1], Enrichment)


def test_more_entries_than_there_can_be_are_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scantling_analyzers.advisories.feeds.kev.MAX_ENTRIES", 0)

    with pytest.raises(FeedUnreadable):
        said(FEED, catalogue(entry()))


@pytest.mark.parametrize(
    "content",
    [b'{"catalogVersion": "1", "vulnerabilities": ' + b"[" * 10_000, b'{"catalogVersion":'],
)
def test_damaged_catalogues_are_unreadable(content: bytes) -> None:
    with pytest.raises(FeedUnreadable):
        list(FEED.read(document(content)))


def test_text_of_strangers_is_escaped() -> None:
    (found,) = said(FEED, catalogue(entry(cveID="CVE\x1b", vulnerabilityName="a\u202e")))

    assert isinstance(found, Enrichment)
    assert (found.id, found.title) == ("CVE\\x1b", "a\\xe2\\x80\\xae")


@pytest.mark.parametrize("head", [b"", b"[]", b'{"title": "x"}', b'{"a": {"catalogVersion": "1"'])
def test_other_forms_are_not_taken_for_the_catalogue(head: bytes) -> None:
    assert not FEED.recognises("kev.json", head)
