"""secdb of Alpine, Wolfi and Chainguard is read, in JSON and in Alpine's old YAML."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.secdb import SecdbFeed
from scantling_analyzers.advisories.models import Advisory, Coverage, Statement
from tests.builders.feeds.document import advisories, document, refusals, said

FEED = SecdbFeed()
ALPINE = "https://dl-cdn.alpinelinux.org/alpine"
YAML = """\
---
distroversion: v3.10
reponame: main
archs:
  - x86_64
  - armv7
urlprefix: http://dl-cdn.alpinelinux.org/alpine
apkurl: "{{urlprefix}}/{{distroversion}}/{{reponame}}/{{arch}}/{{pkg.name}}-{{pkg.ver}}.apk"
packages:
  - pkg:
      name: xen
      secfixes:
        4.7.0-r1:
          - CVE-2016-6258 XSA-182
          - CVE-2018-14468 (FrameRelay, and - more)
# a comment
        4.7.1-r0:
        - CVE_2016-9377 XSA-196
        - XSA-207 # why
        '0':
        - "CVE-2017-17434-1"
        5.0-r0: []
  - pkg:
      name: 'heimdal'
      secfixes:
        "7.1.0-r2":
          - CVE 2017-17439
"""


OF_MAIN = Coverage(feed="secdb", stream="alpine:3.19", part="main", parts=("main", "community"))


def secdb(fixes: Any, name: str = "openssl", **fields: Any) -> dict[str, Any]:
    """Return a secdb of one package."""
    return {
        "apkurl": "{{urlprefix}}/{{reponame}}/{{arch}}/{{pkg.name}}-{{pkg.ver}}.apk",
        "archs": ["x86_64"],
        "reponame": "main",
        "urlprefix": ALPINE,
        "distroversion": "v3.19",
        "packages": [{"pkg": {"name": name, "secfixes": fixes}}],
        **fields,
    }


def fixed(name: str, version: str, stream: str = "alpine:3.19") -> Statement:
    return Statement(
        stream=stream,
        name=name,
        name_of="source",
        ranges=((("introduced", "0"), ("fixed", version)),),
    )


def test_each_id_is_an_advisory_of_all_packages_that_were_fixed() -> None:
    content = secdb(
        {"3.1-r0": ["CVE-2024-0001", "GHSA-aaaa-bbbb-cccc"], "3.2-r0": ["CVE-2024-0001"]}
    )
    content["packages"].append({"pkg": {"name": "curl", "secfixes": {"8-r0": ["CVE-2024-0001"]}}})

    assert said(FEED, content) == [
        OF_MAIN,
        Advisory(
            id="CVE-2024-0001",
            feed="secdb",
            statements=(
                fixed("openssl", "3.1-r0"),
                fixed("openssl", "3.2-r0"),
                fixed("curl", "8-r0"),
            ),
        ),
        Advisory(id="GHSA-aaaa-bbbb-cccc", feed="secdb", statements=(fixed("openssl", "3.1-r0"),)),
    ]


def test_the_version_0_says_that_a_package_never_was_affected() -> None:
    (advisory,) = advisories(said(FEED, secdb({"0": ["CVE-2024-0001"]})))

    assert advisory.statements[0].state == "not_affected"
    assert advisory.statements[0].ranges == ((("introduced", "0"),),)


@pytest.mark.parametrize(
    ("text", "ids", "related"),
    [
        (
            "CVE-2022-42333 CVE-2022-43334 XSA-428",
            {"CVE-2022-42333", "CVE-2022-43334"},
            ("XSA-428",),
        ),
        ("XSA-245", {"XSA-245"}, ()),
        (
            "CVE-2018-10103 (SMB - partially fixed, but SMB printing disabled)",
            {"CVE-2018-10103"},
            (),
        ),
        ("CVE_2019-2426", {"CVE-2019-2426"}, ()),
        ("CVE 2018-16859", {"CVE-2018-16859"}, ()),
        ("CVE-2017-17434-1", {"CVE-2017-17434"}, ()),
        ("CVE-2017-0001, CVE-2017-0002", {"CVE-2017-0001", "CVE-2017-0002"}, ()),
        ("CVE-2018-3639   XSA-263", {"CVE-2018-3639"}, ("XSA-263",)),
        ("wnpa-sec-2017-18", {"wnpa-sec-2017-18"}, ()),
    ],
)
def test_an_item_is_read_as_it_is_meant(text: str, ids: set[str], related: tuple[str, ...]) -> None:
    found = said(FEED, secdb({"1-r0": [text]}))

    assert refusals(found) == []
    assert {each.id for each in advisories(found)} == ids
    assert {each.related for each in advisories(found)} == {related}


@pytest.mark.parametrize(
    ("fields", "stream"),
    [
        ({"distroversion": "v3.20"}, "alpine:3.20"),
        ({"distroversion": "edge"}, "alpine:edge"),
        ({"distroversion": "", "urlprefix": "https://packages.wolfi.dev"}, "wolfi"),
        ({"distroversion": "", "urlprefix": "https://packages.wolfi.dev/os"}, "wolfi"),
        ({"distroversion": "", "urlprefix": "https://packages.cgr.dev"}, "chainguard"),
    ],
)
def test_the_stream_is_told_by_the_release_or_the_publisher(
    fields: dict[str, str], stream: str
) -> None:
    found = said(FEED, secdb({"1-r0": ["CVE-2024-0001"]}, **fields))

    (told,) = (each for each in found if isinstance(each, Coverage))
    assert (told.feed, told.stream) == ("secdb", stream)


def test_a_release_without_fixes_is_covered() -> None:
    assert said(FEED, secdb({}, packages=[])) == [OF_MAIN]


@pytest.mark.parametrize(
    "fields",
    [
        {"distroversion": "", "urlprefix": ""},
        {"distroversion": "3", "urlprefix": "https://packages.wolfi.dev.example.org"},
        {"packages": None},
        {"packages": {}},
        {"distroversion": 3},
    ],
)
def test_whose_it_is_must_be_told(fields: dict[str, Any]) -> None:
    with pytest.raises(FeedUnreadable):
        said(FEED, secdb({"1-r0": ["CVE-2024-0001"]}, **fields))


def test_the_yaml_form_says_the_same() -> None:
    found = said(FEED, YAML)

    assert refusals(found) == []
    assert {each.id: each.statements for each in advisories(found)} == {
        "CVE-2016-6258": (fixed("xen", "4.7.0-r1", "alpine:3.10"),),
        "CVE-2018-14468": (fixed("xen", "4.7.0-r1", "alpine:3.10"),),
        "CVE-2016-9377": (fixed("xen", "4.7.1-r0", "alpine:3.10"),),
        "XSA-207": (fixed("xen", "4.7.1-r0", "alpine:3.10"),),
        "CVE-2017-17434": (
            Statement(
                stream="alpine:3.10",
                name="xen",
                name_of="source",
                ranges=((("introduced", "0"),),),
                state="not_affected",
            ),
        ),
        "CVE-2017-17439": (fixed("heimdal", "7.1.0-r2", "alpine:3.10"),),
    }
    assert found[0] == replace(OF_MAIN, stream="alpine:3.10")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("          <<: *all", "<<: *all"),
        ("        1.0-r0: &anchor", "&anchor"),
        ("        1.0-r0: {a: b}", "{a: b}"),
        ("      other: 1", "other: 1"),
        ("        " + "x" * 3_000, "x" * 50),
    ],
)
def test_yaml_that_is_no_secdb_is_named_by_its_line(line: str, message: str) -> None:
    found = said(FEED, YAML + line + "\n")

    (refused,) = refusals(found)
    assert refused.record == f"line {YAML.count(chr(10)) + 1}"
    assert message in refused.message
    assert len(advisories(found)) == 6


@pytest.mark.parametrize("text", ["no id", "", "x" * 5_000, "CVE-1"])
def test_an_item_that_names_nothing_is_refused(text: str) -> None:
    if text == "CVE-1":
        text = "CVE-1!"
    found = said(FEED, secdb({"1-r0": [text, "CVE-2024-0001"]}))

    assert [(each.record, each.part) for each in refusals(found)] == [("openssl", True)]
    assert [each.id for each in advisories(found)] == ["CVE-2024-0001"]


def test_an_item_without_a_package_or_a_version_is_refused() -> None:
    lines = "distroversion: v3.10\npackages:\n  - pkg:\n      secfixes:\n        - CVE-2024-0001\n"

    assert [each.code for each in refusals(said(FEED, lines))] == ["malformed"]


@pytest.mark.parametrize(
    "package",
    [{}, {"pkg": []}, {"pkg": {"name": "x" * 2000}}, {"pkg": {"name": "a", "secfixes": []}}],
)
def test_a_malformed_package_costs_only_itself(package: Any) -> None:
    content = secdb({"1-r0": ["CVE-2024-0001"]})
    content["packages"].insert(0, package)
    found = said(FEED, content)

    assert [(each.record, each.code) for each in refusals(found)] == [("package 1", "malformed")]
    assert len(advisories(found)) == 1


@pytest.mark.parametrize("empty", [{}, None, []])
def test_a_version_that_fixes_nothing_is_no_error(empty: Any) -> None:
    found = said(FEED, secdb({"7.4.0-r0": empty, "7.1.0-r2": ["CVE-2017-17439"]}))

    assert refusals(found) == []
    assert len(advisories(found)) == 1


@pytest.mark.parametrize("limit", ["MAX_PACKAGES", "MAX_FIXES"])
def test_more_than_there_can_be_is_unreadable(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"scantling_analyzers.advisories.feeds.secdb.{limit}", 0)

    with pytest.raises(FeedUnreadable, match="more than 0"):
        said(FEED, secdb({"1-r0": ["CVE-2024-0001"]}))


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(secdb({"1-r0": ["CVE-2024-0001"]}))[:-3].encode(),
        b'{"archs": [], "packages": ' + b"[" * 100_000,
        b'{"archs": [], "distroversion": "\xff", "packages": []}',
    ],
)
def test_damaged_documents_are_unreadable(content: bytes) -> None:
    with pytest.raises(FeedUnreadable):
        said(FEED, content)


def test_text_of_strangers_is_escaped() -> None:
    found = said(FEED, secdb({"1\x1b": ["CVE-2024-0001"]}, name="a\u202e"))

    (statement,) = advisories(found)[0].statements
    assert statement.name == "a\\xe2\\x80\\xae"
    assert statement.ranges[0][1] == ("fixed", "1\\x1b")


@pytest.mark.parametrize("head", [b"", b"{}", b"---\nname: x\n", b'{"packages": []}', b"[]"])
def test_other_forms_are_not_taken_for_a_secdb(head: bytes) -> None:
    assert not FEED.recognises("main.json", head)


@pytest.mark.parametrize(
    "head", [b'{"packages": [{"pkg": {"name"', b'{"apkurl": "', b"distroversion: v3.3\n"]
)
def test_a_secdb_is_recognised_by_its_fields(head: bytes) -> None:
    assert FEED.recognises("main.json", head)
    assert not FEED.recognises("main.json", b"x" + head)


def test_content_that_is_neither_is_unreadable() -> None:
    with pytest.raises(FeedUnreadable):
        list(FEED.read(document(b"<secdb/>")))
