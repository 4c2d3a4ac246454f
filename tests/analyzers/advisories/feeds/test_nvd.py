"""The National Vulnerability Database is read: what is known of each CVE."""

from __future__ import annotations

from typing import Any

import pytest

from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.nvd import NvdFeed
from scantling_analyzers.advisories.models import (
    Advisory,
    Enrichment,
    Reference,
    Refused,
    Score,
    Statement,
)
from tests.builders.feeds.document import document, refusals, said
from tests.builders.feeds.nvd import cve, match, metric, node, page

FEED = NvdFeed()
V31 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:N/I:H/A:N"


def enrichment(entry: dict[str, Any]) -> Enrichment:
    (found,) = said(FEED, page(entry))
    assert isinstance(found, Enrichment)
    return found


def test_what_is_known_of_a_cve_is_kept() -> None:
    entry = cve(
        metrics={
            "cvssMetricV2": [metric("AV:N/AC:M/Au:N/C:N/I:P/A:N", 4.3)],
            "cvssMetricV31": [
                metric("CVSS:3.1/AV:L", 3.0, "cna@example.org", "Secondary"),
                metric(V31, 6.5),
            ],
            "cvssMetricV30": [metric("CVSS:3.0/AV:N", 6.1)],
            "cvssMetricV40": [
                metric("CVSS:4.0/AV:N", 9.3, "134c704f-9b21-4f2e-91b3-4a467353bcc0", "Secondary")
            ],
            "ssvcV203": [{"source": "x", "ssvcData": {}}],
        },
        weaknesses=[
            {"source": "x", "description": [{"lang": "en", "value": "CWE-352"}]},
            {"source": "y", "description": [{"lang": "en", "value": "NVD-CWE-Other"}]},
        ],
        references=[
            {"url": "https://example.org/a", "tags": ["Exploit", "Patch"]},
            {"url": "https://example.org/a", "source": "other"},
            {"url": "https://example.org/b", "tags": ["Third Party Advisory"]},
            {"url": "javascript:alert(1)"},
        ],
        cisaExploitAdd="2022-08-01",
        cisaActionDue="2022-08-22",
        cisaVulnerabilityName="Example Vulnerability",
    )

    assert enrichment(entry) == Enrichment(
        id="CVE-2022-1576",
        feed="nvd",
        title="Example Vulnerability",
        details="A flaw",
        published="2022-07-11T13:15:08Z",
        modified="2024-11-21T06:41:00Z",
        scores=(
            Score(source="cisa-adp", kind="cvss_v4", text="CVSS:4.0/AV:N", value=9.3),
            Score(source="nvd", kind="cvss_v3", text=V31, value=6.5),
            Score(source="cna@example.org", kind="cvss_v3", text="CVSS:3.1/AV:L", value=3.0),
            Score(source="nvd", kind="cvss_v3", text="CVSS:3.0/AV:N", value=6.1),
            Score(source="nvd", kind="cvss_v2", text="AV:N/AC:M/Au:N/C:N/I:P/A:N", value=4.3),
        ),
        weaknesses=("CWE-352",),
        references=(
            Reference(url="https://example.org/a", kind="FIX"),
            Reference(url="https://example.org/b", kind="ADVISORY"),
        ),
        exploited_since="2022-08-01",
        due="2022-08-22",
    )


def test_a_rejected_cve_is_told_and_judges_nothing() -> None:
    config = {"nodes": [node(match("a:v:p:1"))]}
    entry = cve(config, vulnStatus="Rejected", metrics={"cvssMetricV31": [metric(V31, 6.5)]})

    found = enrichment(entry)
    assert found.rejected
    assert found.scores == ()


def test_products_are_an_advisory_beside_it() -> None:
    config = {"nodes": [node(match("a:Apache:Tomcat:*", versionEndExcluding="8.5.76"))]}
    found = said(FEED, page(cve(config)))

    assert found[1] == Advisory(
        id="CVE-2022-1576",
        feed="nvd",
        published="2022-07-11T13:15:08Z",
        modified="2024-11-21T06:41:00Z",
        statements=(
            Statement(
                stream="cpe",
                name="apache:tomcat",
                ranges=((("introduced", "0"), ("fixed", "8.5.76")),),
            ),
        ),
    )


def test_a_malformed_entry_costs_only_itself() -> None:
    content = page(cve(), cve(id=1), cve(metrics=[]), cve(id=""), cve())
    content["vulnerabilities"].append([])
    found = said(FEED, content)

    assert [(each.record, each.code) for each in refusals(found)] == [
        ("entry 2", "malformed"),
        ("entry 3", "malformed"),
        ("entry 4", "malformed"),
        ("entry 6", "malformed"),
    ]
    assert sum(isinstance(each, Enrichment) for each in found) == 2


def test_more_entries_than_there_can_be_are_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scantling_analyzers.advisories.feeds.nvd.MAX_ENTRIES", 0)

    with pytest.raises(FeedUnreadable):
        said(FEED, page(cve()))


@pytest.mark.parametrize(
    "content",
    [
        b'{"format": "NVD_CVE", "vulnerabilities": ' + b"[" * 10_000,
        b'{"format": "NVD_CVE", "vulnerabilities": null}',
        b'{"format": "NVD_CVE"',
    ],
)
def test_damaged_pages_are_unreadable(content: bytes) -> None:
    with pytest.raises(FeedUnreadable):
        list(FEED.read(document(content)))


def test_text_of_strangers_is_escaped() -> None:
    found = enrichment(cve(id="CVE\x1b", descriptions=[{"lang": "en", "value": "a\x1b\nb"}]))

    assert (found.id, found.details) == ("CVE\\x1b", "a\\x1b\nb")


@pytest.mark.parametrize("head", [b"", b"[]", b'{"format": "MITRE"', b'{"a": {"format": "NVD_CVE"'])
def test_other_forms_are_not_taken_for_it(head: bytes) -> None:
    assert not FEED.recognises("x.json", head)


def test_of_many_reasons_some_are_shown() -> None:
    config = {"nodes": [node(*(match(f"a:v:p{number}:-") for number in range(100)))]}
    found = said(FEED, page(cve(config)))

    assert sum(isinstance(each, Refused) for each in found) == 20
