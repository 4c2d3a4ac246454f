"""What stands behind a digest: one image for each platform, from manifests and configs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.images import media_types
from scantling_common.images.digests import Digest
from scantling_common.images.errors import (
    ManifestError,
    ManifestTooLarge,
    ManifestUnsupported,
    NotFound,
)
from scantling_common.images.limits import DOCUMENT_LIMITS, DocumentLimits
from scantling_common.images.manifest import (
    artifact_reason,
    claimed_reason,
    image_manifest,
    listed_platform,
    listed_reason,
)
from scantling_common.images.unfolding import Unfolding
from scantling_common.records.sync import IMAGES, PLACEMENTS, Image, Placement
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository
from scantling_sync.errors import ContentMissing
from scantling_sync.images import UNKNOWN_PLATFORM, image_of, platform_of, unreadable_image
from scantling_sync.observations import Sight

if TYPE_CHECKING:
    from scantling_common.clock import Clock
    from scantling_common.images.documents import Descriptor
    from scantling_common.store.port import Store
    from scantling_sync.registries.port import Fetched, RegistryKind

MAX_PLATFORMS: Final = 256
"""The most images that are read from one index, nested indexes included."""

_OFF_LOOP: Final = 64 * 1024
"""Documents of more bytes are read in a thread: the event loop has others to serve."""


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What stands behind a digest; ``index`` is it, where it is an index.

    ``missing`` are images that the index names and the registry does not have; ``notes`` say
    what else was left out.
    """

    index: str = ""
    images: tuple[Image, ...] = ()
    sights: tuple[Sight, ...] = ()
    missing: tuple[Sight, ...] = ()
    notes: tuple[str, ...] = ()


class Contents:
    """Reads content from registries.

    Manifest and config are read and hashed once for each project: a digest alone, which an
    index or a registry may claim, gives no project the images of another.
    """

    def __init__(
        self, store: Store, clock: Clock, limits: DocumentLimits = DOCUMENT_LIMITS
    ) -> None:
        """Know images and placements from a store; read documents within limits."""
        self._limits = limits
        self._images = Repository(store, IMAGES, Image)
        self._placements = Repository(store, PLACEMENTS, Placement)
        self._clock = clock

    async def read(
        self, kind: RegistryKind, project: str, repository: str, digest: Digest
    ) -> Content:
        """Return what stands behind a digest in a repository.

        Raises :class:`NotFound` where the digest is not there, :class:`ContentMissing` where
        its config isn't, and what the registry raises. What can't be read because of its
        content is an image all the same, with the reason.
        """
        known = await self._known(project, digest)
        if known is not None:
            return _single(known)
        try:
            fetched = await kind.manifest(repository, digest)
            if not fetched.document.is_index:
                image = await self._image(kind, repository, fetched)
                return Content() if image is None else _single(image)
            met = Unfolding(self._limits)
            entries, notes = await self._entries(kind, repository, fetched, 0, met)
        except ManifestError as error:
            return _single(self._unreadable(digest, error))
        return await self._platforms(kind, project, repository, digest, entries, notes)

    async def _entries(
        self, kind: RegistryKind, repository: str, fetched: Fetched, depth: int, met: Unfolding
    ) -> tuple[list[Descriptor], list[str]]:
        """Return the images that an index lists, those of indexes inside it included."""
        found: list[Descriptor] = []
        notes: list[str] = []
        met.check_depth(depth)
        for entry in fetched.document.manifests or ():
            if listed_reason(entry) is not None or not met.meets(Digest(entry.digest)):
                continue  # attestations are no images, and what was met before is not met anew
            if entry.media_type not in media_types.INDEXES:
                found.append(entry)
            else:
                try:
                    inner = await kind.manifest(repository, Digest(entry.digest))
                except NotFound:
                    notes.append(f"the index {entry.digest} is not in the registry")
                    continue
                more, further = await self._entries(kind, repository, inner, depth + 1, met)
                found += more
                notes += further
            if len(found) > MAX_PLATFORMS:
                raise ManifestTooLarge(f"the index has more than {MAX_PLATFORMS} images")
        return found, notes

    async def _platforms(
        self,
        kind: RegistryKind,
        project: str,
        repository: str,
        digest: Digest,
        entries: list[Descriptor],
        notes: list[str],
    ) -> Content:
        images: dict[str, Image] = {}
        sights: dict[str, Sight] = {}
        missing: list[Sight] = []
        for entry in entries:
            listed = listed_platform(entry)
            platform = str(listed) if listed is not None else UNKNOWN_PLATFORM
            try:
                image = await self._child(kind, project, repository, Digest(entry.digest))
            except (NotFound, ContentMissing):
                if listed is None and claimed_reason(entry) is not None:
                    continue  # what it says that it is would be no image either
                missing.append(Sight(platform, entry.digest))
                notes.append(f"{entry.digest} for {platform} is not in the registry")
                continue
            if image is None:
                continue
            name = platform if listed is not None else platform_of(image)
            if name in sights:
                if sights[name].image != image.id:
                    notes.append(f"a second image for {name}, {image.id}, is not listed")
                continue
            images[image.id] = image
            sights[name] = Sight(name, image.id)
        return Content(
            index=digest,
            images=tuple(images.values()),
            sights=tuple(sights.values()),
            missing=tuple(missing),
            notes=tuple(notes),
        )

    async def _child(
        self, kind: RegistryKind, project: str, repository: str, digest: Digest
    ) -> Image | None:
        known = await self._known(project, digest)
        if known is not None:
            await kind.head(repository, digest)
            return known
        try:
            return await self._image(kind, repository, await kind.manifest(repository, digest))
        except ManifestError as error:
            return self._unreadable(digest, error)

    async def _image(self, kind: RegistryKind, repository: str, fetched: Fetched) -> Image | None:
        """Return the image of a manifest, None where it is something else."""
        document = fetched.document
        if document.is_index:
            raise ManifestUnsupported("an index is listed as if it were an image")
        if artifact_reason(document) is not None or document.config is None:
            return None
        size = document.config.size
        try:
            config = await kind.config(repository, Digest(document.config.digest), size)
        except NotFound as error:
            message = f"the config {document.config.digest} of {fetched.digest} is not there"
            raise ContentMissing(message, hint="push the image again") from error
        if fetched.size + size > _OFF_LOOP:
            return await asyncio.to_thread(self._read_image, fetched, config)
        return self._read_image(fetched, config)

    def _read_image(self, fetched: Fetched, config: bytes) -> Image:
        manifest = image_manifest(
            fetched.digest,
            fetched.document,
            fetched.size,
            fetched.media_type,
            config,
            self._limits,
        )
        return image_of(manifest, self._clock.now_ms())

    async def _known(self, project: str, digest: Digest) -> Image | None:
        for gone in (False, True):
            range_ = Range(index="image", prefix=(project, digest, gone))
            if (await self._placements.page(range_, limit=1)).records:
                return await self._images.get(digest)
        return None

    def _unreadable(self, digest: Digest, error: ManifestError) -> Image:
        return unreadable_image(digest, "", error.code, error.message, self._clock.now_ms())


def _single(image: Image) -> Content:
    return Content(images=(image,), sights=(Sight(platform_of(image), image.id),))
