"""From documents beside an image to what they claim of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.attestations import reading as module
from scantling_analyzers.attestations.models import ClaimedSbom, Claims, Material
from scantling_analyzers.attestations.reading import ClaimDocument, claims_of, joined
from scantling_common.images.attestations import Refused
from tests.builders.attestation import (
    CYCLONEDX,
    SLSA_1,
    SPDX,
    bundled,
    cyclonedx,
    enveloped,
    provenance,
    spdx,
    statement,
)
from tests.builders.image import sha256

if TYPE_CHECKING:
    from pathlib import Path

IMAGE, BASE = sha256(b"image"), sha256(b"base")
PAD = "pkg:npm/left-pad@1.3.0"


class Folder:
    """Documents as files."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._count = 0

    def document(
        self, data: bytes, *, via: str = "index", kind: str = "statement"
    ) -> ClaimDocument:
        self._count += 1
        file = self._path / str(self._count)
        file.write_bytes(b"before" + data + b"after")
        return ClaimDocument(
            via=via, digest=sha256(data), kind=kind, path=str(file), offset=6, size=len(data)
        )


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def codes(claims: Claims) -> list[str]:
    return [sbom.code for sbom in claims.sboms]


def test_statements_give_bills_and_the_images_of_a_build(folder: Folder) -> None:
    claims = claims_of(
        IMAGE,
        [
            folder.document(statement(IMAGE, SPDX, spdx(PAD))),
            folder.document(enveloped(statement(IMAGE, CYCLONEDX, cyclonedx(PAD))), via="tag"),
            folder.document(
                bundled(statement(IMAGE, SLSA_1, provenance(("pkg:docker/alpine@3", BASE))))
            ),
        ],
    )
    assert [(s.via, s.format, s.purls) for s in claims.sboms] == [
        ("index", "SPDX-2.3", (PAD,)),
        ("tag", "CycloneDX-1.5", (PAD,)),
    ]
    assert claims.provenance == (Material("alpine:3", BASE),)


def test_a_bill_may_stand_there_without_a_statement(folder: Folder) -> None:
    data = json.dumps(spdx(PAD)).encode()
    assert claims_of(IMAGE, [folder.document(data, kind="sbom")]).sboms[0].purls == (PAD,)


def test_what_is_neither_a_bill_nor_provenance_says_nothing(folder: Folder) -> None:
    other = folder.document(statement(IMAGE, "https://openvex.dev/ns/v0.2.0", {}))
    signature = folder.document(b'{"messageSignature":{}}')
    assert claims_of(IMAGE, [other, signature]) == Claims()


def test_a_statement_about_something_else_is_not_believed(folder: Folder) -> None:
    data = statement(sha256(b"another"), SPDX, spdx(PAD))
    assert codes(claims_of(IMAGE, [folder.document(data)])) == ["subject_mismatch"]


def test_what_merely_lies_about_may_be_about_something_else(folder: Folder) -> None:
    data = statement(sha256(b"another"), SPDX, spdx(PAD))
    assert claims_of(IMAGE, [folder.document(data, via="layout")]) == Claims()


def test_one_bad_document_leaves_the_others(folder: Folder) -> None:
    good = folder.document(statement(IMAGE, SPDX, spdx(PAD)))
    bad = folder.document(b"{")
    lying = ClaimDocument(
        via="index", digest=BASE, kind="statement", path=good.path, offset=6, size=good.size
    )
    short = ClaimDocument(
        via="index", digest=BASE, kind="sbom", path=good.path, offset=6, size=good.size + 1000
    )
    claims = claims_of(IMAGE, [bad, good, lying, short])
    assert codes(claims) == ["malformed", "", "digest_mismatch", "truncated"]
    assert claims.sboms[1].purls == (PAD,)


def test_a_document_over_the_limit_is_not_opened(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_DOCUMENT_BYTES", 10)
    data = statement(IMAGE, SPDX, spdx(PAD))
    assert codes(claims_of(IMAGE, [folder.document(data)])) == ["too_large"]


def test_what_could_not_be_read_stands_beside_what_could() -> None:
    refused = Refused(via="index", digest=BASE, code="not_found", reason="it is gone")
    read = ClaimedSbom(via="index", digest=IMAGE, purls=(PAD,))
    claims = joined(Claims(sboms=(read,)), [refused])
    assert sorted(codes(claims)) == ["", "not_found"]
    assert claims == joined(Claims(sboms=(read,)), [refused])
