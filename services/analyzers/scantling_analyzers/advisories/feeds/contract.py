"""The contract of readers of feeds."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Final, Protocol

from scantling_common.errors import ScantlingError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_analyzers.advisories.models import Said

MIB: Final = 1024 * 1024
HEAD: Final = 4096
"""How many first bytes of a document decide which feed it is of."""


class FeedUnreadable(ScantlingError):
    """A document of a feed can't be read as what it should be.

    Raised by a reader for the rest of the document; what was yielded before it is kept, and the
    document is counted as refused, with this message.
    """

    code = "feed_unreadable"


class Document(Protocol):
    """One document of a feed: a file, or an entry of an archive, decompressed."""

    @property
    def path(self) -> str:
        """Return the escaped path, from the source's root; for an archive's entry after ``!/``."""

    @property
    def size(self) -> int | None:
        """Return the size in bytes, decompressed; None where only reading tells."""

    def head(self) -> bytes:
        """Return the first :data:`HEAD` bytes, or all of them."""

    def data(self, limit: int = 256 * MIB) -> bytes:
        """Return the whole content. Raises :class:`FeedUnreadable` over ``limit`` bytes."""

    def open(self) -> IO[bytes]:
        """Return the content to be streamed; reading over the document's limit raises."""


class Feed(Protocol):
    """From the documents of one form to what they say; pure."""

    @property
    def name(self) -> str:
        """Return the feed's name, as status and decisions show it (``debian-tracker``)."""

    def recognises(self, path: str, head: bytes) -> bool:
        """Say whether a document is of this form, by its path and its first bytes.

        The first feed of the catalogue that says so reads it.
        """

    def read(self, document: Document) -> Iterable[Said]:
        """Yield what a document says; what can't be used as :class:`Refused`, never silently.

        Raises :class:`FeedUnreadable` where the document as a whole makes no sense.
        """
