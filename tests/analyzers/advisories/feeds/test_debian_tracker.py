"""The JSON of Debian's security tracker is read with every state that it knows."""

from __future__ import annotations

from typing import Any

import pytest

from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.debian_tracker import DebianTrackerFeed
from scantling_analyzers.advisories.models import Advisory, Coverage, Statement
from tests.builders.feeds.document import advisories, document, refusals, said

FEED = DebianTrackerFeed()
EVERY = ((("introduced", "0"),),)


def tracker(release: dict[str, Any], codename: str = "bookworm") -> dict[str, Any]:
    """Return the tracker's JSON with one issue of one package."""
    issue = {
        "description": "A flaw\nof bash",
        "debianbug": 1,
        "scope": "local",
        "releases": {codename: {"repositories": {codename: "5.2"}, **release}},
    }
    return {"bash": {"CVE-2024-0001": issue}}


def statement(release: dict[str, Any], codename: str = "bookworm") -> Statement:
    found = said(FEED, tracker(release, codename))
    assert refusals(found) == []
    (advisory,) = advisories(found)
    (only,) = advisory.statements
    return only


def test_an_issue_of_a_package_is_an_advisory() -> None:
    found = said(
        FEED,
        tracker({"status": "resolved", "fixed_version": "5.2.15-2+b1", "urgency": "low**"}),
    )

    assert found == [
        Advisory(
            id="CVE-2024-0001",
            feed="debian-tracker",
            details="A flaw\nof bash",
            statements=(
                Statement(
                    stream="debian:12",
                    name="bash",
                    name_of="source",
                    ranges=((("introduced", "0"), ("fixed", "5.2.15-2+b1")),),
                    severity="low",
                ),
            ),
        ),
        Coverage(feed="debian-tracker", stream="debian:12"),
    ]


@pytest.mark.parametrize(
    ("release", "state"),
    [
        ({"status": "resolved", "fixed_version": "0"}, "not_affected"),
        ({"status": "open"}, "not_fixed"),
        ({"status": "open", "nodsa": "Minor issue", "nodsa_reason": ""}, "deferred"),
        ({"status": "open", "nodsa": "Minor issue", "nodsa_reason": "postponed"}, "deferred"),
        ({"status": "open", "nodsa": "Minor issue", "nodsa_reason": "ignored"}, "will_not_fix"),
        ({"status": "open", "urgency": "end-of-life", "nodsa": "x"}, "end_of_life"),
        ({"status": "undetermined"}, "under_investigation"),
    ],
)
def test_a_package_without_a_fix_is_in_a_state(release: dict[str, Any], state: str) -> None:
    found = statement(release)

    assert (found.state, found.ranges) == (state, EVERY)


@pytest.mark.parametrize(
    ("urgency", "severity"),
    [
        ("unimportant", "unimportant"),
        ("medium", "medium"),
        ("not yet assigned", ""),
        ("end-of-life", ""),
    ],
)
def test_only_judgements_are_severities(urgency: str, severity: str) -> None:
    assert statement({"status": "open", "urgency": urgency}).severity == severity


@pytest.mark.parametrize(
    ("codename", "stream"),
    [("stretch", "debian:9"), ("trixie", "debian:13"), ("sid", "debian:sid")],
)
def test_releases_are_known_by_their_code_names(codename: str, stream: str) -> None:
    assert statement({"status": "open"}, codename).stream == stream


def test_a_release_that_is_not_known_is_counted() -> None:
    found = said(FEED, tracker({"status": "open"}, "bullwinkle"))

    assert [(each.record, each.code, each.message) for each in refusals(found)] == [
        ("bullwinkle", "unknown_stream", "1 statements about a release that is not known")
    ]
    assert advisories(found) == []


@pytest.mark.parametrize(
    "release",
    [
        {"status": "resolved"},
        {"status": "resolved", "fixed_version": "1" * 2000},
        {"status": "odd"},
    ],
)
def test_what_the_tracker_can_not_mean_is_refused(release: dict[str, Any]) -> None:
    content = tracker({"status": "open"}, "sid")
    content["bash"]["CVE-2024-0001"]["releases"]["bookworm"] = release
    found = said(FEED, content)

    assert [(each.record, each.code, each.part) for each in refusals(found)] == [
        ("bash CVE-2024-0001", "malformed", True)
    ]
    assert [each.stream for each in advisories(found)[0].statements] == ["debian:sid"]


def test_what_is_malformed_costs_only_itself() -> None:
    good = tracker({"status": "open"})["bash"]["CVE-2024-0001"]
    content = {
        "bash": {"CVE-2024-0001": good, "CVE-2024-0002": {"releases": []}, "x" * 2000: good},
        "curl": ["CVE-2024-0003"],
        "dash": {"CVE-2024-0004": good},
        "x" * 2000: {"CVE-2024-0005": good},
    }
    found = said(FEED, content)

    assert [each.id for each in advisories(found)] == ["CVE-2024-0001", "CVE-2024-0004"]
    assert [(each.record, each.code) for each in refusals(found)] == [
        ("bash CVE-2024-0002", "malformed"),
        ("bash ", "too_large"),
        ("curl", "malformed"),
        ("a package", "too_large"),
    ]


def test_more_issues_than_any_package_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scantling_analyzers.advisories.feeds.debian_tracker.MAX_ISSUES", 0)

    assert [each.code for each in refusals(said(FEED, tracker({"status": "open"})))] == ["too_many"]


def test_more_packages_than_there_are_is_no_tracker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scantling_analyzers.advisories.feeds.debian_tracker.MAX_PACKAGES", 0)

    with pytest.raises(FeedUnreadable, match="more than 0 packages"):
        said(FEED, tracker({"status": "open"}))


@pytest.mark.parametrize(
    "content",
    [
        b'{"bash": {"CVE-2024-0001": {"releases": {',
        b'{"bash": {"CVE-2024-0001": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}}",
        b'{"bash": {"CVE-2024-0001": "\xff"}}',
    ],
)
def test_damaged_documents_are_unreadable_or_refused(content: bytes) -> None:
    try:
        found = said(FEED, content)
    except FeedUnreadable:
        return
    assert [each.code for each in refusals(found)] == ["malformed"]


def test_text_of_strangers_is_escaped() -> None:
    content = tracker({"status": "resolved", "fixed_version": "1\x1b"})
    (advisory,) = advisories(said(FEED, {"bash": {"CVE-1\x1b": content["bash"]["CVE-2024-0001"]}}))

    assert advisory.id == "CVE-1\\x1b"
    assert advisory.statements[0].ranges[0][1] == ("fixed", "1\\x1b")


@pytest.mark.parametrize(
    "head", [b"", b"{}", b'{"bash": {"x": 1', b'{"id": "CVE-2024-0001"', b"[]"]
)
def test_other_forms_are_not_taken_for_the_tracker(head: bytes) -> None:
    assert not FEED.recognises("json", head)


def test_no_object_is_unreadable() -> None:
    with pytest.raises(FeedUnreadable):
        list(FEED.read(document(b"[]")))
