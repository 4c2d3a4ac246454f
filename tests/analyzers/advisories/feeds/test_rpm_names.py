"""Names, versions and package URLs of packages, as vendors write them."""

from __future__ import annotations

import pytest

from scantling_analyzers.advisories.feeds.loose_times import loose_instant
from scantling_analyzers.advisories.feeds.purl_text import MAX_QUALIFIERS, PurlParts, parse_purl
from scantling_analyzers.advisories.feeds.rpm_names import RpmName, evr, of_nevra, plain_evr


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bash-5.1-2.el9.x86_64.rpm", RpmName("bash", "5.1-2.el9", "x86_64")),
        ("bash-5.1-2.el9.x86_64", RpmName("bash", "5.1-2.el9", "x86_64")),
        ("bash-0:5.1-2.el9.src", RpmName("bash", "5.1-2.el9", "src")),
        ("bind-libs-32:9.11-1.el8.noarch", RpmName("bind-libs", "32:9.11-1.el8", "noarch")),
        ("ofed-kmp-rt_trace-1.5_3.0-22.3.1", RpmName("ofed-kmp-rt_trace", "1.5_3.0-22.3.1", "")),
        ("a-1~rc1-1", RpmName("a", "1~rc1-1", "")),
    ],
)
def test_a_file_name_is_taken_apart(text: str, expected: RpmName) -> None:
    assert of_nevra(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "bash", "bash-5.1", "-5.1-2", "lib-a-b", "a-1 2-3", "a--2", "a-1-", ".rpm", "-" * 99],
)
def test_another_form_is_none(text: str) -> None:
    assert of_nevra(text) is None


@pytest.mark.parametrize(
    ("epoch", "version", "release", "expected"),
    [
        ("", "1", "2", "1-2"),
        ("0", "1", "2", "1-2"),
        ("(none)", "1", "2", "1-2"),
        ("3", "1", "", "3:1"),
        ("3", "", "2", ""),
        ("0", "x" * 2000, "2", ""),
        ("0", "1;2", "2", ""),
    ],
)
def test_a_version_has_an_epoch_only_where_it_counts(
    epoch: str, version: str, release: str, expected: str
) -> None:
    assert evr(epoch, version, release) == expected


@pytest.mark.parametrize("text", ["", "-1", ":1", "1 2", "\u202e1", "1\n"])
def test_what_is_no_version_is_empty(text: str) -> None:
    assert plain_evr(text) in {"", "1"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "pkg:rpm/redhat/foo@1%2B2-3?arch=x86_64&epoch=1#sub",
            PurlParts("rpm", "redhat", "foo", "1+2-3", {"arch": "x86_64", "epoch": "1"}),
        ),
        ("pkg:generic/foo", PurlParts("generic", "", "foo", "", {})),
        ("pkg:npm/%40a/b@1", PurlParts("npm", "@a", "b", "1", {})),
        ("pkg:npm/@a/b", PurlParts("npm", "@a", "b", "", {})),
        ("pkg:rpmmod/redhat/a@b/c", PurlParts("rpmmod", "redhat", "a", "b/c", {})),
        ("pkg:rpm/suse/foo@?upstream=x", PurlParts("rpm", "suse", "foo", "", {"upstream": "x"})),
    ],
)
def test_a_package_url_is_taken_apart(text: str, expected: PurlParts) -> None:
    assert parse_purl(text) == expected


@pytest.mark.parametrize(
    "text", ["", "foo", "pkg:", "pkg:rpm", "pkg:rpm/", "pkg:/a", "pkg:a/" * 999]
)
def test_what_is_no_package_url_is_none(text: str) -> None:
    assert parse_purl(text) is None


def test_qualifiers_are_bounded() -> None:
    text = "pkg:rpm/a?" + "&".join(f"k{n}=1" for n in range(100))

    found = parse_purl(text)

    assert found is not None
    assert len(found.qualifiers) == MAX_QUALIFIERS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20230911", "2023-09-11"),
        ("2023-09-11 10:11:12", "2023-09-11T10:11:12Z"),
        ("2023-09-11 10:11:12 UTC", "2023-09-11T10:11:12Z"),
        ("1612137600", "2021-02-01T00:00:00Z"),
        ("20231399", ""),
        ("yesterday", ""),
        ("9" * 50, ""),
    ],
)
def test_times_are_read_in_the_forms_of_vendors(text: str, expected: str) -> None:
    assert loose_instant(text) == expected
