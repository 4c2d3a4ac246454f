"""The scores of EPSS are read, with their day."""

from __future__ import annotations

import pytest

from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.epss import EpssFeed
from scantling_analyzers.advisories.models import Enrichment
from tests.builders.feeds.document import refusals, said

FEED = EpssFeed()
COMMENT = "#model_version:v2025.03.14,score_date:2025-08-25T12:55:00Z\n"
HEADER = "cve,epss,percentile\n"


def score(id_: str, epss: float, percentile: float | None, date: str = "2025-08-25") -> Enrichment:
    return Enrichment(id=id_, feed="epss", epss=epss, epss_percentile=percentile, epss_date=date)


def test_each_line_is_a_score_of_the_day() -> None:
    text = COMMENT + HEADER + "CVE-1999-0001,0.01141,0.77521\r\nCVE-2024-12345,1,9e-05\n"

    assert said(FEED, text) == [
        score("CVE-1999-0001", 0.01141, 0.77521),
        score("CVE-2024-12345", 1.0, 0.00009),
    ]


def test_the_day_is_taken_from_the_name_where_no_comment_says_it() -> None:
    text = HEADER + "CVE-1999-0001,0.5,0.5\n"

    assert said(FEED, text, "epss_scores-2024-02-29.csv") == [
        score("CVE-1999-0001", 0.5, 0.5, "2024-02-29")
    ]
    assert said(FEED, text, "scores.csv") == [score("CVE-1999-0001", 0.5, 0.5, "")]


def test_a_rank_may_be_missing() -> None:
    assert said(FEED, "cve,epss\nCVE-1999-0001,0.5\n") == [score("CVE-1999-0001", 0.5, None, "")]


@pytest.mark.parametrize(
    "line",
    [
        "CVE-1999-0001,1.5,0.5",
        "CVE-1999-0001,0.5,2",
        "CVE-1999-0001,nan,0.5",
        "CVE-1999-0001,-0.5,0.5",
        "CVE-1999-0001",
        "GHSA-1,0.5,0.5",
        "=1+1,0.5,0.5",
        "CVE-1999-0001,0.5,0.5,0.5",
        "x" * 100_000,
    ],
)
def test_a_line_of_another_form_is_named(line: str) -> None:
    found = said(FEED, COMMENT + HEADER + line + "\nCVE-1999-0002,0.5,0.5\n")

    assert [(each.record, each.code) for each in refusals(found)] == [("line 3", "malformed")]
    assert found[1] == score("CVE-1999-0002", 0.5, 0.5)


def test_of_many_such_lines_the_rest_is_counted() -> None:
    found = refusals(said(FEED, COMMENT + HEADER + "x\n" * 1_500))

    assert len(found) == 1_001
    assert found[-1].message == "500 further lines can't be used"


def test_more_lines_than_there_can_be_are_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scantling_analyzers.advisories.feeds.epss.MAX_LINES", 3)

    with pytest.raises(FeedUnreadable):
        said(FEED, COMMENT + HEADER + "CVE-1999-0001,0.5,0.5\n")


@pytest.mark.parametrize("head", [b"", b"cve,score\n", b"a,cve,epss\n", b"{}", b"#cve,epss\n"])
def test_other_tables_are_not_taken_for_scores(head: bytes) -> None:
    assert not FEED.recognises("epss.csv", head)
