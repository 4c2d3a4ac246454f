"""CVRF of SUSE and openEuler says what the CSAF of it would say."""

from __future__ import annotations

from typing import Any

import pytest

from scantling_analyzers.advisories.feeds import cvrf as reader
from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.cvrf import CvrfFeed
from scantling_analyzers.advisories.models import Advisory, Reference, Score, Statement
from tests.builders.feeds.cvrf import branch, cvrf, full_name, part_of, vulnerability
from tests.builders.feeds.document import advisories, refusals, said

FEED = CvrfFeed()
SLES = "SUSE Linux Enterprise Server 11 SP4"
OFED = "ofed-1.5.4.1-22.3.1"
TREE = (
    branch("Product Family", SLES, branch("Product Name", SLES, full_name(SLES)))
    + branch("Product Version", OFED, full_name(OFED))
    + part_of(OFED, SLES)
)
OPENEULER = "openeuler-security@openeuler.org"
CPE = "cpe:/a:openEuler:openEuler:22.03-LTS-SP3"


def openeuler_tree(release: str = "22.03-LTS-SP3", tag: str = "oe2203sp3") -> str:
    cpe = f"cpe:/a:openEuler:openEuler:{release}"
    return branch(
        "Product Name", "openEuler", full_name(f"openEuler-{release}", cpe=cpe)
    ) + "".join(
        branch(
            "Package Arch",
            arch,
            full_name("firefox-128.8.0-1", cpe=cpe, text=f"firefox-128.8.0-1.{tag}.{arch}.rpm"),
        )
        for arch in ("aarch64", "src", "x86_64")
    )


def only(text: str) -> Advisory:
    found = said(FEED, text)
    assert refusals(found) == []
    (advisory,) = advisories(found)
    return advisory


def test_an_advisory_of_suse_relates_packages_to_products() -> None:
    scores = (
        "<ScoreSetV2><BaseScoreV2>5.1</BaseScoreV2><VectorV2>AV:N/AC:H/Au:N/C:P</VectorV2></ScoreSetV2>"
        "<ScoreSetV3><BaseScoreV3>9.8</BaseScoreV3><VectorV3>CVSS:3.1/AV:N/AC:L/PR:N</VectorV3>"
        "</ScoreSetV3>"
    )
    text = cvrf(
        "SUSE-SU-2018:1784-1",
        vulnerability("CVE-2017-5715", Fixed=[f"{SLES}:{OFED}"], scores=scores),
        tree=TREE,
    )

    assert only(text) == Advisory(
        id="SUSE-SU-2018:1784-1",
        feed="suse-cvrf",
        vulnerabilities=("CVE-2017-5715",),
        title="Security update for foo",
        details="foo was mended.",
        published="2018-06-22T11:42:43Z",
        modified="2018-06-23",
        scores=(
            Score(source="suse", kind="cvss_v2", text="AV:N/AC:H/Au:N/C:P", value=5.1),
            Score(source="suse", kind="cvss_v3", text="CVSS:3.1/AV:N/AC:L/PR:N", value=9.8),
            Score(source="suse", kind="word", text="moderate"),
        ),
        references=(Reference(url="https://vendor.example/a", kind="ADVISORY"),),
        statements=(
            Statement(
                stream="sles:11.4",
                name="ofed",
                ranges=((("introduced", "0"), ("fixed", "1.5.4.1-22.3.1")),),
            ),
        ),
    )


