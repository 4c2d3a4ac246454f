"""Where the bytes of layers come from, as the extraction sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from scantling_common.records.shared import Layer


class BlobPlace(msgspec.Struct, frozen=True):
    """Where a blob's bytes are: ``size`` bytes at ``offset`` of a file."""

    path: str
    offset: int
    size: int


class BlobSource(Protocol):
    """A registry (through the cache of blobs), or an archive on disk."""

    def blob(self, layer: Layer) -> AbstractAsyncContextManager[BlobPlace]:
        """Make a blob available while the context is open."""

    def document(self, blob: Layer) -> AbstractAsyncContextManager[BlobPlace]:
        """Make a blob available that may hold secrets in the clear: nothing of it is kept."""
