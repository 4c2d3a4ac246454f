"""An image in a registry, opened for a scan without services."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from scantling.scan.docker_config import config_file, login_for
from scantling.scan.errors import ScanError
from scantling_analyzers.extraction.downloads import Downloads
from scantling_analyzers.extraction.repositories import Connection
from scantling_common.images.models import ImageCandidate, ImageManifest, NotAnImage
from scantling_common.images.sources.endpoint import Endpoint
from scantling_common.images.sources.remote import RemoteImages
from scantling_common.layers.cache import BlobCache

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from scantling_analyzers.extraction.blobs import BlobPlace, BlobSource
    from scantling_analyzers.extraction.repositories import RemoteRepository
    from scantling_common.images.digests import Digest
    from scantling_common.images.reference import Reference
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
    ) -> None:
        """Use an open connection."""
        self._images, self._repository = images, repository
        self._reference, self._downloads = reference, downloads

    @property
    def blobs(self) -> BlobSource:
        """Return where layers come from."""
        return self

    async def candidates(self) -> list[ImageCandidate]:
        """Return the images that the reference shows now, one for each platform."""
        found = await self._images.resolve(self._reference.target)
        return [entry for entry in found if isinstance(entry, ImageCandidate)]

    async def manifest(self, digest: Digest) -> ImageManifest:
        """Return one image."""
        found = await self._images.manifest(digest)
        if isinstance(found, NotAnImage):
            raise ScanError(f"{digest} is not an image but: {found.reason}")
        return found

    def blob(self, layer: Layer) -> AbstractAsyncContextManager[BlobPlace]:
        """Download a layer unless it is cached."""
        return self._downloads.place(self._repository, layer)


@asynccontextmanager
async def open_registry(
    reference: Reference,
    folder: Path,
    *,
    plain_http: bool = False,
    ca: Path | None = None,
    docker_config: Path | None = None,
    cache_bytes: int = CACHE_BYTES,
) -> AsyncIterator[OpenedRegistry]:
    """Open what a reference names; blobs are cached in ``folder``.

    The login is that of ``docker_config`` (docker's own by default), else access is anonymous.
    Whoever types a reference may contact its registry, on private addresses, too. ``ca`` is a
    file of certificates that replace the system's. Raises what the registry client raises.
    """
    login = login_for(reference.registry, docker_config or config_file())
    endpoint = Endpoint(
        host=reference.registry,
        username=login.username,
        password=login.password,
        plain_http=plain_http,
        ca_file=ca,
        allow_private=True,
    )
    downloads = Downloads(BlobCache(folder, cache_bytes))
    connection = Connection(endpoint)
    await connection.open()
    try:
        images = RemoteImages(connection.registry, reference.repository)
        repository = connection.repository(reference.repository)
        yield OpenedRegistry(images, repository, reference, downloads)
    finally:
        await connection.close()
