"""What the active dispatcher keeps in memory beside the store; all of it can be rebuilt."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from scantling_dispatcher.doorbell import Doorbell
from scantling_dispatcher.lane_table import LaneTable
from scantling_dispatcher.rates import Rates
from scantling_dispatcher.registry_book import RegistryBook
from scantling_dispatcher.rule_book import RuleBook
from scantling_dispatcher.slots import Slots
from scantling_dispatcher.task_book import TaskBook

if TYPE_CHECKING:
    from scantling_common.clock import Clock
    from scantling_common.telemetry.metrics import Metrics
    from scantling_dispatcher.repositories import Repositories
    from scantling_dispatcher.settings import DispatcherSettings


class Board:
    """Lanes, slots, limits, tasks, registries, lists; and who takes turns at changing them.

    ``turn`` is held while rows are picked, enumerated or withdrawn and while scans end, so that
    none is both.
    ``picks`` wakes the picker, ``plans`` the planner, ``steers`` the loop that puts changes of
    tasks into effect, ``tallies`` the one that counts.
    """

    def __init__(
        self,
        repositories: Repositories,
        clock: Clock,
        settings: DispatcherSettings,
        metrics: Metrics,
    ) -> None:
        """Know nothing until :meth:`rebuild`."""
        self.lanes = LaneTable(repositories.waiting)
        self.slots = Slots(repositories.scans, settings.concurrent_scans, metrics)
        self.rates = Rates(repositories.limits, clock)
        self.tasks = TaskBook(repositories.tasks, clock, settings.push_risks)
        self.registries = RegistryBook(repositories.registries, clock)
        self.rules = RuleBook(repositories.settings, clock)
        self.turn = asyncio.Lock()
        self.picks = Doorbell(clock)
        self.plans = Doorbell(clock)
        self.steers = Doorbell(clock)
        self.tallies = Doorbell(clock)

    async def rebuild(self) -> None:
        """Read everything again: another dispatcher may have been active."""
        self.rates.forget()
        self.tasks.forget()
        await self.slots.rebuild()
        await self.lanes.rebuild()
