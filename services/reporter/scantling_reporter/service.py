"""The reporter: its loops and its part of the API, from what it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_common.bus.port import Subscription
from scantling_common.events.topics import (
    FINDINGS,
    IMAGE_EVENTS,
    IMAGE_REPORTS,
    SCAN_COMPLETED,
    SCAN_RESULTS,
)
from scantling_common.http.endpoints import Route, routes_of
from scantling_common.records import reporter, sync
from scantling_common.records.extractor import BINDINGS
from scantling_common.store.guard import GuardedStore
from scantling_common.supervision import run_all
from scantling_common.telemetry.metrics import NO_METRICS, Metrics
from scantling_common.versions.errors import ConstraintInvalid
from scantling_reporter.api.images import Images
from scantling_reporter.api.places import Places
from scantling_reporter.api.search import Search
from scantling_reporter.api.tokens import Tokens
from scantling_reporter.api.totals import TotalsApi
from scantling_reporter.api.views import Views
from scantling_reporter.api.vulnerabilities import Vulnerabilities
from scantling_reporter.archive import Archive
from scantling_reporter.counters import Counters
from scantling_reporter.errors import PartitionUnavailable, ReportMissing
from scantling_reporter.fleet.index import FleetIndex
from scantling_reporter.fleet.patterns import PatternInvalid
from scantling_reporter.fleet.questions import QuestionInvalid
from scantling_reporter.fleet.sweep import FleetSweep
from scantling_reporter.generations import Generations
from scantling_reporter.intake import Intake
from scantling_reporter.page_writer import PageWriter
from scantling_reporter.partitions import PartitionOwner, Partitions
from scantling_reporter.placements import Placements
from scantling_reporter.projection import Projection
from scantling_reporter.relay import Relay
from scantling_reporter.reports import Reports
from scantling_reporter.sweeps import Sweeps
from scantling_reporter.tokens import ensure_admin_token

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from scantling_common.bus.port import Bus
    from scantling_common.clock import Clock
    from scantling_common.errors import ScantlingError
    from scantling_common.http.auth import Authenticator
    from scantling_common.store.port import Store
    from scantling_reporter.api.vulnerabilities import LookUp
    from scantling_reporter.settings import ReporterSettings

TOPICS: Final = (SCAN_RESULTS, IMAGE_EVENTS, *FINDINGS.values(), SCAN_COMPLETED, IMAGE_REPORTS)
STATUSES: Final[Mapping[type[ScantlingError], int]] = {
    ReportMissing: 404,
    PartitionUnavailable: 503,
    QuestionInvalid: 400,
    PatternInvalid: 400,
    ConstraintInvalid: 400,
}
"""The HTTP statuses of the reporter's errors."""

COLLECTIONS: Final = (
    *reporter.COLLECTIONS,
    sync.PROJECTS,
    sync.REGISTRIES,
    sync.IMAGES,
    sync.PLACEMENTS,
    BINDINGS,
)


