"""The extractor and the analyzers as services: on a real bus, over a real store."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.analysis.archive_index import ArchiveIndex
from scantling_analyzers.analysis.service import AnalyzerService
from scantling_analyzers.attestations.models import ClaimedSbom, Claims
from scantling_analyzers.contract import rules_of
from scantling_analyzers.extraction.readers import INDEX_READER, readers_for
from scantling_analyzers.extraction.service import ExtractorService
from scantling_analyzers.risks.catalogue import ANALYZERS
from scantling_analyzers.storage.claims import ClaimStore
from scantling_common import bodies
from scantling_common.bus.local import LocalBus
from scantling_common.bus.port import Answer, Delivery, Done, Outgoing, Subscription
from scantling_common.clock import SystemClock, SystemRandomness
from scantling_common.events.models import (
    AnalyzerVersions,
    Control,
    ScanExtract,
    ScanKind,
    ScanResult,
    ScanReturned,
)
from scantling_common.events.topics import (
    ANALYZER_VERSIONS,
    CONTROL,
    SCAN_EXTRACT,
    SCAN_RESULTS,
    SCAN_RETURNED,
    TOPICS,
)
from scantling_common.images.digests import digest_of
from scantling_common.images.errors import NotFound, RateLimited
from scantling_common.outcome_pages import assemble
from scantling_common.records import dispatcher, sync
from scantling_common.records.dispatcher import SCANS, Scan, scan_id
from scantling_common.records.shared import ImageBody, Layer
from scantling_common.records.sync import IMAGES, Image
from scantling_common.risks import ALWAYS
from scantling_common.store.repository import Repository
from tests.analyzers.extraction.conftest import blobs, extraction, pool
from tests.analyzers.extraction.readers import CATALOGUE
from tests.builders.java_index import java_index

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from scantling_analyzers.contract import Analyzer
    from scantling_analyzers.extraction.blobs import BlobSource
    from scantling_common.errors import ScantlingError
    from scantling_common.outcomes import Outcome
    from tests.analyzers.extraction.blob_files import BlobFolder
    from tests.analyzers.extraction.conftest import Extraction

__all__ = ["blobs", "extraction", "pool"]

PROJECT = "p"
IMAGE = digest_of(b"manifest")
SECONDS = 20.0


class Roles:
    """Both roles running, and what they said."""

    def __init__(self, bus: LocalBus, extraction: Extraction, source: BlobSource) -> None:
        self.bus, self.extraction, self.blobs = bus, extraction, source
        self.problem: ScantlingError | None = None
        self.published: Claims | None = None
        self.asked = 0
        self.index: ArchiveIndex | None = None
        self.said: asyncio.Queue[ScanResult | ScanReturned] = asyncio.Queue()
        self.images = Repository(extraction.store, IMAGES, Image)
        self.scans = Repository(extraction.store, SCANS, Scan)

    async def source(self, project: str, image: str) -> BlobSource:
        assert (project, image) == (PROJECT, IMAGE)
        if self.problem is not None:
            raise self.problem
        return self.blobs

    async def read(self, project: str, image: str) -> None:
        """Read what is published about the image, as the extractor asks for it."""
        assert (project, image) == (PROJECT, IMAGE)
        self.asked += 1
        if self.published is not None:
            await ClaimStore(self.extraction.store).write(
                *(project, image, bodies.pack(self.published)),
                index="",
                listing="1",
                again=False,
                now_ms=1,
            )

    async def listen(self, delivery: Delivery) -> Answer:
        assert isinstance(delivery.event, ScanResult | ScanReturned)
        await self.said.put(delivery.event)
        return Done()

    async def scan(
        self,
        *layers: Layer,
        unsupported: str = "",
        seq: int = 1,
        attempt: int = 1,
        again: bool = False,
        kind: ScanKind = "scan",
    ) -> None:
        """Store an image and its scan, then ask for it as the dispatcher does."""
        await self.images.insert(
            Image(
                id=IMAGE,
                media_type="application/vnd.oci.image.manifest.v1+json",
                config_digest=digest_of(b"config"),
                os="windows" if unsupported else "linux",
                architecture="amd64",
                size=1,
                unsupported=unsupported,
                first_seen_at=1,
                body=ImageBody(layers=layers),
            )
        )
        id_ = scan_id(PROJECT, IMAGE)
        await self.scans.insert(Scan(id=id_, project=PROJECT, image=IMAGE, state="running", seq=1))
        producer = await self.bus.producer()
        event = ScanExtract(
            project=PROJECT,
            scan=id_,
            image=IMAGE,
            risks=ALWAYS,
            seq=seq,
            attempt=attempt,
            again=again,
            kind=kind,
        )
        await producer.send(Outgoing(topic=SCAN_EXTRACT, event=event, id="1"))
        await producer.close()

    async def next(self) -> ScanResult | ScanReturned:
        return await asyncio.wait_for(self.said.get(), SECONDS)

    async def caught_up(self) -> None:
        """Return when the extractor has answered all that it was asked."""
        async with asyncio.timeout(SECONDS):
            while await self.bus.lag("scantling-extractor", SCAN_EXTRACT):  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def outcomes(self) -> dict[str, Outcome]:
        pages = [await self.next() for _ in ALWAYS]
        return {page.risk: assemble([page.body]) for page in pages if isinstance(page, ScanResult)}


@pytest.fixture
async def roles(extraction: Extraction, blobs: BlobFolder, tmp_path: Path) -> AsyncIterator[Roles]:
    clock, randomness = SystemClock(), SystemRandomness()
    bus = LocalBus(tmp_path / "bus", clock=clock, randomness=randomness, source="/test")
    await bus.ensure_topics(TOPICS)
    await extraction.store.ensure((*sync.COLLECTIONS, *dispatcher.COLLECTIONS))
    roles = Roles(bus, extraction, blobs)
    extractor = ExtractorService(
        engine=extraction.images,
        sources=roles,
        readers=CATALOGUE,
        store=extraction.store,
        bus=bus,
        clock=clock,
        randomness=randomness,
        instance="e",
        claims=roles,
    )
    roles.index = ArchiveIndex(java_index(tmp_path / "java.db", []))
    analyzers = [
        AnalyzerService(
            Fitted(analyzer),
            store=extraction.store,
            bus=bus,
            clock=clock,
            randomness=randomness,
            instance="a",
            reader_versions=readers_for(ALWAYS, CATALOGUE),
            archives=roles.index if analyzer.risk == "software" else None,
        )
        for analyzer in ANALYZERS
    ]
    topics = (SCAN_RESULTS, SCAN_RETURNED)
    loops = [
        extractor.run(),
        *(analyzer.run() for analyzer in analyzers),
        bus.consume(Subscription(topics=topics, handler=roles.listen, group="test")),
    ]
    tasks = [asyncio.create_task(loop) for loop in loops]
    yield roles
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    roles.index.close()
    await bus.close()


class Fitted:
    """An analyzer, asked for those of its readers that the tests' catalogue has."""

    def __init__(self, analyzer: Analyzer) -> None:
        self.risk = analyzer.risk
        self.version = analyzer.version
        self.rules = rules_of(analyzer)
        self.readers = tuple(n for n in analyzer.readers if n in {"os-release", "apk", "files"})
        self.analyze = analyzer.analyze


