"""OCI image layouts (image-layout.md): a directory, or a tar archive of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

import msgspec
from msgspec.structs import replace

from scantling_common.images.digests import Digest, parse_digest, verify_digest
from scantling_common.images.documents import (
    Descriptor,
    Document,
    decode,
    parse_config,
    parse_document,
)
from scantling_common.images.errors import ArchiveInvalid, ManifestInvalid, NotFound
from scantling_common.images.limits import DOCUMENT_LIMITS, DocumentLimits
from scantling_common.images.manifest import (
    artifact_reason,
    claimed_reason,
    image_manifest,
    listed_platform,
    listed_reason,
    not_an_image,
)
from scantling_common.images.models import ImageCandidate, ImageManifest, LocatedBlob, NotAnImage
from scantling_common.images.platform import normalise
from scantling_common.images.unfolding import Unfolding
from scantling_common.layers.escape import escape_text

if TYPE_CHECKING:
    from types import TracebackType

    from scantling_common.images.platform import Platform
    from scantling_common.images.sources.files import Files

MARKER: Final = "oci-layout"
INDEX: Final = "index.json"

_VERSION: Final = "1.0.0"
_NAME_KEYS: Final = ("io.containerd.image.name", "org.opencontainers.image.ref.name")


class _Marker(msgspec.Struct, rename="camel"):
    image_layout_version: str


class OciLayoutSource:
    """The images of an OCI layout, all of them or those of one ``tag``."""

    def __init__(
        self, files: Files, tag: str | None = None, limits: DocumentLimits = DOCUMENT_LIMITS
    ) -> None:
        """Read the layout's index. Raises :class:`ArchiveInvalid` for what is no layout."""
        self._files = files
        self._tag = tag
        self._limits = limits
        largest = limits.document_bytes
        try:
            marker = decode(files.read(MARKER, largest), _Marker, MARKER, limits)
            self._index = parse_document(files.read(INDEX, largest), limits=limits)
        except (NotFound, ManifestInvalid) as error:
            raise ArchiveInvalid(f"this is not an OCI layout: {error.message}") from error
        if marker.image_layout_version != _VERSION or self._index.manifests is None:
            raise ArchiveInvalid("the OCI layout is of a version that is not known here")

    def resolve(self) -> list[ImageCandidate | NotAnImage]:
        """Return the images, nested indexes unfolded."""
        found = _Found(self._limits)
        self._unfold(self._chosen(), (), (), found)
        return found.all()

    def manifest(self, digest: Digest) -> ImageManifest:
        """Return one image by the digest of its manifest."""
        data = self._read(digest, "manifest")
        document = parse_document(data, limits=self._limits)
        if document.config is None:
            raise ManifestInvalid(f"{digest} is not the manifest of an image")
        config = self._read(parse_digest(document.config.digest), "config")
        return image_manifest(
            digest, document, len(data), document.media_type, config, self._limits
        )

    def document(self, digest: Digest) -> tuple[bytes, str]:
        """Return a manifest or index as it stands in the layout."""
        data = self._read(digest, "manifest")
        return data, parse_document(data, limits=self._limits).media_type

    def blob(self, digest: Digest) -> LocatedBlob:
        """Return where a blob stands."""
        return self._files.locate(_blob_name(digest))

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

    def _chosen(self) -> list[Descriptor]:
        entries = self._index.manifests or []
        if self._tag is None:
            return entries
        chosen = [entry for entry in entries if self._tag in map(_tag_of, _raw_names(entry))]
        if not chosen:
            names = sorted({name for entry in entries for name in _names(entry)})
            raise NotFound(
                f"the OCI layout has no image {escape_text(self._tag)!r}",
                hint=f"it has {', '.join(names[:20]) or 'no named image'}",
            )
        return chosen

    def _unfold(
        self,
        entries: list[Descriptor],
        names: tuple[str, ...],
        above: tuple[Digest, ...],
        found: _Found,
    ) -> None:
        """Look into the entries of an index, ``above`` which those stand that lead to it."""
        found.met.check_depth(len(above))
        for entry in entries:
            own = _names(entry) or names
            digest = Digest(entry.digest)
            if not found.met.meets(digest):
                found.name(digest, own, above)
                continue
            reason = listed_reason(entry)
            if reason is None and self._is_left_out(entry, len(above)):
                claimed = claimed_reason(entry) if listed_platform(entry) is None else None
                absent = not_an_image(entry, claimed) if claimed else _absent(entry, own)
                found.add(absent, above)
                continue
            document = None if reason else self._document(digest, entry.media_type)
            if document is not None and document.manifests is not None:
                self._unfold(document.manifests, own, (*above, digest), found)
            else:
                found.add(self._candidate(entry, reason, document, own), above)

    def _document(self, digest: Digest, media_type: str) -> Document:
        return parse_document(self._read(digest, "manifest"), media_type, self._limits)

    def _candidate(
        self,
        entry: Descriptor,
        reason: str | None,
        document: Document | None,
        names: tuple[str, ...],
    ) -> ImageCandidate | NotAnImage:
        reason = reason or (artifact_reason(document) if document is not None else None)
        if reason is not None or document is None or document.config is None:
            return not_an_image(entry, reason or "artifact")
        return ImageCandidate(
            digest=Digest(entry.digest),
            media_type=escape_text(document.media_type or entry.media_type),
            size=entry.size,
            platform=listed_platform(entry)
            or self._config_platform(Digest(document.config.digest)),
            names=names,
        )

    def _is_left_out(self, entry: Descriptor, depth: int) -> bool:
        """Say whether the image was saved without this platform of it.

        Its index is saved as it is, because its digest would change. A layout that ends too
        early is another thing: to look for the file raises :class:`ArchiveInvalid`.
        """
        if not depth or (listed_platform(entry) is None and claimed_reason(entry) is None):
            return False
        try:
            self._files.locate(_blob_name(Digest(entry.digest)))
        except NotFound:
            return True
        return False

    def _config_platform(self, digest: Digest) -> Platform:
        config = parse_config(self._read(digest, "config"), self._limits)
        return normalise(config.os or "", config.architecture or "", config.variant or "")

    def _read(self, digest: Digest, what: str) -> bytes:
        """Return a small blob, verified."""
        data = self._files.read(_blob_name(digest), self._limits.document_bytes)
        verify_digest(data, digest, f"the {what}")
        return data


