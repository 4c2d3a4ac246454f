"""Which documents beside an image are about it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from scantling_common.images import attestations as module
from scantling_common.images.attestations import (
    AttestationDocument,
    LocatedDocument,
    Refused,
    about,
    documents_of,
    first,
    local_documents,
)
from scantling_common.images.digests import Digest, digest_of
from scantling_common.images.documents import Document, parse_document
from scantling_common.images.models import ImageCandidate, NotAnImage
from scantling_common.images.reference import OciArchive
from scantling_common.images.sources.files import DirectoryFiles
from scantling_common.images.sources.local import open_source
from scantling_common.images.sources.oci_layout import OciLayoutSource
from tests.builders.attestation import (
    CYCLONEDX_JSON,
    DSSE,
    IN_TOTO,
    SPDX,
    SPDX_JSON,
    BuiltAttestation,
    attested_layout,
    enveloped,
    spdx,
    statement,
)
from tests.builders.image import BuiltImage, descriptor, image, index, sha256, write_tar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import pytest

IMAGE = image({"a": b"a"})
ABOUT = Digest(IMAGE.digest)
STATEMENT = statement(IMAGE.digest, SPDX, spdx("pkg:npm/a@1"))
BILL = json.dumps(spdx("pkg:npm/b@1")).encode()


def parsed(made: BuiltAttestation) -> Document:
    return parse_document(made.manifest)


def of(made: BuiltAttestation, *, sure: bool = True) -> list[AttestationDocument | Refused]:
    return list(documents_of(parsed(made), made.digest, ABOUT, "index", sure=sure))


def written(path: Path, files: Mapping[str, bytes]) -> OciLayoutSource:
    for name, data in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return OciLayoutSource(DirectoryFiles(path))


def found_in(
    path: Path, files: Mapping[str, bytes]
) -> tuple[tuple[LocatedDocument, ...], tuple[Refused, ...]]:
    return local_documents(written(path, files), ABOUT)


def digests(located: Iterable[LocatedDocument]) -> list[str]:
    return [each.document.digest for each in located]


def test_the_documents_of_buildkit_are_found_in_the_index(tmp_path: Path) -> None:
    made = BuiltAttestation(documents=[(STATEMENT, IN_TOTO), (b"{}", IN_TOTO)])
    located, refused = found_in(tmp_path, attested_layout(IMAGE, [made]))
    assert digests(located) == [sha256(STATEMENT), sha256(b"{}")]
    assert {each.document.via for each in located} == {"index"}
    assert refused == ()
    first_place = located[0].place
    assert first_place.path.read_bytes()[first_place.offset :][: first_place.size] == STATEMENT


def test_an_archive_has_them_at_their_place_in_it(tmp_path: Path) -> None:
    made = BuiltAttestation(documents=[(STATEMENT, IN_TOTO)])
    path = write_tar(tmp_path / "image.tar", attested_layout(IMAGE, [made]))
    with open_source(OciArchive(path)) as source:
        located, _ = local_documents(source, ABOUT)
    place = located[0].place
    assert place.path.read_bytes()[place.offset :][: place.size] == STATEMENT


def test_those_about_another_image_are_passed_over(tmp_path: Path) -> None:
    other = image({"b": b"b"})
    made = BuiltAttestation(documents=[(STATEMENT, IN_TOTO)])
    files = attested_layout(other, [made])
    assert local_documents(written(tmp_path, files), ABOUT) == ((), ())


def test_what_a_layout_holds_beside_the_image_is_looked_at_by_its_subject(tmp_path: Path) -> None:
    mine = BuiltAttestation(
        documents=[(BILL, SPDX_JSON)], subject=IMAGE.digest, artifact_type=SPDX_JSON
    )
    other = BuiltAttestation(documents=[(b"[]", SPDX_JSON)], subject=sha256(b"another"))
    nobodys = BuiltAttestation(documents=[(b"{}", SPDX_JSON)])
    said = BuiltAttestation(documents=[(enveloped(STATEMENT), DSSE)])
    files = attested_layout(IMAGE, [mine, other, nobodys, said], listed=False)
    located, refused = found_in(tmp_path, files)
    assert digests(located) == [sha256(BILL), sha256(enveloped(STATEMENT))]
    assert {each.document.via for each in located} == {"layout"}
    assert refused == ()


def test_a_manifest_that_is_listed_as_the_images_and_has_another_subject_is_refused() -> None:
    made = BuiltAttestation(documents=[(STATEMENT, IN_TOTO)], subject=sha256(b"another"))
    assert [type(each) for each in of(made)] == [Refused]
    assert of(made, sure=False) == []


def test_an_index_in_place_of_attestations_is_refused() -> None:
    data = index([descriptor(IMAGE.manifest, IMAGE.media_type)])
    found = list(documents_of(parse_document(data), sha256(data), ABOUT, "index", sure=True))
    assert [each.code for each in found if isinstance(each, Refused)] == ["subject_mismatch"]


def test_only_documents_that_can_be_read_are_taken() -> None:
    made = BuiltAttestation(
        documents=[(b"1", "text/plain"), (b"2", CYCLONEDX_JSON), (b"3", "text/spdx")]
    )
    assert [each.digest for each in of(made)] == [sha256(b"2")]
    assert of(made, sure=False) == []


def test_a_huge_document_is_refused_before_it_is_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_DOCUMENT_BYTES", 10)
    found = of(BuiltAttestation(documents=[(STATEMENT, IN_TOTO)]))
    assert [each.code for each in found if isinstance(each, Refused)] == ["too_large"]


def test_what_the_layout_lacks_or_has_damaged_is_said(tmp_path: Path) -> None:
    made = BuiltAttestation(documents=[(STATEMENT, IN_TOTO)])
    files = attested_layout(IMAGE, [made])
    blob = f"blobs/{sha256(STATEMENT).replace(':', '/')}"
    without = {name: data for name, data in files.items() if name != blob}
    located, refused = found_in(tmp_path / "a", without)
    assert (located, [each.code for each in refused]) == ((), ["not_found"])
    manifest = f"blobs/{made.digest.replace(':', '/')}"
    located, refused = found_in(tmp_path / "b", {**files, manifest: b"{}"})
    assert (located, [each.code for each in refused]) == ((), ["digest_mismatch"])


def test_an_index_that_names_its_own_entries_again_and_again_ends(tmp_path: Path) -> None:
    made = BuiltAttestation(documents=[(STATEMENT, IN_TOTO)])
    inner = index([made.entry(IMAGE.digest)] * 5)
    outer = index([descriptor(inner, "application/vnd.oci.image.index.v1+json")] * 5)
    files = attested_layout(IMAGE, [made])
    blobs = {f"blobs/{sha256(data).replace(':', '/')}": data for data in (inner, outer)}
    entry = descriptor(outer, "application/vnd.oci.image.index.v1+json")
    files = {**files, **blobs, "index.json": index([entry, entry])}
    located, _ = found_in(tmp_path, files)
    assert digests(located) == [sha256(STATEMENT)]


def test_there_are_bounds_to_what_is_beside_an_image() -> None:
    listed = [
        NotAnImage(
            digest=digest_of(str(number).encode()),
            media_type="",
            size=1,
            reason="attestation-manifest",
            subject=ABOUT,
        )
        for number in range(module.MAX_MANIFESTS + 5)
    ]
    candidate = ImageCandidate(digest=ABOUT, media_type="", size=1)
    assert about([candidate, *listed], ABOUT) == tuple(listed[: module.MAX_MANIFESTS])
    many = [
        AttestationDocument(via="index", digest=sha256(str(n).encode()), size=1, kind="statement")
        for n in range(module.MAX_DOCUMENTS + 5)
    ]
    documents, refused = first([*many, *many])
    assert documents == many[: module.MAX_DOCUMENTS]
    assert [each.code for each in refused] == ["too_many"]


def test_the_same_document_twice_is_one() -> None:
    made = BuiltAttestation(documents=[(STATEMENT, IN_TOTO), (STATEMENT, IN_TOTO)])
    documents, refused = first(of(made))
    assert len(documents) == 1
    assert refused == []


def test_images_are_still_found_beside_attestations(tmp_path: Path) -> None:
    made = BuiltAttestation(documents=[(STATEMENT, IN_TOTO)])
    source = written(tmp_path, attested_layout(IMAGE, [made]))
    images = [each for each in source.resolve() if isinstance(each, ImageCandidate)]
    assert [each.digest for each in images] == [IMAGE.digest]
    assert isinstance(IMAGE, BuiltImage)