async def test_an_image_becomes_one_outcome_for_each_risk(roles: Roles, blobs: BlobFolder) -> None:
    await roles.scan(blobs.add({"etc/os-release": b"ID=debian\nVERSION_ID=7\n", "\udcff": b"12"}))
    outcomes = await roles.outcomes()
    assert {risk: outcome.status for risk, outcome in outcomes.items()} == dict.fromkeys(
        ALWAYS, "complete"
    )
    assert roles.index is not None
    rules = {risk: outcome.versions.rules for risk, outcome in outcomes.items()}
    assert rules == {**dict.fromkeys(ALWAYS, ""), "software": roles.index.mark}
    software, files = outcomes["software"], outcomes["file"].files
    assert software.distribution is not None
    assert software.distribution.id == "debian"
    assert files is not None
    assert [file.path for file in files.largest] == ["etc/os-release", "\\xff"]


async def test_what_is_published_about_an_image_is_compared_with_it(
    roles: Roles, blobs: BlobFolder
) -> None:
    sbom = ClaimedSbom(via="index", digest=digest_of(b"sbom"), purls=("pkg:npm/gone@1",))
    roles.published = Claims(sboms=(sbom,))
    await roles.scan(blobs.add({"etc/os-release": b"ID=alpine\n"}))
    outcomes = await roles.outcomes()
    assert outcomes["software"].status == "complete"
    assert [each.only_in_sbom for each in outcomes["software"].sboms] == [("pkg:npm/gone@1",)]
    assert roles.asked == 1


async def test_an_image_of_another_system_is_unsupported(roles: Roles) -> None:
    await roles.scan(unsupported="not_linux: the image is for windows/amd64")
    outcomes = await roles.outcomes()
    assert {(o.status, o.code) for o in outcomes.values()} == {("unsupported", "not_linux")}


async def test_a_lying_config_is_failed_for_every_risk(roles: Roles, blobs: BlobFolder) -> None:
    await roles.scan(blobs.add({"a": b""}, claimed=digest_of(b"clean")))
    outcomes = await roles.outcomes()
    assert {(o.status, o.code) for o in outcomes.values()} == {("failed", "diff_id_mismatch")}


async def test_an_image_that_is_gone_is_failed(roles: Roles, blobs: BlobFolder) -> None:
    roles.problem = NotFound("the image has no placement")
    await roles.scan(blobs.add({"a": b""}))
    outcomes = await roles.outcomes()
    assert {(o.status, o.code) for o in outcomes.values()} == {("failed", "not_found")}


async def test_a_registry_that_asks_to_wait_blocks_nobody(roles: Roles, blobs: BlobFolder) -> None:
    roles.problem = RateLimited("slow down", not_before_seconds=3600)
    await roles.scan(blobs.add({"a": b""}), attempt=9)
    returned = await roles.next()
    assert isinstance(returned, ScanReturned)
    assert (returned.reason, returned.risks, returned.attempt) == ("rate_limited", ALWAYS, 9)


