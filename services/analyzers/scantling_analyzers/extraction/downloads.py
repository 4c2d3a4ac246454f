"""Layers out of a registry, onto this machine: each downloaded once, verified, bounded."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, Protocol

from scantling_analyzers.extraction.blobs import BlobPlace
from scantling_analyzers.extraction.layer import LayerFailed
from scantling_common.clock import SystemRandomness
from scantling_common.images.digests import parse_digest
from scantling_common.images.errors import DigestMismatch, ImageError, NotFound
from scantling_common.layers.cache import BlobCache, BlobWriter
from scantling_common.layers.errors import SpillFailed
from scantling_common.telemetry.metrics import NO_METRICS, Metrics

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from scantling_common.clock import Randomness
    from scantling_common.images.digests import Digest
    from scantling_common.layers.cache import CachedBlob
    from scantling_common.records.shared import Layer

FOREIGN: Final = "foreign_layer"
PROOF_BYTES: Final = 64
"""So many bytes of a cached blob a repository must show to be given it."""

_DESCRIPTORS: Final = "/proc/{}/fd/{}"


class Repository(Protocol):
    """One repository of a registry, as far as its blobs are concerned."""

    @property
    def name(self) -> str:
        """Return the repository's name."""

    async def has_part(self, digest: Digest, first: int, part: bytes) -> bool:
        """Say whether the repository has these bytes at ``first`` of a blob."""

    def streams(self, digest: Digest, size: int) -> Iterator[AsyncIterator[bytes]]:
        """Return a stream from each place that may have a blob, verified at its end.

        What a stream gave before it failed is worth nothing: the next one begins anew.
        """


class Downloads:
    """The downloads of one process: at most ``at_once`` at a time, none twice at a time."""

    def __init__(
        self,
        cache: BlobCache,
        *,
        at_once: int = 4,
        metrics: Metrics = NO_METRICS,
        randomness: Randomness | None = None,
    ) -> None:
        """Keep blobs in a cache."""
        self._randomness = randomness or SystemRandomness()
        self._cache = cache
        # Whatever is over its cap gets a file without a name.
        self._nowhere = BlobCache(cache.directory, 0)
        self._metrics = metrics
        self._slots = asyncio.Semaphore(at_once)
        self._locks: dict[str, asyncio.Lock] = {}
        self._wanted: dict[str, int] = {}

    @asynccontextmanager
    async def place(self, repository: Repository, layer: Layer) -> AsyncIterator[BlobPlace]:
        """Give the place of a layer that stands in a repository.

        A cached blob is only given to whoever's repository has it, too: the cache is shared by
        all projects, and to know a digest is no proof of having the content. Raises what the
        registry client raises, and :class:`LayerFailed` for a layer that is kept elsewhere
        (*foreign_layer*).
        """
        try:
            blob = await self._alone(repository, layer)
        except NotFound as error:
            if not layer.foreign:
                raise
            message = f"the layer {layer.digest} is kept outside of its registry"
            raise LayerFailed(FOREIGN, f"{message}, and nothing else is contacted") from error
        try:
            yield BlobPlace(_path(blob), 0, blob.size)
        except LayerFailed as error:
            # It was verified when it came: what the disk has now is not what came.
            if error.reason == DigestMismatch.code:
                blob.discard()
            raise
        finally:
            blob.close()

    @asynccontextmanager
    async def document(self, repository: Repository, blob: Layer) -> AsyncIterator[BlobPlace]:
        """Give the place of a blob of which nothing is kept: its file has no name.

        Raises what the registry client raises.
        """
        async with self._slots:
            got = await self._download(
                repository, parse_digest(blob.digest), blob.size, self._nowhere
            )
        try:
            yield BlobPlace(_path(got), 0, got.size)
        finally:
            got.close()

    async def _alone(self, repository: Repository, layer: Layer) -> CachedBlob:
        """Let one of several callers download a blob, and the others find it in the cache."""
        lock = self._locks.setdefault(layer.digest, asyncio.Lock())
        self._wanted[layer.digest] = self._wanted.get(layer.digest, 0) + 1
        try:
            async with lock:
                return await self._blob(repository, layer)
        finally:
            self._wanted[layer.digest] -= 1
            if not self._wanted[layer.digest]:
                del self._wanted[layer.digest], self._locks[layer.digest]

    async def _blob(self, repository: Repository, layer: Layer) -> CachedBlob:
        digest = parse_digest(layer.digest)
        cached = await asyncio.to_thread(self._cache.get, digest, layer.size)
        if cached is not None:
            chance = int(self._randomness.token(), 16)
            if await _possessed(repository, digest, cached, chance):
                return cached
        # Who can't show a part of it may have it all the same: what is on disk may be bad.
        async with self._slots:
            return await self._download(repository, digest, layer.size, self._cache)

    async def _download(
        self, repository: Repository, digest: Digest, size: int, cache: BlobCache
    ) -> CachedBlob:
        """Download from the first place that has the blob as it should be.

        Raises what the last of them does, which is the registry itself.
        """
        failure: ImageError = NotFound(f"there is no place to have {digest} from")
        for stream in repository.streams(digest, size):
            try:
                return await self._written(stream, digest, size, cache)
            except ImageError as error:
                failure = error
        raise failure

    async def _written(
        self, stream: AsyncIterator[bytes], digest: Digest, size: int, cache: BlobCache
    ) -> CachedBlob:
        writer = await asyncio.to_thread(BlobWriter, cache, digest, size)
        try:
            async for piece in stream:
                await asyncio.to_thread(writer.write, piece)
                self._metrics.count("downloaded_bytes_total", len(piece))
            return await asyncio.to_thread(writer.publish)
        finally:
            writer.close()


async def _possessed(
    repository: Repository, digest: Digest, cached: CachedBlob, chance: int
) -> bool:
    """Say whether the repository has the blob, too; where it does not the blob is let go.

    It must show a part that nobody can foresee: a registry may belong to whom it will, and say
    that it has whatever it is asked for.
    """
    found = False
    try:
        first = chance % max(1, cached.size - PROOF_BYTES + 1)
        part = await asyncio.to_thread(os.pread, cached.fileno(), PROOF_BYTES, first)
        found = await repository.has_part(digest, first, part)
    finally:
        if not found:
            cached.close()
    return found


def _path(blob: CachedBlob) -> str:
    """Return a path by which a worker process can open the blob."""
    if blob.path is not None:
        return str(blob.path)
    descriptor = _DESCRIPTORS.format(os.getpid(), blob.fileno())
    if not os.path.lexists(descriptor):
        raise SpillFailed(
            f"the blob {blob.digest} is over the cache's cap, and this system has no /proc",
            hint="give the blob cache more room",
        )
    return descriptor
