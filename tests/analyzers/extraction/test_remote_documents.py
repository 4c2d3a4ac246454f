"""The documents beside an image in a registry, asked for over real HTTP."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from scantling_analyzers.extraction import remote_documents as module
from scantling_analyzers.extraction.claims import ClaimsEngine, Documents
from scantling_analyzers.extraction.registry_claims import RegistryClaims
from scantling_analyzers.extraction.remote_documents import RemoteDocuments
from scantling_analyzers.storage.claims import ClaimStore
from scantling_common.clock import SystemClock
from scantling_common.images.digests import Digest
from scantling_common.images.documents import parse_document
from scantling_common.images.errors import NotFound
from scantling_common.images.manifest import not_an_image
from scantling_common.records.sync import Placement
from tests.builders.attestation import (
    CYCLONEDX_JSON,
    DSSE,
    IN_TOTO,
    SPDX,
    BuiltAttestation,
    cyclonedx,
    enveloped,
    spdx,
    statement,
)
from tests.builders.image import OCI_INDEX, OCI_MANIFEST, descriptor, image, index, sha256
from tests.common.images.web_server import Web, client, manifest_reply, reply, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    import pytest

    from scantling_common.images.models import NotAnImage
    from scantling_common.images.sources.registry import Registry
    from tests.analyzers.extraction.conftest import Extraction

IMAGE = image({"a": b"a"})
ABOUT = Digest(IMAGE.digest)
TAG = IMAGE.digest.replace(":", "-")
STATEMENT = statement(IMAGE.digest, SPDX, spdx("pkg:npm/a@1"))
BILL = json.dumps(cyclonedx("pkg:npm/b@1")).encode()
BUILDKIT = BuiltAttestation(documents=[(STATEMENT, IN_TOTO)])
REFERRER = BuiltAttestation(documents=[(BILL, CYCLONEDX_JSON)], subject=IMAGE.digest)
COSIGN = BuiltAttestation(documents=[(enveloped(STATEMENT), DSSE)])
LISTED = index(
    [
        descriptor(IMAGE.manifest, IMAGE.media_type, platform=IMAGE.platform),
        BUILDKIT.entry(IMAGE.digest),
        BUILDKIT.entry(sha256(b"another image")),
    ]
)


def put(server: Web, made: BuiltAttestation, *, reference: str = "") -> None:
    """Let a registry have an attestation, by digest or under a tag."""
    manifest = manifest_reply(made.manifest, OCI_MANIFEST)
    server.route(f"/v2/app/manifests/{reference or made.digest}", manifest)
    for data in made.blobs:
        server.route(f"/v2/app/blobs/{sha256(data)}", reply(data))


def listed(data: bytes = LISTED) -> list[NotAnImage]:
    return [not_an_image(entry, "x") for entry in parse_document(data).manifests or ()]


async def fetched(
    registry: Registry, folder: Path, *, referrers: bool = False, data: bytes = LISTED
) -> Documents:
    remote = RemoteDocuments(registry, "app", ABOUT)
    return await remote.fetched(listed(data), folder, referrers=referrers)


def contents(found: Documents) -> dict[str, bytes]:
    return {each.via: Path(each.path).read_bytes() for each in found.documents}


async def test_what_the_index_names_is_downloaded_and_nothing_else_is_asked_for(
    tmp_path: Path,
) -> None:
    server = Web()
    put(server, BUILDKIT)
    async with serving(server), client(server) as registry:
        found = await fetched(registry, tmp_path)
    assert contents(found) == {"index": STATEMENT}
    assert (found.refused, found.again) == ((), False)
    assert [path for _, path in server.seen()] == [
        f"/v2/app/manifests/{BUILDKIT.digest}",
        f"/v2/app/blobs/{sha256(STATEMENT)}",
    ]


async def test_referrers_and_the_tags_of_cosign_are_asked_for_on_demand(tmp_path: Path) -> None:
    server = Web()
    put(server, BUILDKIT)
    put(server, REFERRER)
    put(server, COSIGN, reference=f"{TAG}.att")
    referring = index([REFERRER.entry()])
    server.route(f"/v2/app/referrers/{ABOUT}", reply(referring, Content_Type=OCI_INDEX))
    async with serving(server), client(server) as registry:
        found = await fetched(registry, tmp_path, referrers=True)
    assert contents(found) == {
        "index": STATEMENT,
        "referrers": BILL,
        "tag": enveloped(STATEMENT),
    }
    assert (found.refused, found.again) == ((), False)


async def test_a_registry_without_the_referrers_api_shows_them_under_a_tag(tmp_path: Path) -> None:
    server = Web()
    put(server, REFERRER)
    server.route(f"/v2/app/manifests/{TAG}", manifest_reply(index([REFERRER.entry()]), OCI_INDEX))
    async with serving(server), client(server) as registry:
        found = await fetched(registry, tmp_path, referrers=True, data=index([]))
    assert contents(found) == {"referrers": BILL}
    assert found.refused == ()


async def test_where_nobody_put_anything_nothing_is_found(tmp_path: Path) -> None:
    server = Web()
    async with serving(server), client(server) as registry:
        found = await fetched(registry, tmp_path, referrers=True, data=index([]))
    assert found == Documents()


async def test_what_the_index_names_and_the_registry_lacks_is_said(tmp_path: Path) -> None:
    server = Web()
    async with serving(server), client(server) as registry:
        found = await fetched(registry, tmp_path)
    assert [(each.via, each.code) for each in found.refused] == [("index", "not_found")]
    assert not found.again


async def test_other_content_than_was_named_is_refused(tmp_path: Path) -> None:
    server = Web()
    put(server, BUILDKIT)
    server.route(f"/v2/app/blobs/{sha256(STATEMENT)}", reply(b"x" * len(STATEMENT)))
    async with serving(server), client(server) as registry:
        found = await fetched(registry, tmp_path)
    assert [each.code for each in found.refused] == ["digest_mismatch"]
    assert (found.documents, found.again) == ((), False)


async def test_a_registry_that_fails_is_asked_again_another_time(tmp_path: Path) -> None:
    server = Web()
    server.route(f"/v2/app/manifests/{BUILDKIT.digest}", reply(status=503))
    server.route(f"/v2/app/referrers/{ABOUT}", reply(status=503))
    async with serving(server), client(server) as registry:
        found = await fetched(registry, tmp_path, referrers=True)
    assert {each.via for each in found.refused} == {"index", "referrers"}
    assert found.again


async def test_a_listing_of_referrers_that_is_no_index_is_refused(tmp_path: Path) -> None:
    server = Web()
    server.route(f"/v2/app/referrers/{ABOUT}", reply(b"<html>"))
    async with serving(server), client(server) as registry:
        found = await fetched(registry, tmp_path, referrers=True, data=index([]))
    assert [(each.via, each.code) for each in found.refused] == [("referrers", "manifest_invalid")]


async def test_documents_are_downloaded_as_far_as_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", len(STATEMENT) + 1)
    two = BuiltAttestation(documents=[(STATEMENT, IN_TOTO), (STATEMENT + b" ", IN_TOTO)])
    server = Web()
    put(server, two)
    async with serving(server), client(server) as registry:
        found = await fetched(registry, tmp_path, data=index([two.entry(IMAGE.digest)]))
    assert contents(found) == {"index": STATEMENT}
    assert [each.code for each in found.refused] == ["too_large"]


class Fleet:
    """One placement of the image, in an index or not; and how often the registry was opened."""

    def __init__(self, registry: Registry, index_digest: str) -> None:
        self.registry, self.opened = registry, 0
        self.placement = Placement(
            id="1",
            project="p",
            registry="r",
            repository="app",
            platform="linux/amd64",
            image=ABOUT,
            index=index_digest,
            observed_at=1,
            first_seen_at=1,
            last_seen_at=1,
        )

    async def placed(
        self, project: str, image: str
    ) -> tuple[Placement, AbstractAsyncContextManager[Fleet]]:
        if image != ABOUT:
            raise NotFound(f"{project} has no {image}")
        return self.placement, self._open()

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[Fleet]:
        self.opened += 1
        yield self


def claims_of(extraction: Extraction, fleet: Fleet, *, referrers: bool = False) -> RegistryClaims:
    engine = ClaimsEngine(
        store=ClaimStore(extraction.store),
        pool=extraction.pool,
        clock=SystemClock(),
        scratch=extraction.scratch,
    )
    return RegistryClaims(engine, fleet, extraction.scratch, referrers=referrers)  # type: ignore[arg-type]  # has what is asked for of a connection


async def test_an_image_of_the_fleet_is_asked_for_once_for_each_index(
    extraction: Extraction,
) -> None:
    server = Web()
    put(server, BUILDKIT)
    server.route(f"/v2/app/manifests/{sha256(LISTED)}", manifest_reply(LISTED, OCI_INDEX))
    async with serving(server), client(server) as registry:
        fleet = Fleet(registry, sha256(LISTED))
        claims = claims_of(extraction, fleet)
        await claims.read("p", ABOUT)
        await claims.read("p", ABOUT)
    assert fleet.opened == 1
    stored = await ClaimStore(extraction.store).read("p", ABOUT)
    assert [sbom.purls for sbom in stored.sboms] == [("pkg:npm/a@1",)]


async def test_an_image_without_an_index_costs_no_request_unless_that_is_wanted(
    extraction: Extraction,
) -> None:
    server = Web()
    async with serving(server), client(server) as registry:
        fleet = Fleet(registry, "")
        await claims_of(extraction, fleet).read("p", ABOUT)
        assert (fleet.opened, server.seen()) == (0, [])
        await claims_of(extraction, fleet, referrers=True).read("p", ABOUT)
        assert len(server.seen()) == 4


async def test_an_index_that_is_gone_is_said_and_an_image_that_is_gone_is_nothing(
    extraction: Extraction,
) -> None:
    server = Web()
    async with serving(server), client(server) as registry:
        fleet = Fleet(registry, sha256(LISTED))
        await claims_of(extraction, fleet).read("p", ABOUT)
        await claims_of(extraction, fleet).read("p", sha256(b"gone"))
    stored = await ClaimStore(extraction.store).read("p", ABOUT)
    assert [sbom.code for sbom in stored.sboms] == ["not_found"]
