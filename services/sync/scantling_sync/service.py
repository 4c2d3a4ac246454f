"""Sync, put together: its loops and its routes."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.bus.outbox import Outbox
from scantling_common.bus.port import BusUnavailable
from scantling_common.errors import ScantlingError
from scantling_common.events.topics import IMAGE_EVENTS
from scantling_common.http.endpoints import routes_of
from scantling_common.images.errors import AddressRefused, RegistryError
from scantling_common.records.sync import COLLECTIONS, PLACEMENTS, PROJECTS, Project
from scantling_common.store.guard import GuardedStore
from scantling_common.store.port import StoreUnavailable
from scantling_common.store.repository import Repository
from scantling_common.supervision import run_all
from scantling_common.telemetry.metrics import NO_METRICS, Metrics
from scantling_sync.api.projects import ProjectsApi
from scantling_sync.api.registries import RegistriesApi
from scantling_sync.api.syncs import SyncsApi
from scantling_sync.authorisation import Authorisations
from scantling_sync.contents import Contents
from scantling_sync.deliveries import Deliveries
from scantling_sync.recorder import Recorder
from scantling_sync.registries.kinds import registry_connections
from scantling_sync.registries.url import RegistryUrlInvalid
from scantling_sync.registry_removal import RegistryRemoval
from scantling_sync.schedule import Schedule
from scantling_sync.sweeps import Sweeps
from scantling_sync.sync_requests import SyncRequests
from scantling_sync.sync_worker import SyncWorker
from scantling_sync.watcher import Watcher
from scantling_sync.webhooks.door import WebhookDoor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from scantling_common.bus.port import Bus, Producer
    from scantling_common.clock import Clock, Randomness
    from scantling_common.crypto import Sealer
    from scantling_common.http.endpoints import Route
    from scantling_common.store.port import Store
    from scantling_sync.settings import SyncSettings

logger = logging.getLogger(__name__)

DEFAULT_PROJECT: Final = "default"
STATUSES: Final[Mapping[type[ScantlingError], int]] = {
    RegistryUrlInvalid: 400,
    AddressRefused: 400,
    RegistryError: 400,
}
"""The HTTP statuses of sync's errors."""