class Reporter:
    """The reporter: merges outcomes, publishes what changed, answers for reports."""

    def __init__(
        self,
        *,
        store: Store,
        bus: Bus,
        clock: Clock,
        settings: ReporterSettings,
        authenticator: Authenticator | None = None,
        metrics: Metrics = NO_METRICS,
        checkpoint: Callable[[str], None] | None = None,
        known: LookUp | None = None,
    ) -> None:
        """Put the parts together; ``checkpoint`` passes the consumers' fault points.

        ``known`` looks up what advisories say of vulnerabilities that no image has.
        """
        self._known = known
        self._store = GuardedStore(store, "reporter")
        self._bus = bus
        self._clock = clock
        self._settings = settings
        self._checkpoint = checkpoint
        self._authenticator = authenticator
        self._metrics = metrics
        self._owed: dict[int, int] = {}
        self._archive = Archive(self._store)
        self._generations = Generations(
            self._store,
            self._archive,
            clock,
            metrics,
            keep_hidden_ms=settings.keep_hidden_ms,
        )
        self._projection = Projection(self._store, self._generations)
        self._fleet = FleetIndex(self._store, self._archive, clock)
        self._counters = Counters(self._store)
        self.partitions = Partitions(self._own)
        self.intake = Intake(
            writer=PageWriter(self._store),
            archive=self._archive,
            partitions=self.partitions,
            clock=clock,
        )
        self.placements = Placements(self._store, self.partitions, clock)
        self.sweeps = Sweeps(
            self._store,
            self.partitions,
            self._generations,
            FleetSweep(self._fleet.records, clock, metrics),
            clock=clock,
            metrics=metrics,
        )

    async def prepare(self) -> None:
        """Create topics and collections that are missing, and the first token; idempotent."""
        await self._store.ensure(COLLECTIONS)
        await self._bus.ensure_topics(TOPICS)
        if self._settings.admin_token is not None:
            token = self._settings.admin_token.get_secret_value()
            await ensure_admin_token(self._store, self._clock, token)

    async def run(self) -> None:
        """Run all loops until cancelled or one fails."""
        await self.prepare()
        try:
            await run_all(
                self._bus.consume(self._results()),
                self._bus.consume(self._events()),
                self.sweeps.run(),
                signals=False,
            )
        finally:
            await self.partitions.close()

    def routes(self) -> list[Route]:
        """Return the reporter's part of the API."""
        views = Views(self._store)
        places = Places(self._store, views)
        return routes_of(
            Images(self._store, Reports(self._store, self._archive), views),
            Search(self._fleet.records, places),
            Vulnerabilities(self._fleet.records, places, self._known),
            TotalsApi(self._counters),
            Tokens(self._store, self._clock, self._authenticator),
        )

    def _results(self) -> Subscription:
        return Subscription(
            topics=(SCAN_RESULTS,),
            group="scantling-reporter",
            instance=self._settings.instance,
            handler=self.intake.handle,
            max_in_flight=self._settings.results_in_flight,
            max_in_flight_bytes=32 * 1024 * 1024,
            on_assigned=self._assigned,
            on_revoked=self._revoked,
            checkpoint=self._checkpoint,
        )

    def _events(self) -> Subscription:
        return Subscription(
            topics=(IMAGE_EVENTS,),
            group="scantling-reporter-placements",
            instance=self._settings.instance,
            handler=self.placements.handle,
            max_in_flight=32,
            checkpoint=self._checkpoint,
        )

    async def _assigned(self, partitions: tuple[int, ...]) -> None:
        self.intake.forget()
        await self.partitions.assigned(partitions)

    async def _revoked(self, partitions: tuple[int, ...]) -> None:
        self.intake.forget()
        await self.partitions.revoked(partitions)
        for number in partitions:
            self._owed.pop(number, None)

    def _note_owed(self, partition: int, heads: int) -> None:
        self._owed[partition] = heads
        self._metrics.set("publish_lag", sum(self._owed.values()))

    async def _own(self, partition: int) -> tuple[PartitionOwner, Callable[[], Awaitable[None]]]:
        """Return the owner of a partition; its producer fences the owner before."""
        producer = await self._bus.producer(transactional_name=f"scantling-reporter-{partition}")
        relay = Relay(
            partition,
            producer,
            generations=self._generations,
            archive=self._archive,
            projection=self._projection,
            fleet=self._fleet,
            counters=self._counters,
            clock=self._clock,
            owed=self._note_owed,
        )
        owner = PartitionOwner(partition, relay, generations=self._generations, clock=self._clock)
        return owner, producer.close


def build_reporter(
    *,
    store: Store,
    bus: Bus,
    clock: Clock,
    settings: ReporterSettings,
    authenticator: Authenticator | None = None,
    metrics: Metrics = NO_METRICS,
    checkpoint: Callable[[str], None] | None = None,
    known: LookUp | None = None,
) -> Reporter:
    """Return the reporter over these adapters; ``store`` is not guarded yet."""
    return Reporter(
        store=store,
        bus=bus,
        clock=clock,
        settings=settings,
        authenticator=authenticator,
        metrics=metrics,
        checkpoint=checkpoint,
        known=known,
    )
