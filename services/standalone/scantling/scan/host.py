"""The host of a single scan: no bus, no head, one cache file (or none)."""

from __future__ import annotations

import asyncio
import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from scantling.cli.errors import UsageError
from scantling.scan.beside import beside
from scantling.scan.cache import FILE, is_cache_failure, mark_used, used_cache
from scantling.scan.errors import NotAnImageThere, ScanError, ScanOverdue
from scantling.scan.left_out import searched_without
from scantling.scan.naming import name_of
from scantling.scan.placement_book import PlacementBook
from scantling.scan.platforms import choose
from scantling.scan.scratch import scratch_directory
from scantling_analyzers.contract import Settings
from scantling_analyzers.extraction.claims import ClaimsEngine
from scantling_analyzers.extraction.failures import code_of
from scantling_analyzers.extraction.image import ImageEngine
from scantling_analyzers.extraction.layer import LayerEngine
from scantling_analyzers.extraction.readers import readers_for
from scantling_analyzers.facts.catalogue import readers_with
from scantling_analyzers.limits import Limits
from scantling_analyzers.rule_packs.configured import NO_RULES, ConfiguredRules
from scantling_analyzers.storage.claims import ClaimStore
from scantling_analyzers.storage.shelves import Shelves
from scantling_common.errors import ScantlingError
from scantling_common.images.models import ImageManifest
from scantling_common.images.platform import Platform
from scantling_common.images.reference import Reference
from scantling_common.outcomes import OutcomeError
from scantling_common.records import extractor as extractor_records
from scantling_common.records.sync import MOVES, PLACEMENTS, REGISTRIES
from scantling_common.risks import Risk
from scantling_sync.images import image_of, platform_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling.scan.judgement import Judge
    from scantling.scan.opened import Opened
    from scantling_analyzers.advisories.provider import Provider
    from scantling_analyzers.analysis.archive_index import ArchiveIndex
    from scantling_analyzers.extraction.pool import WorkerPool
    from scantling_common.clock import Clock, Randomness
    from scantling_common.images.models import ImageCandidate
    from scantling_common.records.sync import Image
    from scantling_common.store.port import Store
    from scantling_reporter.report import Report

PROJECT: Final = "local"
JUDGEMENT: Final = "scantling.scan.judgement"
COLLECTIONS: Final = (*extractor_records.COLLECTIONS, PLACEMENTS, MOVES, REGISTRIES)


class ScanOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan is asked for.

    ``every`` scans all platforms. ``cache`` None keeps nothing; ``seconds`` None is no
    limit; they count from ``begun`` on the monotonic clock, None for the scan's own start.
    ``left_out`` are rules that are given and can't be used, by the risk type that goes without.
    ``least_score`` is from where on secrets are told. ``later`` are modules that the caller needs
    afterwards: they are loaded meanwhile.
    """

    risks: tuple[Risk, ...]
    platform: Platform | None = None
    every: bool = False
    settings: Settings = Settings()
    cache: Path | None = None
    seconds: float | None = None
    begun: float | None = None
    limits: Limits = Limits()
    later: tuple[str, ...] = ()
    rules: ConfiguredRules = NO_RULES
    left_out: dict[Risk, tuple[OutcomeError, ...]] = {}
    least_score: float | None = None


class ScanHost:
    """Scans images one after the other with the same pool and store."""

    def __init__(
        self,
        options: ScanOptions,
        pool: WorkerPool,
        clock: Clock,
        randomness: Randomness,
        archives: ArchiveIndex | None = None,
        advisories: Provider | None = None,
    ) -> None:
        """Bind everything; nothing is opened. ``archives`` names Java archives by SHA-1.

        ``advisories`` gives the advisory database, None where there is none.
        """
        self._archives, self._advisories = archives, advisories
        self._options, self._pool = options, pool
        self._clock, self._randomness = clock, randomness
        self.notices: list[str] = []
        """What a user must hear of a scan beside its reports."""

    async def scan(self, opened: Opened, reference: Reference | None) -> list[Report]:
        """Return a report for each image that was chosen.

        ``reference`` is where the image is in a registry, None for an archive. Raises what the
        image's source raises, and :class:`ScanOverdue`. Whatever is wrong with a layer is in
        the report, as *failed* outcomes.
        """
        deadline = asyncio.timeout_at(self._end())
        try:
            async with deadline:
                return await self._scan(opened, reference)
        except TimeoutError as error:
            if not deadline.expired():
                raise
            raise overdue(self._options.seconds or 0.0) from error

    def _end(self) -> float | None:
        seconds, begun = self._options.seconds, self._options.begun
        if seconds is None:
            return None
        return seconds + (asyncio.get_running_loop().time() if begun is None else begun)

    async def _scan(self, opened: Opened, reference: Reference | None) -> list[Report]:
        candidates = await opened.candidates()
        if not candidates:
            raise ScanError("the source holds no image", hint="only attestations or signatures?")
        chosen = choose(candidates, self._options.platform, every=self._options.every)
        images = await self._images(opened, chosen, reference)
        cache = self._options.cache
        try:
            return await self._over(cache, opened, images, proven=reference is not None)
        except ScantlingError as error:
            if cache is None or not is_cache_failure(error):
                raise
            self.notices.append(
                f"the cache {cache / FILE} can't be used, the scan went on without it: "
                f"{error.message} (remove it, or choose another with --cache DIR)"
            )
            return await self._over(None, opened, images, proven=reference is not None)

    async def _images(
        self, opened: Opened, chosen: Sequence[ImageCandidate], reference: Reference | None
    ) -> list[_Chosen]:
        """Return the chosen images; of all platforms what turns out to be none is left out."""
        images = []
        for each in chosen:
            try:
                manifest = await opened.manifest(each.digest)
            except NotAnImageThere as error:
                if len(chosen) == 1:
                    raise
                self.notices.append(error.message)
                continue
            images.append(_Chosen(manifest, reference or name_of(each), each.indexes))
        if not images:
            raise NotAnImageThere("none of what the index lists is an image")
        return images

    async def _over(
        self, cache: Path | None, opened: Opened, images: Sequence[_Chosen], *, proven: bool
    ) -> list[Report]:
        """Scan over one cache; ``proven`` are the images' names where a registry gave them."""
        async with used_cache(cache) as store:
            await store.ensure(COLLECTIONS)
            with scratch_directory() as scratch:
                scan = _Scan(self, store, scratch, opened)
                reports = []
                for image in images:
                    if proven:
                        await scan.remember(image)
                    reports.append(await scan.report(image))
                return reports


