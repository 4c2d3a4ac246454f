"""The analyzer role: one process, one risk type, any number of instances."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from msgspec.structs import replace

from scantling_analyzers.analysis.bases import BaseFinder
from scantling_analyzers.analysis.content import ContentLoader, FactsMissing, LayerAddress
from scantling_analyzers.analysis.origin import with_origin
from scantling_analyzers.analysis.settings import SettingsLoader
from scantling_analyzers.announcement import announcement
from scantling_analyzers.contract import rules_of
from scantling_analyzers.passwords.stopping import in_thread
from scantling_analyzers.returns import Returns
from scantling_common.bus.port import (
    Answer,
    Bus,
    Delivery,
    Done,
    Reject,
    RetryAfter,
    Subscription,
)
from scantling_common.events.models import ScanJob
from scantling_common.events.topics import ADVISORIES_UPDATED, JOBS
from scantling_common.outcomes import Outcome
from scantling_common.records.sync import IMAGES, Image
from scantling_common.results import result_events
from scantling_common.store.repository import Repository
from scantling_common.supervision import run_all
from scantling_common.telemetry.metrics import NO_METRICS, Metrics

if TYPE_CHECKING:
    from scantling_analyzers.analysis.archive_index import ArchiveIndex
    from scantling_analyzers.analysis.builds import Builds
    from scantling_analyzers.contract import Analyzer, ImageContent, Settings
    from scantling_common.clock import Clock, Randomness
    from scantling_common.store.port import Store

logger = logging.getLogger(__name__)

LATER = 2.0
"""Seconds until a job that can't be done now is tried again."""
LATEST = 60.0
"""The same for one that waits for advisories, at most: twice as long with each attempt."""


class AnalyzerService:
    """Consumes the jobs of one risk type and publishes their outcomes."""

    def __init__(
        self,
        analyzer: Analyzer,
        *,
        store: Store,
        bus: Bus,
        clock: Clock,
        randomness: Randomness,
        instance: str,
        reader_versions: dict[str, int],
        in_flight: int = 8,
        archives: ArchiveIndex | None = None,
        builds: Builds | None = None,
        metrics: Metrics = NO_METRICS,
    ) -> None:
        """Bind everything; nothing is started. ``builds`` are those that a job may wait for."""
        self._builds = builds
        self._analyzer, self._bus, self._metrics = analyzer, bus, metrics
        self._clock, self._randomness, self._instance = clock, randomness, instance
        self._readers, self._in_flight = reader_versions, in_flight
        self._images = Repository(store, IMAGES, Image)
        self._content, self._bases = ContentLoader(store, archives), BaseFinder(store)
        # What else outcomes are made with; advisories have announcements of their own.
        mark = archives.mark if archives is not None and builds is None else ""
        self._rules = " ".join(filter(None, (rules_of(analyzer), mark)))
        self._settings = SettingsLoader(store)

    async def run(self) -> None:
        """Announce the versions, then consume until cancelled."""
        self._producer = await self._bus.producer()
        returns = Returns(self._producer, self._clock, self._randomness)
        try:
            await self._producer.send(announcement(self._analyzer, self._readers, self._rules))
            await run_all(
                self._take_jobs(returns),
                *(self._bus.consume(each) for each in self._announced()),
                signals=False,
            )
        finally:
            await self._producer.close()

    async def _take_jobs(self, returns: Returns) -> None:
        """Consume jobs, once it is known which builds were announced that they may ask for."""
        if self._builds is not None:
            await self._builds.known.wait()
        jobs = Subscription(
            topics=(JOBS[self._analyzer.risk],),
            handler=self.handle,
            group=f"scantling-analyzer-{self._analyzer.risk}",
            instance=self._instance,
            max_in_flight=self._in_flight,
            on_retry=returns.retry,
            on_reject=returns.reject,
        )
        await self._bus.consume(jobs)

    def _announced(self) -> list[Subscription]:
        if self._builds is None:
            return []
        announced = Subscription(
            topics=(ADVISORIES_UPDATED,),
            handler=self._builds.handle,
            group=None,
            instance=self._instance,
            on_caught_up=self._builds.caught_up,
        )
        return [announced]

    async def handle(self, delivery: Delivery) -> Answer:
        """Analyse one image."""
        job = delivery.event
        if not isinstance(job, ScanJob):
            return Reject("not a job")
        if self._builds is not None and self._builds.is_behind(job.advisories_at_least):
            return RetryAfter("advisories_older", min(LATER * 2 ** min(job.attempt - 1, 9), LATEST))
        outcome = await self._outcome(job)
        if isinstance(outcome, RetryAfter):
            return outcome
        run = self._randomness.token()
        pages = await asyncio.to_thread(result_events, job, outcome, run)
        await self._producer.send_all(pages)
        self._metrics.observe("analysis_seconds", outcome.seconds, risk=outcome.risk)
        logger.info(
            "image analysed",
            extra={
                "risk": outcome.risk,
                "image": job.image,
                "scan": job.scan,
                "status": outcome.status,
                "seconds": outcome.seconds,
            },
        )
        return Done()

    async def _outcome(self, job: ScanJob) -> Outcome | RetryAfter:
        image = await self._images.get(job.image)
        settings = await self._settings.load(job.project, job.settings_version)
        if image is None or settings is None:
            return RetryAfter("image_or_settings_missing", LATER)
        content = await self._load(job, image)
        if isinstance(content, FactsMissing):
            return RetryAfter("facts_missing", LATER)
        outcome = await in_thread(analyze, self._analyzer, content, settings)
        if not self._rules:
            return outcome
        return replace(outcome, versions=replace(outcome.versions, rules=self._rules))

    async def _load(self, job: ScanJob, image: Image) -> ImageContent | FactsMissing:
        layers = [
            LayerAddress(digest=layer.digest, identity=layer.diff_id, readers=layer.readers)
            for layer in job.layers
        ]
        bases = await self._bases.bases(job.project, [layer.identity for layer in layers])
        readers = self._analyzer.readers
        return await self._content.load(
            job.project, image, layers, job.visibility, readers, bases, job.configuration
        )


def analyze(analyzer: Analyzer, content: ImageContent, settings: Settings) -> Outcome:
    """Run an analyzer; whatever an image makes it raise is a *failed* outcome, nothing more."""
    begun = time.perf_counter()
    try:
        outcome = with_origin(analyzer.analyze(content, settings), content)
    except Exception as error:  # an image must never stop the consumer
        logger.warning(
            "analyzer failed",
            extra={"risk": analyzer.risk, "image": content.digest, "error": type(error).__name__},
            exc_info=True,
        )
        outcome = Outcome(
            risk=analyzer.risk,
            status="failed",
            code="analyzer_failed",
            reason=f"the {analyzer.risk} analyzer could not handle this image",
        )
    return replace(outcome, seconds=round(time.perf_counter() - begun, 6))
