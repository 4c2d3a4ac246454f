"""What is published about images of the fleet: asked of the registries that have them."""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from scantling_analyzers.extraction.claims import Documents
from scantling_analyzers.extraction.remote_documents import RemoteDocuments
from scantling_common.images.attestations import Refused
from scantling_common.images.digests import Digest
from scantling_common.images.documents import parse_document
from scantling_common.images.errors import ImageError, RegistryError
from scantling_common.images.manifest import listed_reason, not_an_image

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from scantling_analyzers.extraction.claims import ClaimsEngine
    from scantling_analyzers.extraction.repositories import Connection
    from scantling_common.images.models import NotAnImage
    from scantling_common.images.sources.registry import Registry
    from scantling_common.records.sync import Placement

logger = logging.getLogger(__name__)


class Placements(Protocol):
    """Where images of the fleet stand."""

    async def placed(
        self, project: str, image: str
    ) -> tuple[Placement, AbstractAsyncContextManager[Connection]]:
        """Return the best placement of an image, and a connection to its registry.

        Raises ``NotFound`` where the image has no placement any more.
        """


class RegistryClaims:
    """Reads what is published about an image, where that is not known yet."""

    def __init__(
        self,
        engine: ClaimsEngine,
        placements: Placements,
        scratch: Path,
        *,
        referrers: bool = False,
    ) -> None:
        """Use an engine; ``referrers`` asks for more than the image's index names.

        Without it an image that stands in no index costs no request, another one is asked for
        once for each index that names it. With it every scan asks.
        """
        self._engine, self._placements = engine, placements
        self._scratch, self._referrers = scratch, referrers

    async def read(self, project: str, image: str) -> None:
        """Read what is published about an image; whatever is wrong with it fails nothing."""
        try:
            placement, connecting = await self._placements.placed(project, image)
            if not self._referrers and (
                not placement.index or await self._engine.is_known(project, image, placement.index)
            ):
                return
            async with connecting as connection:
                beside = RegistryBeside(
                    connection.registry, placement, self._scratch, referrers=self._referrers
                )
                await self._engine.read(project, image, beside, index=placement.index)
        except ImageError as error:
            logger.info("claims not read", extra={"image": image, "code": error.code})


class RegistryBeside:
    """Implements :class:`~scantling_analyzers.extraction.claims.Beside` for one placement."""

    def __init__(
        self, registry: Registry, placement: Placement, scratch: Path, *, referrers: bool
    ) -> None:
        """Ask an open registry; files are made in ``scratch``."""
        self._registry, self._placement = registry, placement
        self._scratch, self._referrers = scratch, referrers

    def documents(self, image: str) -> AbstractAsyncContextManager[Documents]:
        """Make the documents about the image available while the context is open."""
        return self._documents(Digest(image))

    @asynccontextmanager
    async def _documents(self, image: Digest) -> AsyncIterator[Documents]:
        folder = Path(tempfile.mkdtemp(prefix="documents-", dir=self._scratch))
        try:
            yield await self._fetched(image, folder)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _fetched(self, image: Digest, folder: Path) -> Documents:
        index, repository = self._placement.index, self._placement.repository
        try:
            listed = await self._listed(index) if index else []
        except ImageError as error:
            refused = Refused(via="index", digest=index, code=error.code, reason=error.message)
            return Documents(refused=(refused,), again=isinstance(error, RegistryError))
        remote = RemoteDocuments(self._registry, repository, image)
        return await remote.fetched(listed, folder, referrers=self._referrers)

    async def _listed(self, index: str) -> list[NotAnImage]:
        data, remote = await self._registry.manifest(self._placement.repository, index)
        document = parse_document(data, remote.media_type)
        return [
            not_an_image(entry, listed_reason(entry) or "manifest")
            for entry in document.manifests or ()
        ]
