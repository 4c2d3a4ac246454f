"""Where an image's layers can be had: a placement, its registry, an opened credential."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from scantling_analyzers.extraction.repositories import Connection
from scantling_common.images.connections import Connections
from scantling_common.images.errors import NotFound
from scantling_common.records import sync as records
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository
from scantling_common.telemetry.metrics import NO_METRICS, Metrics

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from scantling_analyzers.extraction.blobs import BlobPlace, BlobSource
    from scantling_analyzers.extraction.downloads import Downloads
    from scantling_common.crypto import Sealer
    from scantling_common.records.shared import Layer
    from scantling_common.store.port import Store

_PLACEMENTS: Final = 50
_LETS_US_IN: Final = frozenset({"authorized", "unknown"})


class RegistrySources:
    """Implements :class:`~scantling_analyzers.extraction.service.Sources` over registries."""

    def __init__(
        self, store: Store, sealer: Sealer, downloads: Downloads, metrics: Metrics = NO_METRICS
    ) -> None:
        """Read placements and registries from a store, and open credentials with a sealer."""
        self._placements = Repository(store, records.PLACEMENTS, records.Placement)
        self._registries = Repository(store, records.REGISTRIES, records.Registry)
        self._connections = Connections(
            sealer,
            lambda registry, endpoint: Connection(endpoint, metrics=metrics, name=registry.id),
        )
        self._downloads = downloads

    async def source(self, project: str, image: str) -> BlobSource:
        """Return where the project has the image; raises what :meth:`placed` raises."""
        registry, best = await self._best(project, image)
        return RegistryBlobs(self._connections, registry, best.repository, self._downloads)

    async def placed(
        self, project: str, image: str
    ) -> tuple[records.Placement, AbstractAsyncContextManager[Connection]]:
        """Return the placement of an image that is read, and a connection to its registry.

        Of several registries one that lets us in is preferred. Raises ``NotFound`` where the
        image has no placement in the project any more.
        """
        registry, best = await self._best(project, image)
        return best, self._connections.to(registry)

    async def _best(self, project: str, image: str) -> tuple[records.Registry, records.Placement]:
        range_ = Range(index="image", prefix=(project, image, False))
        page = await self._placements.page(range_, limit=_PLACEMENTS)
        ids = sorted({placement.registry for placement in page.records})
        found = await self._registries.get_many(ids)
        usable = {each.id: each for each in found if not each.deleting}
        candidates = [place for place in page.records if place.registry in usable]
        if not candidates:
            raise NotFound(f"no registry of the project {project} has the image {image} any more")
        best = min(candidates, key=lambda place: usable[place.registry].state not in _LETS_US_IN)
        return usable[best.registry], best

    async def close(self) -> None:
        """Close all connections."""
        await self._connections.close()


class RegistryBlobs:
    """The blobs of one repository."""

    def __init__(
        self,
        connections: Connections[Connection],
        registry: records.Registry,
        repository: str,
        downloads: Downloads,
    ) -> None:
        """Prepare; the registry is asked when a blob is."""
        self._connections, self._registry = connections, registry
        self._repository, self._downloads = repository, downloads

    def blob(self, layer: Layer) -> AbstractAsyncContextManager[BlobPlace]:
        """Make a layer available; raises what :meth:`Downloads.place` raises."""
        return self._blob(layer)

    @asynccontextmanager
    async def document(self, blob: Layer) -> AsyncIterator[BlobPlace]:
        """Make a blob available of which nothing is kept."""
        async with self._connections.to(self._registry) as connection:
            repository = connection.repository(self._repository)
            async with self._downloads.document(repository, blob) as place:
                yield place

    @asynccontextmanager
    async def _blob(self, layer: Layer) -> AsyncIterator[BlobPlace]:
        async with self._connections.to(self._registry) as connection:
            repository = connection.repository(self._repository)
            async with self._downloads.place(repository, layer) as place:
                yield place
