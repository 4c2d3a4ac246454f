"""Which documents beside an image are about it: attestations and bills of materials.

BuildKit lists a manifest of attestations in the image's index, with the annotations
``vnd.docker.reference.type`` and ``vnd.docker.reference.digest``; cosign and OCI 1.1 put one
beside the image, whose ``subject`` it is (OCI image specification, manifest.md). Either has one
layer for each document. Here is only said where they are: what they say is untrusted, and
is read where layers are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec

from scantling_common.images.digests import Digest
from scantling_common.images.documents import parse_document
from scantling_common.images.errors import ImageError
from scantling_common.images.models import LocatedBlob, NotAnImage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_common.images.documents import Document
    from scantling_common.images.sources.source import Source

MAX_MANIFESTS: Final = 16
"""How many manifests beside one image are looked into."""
MAX_DOCUMENTS: Final = 32
"""How many documents about one image are read."""
MAX_DOCUMENT_BYTES: Final = 64 * 1024 * 1024

Via = Literal["index", "layout", "referrers", "tag"]
"""How a document was found."""
Kind = Literal["statement", "sbom"]
"""Whether a document says itself what it is about (in-toto), or is a bill of materials."""

STATEMENTS: Final = frozenset(
    {
        "application/vnd.in-toto+json",
        "application/vnd.dsse.envelope.v1+json",
        "application/vnd.dev.sigstore.bundle.v0.3+json",
    }
)
SBOMS: Final = frozenset(
    {
        "application/vnd.cyclonedx+json",
        "application/spdx+json",
        "text/spdx+json",
    }
)
_REASONS: Final = frozenset({"attestation", "attestation-manifest", "SBOM", "signature"})
"""What things beside images are that may hold such documents: cosign's bundles are both."""


class AttestationDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One document about an image: a blob of ``size`` bytes whose digest is not verified yet."""

    via: str
    digest: str
    size: int
    kind: str


class LocatedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document that stands in a local file."""

    document: AttestationDocument
    place: LocatedBlob


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """Something beside an image that should be about it and can't be used, and why."""

    via: str
    digest: str
    code: str
    reason: str


def about(found: Iterable[object], image: Digest) -> tuple[NotAnImage, ...]:
    """Return what an index lists as being about an image, at most ``MAX_MANIFESTS``."""
    listed = (each for each in found if isinstance(each, NotAnImage) and each.subject == image)
    return tuple(entry for entry, _ in zip(listed, range(MAX_MANIFESTS), strict=False))


def documents_of(
    document: Document, digest: str, image: Digest, via: Via, *, sure: bool
) -> Iterator[AttestationDocument | Refused]:
    """Yield the documents of one manifest beside an image.

    ``sure`` says that it was found as being about the image: where it is not, and names no
    subject, only what says so itself is yielded. Another subject is refused where it was
    found as the image's, and passed over otherwise.
    """
    subject = document.subject.digest if document.subject is not None else ""
    if document.is_index or (subject and subject != image):
        if sure:
            yield _not_about(digest, image, via)
        return
    for layer in document.layers or ():
        if layer.media_type in STATEMENTS:
            kind: Kind = "statement"
        elif layer.media_type in SBOMS and (sure or subject):
            kind = "sbom"
        else:
            continue
        if layer.size > MAX_DOCUMENT_BYTES:
            reason = f"the document has {layer.size:,} bytes, {MAX_DOCUMENT_BYTES:,} are read"
            yield Refused(via=via, digest=layer.digest, code="too_large", reason=reason)
            continue
        yield AttestationDocument(via=via, digest=layer.digest, size=layer.size, kind=kind)


def first(
    found: Iterable[AttestationDocument | Refused],
) -> tuple[list[AttestationDocument], list[Refused]]:
    """Return at most ``MAX_DOCUMENTS`` different documents, and what is refused, over it too."""
    documents: dict[str, AttestationDocument] = {}
    refused: dict[str, Refused] = {}
    for each in found:
        if isinstance(each, Refused):
            if len(refused) < MAX_DOCUMENTS:
                refused.setdefault(each.digest, each)
        elif len(documents) < MAX_DOCUMENTS:
            documents.setdefault(each.digest, each)
        elif each.digest not in documents:
            reason = f"more than {MAX_DOCUMENTS} documents are beside the image"
            last = Refused(via=each.via, digest=each.digest, code="too_many", reason=reason)
            return list(documents.values()), [*refused.values(), last]
    return list(documents.values()), list(refused.values())


def local_documents(
    source: Source, image: Digest
) -> tuple[tuple[LocatedDocument, ...], tuple[Refused, ...]]:
    """Return the documents about an image that an archive or layout holds with it.

    Never raises what is wrong with them: that is among what is refused.
    """
    documents, refused = first(_local(source, image))
    located = []
    for document in documents:
        try:
            place = source.blob(Digest(document.digest))
        except ImageError as error:
            refused.append(_refused(document.via, document.digest, error))
        else:
            located.append(LocatedDocument(document=document, place=place))
    return tuple(located), tuple(refused)


def _local(source: Source, image: Digest) -> Iterator[AttestationDocument | Refused]:
    listed = source.resolve()
    beside = about(listed, image)
    others = (
        entry
        for entry in listed
        if isinstance(entry, NotAnImage) and not entry.subject and entry.reason in _REASONS
    )
    unsure = [entry for entry, _ in zip(others, range(MAX_MANIFESTS), strict=False)]
    for entry in (*beside, *unsure):
        sure = entry.subject == image
        via: Via = "index" if sure else "layout"
        try:
            data, _ = source.document(entry.digest)
            found = list(documents_of(parse_document(data), entry.digest, image, via, sure=sure))
        except ImageError as error:
            if sure:
                yield _refused(via, entry.digest, error)
            continue
        yield from found


def _not_about(digest: str, image: Digest, via: Via) -> Refused:
    reason = f"it is listed as being about {image}, and is about another subject"
    return Refused(via=via, digest=digest, code="subject_mismatch", reason=reason)


def _refused(via: str, digest: str, error: ImageError) -> Refused:
    return Refused(via=via, digest=digest, code=error.code, reason=error.message)
