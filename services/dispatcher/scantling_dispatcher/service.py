"""The dispatcher: its loops and its part of the API, from what it is given."""

from __future__ import annotations

import contextlib
import logging
import socket
from typing import TYPE_CHECKING, Final

from scantling_common.announcements import Announcements
from scantling_common.bus.errors import ConsumerStopped
from scantling_common.bus.port import Fenced, Subscription
from scantling_common.errors import ScantlingError
from scantling_common.events.topics import (
    ADVISORIES_UPDATED,
    ANALYZER_VERSIONS,
    CONTROL,
    IMAGE_EVENTS,
    SCAN_COMPLETED,
    SCAN_EXTRACT,
    SCAN_EXTRACT_LARGE,
    SCAN_REQUESTS,
    SCAN_RESULTS,
    SCAN_RETURNED,
)
from scantling_common.http.endpoints import Route, routes_of
from scantling_common.leases import LeaseLost
from scantling_common.supervision import run_all
from scantling_common.telemetry.metrics import NO_METRICS, Metrics
from scantling_dispatcher.active import PRODUCER, Active
from scantling_dispatcher.api.lists import ListsApi
from scantling_dispatcher.api.scans import ScansApi
from scantling_dispatcher.api.tasks import TasksApi
from scantling_dispatcher.board import Board
from scantling_dispatcher.decisions.tasks import TaskStateConflict
from scantling_dispatcher.errors import NotLeader, RiskUnavailable
from scantling_dispatcher.leadership import Leadership
from scantling_dispatcher.lists import ListInvalid, Lists, ListUnknown
from scantling_dispatcher.repositories import Repositories
from scantling_dispatcher.versions import Versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scantling_common.bus.port import Bus
    from scantling_common.clock import Clock, Randomness
    from scantling_common.store.port import Store
    from scantling_dispatcher.settings import DispatcherSettings

logger = logging.getLogger(__name__)

TOPICS: Final = (
    IMAGE_EVENTS,
    SCAN_REQUESTS,
    SCAN_EXTRACT,
    SCAN_EXTRACT_LARGE,
    SCAN_RESULTS,
    SCAN_RETURNED,
    ANALYZER_VERSIONS,
    SCAN_COMPLETED,
    ADVISORIES_UPDATED,
    CONTROL,
)

STATUSES: Final[Mapping[type[ScantlingError], int]] = {
    TaskStateConflict: 409,
    RiskUnavailable: 409,
    ListInvalid: 400,
    ListUnknown: 404,
}
"""The HTTP statuses of the dispatcher's errors."""


class Dispatcher:
    """The dispatcher: decides what is scanned and when, and answers for tasks and lists."""

    def __init__(
        self,
        *,
        store: Store,
        bus: Bus,
        clock: Clock,
        randomness: Randomness,
        settings: DispatcherSettings,
        metrics: Metrics = NO_METRICS,
    ) -> None:
        """Put the parts together; nothing is started."""
        named = settings.instance or socket.gethostname()
        self._settings = settings.model_copy(update={"instance": named})
        self._bus = bus
        self._clock = clock
        self._randomness = randomness
        self._metrics = metrics
        self.repositories = Repositories(store)
        self.board = Board(self.repositories, clock, self._settings, metrics)
        self.versions = Versions()
        self.announcements = Announcements()
        self.leadership = Leadership(
            self.repositories,
            instance=named,
            clock=clock,
            randomness=randomness,
            metrics=metrics,
        )

    async def prepare(self) -> None:
        """Create topics and collections that are missing; idempotent."""
        await self.repositories.ensure()
        await self._bus.ensure_topics(TOPICS)

    async def run(self) -> None:
        """Run until cancelled: wait for the lease, lead, and wait again when it is lost."""
        await self.prepare()
        announced = Subscription(
            topics=(ANALYZER_VERSIONS,),
            handler=self.versions.handle,
            group=None,
            instance=self._settings.instance,
            on_caught_up=self.versions.caught_up,
        )
        builds = Subscription(
            topics=(ADVISORIES_UPDATED,),
            handler=self.announcements.handle,
            group=None,
            instance=self._settings.instance,
            on_caught_up=self.announcements.caught_up,
        )
        await run_all(
            self._bus.consume(announced), self._bus.consume(builds), self._lead(), signals=False
        )

    def routes(self) -> list[Route]:
        """Return the dispatcher's part of the API."""
        return routes_of(
            TasksApi(
                self.repositories,
                self.board,
                self.versions,
                self._clock,
                self._randomness,
                push_risks=self._settings.push_risks,
            ),
            ScansApi(self.repositories),
            ListsApi(self.repositories, Lists(self.repositories, self._clock)),
        )

    async def activate(self) -> Active:
        """Return the active dispatcher's parts; the producer of the one before is fenced.

        The lease must be held. The caller runs the recovery, then whatever loops it wants.
        """
        producer = await self._bus.producer(transactional_name=PRODUCER)
        return Active(
            self.repositories,
            self.board,
            self.versions,
            self.announcements,
            producer,
            confirm=self.leadership.confirm,
            clock=self._clock,
            settings=self._settings,
            metrics=self._metrics,
        )

    async def _lead(self) -> None:
        while True:
            await self.leadership.wait(self._clock)
            try:
                active = await self.activate()
                await active.run(self._bus, self.leadership.keep())
            except (LeaseLost, NotLeader, Fenced, ConsumerStopped) as error:
                if isinstance(error, ConsumerStopped) and not isinstance(error.__cause__, Fenced):
                    raise
                self.leadership.lost()
                self.board.slots.forget()
                logger.warning("dispatcher is not active any more", extra={"reason": error.code})
            finally:
                with contextlib.suppress(ScantlingError):
                    await self.leadership.release()


def build_dispatcher(
    *,
    store: Store,
    bus: Bus,
    clock: Clock,
    randomness: Randomness,
    settings: DispatcherSettings,
    metrics: Metrics = NO_METRICS,
) -> Dispatcher:
    """Return the dispatcher over these adapters; ``store`` is not guarded yet."""
    return Dispatcher(
        store=store,
        bus=bus,
        clock=clock,
        randomness=randomness,
        settings=settings,
        metrics=metrics,
    )
