"""The active dispatcher: its parts and loops, from when it has the lease until it loses it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from scantling_common.bus.port import Subscription
from scantling_common.events.topics import (
    ADVISORIES_UPDATED,
    IMAGE_EVENTS,
    SCAN_COMPLETED,
    SCAN_REQUESTS,
    SCAN_RETURNED,
)
from scantling_common.supervision import run_all
from scantling_dispatcher import completions, control, deadlines, sweeps, tally
from scantling_dispatcher.builds import Builds
from scantling_dispatcher.candidates import Candidates
from scantling_dispatcher.claims import Claims
from scantling_dispatcher.fleet import Fleet
from scantling_dispatcher.intake import Intake
from scantling_dispatcher.items import Items
from scantling_dispatcher.loops import repeat
from scantling_dispatcher.picker import TICK, Picker
from scantling_dispatcher.planner import Planner
from scantling_dispatcher.publisher import Publisher
from scantling_dispatcher.recovery import Recovery
from scantling_dispatcher.rematches import Rematches
from scantling_dispatcher.requests import Requests
from scantling_dispatcher.returns import Returns
from scantling_dispatcher.rows import Rows
from scantling_dispatcher.selection import Selection
from scantling_dispatcher.starts import Starts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from typing import Any

    from scantling_common.announcements import Announcements
    from scantling_common.bus.port import Bus, Handler, Producer
    from scantling_common.clock import Clock
    from scantling_common.events.topics import Topic
    from scantling_common.telemetry.metrics import Metrics
    from scantling_dispatcher.board import Board
    from scantling_dispatcher.repositories import Repositories
    from scantling_dispatcher.settings import DispatcherSettings
    from scantling_dispatcher.versions import Versions

PRODUCER: Final = "scantling-dispatcher"
"""The transactional name: whoever becomes active fences the one before."""

GROUP: Final = "scantling-dispatcher"
"""What the names of its groups begin with: one for each topic, as one instance is one member."""

REBUILD: Final = 60.0
"""How often the tables in memory are read anew, in seconds."""

IN_FLIGHT: Final = 128


class Active:
    """Everything that only one dispatcher at a time does."""

    def __init__(
        self,
        repositories: Repositories,
        board: Board,
        versions: Versions,
        announcements: Announcements,
        producer: Producer,
        *,
        confirm: Callable[[], Awaitable[None]],
        clock: Clock,
        settings: DispatcherSettings,
        metrics: Metrics,
    ) -> None:
        """Put the parts together; nothing is read or written yet."""
        self._board = board
        self._versions = versions
        self._announcements = announcements
        self._clock = clock
        self._confirm = confirm
        self._producer = producer
        self._metrics = metrics
        self._instance = settings.instance
        items = Items(repositories.items, clock, board.tallies)
        rows = Rows(repositories.waiting, board, clock)
        candidates = Candidates(repositories, board, versions, settings.push_risks)
        builds = Builds(repositories, announcements)
        claims = Claims(repositories, board, candidates, items, rows, metrics)
        self.publisher = Publisher(repositories.scans, producer, clock)
        self.tally = tally.Tally(repositories, board, clock, settings.keep_tasks_days)
        self.intake = Intake(board, items, rows, clock)
        self.requests = Requests(repositories, board, versions, clock, settings.requests_per_minute)
        self.returns = Returns(repositories.scans, board, items, rows, self.publisher, clock=clock)
        self.rematches = Rematches(
            repositories,
            board,
            builds,
            versions,
            items,
            rows,
            push_risks=settings.push_risks,
            clock=clock,
        )
        self.completions = completions.Completions(
            repositories, board, items, rows, self.rematches, clock
        )
        self.deadlines = deadlines.Deadlines(repositories.scans, self.returns, clock)
        self.control = control.Control(
            repositories, board, items, rows, self.publisher, self.tally, clock=clock
        )
        self.planner = Planner(
            repositories,
            board,
            Selection(repositories.placements, Fleet(repositories.places, repositories.holds)),
            candidates,
            rows,
            finish=self.tally.finish,
            clock=clock,
            metrics=metrics,
        )
        self.picker = Picker(
            repositories,
            board,
            claims,
            Starts(
                repositories,
                board,
                versions,
                items,
                rows,
                publisher=self.publisher,
                metrics=metrics,
            ),
            builds,
            versions,
            rows,
            confirm=confirm,
            clock=clock,
        )
        self.recovery = Recovery(
            repositories, board, claims, items, rows, self.publisher, self.tally
        )
        self.sweeps = sweeps.Sweeps(repositories, clock, metrics)

    async def run(self, bus: Bus, lease: Coroutine[Any, Any, None]) -> None:
        """Recover, then run all loops, and the one that keeps the lease, until one fails."""
        try:
            await run_all(lease, self._work(bus), signals=False)
        finally:
            await self._producer.close()

    async def _work(self, bus: Bus) -> None:
        await self.recovery.run()
        # Before, it can't be told whether a scan that ends is late.
        await self._announcements.known.wait()
        await run_all(
            *(bus.consume(each) for each in self._subscriptions()),
            self._picks(),
            self._every("planner", self.planner.step, partial(self._board.plans.wait, 1.0)),
            self._every(
                "control", self.control.step, partial(self._board.steers.wait, control.SECONDS)
            ),
            self._every("tally", self._count, partial(self._board.tallies.wait, tally.SECONDS)),
            self._after(completions.SECONDS, "reconcile", self.completions.reconcile),
            self._after(completions.SECONDS, "catch up", self.rematches.catch_up),
            self._after(deadlines.SECONDS, "deadlines", self.deadlines.check),
            self._after(completions.SECONDS, "owed", self._publish_owed),
            self._after(REBUILD, "rebuild", self._rebuild),
            self._after(sweeps.SECONDS, "sweeps", self.sweeps.step),
            signals=False,
        )

    async def _picks(self) -> None:
        """Pick once it is known what the analyzers run, so that no push is scanned for nothing."""
        await self._versions.known.wait()
        await self._every("picker", self.picker.round, partial(self._board.picks.wait, TICK))

    def _every(
        self,
        name: str,
        step: Callable[[], Awaitable[object]],
        wait: Callable[[], Awaitable[None]],
    ) -> Coroutine[Any, Any, None]:
        return repeat(name, step, wait, self._clock)

    async def _after(
        self, seconds: float, name: str, step: Callable[[], Awaitable[object]]
    ) -> None:
        """Carry a step out every so often, whatever it returns; not at once, after a recovery."""

        async def once() -> None:
            await step()

        await self._clock.sleep(seconds)
        await repeat(name, once, partial(self._clock.sleep, seconds), self._clock)

    async def _publish_owed(self) -> None:
        async with self._board.turn:
            await self._confirm()
            await self.publisher.publish_owed()

    async def _count(self) -> int:
        counted = await self.tally.step()
        for priority, waiting in self._board.tasks.waiting().items():
            self._metrics.set("waiting_depth", waiting, priority=priority)
        return counted

    async def _rebuild(self) -> None:
        async with self._board.turn:
            await self._board.rebuild()

    def _subscriptions(self) -> list[Subscription]:
        handlers: list[tuple[Topic, Handler]] = [
            (IMAGE_EVENTS, self.intake.handle),
            (SCAN_REQUESTS, self.requests.handle),
            (SCAN_RETURNED, self.returns.handle),
            (SCAN_COMPLETED, self.completions.handle),
            (ADVISORIES_UPDATED, self.rematches.handle),
        ]
        return [
            Subscription(
                topics=(topic,),
                handler=handler,
                group=group_of(topic),
                instance=self._instance,
                max_in_flight=IN_FLIGHT,
            )
            for topic, handler in handlers
        ]


def group_of(topic: Topic) -> str:
    """Return the group in which the active dispatcher reads a topic."""
    return f"{GROUP}-{topic.name.removeprefix('scantling.').replace('.', '-')}"