async def test_a_layer_that_takes_too_long_makes_the_image_partial(
    roles: Roles, blobs: BlobFolder
) -> None:
    await roles.scan(blobs.add({"etc/os-release": b"ID=debian\n"}), blobs.add({"do/hang": b""}))
    outcomes = await roles.outcomes()
    assert outcomes["software"].status == outcomes["file"].status == "partial"
    assert {error.code for error in outcomes["software"].errors} == {"deadline"}


async def test_a_cancelled_scan_stops_its_worker(roles: Roles, blobs: BlobFolder) -> None:
    layer = blobs.add({"do/hang": b""})
    await roles.scan(layer)
    await blobs.touched.wait()
    id_ = scan_id(PROJECT, IMAGE)
    await roles.scans.set_fields(id_, {"control": "paused"})
    producer = await roles.bus.producer()
    event = Control(project=PROJECT, scan=id_, state="paused", seq=1)
    await producer.send(Outgoing(topic=CONTROL, event=event, id="c"))
    await producer.close()
    returned = await roles.next()
    assert isinstance(returned, ScanReturned)
    assert returned.reason == "paused"


async def test_a_scan_that_ended_is_not_read_again(roles: Roles, blobs: BlobFolder) -> None:
    layer = blobs.add({"a": b""})
    id_ = scan_id(PROJECT, IMAGE)
    await roles.scans.insert(Scan(id=id_, project=PROJECT, image=IMAGE, state="idle", seq=1))
    await roles.scan(layer, seq=1)
    await roles.caught_up()
    assert roles.said.empty()
    assert blobs.asked == []


async def test_a_scan_that_is_paused_reads_no_further_layer(
    roles: Roles, blobs: BlobFolder
) -> None:
    """Without any control event: the state in the store is enough."""
    layers = [blobs.add({"do/well": b"", f"n/{n}": b""}) for n in range(12)]
    blobs.hold.clear()
    await roles.scan(*layers)
    await blobs.touched.wait()
    await roles.scans.set_fields(scan_id(PROJECT, IMAGE), {"control": "paused"})
    blobs.hold.set()
    returned = await roles.next()
    assert isinstance(returned, ScanReturned)
    assert returned.reason == "paused"
    assert len(blobs.asked) < len(layers)


async def test_both_roles_announce_each_analyzer(roles: Roles) -> None:
    said: list[tuple[str, int]] = []
    rules: dict[str, str] = {}
    known = asyncio.Event()

    async def hear(delivery: Delivery) -> Answer:
        assert isinstance(delivery.event, AnalyzerVersions)
        assert delivery.event.readers["files"] == INDEX_READER["files"]
        said.append((delivery.event.risk, delivery.event.version))
        if delivery.event.rules_known:
            rules[delivery.event.risk] = delivery.event.rules_version
        if len(said) == 2 * len(ANALYZERS):
            known.set()
        return Done()

    topics = (ANALYZER_VERSIONS,)
    listening = asyncio.create_task(
        roles.bus.consume(Subscription(topics=topics, handler=hear, group=None))
    )
    await asyncio.wait_for(known.wait(), SECONDS)
    listening.cancel()
    assert sorted(said) == sorted(2 * [(each.risk, each.version) for each in ANALYZERS])
    assert roles.index is not None
    own = {each.risk: rules_of(each) for each in ANALYZERS}
    assert own["compliance"]
    assert rules == {**own, "software": roles.index.mark}


async def test_scan_again_tries_what_was_given_up(roles: Roles, blobs: BlobFolder) -> None:
    layer = blobs.add({"do/crash": b""})
    await roles.scan(layer)
    assert (await roles.outcomes())["software"].status == "partial"
    asked = len(blobs.asked)
    await roles.scan(layer)
    assert (await roles.outcomes())["software"].status == "partial"
    assert len(blobs.asked) == asked
    await roles.scan(layer, again=True)
    assert (await roles.outcomes())["software"].status == "partial"
    assert len(blobs.asked) > asked


async def test_a_rematch_never_asks_the_registry(roles: Roles, blobs: BlobFolder) -> None:
    layer = blobs.add({"a": b""})
    await roles.scan(layer, kind="rematch")
    returned = await roles.next()
    assert isinstance(returned, ScanReturned)
    assert returned.reason == "facts_missing"
    assert blobs.asked == []
    await roles.scan(layer)
    assert len(await roles.outcomes()) == len(ALWAYS)
    roles.problem = NotFound("nobody is asked")
    await roles.scan(layer, kind="rematch")
    assert {o.status for o in (await roles.outcomes()).values()} == {"complete"}
    assert roles.asked == 1


async def test_a_superseded_request_is_dropped(roles: Roles, blobs: BlobFolder) -> None:
    layer = blobs.add({"a": b""})
    await roles.scan(layer, seq=0)
    await roles.scan(layer, seq=1)
    outcomes = await roles.outcomes()
    assert len(outcomes) == len(ALWAYS)
    assert roles.said.empty()
