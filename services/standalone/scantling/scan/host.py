"""The host of a single scan: no bus, no head, one cache file (or none)."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec.structs import replace

from scantling.scan.errors import ScanError, ScanOverdue
from scantling.scan.platforms import choose
from scantling_analyzers.analysis.bases import BaseFinder
from scantling_analyzers.analysis.content import ContentLoader, FactsMissing, LayerAddress
from scantling_analyzers.contract import Settings
from scantling_analyzers.extraction.failures import code_of
from scantling_analyzers.extraction.image import ImageEngine
from scantling_analyzers.extraction.layer import LayerEngine
from scantling_analyzers.extraction.readers import readers_for
from scantling_analyzers.facts.catalogue import READERS
from scantling_analyzers.risks.catalogue import analyzer_of
from scantling_analyzers.storage.shelves import Shelves
from scantling_common.errors import ScantlingError
from scantling_common.layers.limits import LayerLimits
from scantling_common.outcomes import Outcome
from scantling_common.records import extractor as extractor_records
from scantling_common.records.sync import PLACEMENTS, REGISTRIES, Placement, placement_id
from scantling_common.risks import Risk
from scantling_common.store.repository import Repository
from scantling_common.store.sqlite import SqliteStore
from scantling_reporter.report import (
    Report,
    ReportImage,
    ReportLayer,
    organization_of,
    report_of,
    timestamp,
)
from scantling_sync.images import image_of, platform_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling.scan.opened import Opened
    from scantling_analyzers.extraction.pool import WorkerPool
    from scantling_common.clock import Clock, Randomness
    from scantling_common.images.models import ImageManifest
    from scantling_common.images.reference import Reference
    from scantling_common.records.sync import Image
    from scantling_common.store.port import Store

PROJECT: Final = "local"
COLLECTIONS: Final = (*extractor_records.COLLECTIONS, PLACEMENTS, REGISTRIES)


class ScanOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan is asked for. ``cache`` None keeps nothing; ``seconds`` None is no limit."""

    risks: tuple[Risk, ...]
    platform: str | None = None
    settings: Settings = Settings()
    cache: Path | None = None
    seconds: float | None = None
    limits: LayerLimits = LayerLimits()


class ScanHost:
    """Scans images one after the other with the same pool and store."""

    def __init__(
        self, options: ScanOptions, pool: WorkerPool, clock: Clock, randomness: Randomness
    ) -> None:
        """Bind everything; nothing is opened."""
        self._options, self._pool = options, pool
        self._clock, self._randomness = clock, randomness

    async def scan(self, opened: Opened, reference: Reference | None) -> list[Report]:
        """Return a report for each platform that was chosen.

        Raises what the image's source raises, and :class:`ScanOverdue`. Whatever is wrong with
        a layer is in the report, as *failed* outcomes.
        """
        try:
            async with asyncio.timeout(self._options.seconds):
                return await self._scan(opened, reference)
        except TimeoutError as error:
            message = f"the scan was not done after {self._options.seconds:g} s"
            raise ScanOverdue(message, hint="allow more with --timeout SECONDS") from error

    async def _scan(self, opened: Opened, reference: Reference | None) -> list[Report]:
        manifests = [await opened.manifest(c.digest) for c in await opened.candidates()]
        if not manifests:
            raise ScanError("the source holds no image", hint="only attestations or signatures?")
        chosen = choose(manifests, self._options.platform)
        store = SqliteStore(_database(self._options.cache), synchronous="normal")
        try:
            await store.ensure(COLLECTIONS)
            with tempfile.TemporaryDirectory(prefix="scantling-scan-") as scratch:
                scan = _Scan(self, store, Path(scratch), opened, reference)
                return [await scan.report(manifest) for manifest in chosen]
        finally:
            await store.close()


