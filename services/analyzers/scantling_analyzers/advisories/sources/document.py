"""A document: its content as a whole, in memory or in a file that has no name any more."""

from __future__ import annotations

import contextlib
import hashlib
import io
import tempfile
from itertools import chain
from typing import IO, TYPE_CHECKING, Final

from scantling_analyzers.advisories.feeds.contract import HEAD, MIB, FeedUnreadable
from scantling_analyzers.advisories.sources.errors import SourceTooLarge
from scantling_analyzers.advisories.sources.limits import IN_MEMORY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PIECE: Final = 1 * MIB


class StoredDocument:
    """A document whose every byte is there already; reading it meets no broken archive.

    Fulfils :class:`~scantling_analyzers.advisories.sources.found.HashedDocument`.
    """

    def __init__(self, path: str, content: IO[bytes], size: int, sha256: bytes) -> None:
        """Hold content that can be sought in."""
        self.path, self.size, self.sha256 = path, size, sha256
        self._content = content

    def head(self) -> bytes:
        """Return the first bytes."""
        return self._at_start().read(HEAD)

    def data(self, limit: int = 256 * MIB) -> bytes:
        """Return the whole content. Raises :class:`FeedUnreadable` over ``limit`` bytes."""
        if self.size > limit:
            raise FeedUnreadable(f"the document has {self.size:,} bytes, {limit:,} are read")
        return self._at_start().read()

    def open(self) -> IO[bytes]:
        """Return the content from its start; there is one position, which the caller has."""
        return self._at_start()

    def close(self) -> None:
        """Give up the content."""
        self._content.close()

    def _at_start(self) -> IO[bytes]:
        self._content.seek(0)
        return self._content


def stored(path: str, pieces: Iterable[bytes], limit: int) -> StoredDocument:
    """Return a document of content that comes in pieces.

    Raises :class:`SourceTooLarge` over ``limit`` bytes, and what the pieces raise.
    """
    coming = _bounded(path, pieces, limit)
    held, size = list[bytes](), 0
    for piece in coming:
        held.append(piece)
        size += len(piece)
        if size > IN_MEMORY:
            return _spilled(path, chain(held, coming))
    return of_bytes(path, b"".join(held))


def _bounded(path: str, pieces: Iterable[bytes], limit: int) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > limit:
            raise SourceTooLarge(f"{path} has more than {limit:,} bytes")
        yield piece


def _spilled(path: str, pieces: Iterable[bytes]) -> StoredDocument:
    """Return a document whose content is in a file that goes with it."""
    with contextlib.ExitStack() as undone:
        file = undone.enter_context(tempfile.TemporaryFile())
        for piece in pieces:
            file.write(piece)
        document = of_file(path, file)
        undone.pop_all()
    return document


def of_bytes(path: str, data: bytes) -> StoredDocument:
    """Return a document of content that is at hand."""
    return StoredDocument(path, io.BytesIO(data), len(data), hashlib.sha256(data).digest())


def of_file(path: str, file: IO[bytes]) -> StoredDocument:
    """Return a document of a file that is open, which it closes."""
    hashed, size = hashlib.sha256(), 0
    file.seek(0)
    for piece in pieces_of(file):
        hashed.update(piece)
        size += len(piece)
    return StoredDocument(path, file, size, hashed.digest())


def pieces_of(file: IO[bytes]) -> Iterator[bytes]:
    """Read a file to its end."""
    while piece := file.read(_PIECE):
        yield piece
