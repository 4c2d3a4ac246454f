"""The JSON documents of an image, decoded within bounds: index, manifest, config.

Sizes are bounded before decoding; unknown fields are passed over, fields of a wrong type are
errors, and what could be read as two kinds of document at once is refused (CVE-2021-41190).
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

import msgspec

from scantling_common.images import media_types
from scantling_common.images.digests import is_digest
from scantling_common.images.errors import ManifestInvalid, ManifestTooLarge, ManifestUnsupported
from scantling_common.images.limits import DOCUMENT_LIMITS, DocumentLimits, raise_hint

MAX_BLOB: Final = 1 << 45


class PlatformDocument(msgspec.Struct, frozen=True):
    """The platform in a descriptor of an index."""

    os: str | None = None
    architecture: str | None = None
    variant: str | None = None


class Descriptor(msgspec.Struct, frozen=True, rename="camel"):
    """A descriptor (OCI descriptor.md); digest and size are checked by :func:`check`."""

    digest: str
    size: int
    media_type: str = ""
    annotations: dict[str, str] | None = None
    platform: PlatformDocument | None = None
    urls: list[str] | None = None
    artifact_type: str | None = None


class Document(msgspec.Struct, frozen=True, rename="camel"):
    """An index or a manifest: which one, :attr:`is_index` says."""

    media_type: str = ""
    artifact_type: str | None = None
    config: Descriptor | None = None
    layers: list[Descriptor] | None = None
    manifests: list[Descriptor] | None = None
    annotations: dict[str, str] | None = None
    subject: Descriptor | None = None
    fs_layers: Any = None
    blobs: Any = None

    @property
    def is_index(self) -> bool:
        """Say whether this is an index (or manifest list)."""
        return self.manifests is not None


class RootFs(msgspec.Struct, frozen=True):
    """The root file system of a config: the diff ids that it claims."""

    diff_ids: list[str] | None = None


class HistoryDocument(msgspec.Struct, frozen=True):
    """One step of the history of a config."""

    created: str | None = None
    created_by: str | None = None
    author: str | None = None
    comment: str | None = None
    empty_layer: bool | None = None


class Healthcheck(msgspec.Struct, frozen=True, rename="pascal"):
    """Docker's health check."""

    test: list[str] | None = None


class RuntimeDocument(msgspec.Struct, frozen=True, rename="pascal"):
    """How a container of the image runs."""

    user: str | None = None
    env: list[str] | None = None
    entrypoint: list[str] | None = None
    cmd: list[str] | None = None
    working_dir: str | None = None
    exposed_ports: dict[str, msgspec.Raw] | None = None
    volumes: dict[str, msgspec.Raw] | None = None
    labels: dict[str, str | None] | None = None
    stop_signal: str | None = None
    shell: list[str] | None = None
    on_build: list[str] | None = None
    healthcheck: Healthcheck | None = None


class ConfigDocument(msgspec.Struct, frozen=True):
    """An image config (OCI config.md)."""

    os: str | None = None
    architecture: str | None = None
    variant: str | None = None
    os_version: str | None = msgspec.field(default=None, name="os.version")
    created: str | None = None
    author: str | None = None
    config: RuntimeDocument | None = None
    rootfs: RootFs | None = None
    history: list[HistoryDocument] | None = None


T = TypeVar("T")


def decode(data: bytes, kind: type[T], what: str, limits: DocumentLimits = DOCUMENT_LIMITS) -> T:
    """Decode JSON within the limits; ``what`` names it for people.

    Raises :class:`ManifestTooLarge` and :class:`ManifestInvalid`.
    """
    check_size(len(data), what, limits)
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise ManifestInvalid(f"the {what} is not valid: {error}") from error


def check_size(size: int, what: str, limits: DocumentLimits = DOCUMENT_LIMITS) -> None:
    """Raise :class:`ManifestTooLarge` for a document of too many bytes, before it is read."""
    if size > limits.document_bytes:
        raise ManifestTooLarge(
            f"the {what} has {size:,} bytes, over {limits.document_bytes:,}",
            hint=raise_hint("document_bytes"),
        )


def parse_document(
    data: bytes, media_type: str = "", limits: DocumentLimits = DOCUMENT_LIMITS
) -> Document:
    """Return an index or a manifest; ``media_type`` is what its source says it is, if it does.

    Raises :class:`ManifestInvalid`, :class:`ManifestTooLarge`, and
    :class:`ManifestUnsupported` for Docker's schema 1.
    """
    document = decode(data, Document, "manifest", limits)
    stated = media_type.partition(";")[0].strip()
    if document.fs_layers is not None or {document.media_type, stated} & media_types.SCHEMA1:
        raise ManifestUnsupported(
            "the manifest is of Docker's schema 1", hint="push the image again with a newer client"
        )
    known = media_types.INDEXES | media_types.MANIFESTS
    if stated in known and document.media_type in known and stated != document.media_type:
        raise ManifestInvalid(f"the manifest says {document.media_type}, its source {stated}")
    if document.is_index and (document.config is not None or document.layers is not None):
        raise ManifestInvalid("the manifest is an index and an image at once")
    if not document.is_index and document.config is None and document.blobs is None:
        raise ManifestInvalid("the manifest has neither a config nor manifests")
    kinds = media_types.MANIFESTS if document.is_index else media_types.INDEXES
    if document.media_type in kinds or stated in kinds:
        raise ManifestInvalid("the manifest is not of the kind that its media type states")
    _check_counts(document, limits)
    return document


def parse_config(data: bytes, limits: DocumentLimits = DOCUMENT_LIMITS) -> ConfigDocument:
    """Return a config. Raises :class:`ManifestInvalid` and :class:`ManifestTooLarge`."""
    document = decode(data, ConfigDocument, "config", limits)
    _check_count(len(document.history or ()), limits.history, "the config", "history entries")
    for diff_id in (document.rootfs and document.rootfs.diff_ids) or ():
        if not is_digest(diff_id):
            raise ManifestInvalid(f"the config has {diff_id[:100]!r} as a diff id")
    return document


def _check_counts(document: Document, limits: DocumentLimits) -> None:
    _check_count(len(document.layers or ()), limits.layers, "the manifest", "layers")
    _check_count(len(document.manifests or ()), limits.manifests, "the index", "manifests")
    descriptors = [*(document.layers or ()), *(document.manifests or ())]
    for descriptor in [*descriptors, *([document.config] if document.config else ())]:
        if not is_digest(descriptor.digest) or not 0 <= descriptor.size <= MAX_BLOB:
            raise ManifestInvalid(
                f"a descriptor has the digest {descriptor.digest[:150]!r}, size {descriptor.size}"
            )


def _check_count(count: int, limit: int, what: str, things: str) -> None:
    if count > limit:
        hint = raise_hint(things.partition(" ")[0])
        raise ManifestTooLarge(f"{what} has {count:,} {things}, over {limit:,}", hint=hint)
