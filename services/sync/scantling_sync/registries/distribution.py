"""Registries that speak the OCI distribution specification and nothing else.

The catalogue (``/v2/_catalog``) is distribution's own. Listings carry no time of a push.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.images.documents import parse_document
from scantling_common.images.errors import (
    AddressRefused,
    NotFound,
    RateLimited,
    RegistryError,
    RegistryUnauthorized,
)
from scantling_common.images.sources.registry import Registry
from scantling_common.images.sources.transport import Transport
from scantling_common.telemetry.metrics import NO_METRICS, Metrics
from scantling_sync.registries.port import Authorisation, Fetched, Listing, Tag

if TYPE_CHECKING:
    from scantling_common.images.digests import Digest
    from scantling_common.images.sources.endpoint import Endpoint


class DistributionRegistry:
    """Implements :class:`~scantling_sync.registries.port.RegistryKind`; see there."""

    def __init__(self, endpoint: Endpoint, metrics: Metrics = NO_METRICS, name: str = "") -> None:
        """Reach a registry; nothing is sent yet. Requests are counted under ``name``."""
        self._client = Registry(Transport(endpoint, metrics=metrics, name=name))

    async def open(self) -> None:
        """Open the session. Raises :class:`RegistryError` where the CA can't be used."""
        await self._client.__aenter__()

    async def close(self) -> None:
        """Close the session."""
        await self._client.__aexit__(None, None, None)

    async def authorisation(self) -> Authorisation:
        """Ask ``/v2/``."""
        try:
            await self._client.ping()
        except (RateLimited, AddressRefused):
            raise
        except RegistryUnauthorized as error:
            return Authorisation("refused", str(error))
        except NotFound:
            return Authorisation("unreachable", "there is no registry API (/v2/) at this address")
        except RegistryError as error:
            return Authorisation("unreachable", str(error))
        return Authorisation("authorized")

    async def repositories(self) -> Listing[str]:
        """List the catalogue."""
        listing = await self._client.catalog()
        return Listing(listing.names, listing.refused)

    async def tags(self, repository: str) -> Listing[Tag]:
        """List tags; a repository that is gone has none."""
        try:
            listing = await self._client.tags(repository)
        except NotFound:
            return Listing(())
        return Listing(tuple(Tag(name) for name in listing.names), listing.refused)

    async def head(self, repository: str, reference: str) -> Digest:
        """Ask for the digest, by HEAD; by GET where the registry does not state it."""
        found = await self._client.head(repository, reference)
        if found.digest is not None:
            return found.digest
        _, got = await self._client.manifest(repository, reference)
        if got.digest is None:
            raise RegistryError(f"{repository}:{reference} has no digest")
        return got.digest

    async def manifest(self, repository: str, digest: Digest) -> Fetched:
        """Get a manifest or index by digest."""
        data, found = await self._client.manifest(repository, digest)
        document = parse_document(data, found.media_type, self._client.limits)
        media_type = document.media_type or found.media_type
        return Fetched(digest=digest, media_type=media_type, size=len(data), document=document)

    async def config(self, repository: str, digest: Digest, size: int) -> bytes:
        """Get a config."""
        return await self._client.small_blob(repository, digest, size)
