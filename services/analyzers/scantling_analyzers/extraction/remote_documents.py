"""The documents beside an image in a registry: what its index names, and on demand the rest.

What the index names costs one request for each manifest and one for each document. Only where
that is wanted, the registry is asked for more: the referrers of the image (OCI distribution
specification 1.1, with the fallback to a tag), and the tags that cosign makes.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from scantling_analyzers.attestations.reading import ClaimDocument
from scantling_analyzers.extraction.claims import Documents
from scantling_common.images.attestations import (
    MAX_MANIFESTS,
    AttestationDocument,
    Refused,
    about,
    documents_of,
    first,
)
from scantling_common.images.digests import Digest
from scantling_common.images.documents import parse_document
from scantling_common.images.errors import (
    ImageError,
    NotFound,
    RateLimited,
    RegistryAnswerInvalid,
    RegistryError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from scantling_common.images.attestations import Via
    from scantling_common.images.documents import Document
    from scantling_common.images.models import NotAnImage
    from scantling_common.images.sources.registry import Registry

MAX_BYTES: Final = 128 * 1024 * 1024
"""How many bytes of documents about one image are downloaded."""
_COSIGN: Final = (".att", ".sbom")

Found = AttestationDocument | Refused


class RemoteDocuments:
    """The documents about one image of a repository."""

    def __init__(self, registry: Registry, repository: str, image: Digest) -> None:
        """Ask an open registry."""
        self._registry, self._repository, self._image = registry, repository, image
        self._again = False

    async def fetched(
        self, listed: Iterable[NotAnImage], folder: Path, *, referrers: bool = False
    ) -> Documents:
        """Return the documents as files in a folder; never raises what is wrong with them.

        ``listed`` is what the image's index names; ``referrers`` says to ask for more.
        """
        found: list[Found] = []
        for entry in about(listed, self._image):
            found += await self._of(entry.digest, "index")
        if referrers:
            found += await self._referring()
        documents, refused = first(found)
        files: list[ClaimDocument] = []
        room = MAX_BYTES
        for document in documents:
            if document.size > room:
                reason = f"the documents about the image have more than {MAX_BYTES:,} bytes"
                refused.append(_refused(document.via, document.digest, "too_large", reason))
                continue
            room -= document.size
            try:
                files.append(await self._file(document, folder))
            except ImageError as error:
                refused.append(self._failed(document.via, document.digest, error))
        return Documents(documents=tuple(files), refused=tuple(refused), again=self._again)

    async def _of(self, reference: str, via: Via) -> list[Found]:
        """Return the documents of a manifest, by its digest or its tag."""
        try:
            data, remote = await self._registry.manifest(self._repository, reference)
            document = parse_document(data, remote.media_type)
        except NotFound as error:
            # A tag that is not there says that nobody made one.
            return [] if via == "tag" else [self._failed(via, reference, error)]
        except ImageError as error:
            return [self._failed(via, reference, error)]
        return list(documents_of(document, remote.digest or reference, self._image, via, sure=True))

    async def _referring(self) -> list[Found]:
        tag = self._image.replace(":", "-")
        found: list[Found] = []
        try:
            index = await self._referrers(tag)
        except ImageError as error:
            found.append(self._failed("referrers", self._image, error))
        else:
            for digest in _digests(index):
                found += await self._of(digest, "referrers")
        for suffix in _COSIGN:
            found += await self._of(f"{tag}{suffix}", "tag")
        return found

    async def _referrers(self, tag: str) -> Document | None:
        answer = await self._registry.referrers(self._repository, self._image)
        if answer is not None:
            return parse_document(answer)
        try:
            data, remote = await self._registry.manifest(self._repository, tag)
        except NotFound:
            return None
        return parse_document(data, remote.media_type)

    async def _file(self, document: AttestationDocument, folder: Path) -> ClaimDocument:
        path = folder / document.digest.replace(":", "-")
        pieces = self._registry.blob(self._repository, Digest(document.digest), document.size)
        with await asyncio.to_thread(path.open, "wb") as file:
            async for piece in pieces:
                await asyncio.to_thread(file.write, piece)
        return ClaimDocument(
            via=document.via,
            digest=document.digest,
            kind=document.kind,
            path=str(path),
            offset=0,
            size=document.size,
        )

    def _failed(self, via: str, digest: str, error: ImageError) -> Refused:
        """Return what is refused, and remember whether the registry may say more another time."""
        lasting = isinstance(error, RegistryAnswerInvalid) or not isinstance(error, RegistryError)
        self._again = self._again or not lasting or isinstance(error, RateLimited)
        return _refused(via, digest, error.code, error.message)


def _digests(index: Document | None) -> Iterator[str]:
    entries = (index.manifests if index is not None else None) or []
    for entry in entries[:MAX_MANIFESTS]:
        yield entry.digest


def _refused(via: str, digest: str, code: str, reason: str) -> Refused:
    return Refused(via=via, digest=digest, code=code, reason=reason)
