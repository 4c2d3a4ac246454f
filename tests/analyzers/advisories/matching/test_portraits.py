"""What is shown of a vulnerability that is in no image."""

from __future__ import annotations

from scantling_analyzers.advisories.matching.portrait import portrait_alone
from scantling_analyzers.advisories.models import Enrichment, Score
from tests.builders.advisory_book import AdvisoryBook, advisory, fixed_in

CVE = "CVE-2022-23806"
GO = "GO-2022-0433"
VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N"
BOOK = AdvisoryBook(
    advisory(GO, fixed_in("Go", "stdlib", "1.17.7"), aliases=(CVE,), details="Curves."),
    Enrichment(
        id=CVE,
        feed="nvd",
        scores=(Score(source="nvd", kind="cvss_v3", text=VECTOR),),
        published="2022-02-11",
    ),
    Enrichment(id=CVE, feed="kev", exploited_since="2024-01-01"),
)


def test_it_is_found_by_any_of_its_names() -> None:
    for name in (CVE, GO, CVE.lower()):
        found = portrait_alone(name, BOOK)
        assert found is not None
        assert found.id == CVE
        assert GO in found.aliases


def test_all_that_speak_of_it_are_heard() -> None:
    found = portrait_alone(CVE, BOOK)
    assert found is not None
    assert (found.severities.severity, found.severities.source) == ("critical", "nvd")
    assert (found.description, found.published) == ("Curves.", "2022-02-11")
    assert found.exploited_since == "2024-01-01"


def test_one_that_nobody_speaks_of_is_not_known() -> None:
    assert portrait_alone("CVE-1999-1", BOOK) is None