class _Found:
    """What was found, in its order, and which of it each index leads to."""

    def __init__(self, limits: DocumentLimits) -> None:
        self.entries: dict[Digest, ImageCandidate | NotAnImage] = {}
        self.met = Unfolding(limits)
        self._below: dict[Digest, dict[Digest, None]] = {}

    def add(self, entry: ImageCandidate | NotAnImage, above: tuple[Digest, ...]) -> None:
        """Keep an entry that stands in the indexes ``above``."""
        self.entries[entry.digest] = entry
        self._note(entry.digest, above)

    def name(self, digest: Digest, names: tuple[str, ...], above: tuple[Digest, ...]) -> None:
        """Give further names to what was met before: an image, or all images of an index."""
        for image in self._below.get(digest) or ([digest] if digest in self.entries else []):
            self.entries[image] = _renamed(self.entries[image], names)
            self._note(image, above)

    def all(self) -> list[ImageCandidate | NotAnImage]:
        """Return what was found, images with the indexes that lead to them."""
        above: dict[Digest, list[Digest]] = {}
        for index, images in self._below.items():
            for image in images:
                above.setdefault(image, []).append(index)
        return [
            replace(each, indexes=tuple(above.get(each.digest, ())))
            if isinstance(each, ImageCandidate)
            else each
            for each in self.entries.values()
        ]

    def _note(self, image: Digest, above: tuple[Digest, ...]) -> None:
        for index in above:
            self._below.setdefault(index, {})[image] = None


def _absent(entry: Descriptor, names: tuple[str, ...]) -> ImageCandidate:
    return ImageCandidate(
        digest=Digest(entry.digest),
        media_type=escape_text(entry.media_type),
        size=entry.size,
        platform=listed_platform(entry),
        names=names,
        present=False,
    )


def _blob_name(digest: Digest) -> str:
    return f"blobs/{parse_digest(digest).replace(':', '/')}"


def _raw_names(entry: Descriptor) -> list[str]:
    annotations = entry.annotations or {}
    return [annotations[key] for key in _NAME_KEYS if annotations.get(key)]


def _names(entry: Descriptor) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(escape_text, _raw_names(entry))))


def _tag_of(name: str) -> str:
    """Return the tag of a name that may be a whole reference."""
    return name.rpartition("/")[2].rpartition(":")[2]


def _renamed(
    known: ImageCandidate | NotAnImage, names: tuple[str, ...]
) -> ImageCandidate | NotAnImage:
    if isinstance(known, NotAnImage):
        return known
    return msgspec.structs.replace(known, names=tuple(dict.fromkeys((*known.names, *names))))
