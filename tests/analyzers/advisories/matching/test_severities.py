"""Whose word for the severity is taken, what CVSS vectors are worth, and what is urgent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.advisories.matching.cvss_score import base_score, severity_of_score
from scantling_analyzers.advisories.matching.severity import severities, severity_of_word
from scantling_analyzers.advisories.matching.urgency import urgency_of
from scantling_analyzers.advisories.models import Enrichment, Score, ScoreKind
from tests.analyzers.advisories.matching.asking import match, only, package
from tests.builders.advisory_book import AdvisoryBook, advisory, fixed_in

if TYPE_CHECKING:
    from scantling_common.risks import Severity

CVE = "CVE-2024-1000"
CRITICAL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
LOW = "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"
V4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"
V2 = "AV:N/AC:L/Au:N/C:C/I:C/A:C"


@pytest.mark.parametrize(
    ("kind", "vector", "score", "severity"),
    [
        ("cvss_v3", CRITICAL, 9.8, "critical"),
        ("cvss_v3", CRITICAL.replace("3.1", "3.0"), 9.8, "critical"),
        ("cvss_v3", LOW, 1.8, "low"),
        ("cvss_v4", V4, 9.3, "critical"),
        ("cvss_v2", V2, 10.0, "high"),
        ("cvss_v2", f"({V2})", 10.0, "high"),
        ("cvss_v3", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0, "negligible"),
    ],
)
def test_vectors_have_the_score_of_their_specification(
    kind: ScoreKind, vector: str, score: float, severity: Severity
) -> None:
    assert base_score(kind, vector) == score
    assert severity_of_score(kind, score) == severity


@pytest.mark.parametrize("kind", ["cvss_v2", "cvss_v3", "cvss_v4"])
@pytest.mark.parametrize(
    "vector", ["", "x", "CVSS:3.1/AV:N", "CVSS:9.9/AV:N", "/" * 300, "A" * 9999]
)
def test_what_is_no_vector_has_no_score(kind: ScoreKind, vector: str) -> None:
    assert base_score(kind, vector) is None


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("CRITICAL", "critical"),
        ("Important", "high"),
        ("MODERATE", "medium"),
        (" low ", "low"),
        ("unimportant", "negligible"),
        ("not yet assigned", "unknown"),
        ("", "unknown"),
    ],
)
def test_words_of_publishers_are_known(word: str, severity: Severity) -> None:
    assert severity_of_word(word) == severity


def test_the_distribution_is_heard_first_then_the_nvd_then_github() -> None:
    distribution = Score(source="redhat", kind="word", text="low")
    nvd = Score(source="nvd", kind="cvss_v3", text=CRITICAL)
    github = Score(source="ghsa", kind="cvss_v3", text=LOW)
    other = Score(source="a", kind="cvss_v3", text=V4)
    whole = severities([distribution], [other, github, nvd])
    assert (whole.severity, whole.score, whole.source) == ("low", 9.8, "nvd")
    assert [entry.source for entry in whole.entries] == ["redhat", "nvd", "ghsa", "a"]
    assert severities([], [other, github, nvd]).severity == "critical"
    assert severities([], [other, github]).severity == "low"
    assert severities([], []).severity == "unknown"


def test_a_publishers_word_stands_before_what_its_score_stands_for() -> None:
    said = [
        Score(source="redhat", kind="cvss_v3", text=CRITICAL),
        Score(source="redhat", kind="word", text="moderate"),
    ]
    whole = severities(said, [])
    assert (whole.severity, whole.score, whole.vector) == ("medium", 9.8, CRITICAL)


def test_a_score_that_is_given_is_not_computed() -> None:
    given = Score(source="nvd", kind="cvss_v3", text=CRITICAL, value=9.7)
    assert severities([], [given]).score == 9.7


def test_of_one_source_version_3_stands_before_4_and_2() -> None:
    said = [
        Score(source="nvd", kind="cvss_v2", text=V2),
        Score(source="nvd", kind="cvss_v4", text=V4),
        Score(source="nvd", kind="cvss_v3", text=LOW),
    ]
    assert [each.kind for each in severities([], said).entries] == ["cvss_v3", "cvss_v4", "cvss_v2"]


def test_the_word_for_an_erratum_of_several_is_not_that_of_each() -> None:
    erratum = advisory(
        "ALSA-1",
        fixed_in("almalinux:9", "a", "2-1"),
        vulnerabilities=(CVE, "CVE-2024-2"),
        scores=(Score(source="alsa", kind="word", text="Critical"),),
    )
    nvd = Enrichment(id=CVE, feed="nvd", scores=(Score(source="nvd", kind="cvss_v3", text=LOW),))
    matched = match(AdvisoryBook(erratum, nvd), package("rpm", "a", "1-1"), on="almalinux:9")
    assert {f.id: f.severity for f in matched.findings} == {CVE: "low", "CVE-2024-2": "critical"}


def test_where_nobody_who_speaks_of_the_package_says_it_others_are_heard() -> None:
    book = AdvisoryBook(
        advisory(CVE, fixed_in("alpine:3.18", "a", "2-r0", name_of="source")),
        advisory(
            "GHSA-x",
            fixed_in("npm", "a", "2.0.0"),
            aliases=(CVE,),
            scores=(Score(source="ghsa", kind="cvss_v3", text=CRITICAL),),
        ),
    )
    assert only(match(book, package("apk", "a", "1-r0"), on="alpine:3.18.4")).severity == "critical"


@pytest.mark.parametrize(
    ("severity", "since", "epss", "with_fix", "without"),
    [
        ("low", "2024-01-01", None, "immediate", "immediate"),
        ("critical", "", 0.5, "immediate", "soon"),
        ("high", "", 0.1, "immediate", "soon"),
        ("critical", "", None, "soon", "planned"),
        ("high", "", 0.09, "soon", "planned"),
        ("medium", "", 0.3, "soon", "planned"),
        ("medium", "", None, "planned", "watch"),
        ("low", "", None, "watch", "watch"),
        ("negligible", "", 0.0, "watch", "watch"),
        ("unknown", "", None, "watch", "watch"),
    ],
)
def test_urgency_is_of_exploitation_severity_and_a_fix(
    severity: Severity, since: str, epss: float | None, with_fix: str, without: str
) -> None:
    told = [
        urgency_of(severity, exploited_since=since, epss=epss, fixed=fixed, running=True)
        for fixed in (True, False)
    ]
    assert [each.urgency for each in told] == [with_fix, without]
    assert all(each.reason for each in told)


def test_nothing_is_urgent_that_no_container_runs() -> None:
    told = urgency_of("critical", exploited_since="2024-01-01", epss=0.9, fixed=True, running=False)
    assert told.urgency == "watch"


def test_a_malicious_package_is_critical_and_to_be_removed_at_once() -> None:
    malicious = Score(source="mal", kind="word", text="malicious")
    book = AdvisoryBook(
        advisory("MAL-2024-1", fixed_in("npm", "evil"), scores=(malicious,)),
        advisory("GHSA-aaaa-bbbb-cccc", fixed_in("npm", "a"), scores=(malicious,)),
        advisory("MAL-2024-2", fixed_in("npm", "a", "0.5.0"), aliases=("GHSA-aaaa-bbbb-cccc",)),
    )
    finding = only(match(book, package("npm", "evil", "1.0.0")))
    assert finding.vulnerability is not None
    assert (finding.severity, finding.vulnerability.urgency) == ("critical", "immediate")
    assert finding.solution.startswith("The package does harm by intent: remove it")
    # The version that is installed is none of those.
    other = only(match(book, package("npm", "a", "1.0.0")))
    assert other.vulnerability is not None
    assert other.vulnerability.urgency == "planned"


def test_a_finding_shows_what_catalogues_know() -> None:
    book = AdvisoryBook(
        advisory(CVE, fixed_in("npm", "a", "2.0.0"), title="A title", published="2024-02-01"),
        Enrichment(
            id=CVE, feed="kev", exploited_since="2024-03-01", due="2024-03-22", ransomware=True
        ),
        Enrichment(id=CVE, feed="epss", epss=0.5, epss_percentile=0.99, epss_date="2024-05-01"),
        Enrichment(id=CVE, feed="nvd", details="What it is.", published="2024-01-31"),
    )
    finding = only(match(book, package("npm", "a", "1.0.0")))
    known = finding.vulnerability
    assert known is not None
    assert (finding.title, finding.description) == ("A title", "What it is.")
    assert (known.published, known.exploited_since, known.due) == (
        "2024-01-31",
        "2024-03-01",
        "2024-03-22",
    )
    assert (known.epss, known.epss_percentile, known.ransomware) == (0.5, 0.99, True)
    assert known.urgency == "immediate"


def test_without_a_title_the_description_begins_one() -> None:
    said = "word " * 100
    book = AdvisoryBook(advisory(CVE, fixed_in("npm", "a", "2"), details=said))
    title = only(match(book, package("npm", "a", "1.0.0"))).title
    assert title.startswith("word word")
    assert title.endswith("…")
    assert len(title) <= 120
