"""Repositories of registries, over a connection that is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.images.errors import NotFound
from scantling_common.images.sources.registry import Registry, api
from scantling_common.images.sources.transport import Transport
from scantling_common.telemetry.metrics import NO_METRICS, Metrics

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scantling_common.images.digests import Digest
    from scantling_common.images.sources.endpoint import Endpoint


class Connection:
    """A connection to one registry."""

    def __init__(
        self, endpoint: Endpoint, *, metrics: Metrics = NO_METRICS, name: str = ""
    ) -> None:
        """Prepare; nothing is opened. Requests are counted under ``name``."""
        self._transport = Transport(endpoint, metrics=metrics, name=name)
        self.registry = Registry(self._transport)

    async def open(self) -> None:
        """Open the session. Raises ``RegistryError`` where the CA can't be used."""
        await self._transport.__aenter__()

    async def close(self) -> None:
        """Close the session."""
        await self._transport.__aexit__(None, None, None)

    def repository(self, name: str) -> RemoteRepository:
        """Return a repository."""
        return RemoteRepository(self._transport, self.registry, name)


class RemoteRepository:
    """Implements :class:`~scantling_analyzers.extraction.downloads.Repository`."""

    def __init__(self, transport: Transport, registry: Registry, name: str) -> None:
        """Use an open connection."""
        self.name = name
        self._transport, self._registry = transport, registry

    async def has_blob(self, digest: Digest) -> bool:
        """Ask by HEAD; to read is all that is asked of a token server."""
        url, scope = api(self.name, f"blobs/{digest}"), f"repository:{self.name}:pull"
        try:
            async with self._transport.request("HEAD", url, scope=scope):
                return True
        except NotFound:
            return False

    def blob(self, digest: Digest, size: int) -> AsyncIterator[bytes]:
        """Stream a blob, verified at its end."""
        return self._registry.blob(self.name, digest, size)
