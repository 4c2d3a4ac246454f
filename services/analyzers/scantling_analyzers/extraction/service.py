"""The extractor role: from ``scan.extract`` to jobs, every layer read once for the fleet."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final, Protocol

from scantling_analyzers.announcement import announcement
from scantling_analyzers.contract import kind_of
from scantling_analyzers.extraction.failures import code_of
from scantling_analyzers.extraction.readers import INDEX_READER, readers_for
from scantling_analyzers.extraction.retries import RETRY_SECONDS, retry_of
from scantling_analyzers.extraction.sweeps import Sweeps
from scantling_analyzers.returns import Returns
from scantling_analyzers.risks.catalogue import ANALYZERS, analyzer_of
from scantling_common.bus.port import (
    Answer,
    Bus,
    Delivery,
    Done,
    Outgoing,
    Reject,
    RetryAfter,
    Subscription,
)
from scantling_common.errors import ScantlingError
from scantling_common.events.models import Control, LayerKeys, ScanExtract, ScanJob
from scantling_common.events.topics import CONTROL, JOBS, SCAN_EXTRACT, SCAN_EXTRACT_LARGE
from scantling_common.records.dispatcher import SCANS, Scan
from scantling_common.records.sync import IMAGES, Image
from scantling_common.results import same_outcome
from scantling_common.store.repository import Repository
from scantling_common.supervision import run_all
from scantling_common.telemetry.metrics import NO_METRICS, Metrics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scantling_analyzers.contract import Reader
    from scantling_analyzers.extraction.blobs import BlobSource
    from scantling_analyzers.extraction.image import Extracted, ImageEngine
    from scantling_common.clock import Clock, Randomness
    from scantling_common.layers.cache import BlobCache
    from scantling_common.risks import Risk, Status
    from scantling_common.store.port import Store

logger = logging.getLogger(__name__)

PAUSED_SECONDS: Final = 5.0
WITH_ANALYZER: Final = frozenset(analyzer.risk for analyzer in ANALYZERS)

ENDED: Final = frozenset({"idle", "expired", "cancelled"})
"""The states of a scan that has its outcome, or never will."""


class NotWanted(ScantlingError):
    """No task wants the scan now."""

    code = "not_wanted"


class FactsMissing(ScantlingError):
    """A re-match or re-judge scan has no facts to go by: it is queued as an ordinary one."""

    code = "facts_missing"


class Sources(Protocol):
    """Finds where an image's blobs can be had."""

    async def source(self, project: str, image: str) -> BlobSource:
        """Return a source, by a placement of the image in the project.

        Raises ``NotFound`` where the image has no placement any more.
        """


class Claimed(Protocol):
    """Reads what is published about images beside them."""

    async def read(self, project: str, image: str) -> None:
        """Read what is published about an image; whatever is wrong with it fails nothing."""


