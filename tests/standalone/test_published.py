"""What is published about an image of the fleet, from its registry to the store, as hosted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from scantling_analyzers.extraction.claims import ClaimsEngine
from scantling_analyzers.extraction.pool import WorkerPool
from scantling_analyzers.extraction.registry_claims import RegistryClaims
from scantling_analyzers.storage.claims import ClaimStore
from scantling_common.clock import SystemClock
from scantling_common.records.extractor import COLLECTIONS
from scantling_common.store.sqlite import SqliteStore
from tests.builders.attestation import IN_TOTO, SPDX, BuiltAttestation, spdx, statement
from tests.builders.image import OCI_INDEX, OCI_MANIFEST, descriptor, image, index, sha256
from tests.common.images.web_server import Web, manifest_reply, reply, serving
from tests.standalone.test_downloads import PROJECT, placement, registry_at, sources

if TYPE_CHECKING:
    from pathlib import Path

IMAGE = image({"a": b"a"})
ATTESTED = BuiltAttestation(
    documents=[(statement(IMAGE.digest, SPDX, spdx("pkg:npm/a@1")), IN_TOTO)]
)
LISTED = index(
    [
        descriptor(IMAGE.manifest, IMAGE.media_type, platform=IMAGE.platform),
        ATTESTED.entry(IMAGE.digest),
    ]
)


async def test_the_registry_of_a_placement_is_asked_with_its_own_connection(tmp_path: Path) -> None:
    server = Web()
    server.route(f"/v2/app/manifests/{sha256(LISTED)}", manifest_reply(LISTED, OCI_INDEX))
    attestation = manifest_reply(ATTESTED.manifest, OCI_MANIFEST)
    server.route(f"/v2/app/manifests/{ATTESTED.digest}", attestation)
    for data in ATTESTED.blobs:
        server.route(f"/v2/app/blobs/{sha256(data)}", reply(data))
    store = SqliteStore(":memory:")
    await store.ensure(COLLECTIONS)
    claims = ClaimStore(store)
    async with serving(server), WorkerPool(1) as pool:
        pool.start()
        registry = registry_at(f"127.0.0.1:{server.port}", "one")
        async with sources(tmp_path, registry) as (found, placements):
            placed = replace(placement("one", IMAGE.digest), repository="app", index=sha256(LISTED))
            await placements.insert(placed)
            engine = ClaimsEngine(store=claims, pool=pool, clock=SystemClock(), scratch=tmp_path)
            await RegistryClaims(engine, found, tmp_path).read(PROJECT, IMAGE.digest)
    read = await claims.read(PROJECT, IMAGE.digest)
    assert [(sbom.via, sbom.purls) for sbom in read.sboms] == [("index", ("pkg:npm/a@1",))]
    await store.close()
