"""The work item that reads what documents beside an image claim of it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from scantling_analyzers.attestations.reading import ClaimDocument, claims_of
from scantling_common import bodies

CLAIMS: Final = "claims"
"""The name of the file that comes out."""


class ClaimsWork(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Read the documents about an image; ``output`` is a directory of its own."""

    image: str
    documents: tuple[ClaimDocument, ...]
    output: str


class ClaimsDone(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What is claimed is in the file ``claims`` of the output directory, packed."""


def read_claims(work: ClaimsWork) -> ClaimsDone:
    """Read the documents; what is wrong with one is a part of what comes out."""
    claims = claims_of(work.image, work.documents)
    (Path(work.output) / CLAIMS).write_bytes(bodies.pack(claims))
    return ClaimsDone()