class ExtractorService:
    """Consumes ``scan.extract``; its last act for an image is to publish the jobs."""

    def __init__(
        self,
        *,
        engine: ImageEngine,
        sources: Sources,
        readers: Sequence[Reader],
        store: Store,
        bus: Bus,
        clock: Clock,
        randomness: Randomness,
        instance: str,
        in_flight: int = 4,
        blobs: BlobCache | None = None,
        claims: Claimed | None = None,
        metrics: Metrics = NO_METRICS,
    ) -> None:
        """Bind everything; nothing is started.

        ``in_flight`` bounds images at work; ``blobs`` is the cache that this process sweeps.
        ``claims`` reads what is published about images, where that is wanted.
        """
        self._engine, self._sources, self._catalogue = engine, sources, readers
        self._bus, self._clock, self._randomness = bus, clock, randomness
        self._instance, self._in_flight = instance, in_flight
        self._images = Repository(store, IMAGES, Image)
        self._scans = Repository(store, SCANS, Scan)
        self._sweeps, self._metrics = (
            Sweeps(store, clock, blobs, [each.name for each in readers]),
            metrics,
        )
        self._claims = claims
        self._running: dict[str, set[asyncio.Task[Extracted]]] = {}

    async def run(self) -> None:
        """Announce, then consume until cancelled: small images, large images, and control."""
        self._producer = await self._bus.producer()
        returns = Returns(self._producer, self._clock, self._randomness)
        control = Subscription(topics=(CONTROL,), handler=self.steer, group=None)
        try:
            await self._announce()
            await run_all(
                *(self._bus.consume(each) for each in self._subscriptions(returns)),
                self._bus.consume(control),
                self._sweeps.run(),
                signals=False,
            )
        finally:
            await self._producer.close()

    def _subscriptions(self, returns: Returns) -> list[Subscription]:
        return [
            Subscription(
                topics=(topic,),
                handler=self.handle,
                group=group,
                instance=self._instance,
                max_in_flight=in_flight,
                on_retry=returns.retry,
                on_reject=returns.reject,
            )
            for topic, group, in_flight in (
                (SCAN_EXTRACT, "scantling-extractor", self._in_flight),
                (SCAN_EXTRACT_LARGE, "scantling-extractor-large", 1),
            )
        ]

    async def steer(self, delivery: Delivery) -> Answer:
        """Stop the work on a scan that was paused or cancelled."""
        event = delivery.event
        if isinstance(event, Control) and event.state != "running":
            for task in self._running.get(f"{event.scan}/{event.seq}", ()):
                task.cancel()
        return Done()

    async def handle(self, delivery: Delivery) -> Answer:
        """Extract one image."""
        request = delivery.event
        if not isinstance(request, ScanExtract):
            return Reject("not a request to extract")
        stale = await self._stale(request)
        if stale is not None:
            return stale
        image = await self._images.get(request.image)
        if image is None:
            return RetryAfter("image_missing", RETRY_SECONDS)
        if image.unsupported:
            code, _, reason = image.unsupported.partition(": ")
            await self._settle(request, request.risks, "unsupported", code, reason)
            return Done()
        return await self._attempt(request, image)

    async def _attempt(self, request: ScanExtract, image: Image) -> Answer:
        readers = readers_for(request.risks, self._catalogue)
        key = f"{request.scan}/{request.seq}"
        task = asyncio.create_task(self._extract(request, image, readers))
        running = self._running.setdefault(key, set())
        running.add(task)
        begun = self._clock.monotonic()
        try:
            await asyncio.wait({task})
        finally:
            await self._finished(key, task)
        self._metrics.observe(
            "extraction_seconds", self._clock.monotonic() - begun, outcome=_ending(task)
        )
        error = None if task.cancelled() else task.exception()
        if task.cancelled() or isinstance(error, NotWanted):
            return await self._stale(request) or RetryAfter("interrupted", PAUSED_SECONDS)
        if isinstance(error, FactsMissing):
            return RetryAfter(error.code, 0.0)
        if error is None:
            await self._publish(request, image, task.result(), readers)
            return Done()
        if not isinstance(error, ScantlingError):
            raise error
        return await self._failed(request, error)

    async def _finished(self, key: str, task: asyncio.Task[Extracted]) -> None:
        """Forget a task; one that is given up has cleaned up when this returns."""
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
        running = self._running[key]
        running.discard(task)
        if not running:
            del self._running[key]

    async def _stale(self, request: ScanExtract) -> Answer | None:
        """Return the answer where the scan is not wanted now, None where it is."""
        scan = await self._scans.get(request.scan)
        if scan is None or scan.seq != request.seq or scan.state in ENDED:
            return Done()
        if scan.control == "cancelled":
            return Done()
        return RetryAfter("paused", PAUSED_SECONDS) if scan.control == "paused" else None

    async def _extract(
        self, request: ScanExtract, image: Image, readers: dict[str, int]
    ) -> Extracted:
        layers = image.body.layers

        async def proceed() -> None:
            if source is not None and await self._stale(request) is not None:
                raise NotWanted

        source: BlobSource | None = None
        if not await self._known(request, image, readers):
            if request.kind != "scan":
                raise FactsMissing
            source = await self._sources.source(request.project, request.image)
        extracted = await self._engine.read(
            request.project,
            request.image,
            layers,
            readers,
            source,
            again=request.again,
            proceed=proceed,
        )
        await self._engine.configurations.read(
            request.project, image, readers, source, again=request.again
        )
        if self._claims is not None and request.kind == "scan":
            await self._claims.read(request.project, request.image)
        return extracted

    async def _known(self, request: ScanExtract, image: Image, readers: dict[str, int]) -> bool:
        project, again = request.project, request.again
        if not await self._engine.known(project, image.body.layers, readers, again=again):
            return False
        return await self._engine.configurations.known(project, image, readers, again=again)

    async def _announce(self) -> None:
        versions = {reader.name: reader.version for reader in self._catalogue}
        await self._producer.send_all([announcement(each, versions, None) for each in ANALYZERS])

    async def _failed(self, request: ScanExtract, error: ScantlingError) -> Answer:
        retry = retry_of(error, request.attempt)
        if retry is not None:
            return retry
        await self._settle(request, request.risks, "failed", code_of(error), str(error))
        return Done()

    async def _settle(
        self,
        request: ScanExtract,
        risks: Sequence[Risk],
        status: Status,
        code: str,
        reason: str,
    ) -> None:
        logger.info(
            "image not extracted",
            extra={"image": request.image, "scan": request.scan, "code": code, "reason": reason},
        )
        run = self._randomness.token()
        events = same_outcome(request, risks, run, status=status, code=code, reason=reason)
        await self._producer.send_all(events)

    async def _publish(
        self, request: ScanExtract, image: Image, extracted: Extracted, readers: dict[str, int]
    ) -> None:
        absent = [risk for risk in request.risks if risk not in WITH_ANALYZER]
        if absent:
            reason = "this version has no analyzer of that risk type"
            await self._settle(request, absent, "unsupported", "no_analyzer", reason)
        layers = tuple(
            LayerKeys(digest=layer.digest, diff_id=read.identity, readers=readers)
            for layer, read in zip(image.body.layers, extracted.layers, strict=True)
        )
        looking = self._engine.configurations.readers(readers)
        jobs = [
            self._job(request, risk, layers, looking, extracted.visibility)
            for risk in request.risks
            if risk in WITH_ANALYZER
        ]
        await self._producer.send_all(jobs)
        logger.info(
            "image extracted",
            extra={"image": request.image, "scan": request.scan, "layers": len(layers)},
        )

    def _job(
        self,
        request: ScanExtract,
        risk: Risk,
        layers: tuple[LayerKeys, ...],
        looking: Mapping[str, int],
        visibility: str,
    ) -> Outgoing:
        analyzer = analyzer_of(risk)
        needed = {*INDEX_READER, *(analyzer.readers if analyzer else ())}
        kept = tuple(
            layer.model_copy(
                update={"readers": {n: v for n, v in layer.readers.items() if kind_of(n) in needed}}
            )
            for layer in layers
        )
        return Outgoing(
            topic=JOBS[risk],
            id=f"{request.scan}/{request.seq}/{request.attempt}/{risk}",
            event=ScanJob(
                project=request.project,
                scan=request.scan,
                image=request.image,
                risk=risk,
                risks=request.all_risks,
                kind=request.kind,
                seq=request.seq,
                attempt=request.attempt,
                layers=kept,
                visibility=visibility,
                settings_version=request.settings_version,
                advisories_at_least=request.advisories_at_least,
                configuration={n: v for n, v in looking.items() if kind_of(n) in needed},
            ),
        )


def _ending(task: asyncio.Task[Extracted]) -> str:
    if task.cancelled():
        return "interrupted"
    error = task.exception()
    if error is None:
        return "done"
    return code_of(error) if isinstance(error, ScantlingError) else "error"
