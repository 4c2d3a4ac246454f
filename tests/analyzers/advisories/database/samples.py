"""A feed that says what a test wants it to, and databases built from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from scantling_analyzers.advisories.database.builder import build
from scantling_analyzers.advisories.database.reader import AdvisoryDatabase
from scantling_analyzers.advisories.models import Advisory, Statement
from scantling_analyzers.advisories.sources.document import of_bytes
from scantling_analyzers.advisories.sources.found import Found, Lost

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from scantling_analyzers.advisories.database.tally import Build
    from scantling_analyzers.advisories.feeds.contract import Document
    from scantling_analyzers.advisories.models import Said

_MARK: Final = b"scripted "
SAID: Final[dict[bytes, Sequence[Said | BaseException]]] = {}
"""What the documents of these tests hold, by their content."""


class Scripted:
    """A source of documents that hold what is said, and the feed that reads them."""

    def __init__(
        self, *documents: Sequence[Said | BaseException] | Lost, name: str = "scripted"
    ) -> None:
        """Hold some documents; an exception among what is said is raised there."""
        self.name = name
        self._documents = documents

    def __iter__(self) -> Iterator[Found | Lost]:
        """Give them in order."""
        for number, said in enumerate(self._documents):
            if isinstance(said, Lost):
                yield said
                continue
            content = _MARK + repr(said).encode()
            SAID[content] = said
            yield Found(f"{number}.said", of_bytes(f"{number}.said", content))


class ScriptedFeed:
    """Reads the documents of :class:`Scripted`."""

    def __init__(self, name: str = "scripted") -> None:
        """Go by a name."""
        self.name = name

    def recognises(self, path: str, head: bytes) -> bool:
        """Know its own."""
        del path
        return head.startswith(_MARK)

    def read(self, document: Document) -> Iterable[Said]:
        """Say what was written down."""
        for each in SAID[document.data()]:
            if isinstance(each, BaseException):
                raise each
            yield each


def advisory(id_: str, *statements: Statement, **fields: Any) -> Advisory:
    """Return an advisory, by default of the feed of these tests."""
    return Advisory(**{"id": id_, "feed": "scripted", "statements": statements, **fields})


def says(stream: str = "debian:12", name: str = "openssl", fixed: str = "3.0") -> Statement:
    """Return a statement that everything before a version is affected."""
    return Statement(stream=stream, name=name, ranges=((("introduced", "0"), ("fixed", fixed)),))


def built(
    target: Path, *documents: Sequence[Said | BaseException] | Lost, feed: str = "scripted"
) -> Build:
    """Build a database."""
    return build([Scripted(*documents)], [ScriptedFeed(feed)], target)


def database(folder: Path, *said: Said, feed: str = "scripted") -> AdvisoryDatabase:
    """Build a database of one document, and open it."""
    target = folder / "advisories.db"
    built(target, said, feed=feed)
    return AdvisoryDatabase(target)
