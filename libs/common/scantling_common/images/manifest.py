"""From the bytes of a manifest and its config to an :class:`ImageManifest`; both are verified."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from scantling_common.images import media_types
from scantling_common.images.digests import DiffId, Digest, verify_digest
from scantling_common.images.documents import (
    ConfigDocument,
    Descriptor,
    RuntimeDocument,
    parse_config,
)
from scantling_common.images.errors import ManifestInvalid, ManifestUnsupported
from scantling_common.images.limits import DOCUMENT_LIMITS, DocumentLimits
from scantling_common.images.models import (
    HistoryEntry,
    ImageManifest,
    LayerDescriptor,
    NotAnImage,
    RuntimeConfig,
)
from scantling_common.images.platform import normalise
from scantling_common.layers.escape import escape_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scantling_common.images.documents import Document
    from scantling_common.images.platform import Platform

_REFERENCE_TYPE: Final = "vnd.docker.reference.type"
_REFERENCE_DIGEST: Final = "vnd.docker.reference.digest"
_REASONS: Final = {
    "application/vnd.in-toto+json": "attestation",
    "application/vnd.dsse.envelope.v1+json": "attestation",
    "application/vnd.dev.cosign.simplesigning.v1+json": "signature",
    "application/vnd.dev.cosign.artifact.sig.v1+json": "signature",
    "application/vnd.dev.sigstore.bundle.v0.3+json": "signature",
    "application/vnd.cncf.notary.signature": "signature",
    "application/vnd.cyclonedx+json": "SBOM",
    "application/vnd.cyclonedx+xml": "SBOM",
    "application/spdx+json": "SBOM",
    "text/spdx": "SBOM",
    "text/spdx+json": "SBOM",
    "application/vnd.syft+json": "SBOM",
    "application/vnd.docker.attestation.manifest.v1+json": "attestation",
    "application/vnd.cncf.helm.config.v1+json": "Helm chart",
    "application/vnd.wasm.config.v0+json": "WebAssembly module",
    "application/vnd.wasm.config.v1+json": "WebAssembly module",
    "application/vnd.module.wasm.config.v1+json": "WebAssembly module",
    "application/vnd.wasm.content.layer.v1+wasm": "WebAssembly module",
    "application/wasm": "WebAssembly module",
}


def listed_reason(entry: Descriptor) -> str | None:
    """Say why an entry of an index can't be an image, as far as its descriptor tells; else None.

    An annotation or an artifact type hides nothing that has a platform: runtimes don't look at
    them, and start it.
    """
    platform = entry.platform
    if platform is not None and platform.os == platform.architecture == "unknown":
        return claimed_reason(entry) or "attestation"
    if entry.media_type not in {*media_types.INDEXES, *media_types.MANIFESTS, ""}:
        return _artifact(entry.artifact_type or entry.media_type)
    return None


def claimed_reason(entry: Descriptor) -> str | None:
    """Say why an entry is not an image as it says itself, which its manifest may contradict."""
    kind = (entry.annotations or {}).get(_REFERENCE_TYPE)
    if kind is not None:
        return escape_text(kind)
    return _artifact(entry.artifact_type) if entry.artifact_type else None


def artifact_reason(document: Document) -> str | None:
    """Say why a manifest is not an image, None if it is one: what a runtime would start.

    Raises :class:`ManifestUnsupported` for one that is an image in parts.
    """
    if document.config is None:
        return _artifact(document.artifact_type or media_types.OCI_ARTIFACT)
    kind = document.config.media_type
    types = [layer.media_type for layer in document.layers or ()]
    others = [name for name in types if not media_types.is_layer(name)]
    is_other = len(others) == len(types) if types else bool(document.artifact_type)
    if is_other or kind not in media_types.CONFIGS:
        said = [document.artifact_type or "", *types, kind]
        known = next((_REASONS[name] for name in said if name in _REASONS), None)
        unknown = kind if kind not in media_types.CONFIGS else next(iter(others), kind)
        return known or _artifact(document.artifact_type or unknown)
    if others:
        raise ManifestUnsupported(f"the image has a layer of type {escape_text(others[0][:100])}")
    if any(map(media_types.is_encrypted, types)):
        raise ManifestUnsupported("the image's layers are encrypted")
    return None


def not_an_image(entry: Descriptor, reason: str) -> NotAnImage:
    """Return the record of something that is no image."""
    return NotAnImage(
        digest=Digest(entry.digest),
        media_type=escape_text(entry.media_type),
        size=entry.size,
        reason=reason,
        subject=_text((entry.annotations or {}).get(_REFERENCE_DIGEST)),
    )


def listed_platform(entry: Descriptor) -> Platform | None:
    """Return the platform in a descriptor, None where it says none."""
    platform = entry.platform
    if platform is None or not platform.os or not platform.architecture:
        return None
    return _platform(platform.os, platform.architecture, platform.variant)


def image_manifest(
    digest: Digest,
    document: Document,
    size: int,
    media_type: str,
    config: bytes,
    limits: DocumentLimits = DOCUMENT_LIMITS,
) -> ImageManifest:
    """Return the image of a manifest (its digest is verified already) and its config's bytes.

    Raises :class:`DigestMismatch` if the config is not the one that the manifest names,
    :class:`ManifestInvalid` if the two don't fit.
    """
    if document.config is None:
        raise ManifestInvalid("the manifest has no config")
    config_digest = Digest(document.config.digest)
    verify_digest(config, config_digest, "the config")
    parsed = parse_config(config, limits)
    descriptors = document.layers or []
    return assemble(
        parsed,
        digest=digest,
        media_type=document.media_type or media_type,
        size=size,
        config_digest=config_digest,
        config_size=len(config),
        layers=_layers(descriptors, parsed),
        annotations=document.annotations or {},
    )


def assemble(
    config: ConfigDocument,
    *,
    digest: Digest,
    media_type: str,
    size: int,
    config_digest: Digest,
    config_size: int,
    layers: tuple[LayerDescriptor, ...],
    annotations: dict[str, str],
) -> ImageManifest:
    """Put an image together from its config and what stands beside it."""
    runtime = config.config or RuntimeDocument()
    labels = runtime.labels or {}
    return ImageManifest(
        digest=digest,
        media_type=escape_text(media_type),
        size=size,
        config_digest=config_digest,
        config_size=config_size,
        platform=_platform(config.os, config.architecture, config.variant),
        os_version=_text(config.os_version),
        created=_text(config.created),
        created_at=milliseconds(config.created),
        author=_text(config.author),
        layers=layers,
        history=_history(config),
        labels={escape_text(key): _text(value) for key, value in labels.items()},
        annotations={escape_text(key): escape_text(value) for key, value in annotations.items()},
        config=_runtime(runtime),
    )


def claimed_diff_ids(config: ConfigDocument, layers: int) -> list[DiffId]:
    """Return the config's diff ids; raises :class:`ManifestInvalid` unless there are ``layers``."""
    claimed = (config.rootfs.diff_ids if config.rootfs else None) or []
    if len(claimed) != layers:
        raise ManifestInvalid(f"the config has {len(claimed)} diff ids for {layers} layers")
    return [DiffId(diff_id) for diff_id in claimed]


