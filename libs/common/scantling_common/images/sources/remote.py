"""Images in a registry: a reference resolved, manifests read and verified, indexes unfolded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from scantling_common.images.digests import Digest, digest_of
from scantling_common.images.documents import Descriptor, Document, parse_config, parse_document
from scantling_common.images.errors import NotFound
from scantling_common.images.manifest import (
    artifact_reason,
    claimed_reason,
    image_manifest,
    listed_platform,
    listed_reason,
    not_an_image,
)
from scantling_common.images.media_types import INDEXES
from scantling_common.images.models import ImageCandidate, ImageManifest, NotAnImage
from scantling_common.images.platform import normalise
from scantling_common.images.unfolding import Unfolding
from scantling_common.layers.escape import escape_text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scantling_common.images.sources.registry import Registry

Found = dict[Digest, ImageCandidate | NotAnImage]


class RemoteImages:
    """The images of one repository."""

    def __init__(self, registry: Registry, repository: str) -> None:
        """Read from ``registry``, which the caller opens and closes."""
        self._registry = registry
        self._repository = repository

    async def resolve(self, reference: str) -> list[ImageCandidate | NotAnImage]:
        """Return what a tag or digest shows: one image, or one for each platform of an index.

        A tag is asked for by HEAD, then its content by digest, so that a tag that moves in
        between changes nothing. Entries of an index are fetched only where it doesn't say
        which platform they are for.
        """
        head = await self._registry.head(self._repository, reference)
        target = head.digest or reference
        data, remote = await self._registry.manifest(self._repository, target)
        document = parse_document(data, remote.media_type, self._registry.limits)
        found: Found = {}
        if document.manifests is not None:
            await self._unfold(document.manifests, 0, Unfolding(self._registry.limits), found)
            index = Digest(remote.digest or head.digest or digest_of(data))
            return [_through(each, index) for each in found.values()]
        entry = Descriptor(
            digest=remote.digest or head.digest or "",
            size=len(data),
            media_type=document.media_type or remote.media_type,
        )
        return [await self._candidate(entry, document)]

    async def manifest(self, digest: Digest) -> ImageManifest | NotAnImage:
        """Return one image by its digest, or why it is none."""
        data, remote = await self._registry.manifest(self._repository, digest)
        document = parse_document(data, remote.media_type, self._registry.limits)
        media_type = document.media_type or remote.media_type
        reason = "index" if document.is_index else artifact_reason(document)
        if reason is not None or document.config is None:
            entry = Descriptor(digest=digest, size=len(data), media_type=media_type)
            return not_an_image(entry, reason or "artifact")
        config = await self._config(document.config)
        return image_manifest(
            digest, document, len(data), media_type, config, self._registry.limits
        )

    def blob(self, digest: Digest, size: int) -> AsyncIterator[bytes]:
        """Stream a layer, verified at its end."""
        return self._registry.blob(self._repository, digest, size)

    async def _unfold(
        self, entries: list[Descriptor], depth: int, met: Unfolding, found: Found
    ) -> None:
        met.check_depth(depth)
        for entry in entries:
            digest = Digest(entry.digest)
            if not met.meets(digest):
                continue
            reason = listed_reason(entry)
            platform = listed_platform(entry)
            if reason is not None:
                found[digest] = not_an_image(entry, reason)
            elif platform is not None and entry.media_type not in INDEXES:
                found[digest] = ImageCandidate(
                    digest=digest,
                    media_type=escape_text(entry.media_type),
                    size=entry.size,
                    platform=platform,
                )
            else:
                await self._fetch(entry, depth, met, found)

    async def _fetch(self, entry: Descriptor, depth: int, met: Unfolding, found: Found) -> None:
        """Look into an entry of which the index says too little."""
        digest = Digest(entry.digest)
        try:
            data, remote = await self._registry.manifest(self._repository, digest)
        except NotFound:
            claimed = claimed_reason(entry)
            if claimed is None:
                raise
            found[digest] = not_an_image(entry, claimed)
            return
        document = parse_document(
            data, entry.media_type or remote.media_type, self._registry.limits
        )
        if document.manifests is not None:
            await self._unfold(document.manifests, depth + 1, met, found)
        else:
            found[digest] = await self._candidate(entry, document)

    async def _candidate(
        self, entry: Descriptor, document: Document
    ) -> ImageCandidate | NotAnImage:
        reason = artifact_reason(document)
        if reason is not None or document.config is None:
            return not_an_image(entry, reason or "artifact")
        config = parse_config(await self._config(document.config), self._registry.limits)
        return ImageCandidate(
            digest=Digest(entry.digest),
            media_type=escape_text(entry.media_type),
            size=entry.size,
            platform=normalise(config.os or "", config.architecture or "", config.variant or ""),
        )

    async def _config(self, descriptor: Descriptor) -> bytes:
        digest = Digest(descriptor.digest)
        return await self._registry.small_blob(self._repository, digest, descriptor.size)


def _through(entry: ImageCandidate | NotAnImage, index: Digest) -> ImageCandidate | NotAnImage:
    return replace(entry, indexes=(index,)) if isinstance(entry, ImageCandidate) else entry
