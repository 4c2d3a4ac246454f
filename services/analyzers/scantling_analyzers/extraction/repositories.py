"""Repositories of registries, over a connection that is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.images.sources.registry import Registry
from scantling_common.images.sources.transport import Transport
from scantling_common.telemetry.metrics import NO_METRICS, Metrics

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from scantling_common.images.digests import Digest
    from scantling_common.images.sources.endpoint import Endpoint


class Connection:
    """A connection to one registry, and to its mirrors."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        metrics: Metrics = NO_METRICS,
        name: str = "",
        mirrored_tags: bool = False,
    ) -> None:
        """Prepare; nothing is opened. Requests are counted under ``name``."""
        transport = Transport(endpoint, metrics=metrics, name=name)
        self.registry = Registry(transport, mirrored_tags=mirrored_tags)

    async def open(self) -> None:
        """Open the sessions. Raises ``RegistryError`` where a certificate can't be used."""
        await self.registry.__aenter__()

    async def close(self) -> None:
        """Close the sessions."""
        await self.registry.__aexit__(None, None, None)

    def repository(self, name: str) -> RemoteRepository:
        """Return a repository."""
        return RemoteRepository(self.registry, name)


class RemoteRepository:
    """Implements :class:`~scantling_analyzers.extraction.downloads.Repository`."""

    def __init__(self, registry: Registry, name: str) -> None:
        """Use an open connection."""
        self.name = name
        self._registry = registry

    async def has_part(self, digest: Digest, first: int, part: bytes) -> bool:
        """Say whether the repository has these bytes at ``first`` of a blob."""
        return await self._registry.has_part(self.name, digest, first, part)

    def streams(self, digest: Digest, size: int) -> Iterator[AsyncIterator[bytes]]:
        """Return a stream from each place that may have a blob, verified at its end."""
        return self._registry.streams(self.name, digest, size)