def test_an_advisory_of_openeuler_means_all_packages_of_the_releases_that_it_names() -> None:
    text = cvrf(
        "openEuler-SA-2025-1379",
        vulnerability(
            "CVE-2023-32216",
            Fixed=["openEuler-22.03-LTS-SP3"],
            scores="<ScoreSet><BaseScore>9.8</BaseScore><Vector>AV:N/AC:L/PR:N</Vector></ScoreSet>",
        ),
        tree=openeuler_tree() + openeuler_tree("24.03-LTS", "oe2403"),
        contact=OPENEULER,
    )

    advisory = only(text)

    assert advisory.feed == "openeuler-cvrf"
    assert advisory.scores[0] == Score(
        source="openeuler", kind="cvss_v3", text="CVSS:3.1/AV:N/AC:L/PR:N", value=9.8
    )
    assert advisory.statements == (
        Statement(
            stream="openeuler:22.03-LTS-SP3",
            name="firefox",
            ranges=((("introduced", "0"), ("fixed", "128.8.0-1.oe2203sp3")),),
            arches=("aarch64", "x86_64"),
        ),
    )


@pytest.mark.parametrize(
    ("status", "state"),
    [("Known_Affected", "not_fixed"), ("Known_Not_Affected", "not_affected")],
)
def test_other_statuses_are_kept(status: str, state: str) -> None:
    tree = full_name(SLES) + full_name("ofed") + part_of("ofed", SLES)
    statuses: dict[str, Any] = {status: [f"{SLES}:ofed"]}

    (found,) = only(
        cvrf("SUSE-1", vulnerability("CVE-2017-5715", **statuses), tree=tree)
    ).statements

    assert (found.name, found.state) == ("ofed", state)


def test_a_status_that_is_not_known_says_nothing() -> None:
    text = cvrf("SUSE-1", vulnerability("CVE-1", Guessed=[f"{SLES}:{OFED}"]), tree=TREE)

    assert only(text).statements == ()


def test_hot_patches_of_openeuler_are_refused() -> None:
    text = cvrf(
        "openEuler-HotPatchSA-2025-1011",
        vulnerability("CVE-2023-1", Fixed=["openEuler-22.03-LTS-SP3"]),
        tree=openeuler_tree(),
        contact=OPENEULER,
    )

    assert [(each.code, each.part) for each in refusals(said(FEED, text))] == [
        ("no_statement", False)
    ]


def test_another_publisher_is_refused() -> None:
    text = cvrf("cisco-sa-1", vulnerability("CVE-2023-1"), contact="psirt@cisco.example")

    assert [each.code for each in refusals(said(FEED, text))] == ["unknown_publisher"]


def test_a_base_score_that_is_none_costs_only_itself() -> None:
    scores = "<ScoreSet><BaseScore>high</BaseScore><Vector>AV:N/AC:L/PR:N</Vector></ScoreSet>"
    text = cvrf("SUSE-1", vulnerability("CVE-2023-1", scores=scores), tree=TREE)

    assert only(text).scores[0].value is None


def test_products_that_are_parts_of_each_other_are_refused() -> None:
    tree = part_of("a", "b") + part_of("b:a", "b").replace('ProductID="b:b:a"', 'ProductID="b"')
    text = cvrf("SUSE-1", vulnerability("CVE-2023-1", Fixed=["b:a"]), tree=tree)

    assert [each.code for each in refusals(said(FEED, text))] == ["malformed"]


def test_too_many_vulnerabilities_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_VULNERABILITIES", 1)

    with pytest.raises(FeedUnreadable, match="vulnerabilities"):
        said(FEED, cvrf("SUSE-1", vulnerability("CVE-1"), vulnerability("CVE-2")))


def test_a_tree_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scantling_analyzers.advisories.feeds.hardened_xml.MAX_RECORD", 20)

    with pytest.raises(FeedUnreadable, match="ProductTree"):
        said(FEED, cvrf("SUSE-1", tree=TREE * 10))


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE cvrfdoc [<!ENTITY x "y">]><cvrfdoc>&x;</cvrfdoc>',
        "<cvrfdoc>" + "<Branch>" * 10_000,
        "<cvrfdoc><ProductTree>",
    ],
)
def test_what_is_no_cvrf_is_refused(text: str) -> None:
    with pytest.raises(FeedUnreadable):
        said(FEED, text)
