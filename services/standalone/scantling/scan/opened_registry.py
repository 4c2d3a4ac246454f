"""An image in a registry, opened for a scan without services."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from scantling.scan.access import NOTHING_SAID, Access, endpoint_of
from scantling.scan.errors import NotAnImageThere
from scantling.scan.scratch import scratch_directory
from scantling_analyzers.extraction.downloads import Downloads
from scantling_analyzers.extraction.remote_documents import RemoteDocuments
from scantling_analyzers.extraction.repositories import Connection
from scantling_common.images.digests import Digest
from scantling_common.images.models import ImageCandidate, ImageManifest, NotAnImage
from scantling_common.images.sources.remote import RemoteImages
from scantling_common.layers.cache import BlobCache

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from scantling_analyzers.extraction.blobs import BlobPlace, BlobSource
    from scantling_analyzers.extraction.claims import Documents
    from scantling_analyzers.extraction.repositories import RemoteRepository
    from scantling_common.images.reference import Reference
    from scantling_common.images.sources.registry import Registry
    from scantling_common.records.shared import Layer

CACHE_BYTES: Final = 2 * 1024 * 1024 * 1024
"""How many bytes of compressed layers a scan keeps on disk."""


class OpenedRegistry:
    """Implements :class:`~scantling.scan.opened.Opened` over a connection."""

    def __init__(
        self,
        images: RemoteImages,
        repository: RemoteRepository,
        reference: Reference,
        downloads: Downloads,
        registry: Registry,
        *,
        referrers: bool = False,
    ) -> None:
        """Use an open connection; ``referrers`` asks for documents that no index names, too."""
        self._images, self._repository = images, repository
        self._reference, self._downloads = reference, downloads
        self._registry, self._referrers = registry, referrers
        self._listed: list[NotAnImage] = []

    @property
    def blobs(self) -> BlobSource:
        """Return where layers come from."""
        return self

    async def candidates(self) -> list[ImageCandidate]:
        """Return the images that the reference shows now, one for each platform."""
        found = await self._images.resolve(self._reference.target)
        self._listed = [entry for entry in found if isinstance(entry, NotAnImage)]
        return [entry for entry in found if isinstance(entry, ImageCandidate)]

    async def manifest(self, digest: Digest) -> ImageManifest:
        """Return one image."""
        found = await self._images.manifest(digest)
        if isinstance(found, NotAnImage):
            raise NotAnImageThere(f"{digest} is not an image but: {found.reason}")
        return found

    @asynccontextmanager
    async def documents(self, image: str) -> AsyncIterator[Documents]:
        """Download the documents about an image that its index names."""
        remote = RemoteDocuments(self._registry, self._reference.repository, Digest(image))
        with scratch_directory() as folder:
            yield await remote.fetched(self._listed, folder, referrers=self._referrers)

    def blob(self, layer: Layer) -> AbstractAsyncContextManager[BlobPlace]:
        """Download a layer unless it is cached."""
        return self._downloads.place(self._repository, layer)

    def document(self, blob: Layer) -> AbstractAsyncContextManager[BlobPlace]:
        """Download a blob of which nothing is kept."""
        return self._downloads.document(self._repository, blob)


@asynccontextmanager
async def open_registry(
    reference: Reference,
    folder: Path,
    access: Access = NOTHING_SAID,
    *,
    environment: Mapping[str, str] = os.environ,
    cache_bytes: int = CACHE_BYTES,
    referrers: bool = False,
) -> AsyncIterator[OpenedRegistry]:
    """Open what a reference names; blobs are cached in ``folder``.

    How the registry and its mirrors are reached :func:`endpoint_of` says; what a tag shows a
    mirror is asked where the registry does not answer. Raises what that and the registry client
    raise.
    """
    # A credential helper may take its time.
    endpoint = await asyncio.to_thread(endpoint_of, reference, access, environment)
    downloads = Downloads(BlobCache(folder, cache_bytes))
    connection = Connection(endpoint, mirrored_tags=True)
    await connection.open()
    try:
        images = RemoteImages(connection.registry, reference.repository)
        repository = connection.repository(reference.repository)
        yield OpenedRegistry(
            images, repository, reference, downloads, connection.registry, referrers=referrers
        )
    finally:
        await connection.close()
