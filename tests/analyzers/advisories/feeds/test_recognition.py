"""Each document belongs to one feed, whatever else is loaded beside it."""

from __future__ import annotations

import time

import pytest

import scantling_analyzers.advisories.feeds as feeds_package
from scantling_analyzers.advisories.feeds.catalogue import FEEDS
from scantling_analyzers.advisories.feeds.contract import HEAD
from tests.analyzers.advisories.feeds.samples import SAMPLES
from tests.analyzers.test_registration import classes_with


@pytest.mark.parametrize("name", SAMPLES)
def test_a_document_is_recognised_by_one_feed(name: str) -> None:
    found = [each.name for each in FEEDS if each.recognises("feed", SAMPLES[name][:HEAD])]

    assert found == [name.partition(" ")[0]]


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"\0" * HEAD, b"\x1f\x8b\x08", b"PK\x03\x04", b'{"a": 1}', b"null"],
)
def test_what_is_no_feed_is_none(content: bytes) -> None:
    assert [each.name for each in FEEDS if each.recognises("feed", content)] == []


@pytest.mark.parametrize(
    "unit",
    [
        b" ",
        b"{",
        b"[",
        b'"',
        b"\\",
        b'{"id":"',
        b"#\n",
        b"a,",
        b"\n",
        b"a\n",
        b"[{",
        b'{"a":{"',
        b"- ",
    ],
)
def test_heads_that_look_for_trouble_take_no_time(unit: bytes) -> None:
    content = (unit * HEAD)[:HEAD]
    begin = time.process_time()
    for each in FEEDS:
        each.recognises("feed" * 1_000, content)

    assert time.process_time() - begin < 0.5, "it takes a few milliseconds"


def test_every_feed_is_in_the_catalogue() -> None:
    found = classes_with(feeds_package, "recognises", "read", "name")

    assert {each for each in found if each.__name__ != "Feed"} == {type(each) for each in FEEDS}


def test_names_are_unique() -> None:
    assert len({each.name for each in FEEDS}) == len(FEEDS)
