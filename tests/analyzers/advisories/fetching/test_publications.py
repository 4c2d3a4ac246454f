"""The list of feeds: the one that comes with the product, and the user's own."""

from __future__ import annotations

import tomllib

import pytest

from scantling_analyzers.advisories.fetching.publications import (
    FeedsInvalid,
    default_publications,
    read_publications,
)


def test_no_two_publications_share_a_place() -> None:
    publications = default_publications(2026)

    assert len({each.path for each in publications}) == len(publications)
    assert all(each.url.startswith("https://") for each in publications)
    assert any(each.name == "nvd-2026" for each in publications)


def test_the_default_list_could_be_written_by_a_user() -> None:
    default = default_publications(2026)
    tables = {
        each.name: {"url": each.url, "kind": each.kind, "file": each.file} for each in default
    }

    read = read_publications({"feeds": tables})

    assert [each.path for each in read] == [each.path for each in default]


def test_a_list_of_ones_own() -> None:
    text = """
    [feeds.kylin]
    url = "https://mirror.example/kylin/updates"
    kind = "repository"
    stream = "kylin:V10-SP2"
    allow_private = true
    """

    (feed,) = read_publications(tomllib.loads(text))

    assert feed.path == "kylin/kylin:V10-SP2/updateinfo.xml"
    assert feed.allow_private


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "no table"),
        ("x = 1", "'x'"),
        ("feeds = 3", "no table"),
        ("[feeds]\na = 3", "no table"),
        ('[feeds."A B"]\nurl="https://x.example/y"', "lower-case"),
        ("[feeds.a]", "url"),
        ('[feeds.a]\nurl="https://x.example/y"\nsize=3', "'size'"),
        ('[feeds.a]\nurl="ftp://x.example/y"', "http(s)"),
        ('[feeds.a]\nurl="https://user:secret@x.example/y"', "without a user"),
        ('[feeds.a]\nurl="https:///y"', "HOST"),
        ('[feeds.a]\nurl="https://x.example/y"\nfile="../x"', "no name"),
        ('[feeds.a]\nurl="https://x.example/y"\nstream="a/b"', "no name"),
        ('[feeds.a]\nurl="https://x.example/y"\nkind="torrent"', "torrent"),
        ('[feeds.a]\nurl="https://x.example/y"\nkind="pointer"', "file"),
        ('[feeds.a]\nurl="https://x.example/y"\nmost_mib=0', "most_mib"),
        ('[feeds.a]\nurl="https://x.example/y"\nmost_mib="1"', "int"),
    ],
)
def test_a_list_that_can_not_be_used_says_where_and_why(text: str, what: str) -> None:
    with pytest.raises(FeedsInvalid) as raised:
        read_publications(tomllib.loads(text))

    assert what in f"{raised.value.message} {raised.value.hint}"
    assert "secret" not in str(raised.value)