class _Scan:
    """One run over an open store."""

    def __init__(
        self,
        host: ScanHost,
        store: Store,
        scratch: Path,
        opened: Opened,
        reference: Reference | None,
    ) -> None:
        self._options, self._clock = host._options, host._clock  # noqa: SLF001  # its other half
        shelves = Shelves(store, host._randomness.token(), self._clock)  # noqa: SLF001
        pool = host._pool  # noqa: SLF001
        layers = LayerEngine(
            shelves=shelves,
            pool=pool,
            clock=self._clock,
            scratch=scratch,
            limits=self._options.limits,
        )
        self._engine = ImageEngine(
            layers=layers, shelves=shelves, pool=pool, clock=self._clock, scratch=scratch
        )
        self._content, self._bases = ContentLoader(store), BaseFinder(store)
        self._placements = Repository(store, PLACEMENTS, Placement)
        self._opened, self._reference = opened, reference

    async def report(self, manifest: ImageManifest) -> Report:
        image = image_of(manifest, self._clock.now_ms())
        await self._remember(image)
        if image.unsupported:
            outcomes = self._same("unsupported", "not_linux", image.unsupported)
            return self._report(image, outcomes, {})
        readers = readers_for(self._options.risks, READERS)
        try:
            extracted = await self._engine.read(
                PROJECT, image.id, image.body.layers, readers, self._opened.blobs, again=True
            )
        except ScantlingError as error:
            return self._report(image, self._same("failed", code_of(error), str(error)), {})
        layers = [
            LayerAddress(digest=layer.digest, identity=read.identity, readers=readers)
            for layer, read in zip(image.body.layers, extracted.layers, strict=True)
        ]
        sizes = {read.identity: read.uncompressed_size for read in extracted.layers}
        outcomes = [
            await self._outcome(risk, image, layers, extracted.visibility)
            for risk in self._options.risks
        ]
        return self._report(image, outcomes, sizes)

    async def _outcome(
        self, risk: Risk, image: Image, layers: Sequence[LayerAddress], visibility: str
    ) -> Outcome:
        analyzer = analyzer_of(risk)
        if analyzer is None:
            reason = "this version has no analyzer of that risk type"
            return Outcome(risk=risk, status="unsupported", code="no_analyzer", reason=reason)
        bases = await self._bases.bases(PROJECT, [layer.identity for layer in layers])
        content = await self._content.load(
            PROJECT, image, layers, visibility, analyzer.readers, bases
        )
        if isinstance(content, FactsMissing):
            return Outcome(risk=risk, status="failed", code="facts_missing", reason=content.key)
        begun = time.perf_counter()
        outcome = analyzer.analyze(content, self._options.settings)
        return replace(outcome, seconds=round(time.perf_counter() - begun, 6))

    async def _remember(self, image: Image) -> None:
        """Keep the image's name: it may be the base of one that is scanned later."""
        if self._reference is None:
            return
        now = self._clock.now_ms()
        reference = self._reference
        platform = platform_of(image)
        await self._placements.insert(
            Placement(
                id=placement_id(
                    reference.registry, reference.repository, reference.target, platform
                ),
                project=PROJECT,
                registry=reference.registry,
                repository=reference.repository,
                tag=reference.tag or "",
                platform=platform,
                image=image.id,
                observed_at=now,
                first_seen_at=now,
                last_seen_at=now,
            )
        )

    def _same(self, status: str, code: str, reason: str) -> list[Outcome]:
        return [
            msgspec.convert(
                {"risk": risk, "status": status, "code": code, "reason": reason}, Outcome
            )
            for risk in self._options.risks
        ]

    def _report(self, image: Image, outcomes: Sequence[Outcome], sizes: dict[str, int]) -> Report:
        reference = self._reference
        layers = tuple(
            ReportLayer(
                digest=layer.digest,
                diff_id=layer.claimed_diff_id,
                size=layer.size,
                uncompressed_size=sizes.get(layer.claimed_diff_id),
                created_by=layer.created_by,
            )
            for layer in image.body.layers
        )
        described = ReportImage(
            project=PROJECT,
            registry=reference.registry if reference else "",
            organization=organization_of(reference.repository) if reference else "",
            repository=reference.repository if reference else "",
            tags=(reference.tag,) if reference and reference.tag else (),
            reference=str(reference) if reference else "",
            digest=image.id,
            platform=platform_of(image),
            created=timestamp(image.image_created_at),
            size=image.size,
            layers=layers,
        )
        return report_of(described, outcomes, scanned_at=self._clock.now_ms())


def workers() -> int:
    """Return how many layers are read side by side: one for each processor, at most four."""
    return max(1, min(4, len(os.sched_getaffinity(0))))


def _database(cache: Path | None) -> Path | str:
    if cache is None:
        return ":memory:"
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    return cache / "scan.db"
