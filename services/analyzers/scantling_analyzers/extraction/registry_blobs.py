"""Where an image's layers can be had: a placement, its registry, an opened credential."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_analyzers.extraction.repositories import Connection
from scantling_common.crypto import SealBroken
from scantling_common.images.errors import NotFound, RegistryUnauthorized
from scantling_common.images.sources.endpoint import Endpoint
from scantling_common.records import sync as records
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from scantling_analyzers.extraction.blobs import BlobPlace, BlobSource
    from scantling_analyzers.extraction.downloads import Downloads
    from scantling_common.crypto import Sealer
    from scantling_common.records.shared import Layer
    from scantling_common.store.port import Store

MAX_IDLE: Final = 16
"""How many connections that nobody uses stay open."""

_PLACEMENTS: Final = 50
_LETS_US_IN: Final = frozenset({"authorized", "unknown"})


class RegistrySources:
    """Implements :class:`~scantling_analyzers.extraction.service.Sources` over registries."""

    def __init__(self, store: Store, sealer: Sealer, downloads: Downloads) -> None:
        """Read placements and registries from a store, and open credentials with a sealer."""
        self._placements = Repository(store, records.PLACEMENTS, records.Placement)
        self._registries = Repository(store, records.REGISTRIES, records.Registry)
        self._connections = Connections(sealer)
        self._downloads = downloads

    async def source(self, project: str, image: str) -> BlobSource:
        """Return where the project has the image.

        Of several registries one that lets us in is preferred. Raises ``NotFound`` where the
        image has no placement in the project any more.
        """
        range_ = Range(index="image", prefix=(project, image, False))
        page = await self._placements.page(range_, limit=_PLACEMENTS)
        ids = sorted({placement.registry for placement in page.records})
        found = await self._registries.get_many(ids)
        usable = {each.id: each for each in found if not each.deleting}
        candidates = [place for place in page.records if place.registry in usable]
        if not candidates:
            raise NotFound(f"no registry of the project {project} has the image {image} any more")
        best = min(candidates, key=lambda place: usable[place.registry].state not in _LETS_US_IN)
        registry = usable[best.registry]
        return RegistryBlobs(self._connections, registry, best.repository, self._downloads)

    async def close(self) -> None:
        """Close all connections."""
        await self._connections.close()


class RegistryBlobs:
    """The blobs of one repository."""

    def __init__(
        self,
        connections: Connections,
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
    async def _blob(self, layer: Layer) -> AsyncIterator[BlobPlace]:
        async with self._connections.to(self._registry) as connection:
            repository = connection.repository(self._repository)
            async with self._downloads.place(repository, layer) as place:
                yield place


class _Open(msgspec.Struct):
    registry: records.Registry
    connection: Connection
    users: int = 0


class Connections:
    """Connections to registries, one for each, kept while they are of use."""

    def __init__(self, sealer: Sealer) -> None:
        """Open credentials with a sealer."""
        self._sealer = sealer
        self._open: OrderedDict[str, _Open] = OrderedDict()

    @asynccontextmanager
    async def to(self, registry: records.Registry) -> AsyncIterator[Connection]:
        """Give a connection with the settings of this record.

        Raises ``RegistryUnauthorized`` where the stored credential can't be opened.
        """
        known = self._open.get(registry.id)
        replaced = None
        if known is None or _settings(known.registry) != _settings(registry):
            known = _Open(registry, Connection(self._endpoint(registry)))
            await known.connection.open()
            replaced = self._open.pop(registry.id, None)
            self._open[registry.id] = known
        self._open.move_to_end(registry.id)
        known.users += 1
        try:
            if replaced is not None and not replaced.users:
                await replaced.connection.close()
            yield known.connection
        finally:
            known.users -= 1
            await self._trim(known)

    async def close(self) -> None:
        """Close all connections."""
        while self._open:
            _, known = self._open.popitem()
            await known.connection.close()

    async def _trim(self, used: _Open) -> None:
        if not used.users and self._open.get(used.registry.id) is not used:
            await used.connection.close()
        idle = [id_ for id_, known in self._open.items() if not known.users]
        for id_ in idle[: max(0, len(idle) - MAX_IDLE)]:
            await self._open.pop(id_).connection.close()

    def _endpoint(self, registry: records.Registry) -> Endpoint:
        try:
            credential = records.opened_credential(registry, self._sealer)
        except SealBroken as error:
            raise RegistryUnauthorized(
                f"the credential of the registry {registry.name} can't be opened",
                hint="give the credential again",
            ) from error
        return Endpoint(
            host=registry.url.partition("://")[2],
            username=credential.username if credential else "",
            password=credential.password if credential else "",
            plain_http=registry.plain_http and registry.url.startswith("http://"),
            ca=registry.ca,
            allow_private=registry.allow_private,
        )


def _settings(registry: records.Registry) -> tuple[object, ...]:
    """Return what a connection depends on."""
    return (
        registry.url,
        registry.credential,
        registry.plain_http,
        registry.allow_private,
        registry.ca,
    )
