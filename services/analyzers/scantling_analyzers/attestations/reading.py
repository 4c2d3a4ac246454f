"""From the documents beside an image to what they claim of it.

Runs where layers are read: in a process that may die of it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_analyzers.attestations.bill import bill_of
from scantling_analyzers.attestations.errors import ClaimUnusable
from scantling_analyzers.attestations.models import ClaimedSbom, Claims, Material
from scantling_analyzers.attestations.provenance import materials_of
from scantling_analyzers.attestations.statement import is_about, statement_of
from scantling_common.images.attestations import MAX_DOCUMENT_BYTES
from scantling_common.images.digests import parse_digest, verify_digest
from scantling_common.images.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_common.images.attestations import Refused

_PROVENANCE: Final = re.compile(r"https://slsa\.dev/provenance/(v0\.2|v1)")
_BILLS: Final = re.compile(r"https://(spdx\.dev/Document|cyclonedx\.org/bom)(/v?[0-9.]+)?")


class ClaimDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One document, as ``size`` bytes at ``offset`` of a file; see ``AttestationDocument``."""

    via: str
    digest: str
    kind: str
    path: str
    offset: int
    size: int


def claims_of(image: str, documents: Iterable[ClaimDocument]) -> Claims:
    """Return what documents claim of the image of that digest.

    One that can't be used is a bill of materials with the reason; the others count all the same.
    """
    sboms: list[ClaimedSbom] = []
    materials: set[Material] = set()
    for document in documents:
        try:
            found = _claim(image, document)
        except ClaimUnusable as error:
            sboms.append(_unusable(document, error.reason, error.message))
        except ImageError as error:
            sboms.append(_unusable(document, error.code, error.message))
        else:
            if isinstance(found, ClaimedSbom):
                sboms.append(found)
            else:
                materials.update(found)
    return Claims(sboms=tuple(sboms), provenance=tuple(sorted(materials)))


def joined(claims: Claims, refused: Iterable[Refused]) -> Claims:
    """Return claims together with what could not even be read, in a stable order."""
    more = [
        ClaimedSbom(via=each.via, digest=each.digest, code=each.code, reason=each.reason)
        for each in refused
    ]
    sboms = sorted((*claims.sboms, *more), key=lambda sbom: (sbom.digest, sbom.via, sbom.code))
    return msgspec.structs.replace(claims, sboms=tuple(sboms))


def _claim(image: str, document: ClaimDocument) -> ClaimedSbom | tuple[Material, ...]:
    data = _content(document)
    if document.kind == "sbom":
        return _sbom(document, data)
    statement = statement_of(data)
    if statement is None:
        return ()
    provenance = _PROVENANCE.fullmatch(statement.predicate_type)
    is_bill = _BILLS.fullmatch(statement.predicate_type)
    if not provenance and not is_bill:
        return ()
    if not is_about(statement, image):
        if document.via == "layout":
            return ()  # Of all that stands there nothing says that it is about this image.
        message = "the statement is about another subject than the image that lists it"
        raise ClaimUnusable(message, code="subject_mismatch")
    if provenance:
        return materials_of(statement.predicate, provenance[1])
    return _sbom(document, statement.predicate)


def _sbom(document: ClaimDocument, data: bytes | msgspec.Raw) -> ClaimedSbom:
    bill = bill_of(data)
    return ClaimedSbom(
        via=document.via,
        digest=document.digest,
        format=bill.format,
        tool=bill.tool,
        purls=bill.purls,
        unidentified=bill.unidentified,
    )


def _content(document: ClaimDocument) -> bytes:
    if document.size > MAX_DOCUMENT_BYTES:
        message = f"the document has {document.size:,} bytes, {MAX_DOCUMENT_BYTES:,} are read"
        raise ClaimUnusable(message, code="too_large")
    with Path(document.path).open("rb") as file:
        file.seek(document.offset)
        data = file.read(document.size)
    if len(data) < document.size:
        raise ClaimUnusable("the document ends too early", code="truncated")
    verify_digest(data, parse_digest(document.digest), "the document")
    return data


def _unusable(document: ClaimDocument, code: str, reason: str) -> ClaimedSbom:
    return ClaimedSbom(via=document.via, digest=document.digest, code=code, reason=reason)
