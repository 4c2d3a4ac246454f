"""The lists of Debian's security tracker are read as the tracker itself understands them."""

from __future__ import annotations

import pytest

from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.debian_lists import DebianListsFeed
from scantling_analyzers.advisories.models import Advisory, Enrichment, Statement
from tests.builders.feeds.document import advisories, document, refusals, said

FEED = DebianListsFeed()
EVERY = ((("introduced", "0"),),)


def dsa(*lines: str, head: str = "DSA-5380-1 xorg-server - security update") -> str:
    return "\n".join([f"[29 Mar 2023] {head}", *(f"\t{line}" for line in lines), ""])


def cve(*lines: str, head: str = "CVE-2021-0001 (A flaw in putty ...)") -> str:
    return "\n".join([head, *(f"\t{line}" for line in lines), ""])


def only(text: str) -> Advisory:
    found = said(FEED, text)
    assert refusals(found) == []
    (advisory,) = advisories(found)
    return advisory


def by_stream(text: str) -> dict[str, Statement]:
    return {each.stream: each for each in only(text).statements}


def test_an_announcement_is_an_erratum_of_what_it_names() -> None:
    text = dsa("{CVE-2023-1393 CVE-2023-1394 DSA-1-1}", "[bullseye] - xorg-server 2:1.20.11-1")

    assert only(text) == Advisory(
        id="DSA-5380-1",
        feed="debian-lists",
        vulnerabilities=("CVE-2023-1393", "CVE-2023-1394"),
        related=("DSA-1-1",),
        title="xorg-server - security update",
        published="2023-03-29",
        statements=(
            Statement(
                stream="debian:11",
                name="xorg-server",
                name_of="source",
                ranges=((("introduced", "0"), ("fixed", "2:1.20.11-1")),),
            ),
        ),
    )


def test_an_announcement_that_names_nothing_is_about_itself() -> None:
    advisory = only(dsa("[bullseye] - a 1"))

    assert advisory.vulnerabilities == ()


@pytest.mark.parametrize("what", ["regression update", "new timezone database", "bugfix update"])
def test_announcements_of_other_updates_are_refused(what: str) -> None:
    found = said(FEED, dsa("[bullseye] - tzdata 1", head=f"DLA-1-1 tzdata - {what}"))

    assert [each.code for each in refusals(found)] == ["no_vulnerability"]
    assert advisories(found) == []
    assert only(dsa("{CVE-2023-1393}", "[bullseye] - a 1", head=f"DLA-1-1 a - {what}")).statements


def test_extended_support_is_a_stream_of_its_own() -> None:
    text = dsa("{CVE-2023-1393}", "[stretch] - a 1", head="ELA-1-1 a - security update")

    assert set(by_stream(text)) == {"debian-elts:9"}


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("not-affected", "not_affected"),
        ("unfixed", "not_fixed"),
        ("end-of-life", "end_of_life"),
        ("no-dsa", "deferred"),
        ("postponed", "deferred"),
        ("ignored", "will_not_fix"),
        ("undetermined", "under_investigation"),
        ("removed", "not_fixed"),
    ],
)
def test_a_word_in_brackets_is_a_state(kind: str, state: str) -> None:
    found = by_stream(dsa("{CVE-2023-1393}", f"[bullseye] - a <{kind}> (Why; it is)"))["debian:11"]

    assert (found.state, found.ranges) == (state, EVERY)


def test_a_line_for_unstable_is_for_the_releases_without_their_own() -> None:
    found = by_stream(
        cve(
            "- putty 0.75-3 (low; bug #990901)",
            "[bookworm] - putty 0.74-1+deb12u1",
            "[bullseye] - putty <no-dsa> (Minor issue)",
            "[buster] - putty <not-affected> (Vulnerable code not present)",
        )
    )

    assert found["debian:sid"].ranges == ((("introduced", "0"), ("fixed", "0.75-3")),)
    assert found["debian:sid"].state == ""
    assert found["debian:12"].ranges == ((("introduced", "0"), ("fixed", "0.74-1+deb12u1")),)
    assert found["debian:11"].ranges == ((("introduced", "0"), ("limit", "0.75-3")),)
    assert found["debian:11"].state == "deferred"
    assert found["debian:10"].state == "not_affected"
    assert found["debian:13"].ranges == ((("introduced", "0"), ("limit", "0.75-3")),)
    assert found["debian:13"].state == "not_fixed"
    assert {each.severity for each in found.values()} == {"low"}
    assert "debian:9" not in found


