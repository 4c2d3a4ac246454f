"""The part that keeps the advisories: brings them up to date, and announces each new build."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from scantling.advisories.feeds import feeds_of
from scantling.advisories.freshness import is_fresh
from scantling.advisories.remote import pull, push
from scantling.hosting.parts import Part
from scantling.scan.access import Access
from scantling_analyzers.advisories.database.builder import build
from scantling_analyzers.advisories.feeds.catalogue import FEEDS
from scantling_analyzers.advisories.fetching.fetched import Fetched
from scantling_analyzers.advisories.fetching.updating import Update
from scantling_analyzers.advisories.serving.announcer import GRACE, Announcer
from scantling_common.errors import ScantlingError
from scantling_common.store.guard import GuardedStore
from scantling_common.supervision import run_all
from scantling_common.telemetry.metrics import NO_METRICS, Metrics

if TYPE_CHECKING:
    from scantling.hosting.adapters import Adapters
    from scantling.hosting.settings import AdvisoriesRoleSettings, AdvisoriesSettings
    from scantling_common.clock import Clock

logger = logging.getLogger(__name__)

FEEDS_FOLDER: Final = "feeds"
ANNOUNCED: Final = "announced-advisories"
HOUR: Final = 3600.0
AGAIN: Final = 600.0
"""Seconds until another try where an update has failed."""
FETCHING: Final = 1800.0
"""Seconds for which a database that is missing may be on its way from a registry or the feeds."""
LOOK: Final = 60.0
"""How often a registry is asked whether it has a new build, in seconds."""


def advisories_part(adapters: Adapters, settings: AdvisoriesRoleSettings) -> Part:
    """Return the part that keeps the advisories of a cluster, or of `up`, and announces them."""
    announcer = Announcer(
        file=settings.advisories_file,
        kept=settings.data / ANNOUNCED,
        store=GuardedStore(adapters.store, "extractor"),
        bus=adapters.bus,
        clock=adapters.clock,
        metrics=adapters.metrics,
        grace=grace_of(settings),
    )
    keeper = Keeper(settings, adapters.clock, adapters.metrics)

    async def run() -> None:
        await run_all(announcer.run(), keeper.run(), signals=False)

    return Part(name="advisories", run=run)


def grace_of(settings: AdvisoriesRoleSettings) -> float:
    """Return for how long scans wait for a database that is lost, in seconds.

    Where it is fetched or built here, it comes back by itself.
    """
    comes_back = settings.advisories_from or settings.advisories_update_hours
    return FETCHING if comes_back else GRACE


class Keeper:
    """Fetches and builds every so often, or fetches what somebody else has built."""

    def __init__(
        self, settings: AdvisoriesRoleSettings, clock: Clock, metrics: Metrics = NO_METRICS
    ) -> None:
        """Bind the settings; nothing is fetched."""
        self._settings, self._clock, self._metrics = settings, clock, metrics

    async def run(self) -> None:
        """Go on until cancelled; where nothing is to be fetched, wait for ever."""
        if self._settings.advisories_from:
            await follow(self._settings, self._clock)
        hours = self._settings.advisories_update_hours
        if not hours:
            await asyncio.Event().wait()
        while True:
            done = await self._tried()
            await self._clock.sleep(hours * HOUR if done else AGAIN)

    async def _tried(self) -> bool:
        try:
            await self.update()
        except (ScantlingError, OSError) as error:
            logger.warning("advisories not updated", extra={"error": str(error)})
            return False
        return True

    async def update(self) -> None:
        """Fetch all feeds and build; what fails keeps what was fetched of it before."""
        settings = self._settings
        publications = feeds_of(settings.advisories_feeds, (), self._clock)
        folder = settings.data / FEEDS_FOLDER
        results = await Update(folder, clock=self._clock).run(publications)
        for result in results:
            self._metrics.count("advisory_fetches_total", how=result.how)
            if result.how == "failed":
                fields = {"feed": result.name, "reason": result.reason}
                logger.warning("feed not fetched", extra=fields)
        file = settings.advisories_file
        new = any(result.how == "fetched" for result in results)
        if new or not await asyncio.to_thread(is_fresh, file, folder, publications):
            built = await asyncio.to_thread(build, [Fetched(folder, publications)], FEEDS, file)
            logger.info("advisories built", extra={"build": built.id})
            if built.lost_count:
                # What they would have said is missing from it, and no outcome tells.
                logger.warning(
                    "advisories built without damaged files",
                    extra={"files": built.lost_count, "first": built.lost[0]},
                )
        if settings.advisories_to:
            access = Access(plain_http=settings.advisories_plain_http)
            await push(settings.advisories_to, access, file)


async def follow(settings: AdvisoriesSettings, clock: Clock) -> None:
    """Fetch the database from its registry whenever another build is there, until cancelled."""
    access = Access(plain_http=settings.advisories_plain_http)
    while True:
        try:
            await pull(settings.advisories_from, access, settings.advisories_file)
        except (ScantlingError, OSError) as error:
            logger.warning("advisories not fetched", extra={"error": str(error)})
        await clock.sleep(LOOK)
