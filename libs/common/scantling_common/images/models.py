"""What is known of an image without reading its layers.

Every string that the image's author wrote (history, labels, annotations, environment …) has
passed :func:`scantling_common.layers.escape.escape_text`; ``unescape`` gives it back.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from scantling_common.images.digests import ChainId, DiffId, Digest, chain_ids
from scantling_common.images.errors import NotLinux
from scantling_common.images.platform import Platform

_BASE_NAME = "org.opencontainers.image.base.name"
_BASE_DIGEST = "org.opencontainers.image.base.digest"


class LayerDescriptor(msgspec.Struct, frozen=True, kw_only=True):
    """One layer as the manifest and the config describe it; sizes in bytes, compressed.

    ``claimed_diff_id`` is what the config says, not what was verified. A *foreign* layer may
    be missing in the registry; its ``urls`` are never fetched.
    """

    digest: Digest
    size: int
    media_type: str
    claimed_diff_id: DiffId
    created_by: str = ""
    urls: tuple[str, ...] = ()
    foreign: bool = False


class HistoryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the build; ``empty_layer`` steps made no layer."""

    created: str = ""
    created_by: str = ""
    author: str = ""
    comment: str = ""
    empty_layer: bool = False


class RuntimeConfig(msgspec.Struct, frozen=True, kw_only=True):
    """How a container of the image runs."""

    user: str = ""
    env: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    working_dir: str = ""
    exposed_ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    stop_signal: str = ""
    shell: tuple[str, ...] = ()
    on_build: tuple[str, ...] = ()
    healthcheck: tuple[str, ...] = ()


class ImageManifest(msgspec.Struct, frozen=True, kw_only=True):
    """One platform's image. It never changes: ``digest`` is its identity.

    In a docker archive, which has no manifests, ``digest`` is the config's ("image id").
    ``created_at`` is milliseconds since the epoch, None where ``created`` is no time.
    """

    digest: Digest
    media_type: str
    size: int
    config_digest: Digest
    config_size: int
    platform: Platform
    os_version: str = ""
    created: str = ""
    created_at: int | None = None
    author: str = ""
    layers: tuple[LayerDescriptor, ...] = ()
    history: tuple[HistoryEntry, ...] = ()
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    config: RuntimeConfig = RuntimeConfig()

    @property
    def layers_size(self) -> int:
        """Return the size of all layers, compressed, in bytes."""
        return sum(layer.size for layer in self.layers)

    @property
    def claimed_chain_ids(self) -> list[ChainId]:
        """Return the chain ids that the config's diff ids make: claims, until they are verified."""
        return chain_ids(layer.claimed_diff_id for layer in self.layers)

    @property
    def base_name(self) -> str:
        """Return the base image's reference by annotation or label, empty if unknown."""
        return self.annotations.get(_BASE_NAME) or self.labels.get(_BASE_NAME, "")

    @property
    def base_digest(self) -> str:
        """Return the base image's digest by annotation or label, empty if unknown."""
        return self.annotations.get(_BASE_DIGEST) or self.labels.get(_BASE_DIGEST, "")

    def require_linux(self) -> None:
        """Raise :class:`NotLinux` for an image of another operating system."""
        if self.platform.os != "linux":
            raise NotLinux(
                f"the image {self.digest} is for {self.platform}",
                hint="only Linux images are analysed",
            )


class ImageCandidate(msgspec.Struct, frozen=True, kw_only=True):
    """An image that a source has; ``platform`` is None where only its config would tell.

    ``names`` are the tags or references that the source gives it, escaped. Not ``present`` is
    what an archive's index lists, and the archive doesn't hold: a saved image of one platform.
    ``indexes`` are the digests of those that it was found through.
    """

    digest: Digest
    media_type: str
    size: int
    platform: Platform | None = None
    names: tuple[str, ...] = ()
    present: bool = True
    indexes: tuple[Digest, ...] = ()


class NotAnImage(msgspec.Struct, frozen=True, kw_only=True):
    """Something beside images: an attestation, a signature, another artifact.

    ``subject`` is the digest of the image that an index says it is about, escaped, else empty.
    """

    digest: Digest
    media_type: str
    size: int
    reason: str
    subject: str = ""


class LocatedBlob(msgspec.Struct, frozen=True, kw_only=True):
    """Where a blob stands in a local file, in bytes; its digest is not verified yet."""

    path: Path
    offset: int
    size: int