class _Chosen(msgspec.Struct, frozen=True):
    """An image that is scanned, and what it is called."""

    manifest: ImageManifest
    reference: Reference | None
    indexes: tuple[str, ...] = ()


class _Scan:
    """One run over an open store."""

    def __init__(
        self,
        host: ScanHost,
        store: Store,
        scratch: Path,
        opened: Opened,
    ) -> None:
        self._options, self._clock = host._options, host._clock  # noqa: SLF001  # its other half
        self._store = store
        shelves = Shelves(store, None, self._clock)
        self._readers = readers_with(self._options.rules)
        pool = host._pool  # noqa: SLF001
        layers = LayerEngine(
            shelves=shelves,
            pool=pool,
            clock=self._clock,
            scratch=scratch,
            limits=self._options.limits,
        )
        self._engine = ImageEngine(
            layers=layers,
            shelves=shelves,
            pool=pool,
            clock=self._clock,
            scratch=scratch,
            limits=self._options.limits,
            catalogue=self._readers,
        )
        self._claims = ClaimsEngine(
            store=ClaimStore(store), pool=pool, clock=self._clock, scratch=scratch
        )
        self._placements = PlacementBook(store, self._clock, PROJECT)
        self._pool = pool
        self._archives, self._advisories = host._archives, host._advisories  # noqa: SLF001
        self._opened, self._cached = opened, host._options.cache is not None  # noqa: SLF001

    async def report(self, chosen: _Chosen) -> Report:
        image = image_of(chosen.manifest, self._clock.now_ms())
        if image.unsupported:
            code, _, why = image.unsupported.partition(": ")
            return self._same(chosen, image, "unsupported", code, why)
        readers = readers_for(self._options.risks, self._readers)
        if self._cached:
            await mark_used(self._store, PROJECT, image, now_ms=self._clock.now_ms())
        try:
            async with beside(self._prepare(len(image.body.layers))):
                extracted = await self._engine.read(
                    PROJECT, image.id, image.body.layers, readers, self._opened.blobs, again=True
                )
                await self._engine.configurations.read(
                    PROJECT, image, readers, self._opened.blobs, again=True
                )
        except UsageError:
            raise
        except ScantlingError as error:
            if self._cached and is_cache_failure(error):
                raise
            return self._same(chosen, image, "failed", code_of(error), str(error))
        await self._claims.read(PROJECT, image.id, self._opened)
        judge = self._judge()
        looking = self._engine.configurations.readers(readers)
        outcomes = await judge.outcomes(
            self._options.risks, image, readers, extracted, looking, chosen.indexes
        )
        without = self._options.left_out
        outcomes = [searched_without(each, without.get(each.risk, ())) for each in outcomes]
        sizes = {read.identity: read.uncompressed_size for read in extracted.layers}
        return judge.report(image, chosen.reference, outcomes, sizes)

    async def _prepare(self, layers: int) -> None:
        """Load what is needed once the layers are read, while workers read them.

        What is loaded before the first of them begins is waited for.
        """
        await self._pool.busy(min(layers, self._pool.size))
        for name in (JUDGEMENT, *self._options.later):
            import_module(name)
            await asyncio.sleep(0)
        if self._advisories is not None:
            self._advisories.matcher()

    def _judge(self) -> Judge:
        # It is loaded by now, see above, unless all layers were known.
        from scantling.scan.judgement import Judge  # noqa: PLC0415  # as said

        return Judge(
            self._store,
            self._clock,
            PROJECT,
            settings=self._options.settings,
            archives=self._archives,
            advisories=self._advisories,
            seal=self._pool.seal,
            rules=self._options.rules,
            least_score=self._options.least_score,
        )

    def _same(self, chosen: _Chosen, image: Image, status: str, code: str, reason: str) -> Report:
        """Return a report that says the same of all risk types."""
        from scantling.scan.judgement import same_of_all  # noqa: PLC0415  # as above

        outcomes = same_of_all(self._options.risks, status, code, reason)
        return self._judge().report(image, chosen.reference, outcomes, {})

    async def remember(self, chosen: _Chosen) -> None:
        """Keep what a registry shows under a name now: it may be the base of a later image.

        What an archive calls its images is not kept: it would name itself an approved base.
        """
        image, reference = image_of(chosen.manifest, self._clock.now_ms()), chosen.reference
        if reference is None:
            return
        await self._placements.remember(image, reference, platform_of(image))


def workers() -> int:
    """Return how many layers are read side by side: one for each processor, at most four."""
    return max(1, min(4, len(os.sched_getaffinity(0))))


def overdue(seconds: float) -> ScanOverdue:
    """Return the error of a scan that took longer than it may."""
    message = f"the scan was not done after {seconds:g} s"
    return ScanOverdue(message, hint="allow more with --timeout SECONDS")