@pytest.mark.parametrize(
    ("kind", "state"),
    [("unfixed", "not_fixed"), ("not-affected", "not_affected"), ("removed", "not_fixed")],
)
def test_a_state_of_unstable_is_one_of_the_releases_too(kind: str, state: str) -> None:
    found = by_stream(cve(f"- ant <{kind}> (unimportant)"))

    assert {each.state for each in found.values()} == {state}
    assert {each.ranges for each in found.values()} == {EVERY}
    assert {"debian:sid", "debian:12", "debian:13"} <= set(found)


def test_what_is_not_in_debian_says_nothing() -> None:
    text = (
        cve("- libredwg <itp> (bug #595191)") + cve("NOT-FOR-US: Xen Orchestra") + cve("RESERVED")
    )

    assert said(FEED, text) == []


def test_a_rejected_name_is_one() -> None:
    assert said(FEED, cve("REJECTED")) == [
        Enrichment(id="CVE-2021-0001", feed="debian-lists", rejected=True)
    ]


def test_what_has_no_name_yet_has_the_name_that_the_tracker_gives_it() -> None:
    head = "CVE-2023-XXXX [code execution via malformed XTGETTCAP]"

    assert only(cve("- foot 1.15.3-2 (bug #1053115)", head=head)).id == "TEMP-1053115-9454E3"
    assert only(cve("- foot 1.15.3-2", head=head)).id == "TEMP-0000000-9454E3"


def test_notes_and_other_entries_are_left_aside() -> None:
    text = cve(
        "{DSA-1-1 DLA-2-1}",
        "- ant <unfixed>",
        "NOTE: [etch] - ant <end-of-life>",
        "\x54ODO: check",
    )

    advisory = only(text)
    assert advisory.related == ("DSA-1-1", "DLA-2-1")
    assert advisory.title == "A flaw in putty ..."
    assert {each.state for each in advisory.statements} == {"not_fixed"}


def test_lines_that_say_nothing_known_are_named_by_their_number() -> None:
    found = said(FEED, dsa("{CVE-2023-1393}", "[bullseye] ~ a 1", "[bullseye] - a 2"))

    assert [(each.code, each.part, each.message) for each in refusals(found)] == [
        ("malformed", True, "line 3 says nothing that is known: [bullseye] ~ a 1")
    ]
    assert len(advisories(found)[0].statements) == 1


def test_of_many_such_lines_the_rest_is_counted() -> None:
    found = said(FEED, dsa("[bullseye] - a 2", *["?"] * 40))

    assert len(refusals(found)) == 11
    assert refusals(found)[-1].message == "30 further lines say nothing that is known"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (dsa("[bullwinkle] - a 1"), "unknown_stream"),
        (dsa("{CVE-2023-1393}"), "names_no_package"),
        (dsa("[bullseye] - a <what>"), "names_no_package"),
        (dsa("[bullseye] - a 1") + "CVS-1\n", "malformed"),
        (dsa("[bullseye] - a 1", "x" * 30_000), "malformed"),
    ],
)
def test_what_can_not_be_used_is_refused(text: str, code: str) -> None:
    assert [each.code for each in refusals(said(FEED, text))] == [code]


def test_an_entry_of_endless_lines_is_cut_and_said_to_be() -> None:
    found = said(FEED, dsa(*["NOTE: x"] * 20_001, "[bullseye] - a 1"))

    assert "more than 20000 lines" in refusals(found)[0].message


def test_lines_that_look_for_trouble_take_no_time() -> None:
    lines = ("- " + "a" * 15_000, "- a " + "(" * 15_000, "[" + "a" * 15_000, "{" * 15_000)

    assert len(refusals(said(FEED, dsa("[bullseye] - a 1", *lines * 50)))) == 11


def test_a_line_without_a_version_is_of_a_package_that_is_not_fixed() -> None:
    assert by_stream(dsa("[bullseye] - a"))["debian:11"].state == "not_fixed"


def test_a_month_that_there_is_not_is_no_date() -> None:
    text = dsa("[bullseye] - a 1").replace("Mar", "Mrz")

    assert only(text).published == ""


def test_bytes_that_are_no_text_are_escaped() -> None:
    content = dsa("[bullseye] - a 1", head="DSA-1-1 a - \x1b caf").encode() + b"\xff\n"
    found = said(FEED, content)

    assert advisories(found)[0].title == "a - \\x1b caf"
    assert refusals(found)[0].message.endswith("\\x5cxff")


def test_binary_content_is_unreadable() -> None:
    with pytest.raises(FeedUnreadable):
        list(FEED.read(document(b"CVE-2021-0001\n\0")))


@pytest.mark.parametrize("head", [b"", b"{}", b"---\n", b"[29 Mar 2023] XYZ-1-1 a", b"CVE-1"])
def test_other_forms_are_not_taken_for_a_list(head: bytes) -> None:
    assert not FEED.recognises("list", head)