def created_by(config: ConfigDocument, layers: int) -> list[str]:
    """Return each layer's build step, empty strings where the history doesn't fit the layers."""
    steps = [_text(step.created_by) for step in config.history or () if not step.empty_layer]
    return steps if len(steps) == layers else [""] * layers


def milliseconds(created: str | None) -> int | None:
    """Return an RFC 3339 time as milliseconds since the epoch, None for anything else."""
    try:
        moment = datetime.fromisoformat(created or "")
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)


def _layers(
    descriptors: Sequence[Descriptor], config: ConfigDocument
) -> tuple[LayerDescriptor, ...]:
    claimed = claimed_diff_ids(config, len(descriptors))
    steps = created_by(config, len(descriptors))
    return tuple(
        LayerDescriptor(
            digest=Digest(descriptor.digest),
            size=descriptor.size,
            media_type=escape_text(descriptor.media_type),
            claimed_diff_id=diff_id,
            created_by=step,
            urls=_texts(descriptor.urls),
            foreign=media_types.is_foreign(descriptor.media_type),
        )
        for descriptor, diff_id, step in zip(descriptors, claimed, steps, strict=True)
    )


def _history(config: ConfigDocument) -> tuple[HistoryEntry, ...]:
    return tuple(
        HistoryEntry(
            created=_text(step.created),
            created_by=_text(step.created_by),
            author=_text(step.author),
            comment=_text(step.comment),
            empty_layer=bool(step.empty_layer),
        )
        for step in config.history or ()
    )


def _runtime(runtime: RuntimeDocument) -> RuntimeConfig:
    return RuntimeConfig(
        user=_text(runtime.user),
        env=_texts(runtime.env),
        entrypoint=_texts(runtime.entrypoint),
        cmd=_texts(runtime.cmd),
        working_dir=_text(runtime.working_dir),
        exposed_ports=_texts(sorted(runtime.exposed_ports or ())),
        volumes=_texts(sorted(runtime.volumes or ())),
        stop_signal=_text(runtime.stop_signal),
        shell=_texts(runtime.shell),
        on_build=_texts(runtime.on_build),
        healthcheck=_texts(runtime.healthcheck.test if runtime.healthcheck else None),
    )


def _platform(os: str | None, architecture: str | None, variant: str | None) -> Platform:
    return normalise(_text(os), _text(architecture), _text(variant))


def _artifact(kind: str) -> str:
    return _REASONS.get(kind) or f"artifact of type {escape_text(kind[:200])}"


def _text(value: str | None) -> str:
    return escape_text(value) if value else ""


def _texts(values: Iterable[str] | None) -> tuple[str, ...]:
    return tuple(map(escape_text, values or ()))
