"""What an IMAGE argument names, opened: manifests by platform, and where blobs are."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

from scantling_analyzers.attestations.reading import ClaimDocument
from scantling_analyzers.extraction.blobs import BlobPlace
from scantling_analyzers.extraction.claims import Documents
from scantling_analyzers.extraction.downloads import FOREIGN
from scantling_analyzers.extraction.layer import LayerFailed
from scantling_common.images.attestations import local_documents
from scantling_common.images.digests import Digest, parse_digest
from scantling_common.images.errors import NotFound
from scantling_common.images.models import ImageCandidate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from scantling_analyzers.extraction.blobs import BlobSource
    from scantling_common.images.models import ImageManifest
    from scantling_common.images.sources.source import Source
    from scantling_common.records.shared import Layer


class Opened(Protocol):
    """An image source, local or in a registry."""

    @property
    def blobs(self) -> BlobSource:
        """Return where layers come from."""

    async def candidates(self) -> list[ImageCandidate]:
        """Return the images, one for each platform; attestations and signatures left out."""

    async def manifest(self, digest: Digest) -> ImageManifest:
        """Return one image."""

    def documents(self, image: str) -> AbstractAsyncContextManager[Documents]:
        """Make the documents about an image available; what is wrong with them is in it."""


class OpenedArchive:
    """An archive or layout on this machine."""

    def __init__(self, source: Source) -> None:
        """Use an open source; the caller closes it."""
        self._source = source

    @property
    def blobs(self) -> BlobSource:
        """Return where layers come from."""
        return self

    async def candidates(self) -> list[ImageCandidate]:
        """Return the images."""
        return [entry for entry in self._source.resolve() if isinstance(entry, ImageCandidate)]

    async def manifest(self, digest: Digest) -> ImageManifest:
        """Return one image."""
        return self._source.manifest(digest)

    @asynccontextmanager
    async def documents(self, image: str) -> AsyncIterator[Documents]:
        """Say where the documents about an image stand in the archive."""
        located, refused = local_documents(self._source, Digest(image))
        documents = tuple(
            ClaimDocument(
                via=each.document.via,
                digest=each.document.digest,
                kind=each.document.kind,
                path=str(each.place.path),
                offset=each.place.offset,
                size=each.place.size,
            )
            for each in located
        )
        yield Documents(documents=documents, refused=refused)

    @asynccontextmanager
    async def blob(self, layer: Layer) -> AsyncIterator[BlobPlace]:
        """Say where a layer stands in the archive."""
        try:
            located = self._source.blob(parse_digest(layer.digest))
        except NotFound as error:
            if not layer.foreign:
                raise
            message = f"the layer {layer.digest} is kept outside of its archive"
            raise LayerFailed(FOREIGN, f"{message}, and nothing else is contacted") from error
        yield BlobPlace(str(located.path), located.offset, located.size)

    def document(self, blob: Layer) -> AbstractAsyncContextManager[BlobPlace]:
        """Say where a blob stands in the archive."""
        return self.blob(blob)
