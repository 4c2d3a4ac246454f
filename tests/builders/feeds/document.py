"""A document of a feed that is held in memory, and what a reader says of it."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from scantling_analyzers.advisories.feeds.contract import HEAD, MIB, FeedUnreadable
from scantling_analyzers.advisories.models import Advisory, Refused

if TYPE_CHECKING:
    from scantling_analyzers.advisories.feeds.contract import Feed
    from scantling_analyzers.advisories.models import Said


@dataclass(frozen=True)
class HeldDocument:
    """A document by its content."""

    content: bytes
    path: str = "feed"

    @property
    def size(self) -> int:
        """Return the number of bytes."""
        return len(self.content)

    def head(self) -> bytes:
        """Return the first bytes."""
        return self.content[:HEAD]

    def data(self, limit: int = 256 * MIB) -> bytes:
        """Return the content, if it is no larger than ``limit``."""
        if len(self.content) > limit:
            raise FeedUnreadable(f"{self.path} has {len(self.content)} bytes, {limit} are read")
        return self.content

    def open(self) -> IO[bytes]:
        """Return the content as a stream."""
        return io.BytesIO(self.content)


def document(content: bytes | str | dict[str, Any] | list[Any], path: str = "feed") -> HeldDocument:
    """Make a document of bytes, of text, or of what is written as JSON."""
    if isinstance(content, dict | list):
        content = json.dumps(content)
    return HeldDocument(content.encode() if isinstance(content, str) else content, path)


def said(
    feed: Feed, content: bytes | str | dict[str, Any] | list[Any], path: str = "feed"
) -> list[Said]:
    """Return all that a feed says of a document that it has to recognise."""
    made = document(content, path)
    assert feed.recognises(made.path, made.head()), "the feed does not know the document as its own"
    return list(feed.read(made))


def advisories(found: list[Said]) -> list[Advisory]:
    """Return the advisories of what was said."""
    return [each for each in found if isinstance(each, Advisory)]


def refusals(found: list[Said]) -> list[Refused]:
    """Return what was refused of what was said."""
    return [each for each in found if isinstance(each, Refused)]
