"""The port through which sync asks a registry, whatever its kind."""

from __future__ import annotations

from typing import Generic, Literal, Protocol, TypeVar

import msgspec

from scantling_common.images.digests import Digest
from scantling_common.images.documents import Document

State = Literal["authorized", "refused", "expired", "unreachable"]


class Authorisation(msgspec.Struct, frozen=True):
    """Whether the registry lets us in, and why not."""

    state: State
    reason: str = ""


class Tag(msgspec.Struct, frozen=True):
    """A tag as a listing gives it; ``pushed_at`` is in milliseconds, 0 where it does not say."""

    name: str
    pushed_at: int = 0


T = TypeVar("T")


class Listing(msgspec.Struct, Generic[T], frozen=True):
    """A complete listing; ``refused`` are names that none may have, escaped for people."""

    names: tuple[T, ...]
    refused: tuple[str, ...] = ()


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """An index or a manifest, verified against its digest; ``size`` is in bytes."""

    digest: Digest
    media_type: str
    size: int
    document: Document


class RegistryKind(Protocol):
    """A registry: only metadata, never a layer.

    All methods raise :class:`~scantling_common.images.errors.RegistryError` and what descends
    from it (``RateLimited`` with how long to wait); reading raises ``NotFound`` for what isn't
    there.
    """

    async def authorisation(self) -> Authorisation:
        """Ask whether the registry lets us in. Raises ``RateLimited`` and ``AddressRefused``."""

    async def repositories(self) -> Listing[str]:
        """Return the names of all repositories."""

    async def tags(self, repository: str) -> Listing[Tag]:
        """Return all tags of a repository: none of one that is not there."""

    async def head(self, repository: str, reference: str) -> Digest:
        """Return the digest of what stands at a tag or digest now."""

    async def manifest(self, repository: str, digest: Digest) -> Fetched:
        """Return an index or manifest. Also raises ``ManifestError`` and ``DigestMismatch``."""

    async def config(self, repository: str, digest: Digest, size: int) -> bytes:
        """Return a config's bytes, verified against the digest."""

    async def open(self) -> None:
        """Make ready; called once, before anything else."""

    async def close(self) -> None:
        """Release connections."""
