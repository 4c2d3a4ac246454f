"""The analyzer of base images."""

from __future__ import annotations

import pytest

from scantling_analyzers.contract import KnownBase, Settings
from scantling_analyzers.risks.baseimage.analyzer import BaseImageAnalyzer
from scantling_analyzers.risks.baseimage.approval import approves
from scantling_common.images.digests import digest_of
from tests.analyzers.risks.content import IMAGE, content

BASE = KnownBase(
    digest=digest_of(b"base"),
    chain_id=digest_of(b"chain"),
    layers=1,
    references=("registry.example/base/debian:12",),
)


def settings(*entries: str) -> Settings:
    return Settings(version="1", lists={"approved-bases": entries})


def test_without_a_list_nothing_is_demanded() -> None:
    outcome = BaseImageAnalyzer().analyze(content(bases=(BASE,)), Settings())
    assert outcome.findings == ()
    assert outcome.base is not None
    assert [base.digest for base in outcome.base.bases] == [BASE.digest]
    assert not outcome.base.approved_list


@pytest.mark.parametrize(
    "entry",
    [
        "registry.example/base/debian",
        "registry.example/base/*",
        "registry.example/base/debian:12",
        BASE.digest,
        BASE.chain_id,
    ],
)
def test_an_approved_base_satisfies_the_list(entry: str) -> None:
    outcome = BaseImageAnalyzer().analyze(content(bases=(BASE,)), settings(entry))
    assert outcome.findings == ()
    assert outcome.base is not None
    assert outcome.base.bases[0].approved


def test_another_base_is_a_finding_that_names_it() -> None:
    outcome = BaseImageAnalyzer().analyze(content(bases=(BASE,)), settings("other.example/*"))
    (finding,) = outcome.findings
    assert finding.package == BASE.references[0]
    assert BASE.references[0] in finding.description
    assert finding.severity == "medium"


def test_an_empty_list_approves_nothing() -> None:
    assert BaseImageAnalyzer().analyze(content(bases=(BASE,)), settings()).findings


def test_an_annotation_is_shown_but_proves_nothing() -> None:
    annotations = {"org.opencontainers.image.base.name": "registry.example/base/debian:12"}
    outcome = BaseImageAnalyzer().analyze(
        content(annotations=annotations), settings("registry.example/base/*")
    )
    (finding,) = outcome.findings
    assert "do not prove" in finding.description
    assert outcome.base is not None
    assert [base.matched_by for base in outcome.base.bases] == ["annotation"]


def test_an_approved_base_needs_no_other_and_is_not_its_own_base() -> None:
    itself = KnownBase(digest=IMAGE, chain_id=digest_of(b"c"), layers=2, references=("r/base:1",))
    outcome = BaseImageAnalyzer().analyze(content(bases=(itself,)), settings("r/base"))
    assert outcome.findings == ()
    assert outcome.base is not None
    assert outcome.base.bases == ()


def test_the_fingerprint_stays_while_the_base_is_the_same() -> None:
    first = BaseImageAnalyzer().analyze(content(bases=(BASE,)), settings("a/b"))
    later = BaseImageAnalyzer().analyze(content(bases=(BASE,), layers=3), settings("c/d"))
    assert first.findings[0].fingerprint == later.findings[0].fingerprint


@pytest.mark.parametrize("entry", ["registry.example/base/deb", "debian:12", "*.example", "["])
def test_an_entry_approves_only_what_it_names(entry: str) -> None:
    assert not approves((entry,))(BASE)