_LOOK_SECONDS: Final = 1.0
_AFTER_ERROR_SECONDS: Final = 2.0
_MINUTE: Final = 60.0
_SWEEP_SECONDS: Final = 3600.0


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What the loops carry out."""

    outbox: Outbox
    deliveries: Deliveries
    worker: SyncWorker
    schedule: Schedule
    authorisations: Authorisations
    sweeps: Sweeps


class Sync:
    """The service; :func:`build_sync` makes it."""

    def __init__(
        self,
        *,
        store: Store,
        bus: Bus,
        sealer: Sealer,
        clock: Clock,
        randomness: Randomness,
        settings: SyncSettings,
        metrics: Metrics,
        public_url: Callable[[], str],
    ) -> None:
        """Put the parts together; nothing is asked or written yet."""
        self._store = GuardedStore(store, "sync")
        self._bus = bus
        self._sealer = sealer
        self._clock = clock
        self._randomness = randomness
        self._settings = settings
        self._metrics = metrics
        self._public_url = public_url
        self._deliveries_bell = asyncio.Event()
        self._syncs_bell = asyncio.Event()
        self._connections = registry_connections(
            sealer, settings.registry_connections, metrics, settings.document_limits
        )
        self._authorisations = Authorisations(self._store, self._connections, clock)
        self._requests = SyncRequests(
            self._store, clock=clock, randomness=randomness, doorbell=self._syncs_bell
        )
        self._prepared: Work | None = None

    def routes(self) -> list[Route]:
        """Return the routes of sync's part of the API, and those of the webhooks."""
        return routes_of(
            WebhookDoor(
                self._store,
                self._sealer,
                clock=self._clock,
                randomness=self._randomness,
                metrics=self._metrics,
                doorbell=self._deliveries_bell,
            ),
            ProjectsApi(self._store, self._clock),
            RegistriesApi(
                self._store,
                self._sealer,
                self._authorisations,
                self._requests,
                clock=self._clock,
                randomness=self._randomness,
                public_url=self._public_url,
            ),
            SyncsApi(self._store, self._requests),
        )

    async def prepare(self) -> Work:
        """Make collections, topic and default project where they are missing; idempotent."""
        if self._prepared is not None:
            return self._prepared
        await self._store.ensure(COLLECTIONS)
        await self._bus.ensure_topics([IMAGE_EVENTS])
        project = Project(id=DEFAULT_PROJECT, created_at=self._clock.now_ms())
        await Repository(self._store, PROJECTS, Project).insert(project)
        self._prepared = self._work_with(await self._bus.producer())
        return self._prepared

    async def run(self) -> None:
        """Run all loops until cancelled, or one fails."""
        work = await self.prepare()
        settings = self._settings
        delivering = [
            self._carry_out(work.deliveries.carry_out_next, self._deliveries_bell, "deliveries")
            for _ in range(settings.delivery_workers)
        ]
        syncing = [
            self._carry_out(work.worker.carry_out_next, self._syncs_bell, "syncs")
            for _ in range(settings.sync_workers)
        ]
        try:
            await run_all(
                work.outbox.republish(),
                *delivering,
                *syncing,
                self._keep_schedule(work.schedule),
                self._every(_MINUTE, work.authorisations.check_due, "authorisation"),
                self._every(_SWEEP_SECONDS, work.sweeps.sweep, "sweeps"),
                signals=False,
            )
        finally:
            await self.close()

    async def drain(self) -> None:
        """Carry out all that is due now, once."""
        work = await self.prepare()
        while await work.deliveries.carry_out_next() or await work.worker.carry_out_next():
            pass

    async def close(self) -> None:
        """Close the connections to registries."""
        await self._connections.close()

    def _work_with(self, producer: Producer) -> Work:
        store, clock = self._store, self._clock
        outbox = Outbox(store, producer, PLACEMENTS, clock=clock)
        recorder = Recorder(store, outbox)
        watcher = Watcher(Contents(store, clock, self._settings.document_limits), recorder, clock)
        worker = SyncWorker(
            store,
            self._connections,
            watcher,
            self._requests,
            self._authorisations,
            RegistryRemoval(store, recorder, clock),
            clock=clock,
            metrics=self._metrics,
            owner=self._randomness.token(),
        )
        return Work(
            outbox=outbox,
            deliveries=Deliveries(store, self._connections, watcher, clock),
            worker=worker,
            schedule=Schedule(store, self._requests, clock),
            authorisations=self._authorisations,
            sweeps=Sweeps(store, clock, self._metrics),
        )

    async def _keep_schedule(self, schedule: Schedule) -> None:
        await self._patiently(schedule.start, "schedule")
        await self._every(_MINUTE, schedule.request_due, "schedule")

    async def _carry_out(
        self, carry_out_next: Callable[[], Awaitable[bool]], bell: asyncio.Event, name: str
    ) -> None:
        """Work while there is something to do; else wait for the bell, or a second."""
        while True:
            bell.clear()
            if not await self._patiently(carry_out_next, name):
                await self._wait(bell)

    async def _wait(self, bell: asyncio.Event) -> None:
        waits = {
            asyncio.ensure_future(bell.wait()),
            asyncio.ensure_future(self._clock.sleep(_LOOK_SECONDS)),
        }
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()

    async def _every(
        self, seconds: float, step: Callable[[], Awaitable[object]], name: str
    ) -> None:
        while True:
            await self._patiently(step, name)
            await self._clock.sleep(seconds)

    async def _patiently(self, step: Callable[[], Awaitable[object]], name: str) -> bool:
        """Take a step; where the store or the bus is away, wait instead, and say so."""
        try:
            return bool(await step())
        except (StoreUnavailable, BusUnavailable) as error:
            logger.warning("sync waits", extra={"loop": name, "code": error.code})
        except ScantlingError as error:
            # A document that can't be read must not keep all others from being carried out.
            logger.exception("sync goes on", extra={"loop": name, "code": error.code})
        await self._clock.sleep(_AFTER_ERROR_SECONDS)
        return False


async def build_sync(
    *,
    store: Store,
    bus: Bus,
    sealer: Sealer,
    clock: Clock,
    randomness: Randomness,
    settings: SyncSettings,
    metrics: Metrics = NO_METRICS,
    public_url: Callable[[], str] | None = None,
) -> Sync:
    """Return sync over these adapters, prepared; ``store`` is not guarded yet.

    ``public_url`` returns where registries reach the webhooks, where that is known only once
    the server listens; the setting has precedence.
    """
    sync = Sync(
        store=store,
        bus=bus,
        sealer=sealer,
        clock=clock,
        randomness=randomness,
        settings=settings,
        metrics=metrics,
        public_url=lambda: (
            settings.webhook_base if settings.public_url or not public_url else public_url()
        ),
    )
    await sync.prepare()
    return sync
