"""Whatever happens to a document, a reader says what it can't use, and nothing else."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from scantling_analyzers.advisories.feeds.catalogue import FEEDS
from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.models import Refused
from tests.analyzers.advisories.feeds.samples import SAMPLES
from tests.builders.feeds.document import HeldDocument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.advisories.feeds.contract import Feed
    from scantling_analyzers.advisories.models import Said

ROUNDS = 300
PIECES = (
    *(b"", b"\0", b"\xff", b"\x1b[31m", b"\xe2\x80\xae", b'"', b"\\", b"{", b"}", b"[", b"]"),
    *(b"null", b"-1", b"1e999", b'""', b"[]", b"{}", b"[" * 3_000, b"\\u0000", b"\\ud800", b","),
    *(b"\n", b"\t", b":", b"<", b"(", b"9" * 400, b"x" * 3_000, b" ", b"0", b"- ", b"#"),
)
UNSAFE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def feed_of(name: str) -> Feed:
    return next(each for each in FEEDS if each.name == name.partition(" ")[0])


def damaged(content: bytes, seed: int) -> bytes:
    """Return a document in which something is replaced, removed, repeated or cut off."""
    chance = random.Random(seed)  # noqa: S311  # the same damage each time
    for _ in range(chance.randint(1, 3)):
        begin = chance.randrange(len(content) + 1)
        end = min(len(content), begin + chance.choice((0, 0, 1, 1, 4, 30)))
        piece = chance.choice((*PIECES, content[begin : begin + 40]))
        content = content[:begin] + piece + content[end:]
    return content[: chance.randrange(len(content) + 1)] if chance.random() < 0.1 else content


def read(feed: Feed, content: bytes) -> list[Said]:
    document = HeldDocument(content)
    feed.recognises(document.path, document.head())
    try:
        return list(feed.read(document))
    except FeedUnreadable as error:
        return [Refused(feed=feed.name, record="", code="unreadable", message=str(error))]


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts(each)
    elif isinstance(value, dict):
        yield from texts(list(value.values()))


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_used_as_a_whole(name: str) -> None:
    found = read(feed_of(name), SAMPLES[name])

    assert found
    assert not any(isinstance(each, Refused) for each in found)


@pytest.mark.parametrize("name", SAMPLES)
def test_damaged_documents_are_read_or_refused(name: str) -> None:
    feed = feed_of(name)
    refused = 0
    for seed in range(ROUNDS):
        found = read(feed, damaged(SAMPLES[name], seed))
        refused += any(isinstance(each, Refused) for each in found)
        for text in texts(msgspec.to_builtins(found)):
            assert not UNSAFE.search(text), (seed, text[:200])

    assert refused > ROUNDS / 10
