"""What is found in a source: documents, and what could not be read as one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from scantling_analyzers.advisories.feeds.contract import Document

if TYPE_CHECKING:
    from collections.abc import Iterator

WITHIN: Final = "!/"
"""Stands in a path between an archive and what is in it."""


class HashedDocument(Document, Protocol):
    """A document whose content is known as a whole."""

    @property
    def sha256(self) -> bytes:
        """Return the hash of the content, decompressed."""


class Found(NamedTuple):
    """A document, and the path of the file that it is in, from the source's root.

    The document can be read until the next one is asked for.
    """

    file: str
    document: HashedDocument


class Lost(NamedTuple):
    """What can't be read: ``path`` is a file or an archive's entry, ``code`` is stable."""

    file: str
    path: str
    code: str
    message: str


class Source(Protocol):
    """Gives the documents of one source."""

    @property
    def name(self) -> str:
        """Return how the source is called in messages."""

    def __iter__(self) -> Iterator[Found | Lost]:
        """Give all that is there; what can't be read does not stop the rest."""
