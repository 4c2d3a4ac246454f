"""The parts that read images: the extractor with its workers, and analyzers."""

from __future__ import annotations

import shutil
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from scantling.hosting.advisories import follow
from scantling.hosting.keys import credential_sealer, fact_seal
from scantling.hosting.parts import Part
from scantling.hosting.settings import MIB
from scantling.sample.advisories import REMARK
from scantling_analyzers.advisories.provider import AdvisoryFile, WithSample, build_of
from scantling_analyzers.analysis.archive_index import READER as JAVA_READER
from scantling_analyzers.analysis.archive_index import ArchiveIndex
from scantling_analyzers.analysis.builds import Builds
from scantling_analyzers.analysis.service import AnalyzerService
from scantling_analyzers.contract import ByRules, Fingerprinting, Scored, Unsealing
from scantling_analyzers.extraction.claims import ClaimsEngine
from scantling_analyzers.extraction.downloads import Downloads
from scantling_analyzers.extraction.image import ImageEngine
from scantling_analyzers.extraction.layer import LayerEngine
from scantling_analyzers.extraction.registry_blobs import RegistrySources
from scantling_analyzers.extraction.registry_claims import RegistryClaims
from scantling_analyzers.extraction.service import ExtractorService
from scantling_analyzers.facts.catalogue import readers_with
from scantling_analyzers.limits import DEFAULT_LIMITS
from scantling_analyzers.risks.catalogue import PLACES, analyzer_of
from scantling_analyzers.storage.claims import ClaimStore
from scantling_analyzers.storage.shelves import Shelves
from scantling_common.errors import ScantlingError
from scantling_common.layers.cache import BlobCache
from scantling_common.store.guard import GuardedStore
from scantling_common.supervision import run_all

if TYPE_CHECKING:
    from pathlib import Path

    from scantling.hosting.adapters import Adapters
    from scantling.hosting.settings import AnalyzerSettings, ExtractorSettings
    from scantling_analyzers.advisories.provider import Provider
    from scantling_analyzers.contract import Analyzer
    from scantling_analyzers.extraction.pool import WorkerPool
    from scantling_analyzers.limits import Limits
    from scantling_analyzers.rule_packs.configured import ConfiguredRules
    from scantling_common.risks import Risk
    from scantling_common.store.port import Owner

NOBODY: Final = cast("Owner", "nobody")
"""Owns no collection, so that it may only read."""

LEAST_SCORE: Final = 0.5
"""Below that score readers tell no secret."""
BLOBS: Final = "blobs"
SCRATCH: Final = "scratch"


class NoAnalyzer(ScantlingError):
    """This version has no analyzer of that risk type."""

    code = "no_analyzer"


def extractor_part(
    adapters: Adapters,
    settings: ExtractorSettings,
    pool: WorkerPool,
    rules: ConfiguredRules,
    limits: Limits = DEFAULT_LIMITS,
) -> Part:
    """Return the extractor over workers that run already, by the same ``rules``.

    Raises :class:`~scantling_common.crypto.KeyFileUnusable`.
    """
    store = GuardedStore(adapters.store, "extractor")
    scratch = _scratch(settings.data / SCRATCH / settings.instance)
    pool.metrics = adapters.metrics
    owner = f"{settings.instance}/{adapters.randomness.token()}"
    shelves = Shelves(store, owner, adapters.clock)
    layers = LayerEngine(
        shelves=shelves,
        pool=pool,
        clock=adapters.clock,
        scratch=scratch,
        limits=limits,
        metrics=adapters.metrics,
    )
    readers = readers_with(rules)
    engine = ImageEngine(
        layers=layers,
        shelves=shelves,
        pool=pool,
        clock=adapters.clock,
        scratch=scratch,
        limits=limits,
        catalogue=readers,
    )
    cache = BlobCache(settings.blob_cache or settings.data / BLOBS, settings.blob_cache_mib * MIB)
    downloads = Downloads(cache, at_once=settings.downloads_in_flight, metrics=adapters.metrics)
    sealer = credential_sealer(settings.credential_key_file)
    sources = RegistrySources(store, sealer, downloads, adapters.metrics)
    claims = ClaimsEngine(store=ClaimStore(store), pool=pool, clock=adapters.clock, scratch=scratch)
    service = ExtractorService(
        engine=engine,
        sources=sources,
        readers=readers,
        store=store,
        bus=adapters.bus,
        clock=adapters.clock,
        randomness=adapters.randomness,
        instance=settings.instance,
        in_flight=settings.images_in_flight,
        blobs=cache,
        claims=RegistryClaims(claims, sources, scratch, referrers=settings.referrers),
        metrics=adapters.metrics,
    )

    async def close() -> None:
        pool.close()
        await sources.close()
        shutil.rmtree(scratch, ignore_errors=True)

    return Part(name="extractor", run=service.run, close=close)


