"""Docker archives: what ``docker save`` writes, in its old form and in the one with blobs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Self

import msgspec

from scantling_common.images import media_types
from scantling_common.images.digests import (
    DiffId,
    Digest,
    digest_of,
    new_hash,
    parse_digest,
    verify_digest,
)
from scantling_common.images.documents import ConfigDocument, decode, parse_config
from scantling_common.images.errors import ArchiveInvalid, ManifestTooLarge, NotFound
from scantling_common.images.limits import DOCUMENT_LIMITS, DocumentLimits, raise_hint
from scantling_common.images.manifest import assemble, claimed_diff_ids, created_by
from scantling_common.images.models import (
    ImageCandidate,
    ImageManifest,
    LayerDescriptor,
    LocatedBlob,
    NotAnImage,
)
from scantling_common.layers.decompress import compression
from scantling_common.layers.escape import escape_text
from scantling_common.layers.limits import MIB

if TYPE_CHECKING:
    from types import TracebackType

    from scantling_common.images.sources.files import Files

MANIFEST: Final = "manifest.json"
LEGACY: Final = "repositories"

_BLOB: Final = re.compile(r"blobs/(sha256|sha512)/([0-9a-f]+)")
_CONFIG: Final = re.compile(r"([0-9a-f]{64})\.json")


class _Entry(msgspec.Struct, frozen=True, rename="pascal"):
    config: str
    repo_tags: list[str] | None = None
    layers: list[str] | None = None


class _Image(msgspec.Struct, frozen=True):
    manifest: ImageManifest
    names: tuple[str, ...]


class DockerArchiveSource:
    """The images of a docker archive; an image's digest is that of its config."""

    def __init__(self, files: Files, limits: DocumentLimits = DOCUMENT_LIMITS) -> None:
        """Read the archive's manifest and configs.

        Raises :class:`ArchiveInvalid` for what is no docker archive, and the errors of its
        documents.
        """
        self._files = files
        self._limits = limits
        self._blobs: dict[Digest, LocatedBlob] = {}
        self._hashed: dict[LocatedBlob, Digest] = {}
        self._images: dict[Digest, _Image] = {}
        for entry in self._entries():
            self._add(entry)

    def resolve(self) -> list[ImageCandidate | NotAnImage]:
        """Return the images with their tags."""
        return [
            ImageCandidate(
                digest=digest,
                media_type=image.manifest.media_type,
                size=image.manifest.size,
                platform=image.manifest.platform,
                names=image.names,
            )
            for digest, image in self._images.items()
        ]

    def manifest(self, digest: Digest) -> ImageManifest:
        """Return one image by the digest of its config."""
        if digest not in self._images:
            raise NotFound(f"the archive has no image {digest}")
        return self._images[digest].manifest

    def document(self, digest: Digest) -> tuple[bytes, str]:
        """Return a manifest made for the image: docker archives have none."""
        image = self.manifest(digest)
        document = {
            "schemaVersion": 2,
            "mediaType": image.media_type,
            "config": {
                "mediaType": media_types.DOCKER_CONFIG,
                "size": image.config_size,
                "digest": image.config_digest,
            },
            "layers": [
                {"mediaType": layer.media_type, "size": layer.size, "digest": layer.digest}
                for layer in image.layers
            ],
        }
        return msgspec.json.encode(document), image.media_type

    def blob(self, digest: Digest) -> LocatedBlob:
        """Return where a config or layer stands in the archive."""
        if digest not in self._blobs:
            raise NotFound(f"the archive has no blob {digest}")
        return self._blobs[digest]

    def close(self) -> None:
        """Let go of the files."""
        self._files.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _entries(self) -> list[_Entry]:
        try:
            data = self._files.read(MANIFEST, self._limits.document_bytes)
        except NotFound as error:
            hint = "docker before 1.10 wrote it; save it again" if self._files.has(LEGACY) else ""
            raise ArchiveInvalid("the archive has no manifest.json", hint=hint) from error
        entries = decode(data, list[_Entry], MANIFEST, self._limits)
        if len(entries) > self._limits.manifests:
            raise ManifestTooLarge(
                f"the archive has {len(entries):,} images, over {self._limits.manifests:,}",
                hint=raise_hint("manifests"),
            )
        return entries

    def _add(self, entry: _Entry) -> None:
        data = self._files.read(entry.config, self._limits.document_bytes)
        digest = _config_digest(entry.config, data)
        names = tuple(map(escape_text, entry.repo_tags or ()))
        known = self._images.get(digest)
        if known is not None:
            merged = tuple(dict.fromkeys((*known.names, *names)))
            self._images[digest] = _Image(known.manifest, merged)
            return
        self._blobs[digest] = self._files.locate(entry.config)
        config = parse_config(data, self._limits)
        manifest = assemble(
            config,
            digest=digest,
            media_type=media_types.DOCKER_MANIFEST,
            size=0,
            config_digest=digest,
            config_size=len(data),
            layers=self._layers(entry, config),
            annotations={},
        )
        self._images[digest] = _Image(manifest, names)

    def _layers(self, entry: _Entry, config: ConfigDocument) -> tuple[LayerDescriptor, ...]:
        names = entry.layers or []
        if len(names) > self._limits.layers:
            raise ManifestTooLarge(
                f"the image has {len(names):,} layers, over {self._limits.layers:,}",
                hint=raise_hint("layers"),
            )
        claimed = claimed_diff_ids(config, len(names))
        steps = created_by(config, len(names))
        return tuple(
            self._layer(name, diff_id, step)
            for name, diff_id, step in zip(names, claimed, steps, strict=True)
        )

    def _layer(self, name: str, diff_id: DiffId, step: str) -> LayerDescriptor:
        blob = self._files.locate(name)
        with blob.path.open("rb") as file:
            file.seek(blob.offset)
            kind = compression(file.read(min(512, blob.size)))
        match = _BLOB.fullmatch(name)
        if match:
            digest = parse_digest(f"{match[1]}:{match[2]}")
        else:
            digest = Digest(diff_id) if kind == "plain" else self._hash(blob)
        self._blobs.setdefault(digest, blob)
        types = {
            "plain": media_types.DOCKER_LAYER,
            "gzip": media_types.DOCKER_LAYER_GZIP,
            "zstd": media_types.OCI_LAYER_ZSTD,
        }
        return LayerDescriptor(
            digest=digest,
            size=blob.size,
            media_type=types[kind],
            claimed_diff_id=diff_id,
            created_by=step,
        )

    def _hash(self, blob: LocatedBlob) -> Digest:
        """Return the digest of a compressed layer whose name says nothing of it.

        An archive may name one layer any number of times: its bytes are read once.
        """
        if blob not in self._hashed:
            self._hashed[blob] = _hash(blob)
        return self._hashed[blob]


def _config_digest(name: str, data: bytes) -> Digest:
    """Return the config's digest; where its name states one it must be that."""
    blob, legacy = _BLOB.fullmatch(name), _CONFIG.fullmatch(name)
    if blob:
        stated = parse_digest(f"{blob[1]}:{blob[2]}")
        verify_digest(data, stated, "the config")
        return stated
    digest = digest_of(data)
    if legacy:
        verify_digest(data, Digest(f"sha256:{legacy[1]}"), "the config")
    return digest


def _hash(blob: LocatedBlob) -> Digest:
    digest = new_hash(Digest("sha256:"))
    left = blob.size
    with blob.path.open("rb") as file:
        file.seek(blob.offset)
        while left and (piece := file.read(min(MIB, left))):
            digest.update(piece)
            left -= len(piece)
    return Digest(f"sha256:{digest.hexdigest()}")