def analyzer_part(
    adapters: Adapters,
    settings: AnalyzerSettings,
    risk: Risk,
    rules: ConfiguredRules,
    *,
    follows: bool = False,
    sample: Provider | None = None,
) -> Part:
    """Return the analyzer of a risk type. It is given a store that it may only read.

    ``rules`` are those that readers of this process go by, too.

    With ``follows`` the one of vulnerabilities fetches the advisories where the settings name a
    registry; else somebody else of this process does. ``sample`` is used until there are any.
    Raises :class:`NoAnalyzer`, :class:`~scantling_common.settings.SettingsInvalid` without the key
    that an analyzer needs, :class:`~scantling_common.key_file.KeyFileUnusable` and
    :class:`~scantling_analyzers.analysis.archive_index.JavaIndexUnusable`.
    """
    file = AdvisoryFile(settings.advisories_file, whole=True)
    advisories: Provider = file
    if sample is not None:
        advisories = WithSample(advisories, sample, REMARK)
    analyzer = known_analyzer(risk, advisories)
    if isinstance(analyzer, ByRules):
        analyzer = analyzer.with_rules(rules)
    if isinstance(analyzer, Scored) and settings.secret_score > LEAST_SCORE:
        analyzer = analyzer.with_least_score(settings.secret_score)
    if isinstance(analyzer, Fingerprinting):
        # All extractors of a fleet have the same fact key.
        analyzer = analyzer.with_fingerprints()
    if isinstance(analyzer, Unsealing):
        analyzer = analyzer.with_seal(fact_seal(settings.fact_key_file))
    index = settings.java_index if JAVA_READER in analyzer.readers else None
    archives = ArchiveIndex(index) if index else None
    service = AnalyzerService(
        analyzer,
        store=GuardedStore(adapters.store, NOBODY),
        bus=adapters.bus,
        clock=adapters.clock,
        randomness=adapters.randomness,
        instance=settings.instance,
        reader_versions={each.name: each.version for each in readers_with(rules)},
        in_flight=settings.jobs_in_flight,
        archives=archives,
        builds=Builds(partial(build_of, file)) if risk == "vulnerability" else None,
        metrics=adapters.metrics,
    )

    async def run() -> None:
        if risk == "vulnerability" and follows and settings.advisories_from:
            await run_all(service.run(), follow(settings, adapters.clock), signals=False)
        else:
            await service.run()

    async def close() -> None:
        if archives is not None:
            archives.close()

    return Part(name=f"analyzer {risk}", run=run, close=close)


def known_analyzer(risk: Risk | None, advisories: Provider | None = None) -> Analyzer:
    """Return the analyzer of a risk type. Raises :class:`NoAnalyzer` where there is none."""
    found = None if risk is None else analyzer_of(risk, advisories)
    if found is None:
        known = ", ".join(PLACES)
        raise NoAnalyzer(f"this version has no analyzer of {risk}", hint=f"it has: {known}")
    return found


def _scratch(folder: Path) -> Path:
    """Return an empty directory: what a killed process left in it is of no use."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    return folder
