"""``scan.requests``: scans that other systems ask for, each a task of its own."""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING, Final

from scantling_common.bus.port import Answer, Delivery, Done, RetryAfter
from scantling_common.events.models import ScanRequested
from scantling_common.records.dispatcher import Task, TaskBody
from scantling_common.risks import ALWAYS
from scantling_dispatcher.decisions.limits import admitted
from scantling_dispatcher.decisions.scans import joined

if TYPE_CHECKING:
    from scantling_common.clock import Clock
    from scantling_dispatcher.board import Board
    from scantling_dispatcher.repositories import Repositories
    from scantling_dispatcher.versions import Versions

logger = logging.getLogger(__name__)

_SOURCES: Final = 10_000
_TEXT: Final = 200


class Requests:
    """From requests to tasks; the same request twice makes one task.

    Requests of one project are admitted at ``per_minute``; further ones wait on the bus.
    """

    def __init__(
        self,
        repositories: Repositories,
        board: Board,
        versions: Versions,
        clock: Clock,
        per_minute: int,
    ) -> None:
        """Write ``tasks``."""
        self._tasks = repositories.tasks
        self._projects = repositories.projects
        self._board = board
        self._versions = versions
        self._clock = clock
        self._per_minute = per_minute
        self._arrivals: dict[str, int] = {}

    async def handle(self, delivery: Delivery) -> Answer:
        """Take one request. One that names nothing that can be scanned is dropped, and logged."""
        event = delivery.event
        if not isinstance(event, ScanRequested):
            return Done()
        wait = self._wait(event.project)
        if wait:
            return RetryAfter("requests_limited", wait / 1000)
        reason = await self._refusal(event)
        if reason:
            logger.warning(
                "scan request dropped",
                extra={"project": event.project[:_TEXT], "reason": reason},
            )
            return Done()
        envelope = delivery.envelope
        await self._tasks.insert(self._task(event, f"{envelope.source}\0{envelope.id}"))
        self._board.plans.ring()
        return Done()

    def _wait(self, project: str) -> int:
        if len(self._arrivals) >= _SOURCES:
            self._arrivals.clear()
        now = self._clock.now_ms()
        arrival, wait = admitted(self._arrivals.get(project, 0), self._per_minute, now)
        self._arrivals[project] = arrival
        return wait

    async def _refusal(self, event: ScanRequested) -> str:
        if event.image is None and not event.placement:
            return "names neither an image nor a placement"
        if self._versions.unavailable(event.risks):
            return "asks for a risk type that nobody analyses"
        if len(event.project) > _TEXT or len(event.placement or "") > _TEXT:
            return "a name is too long"
        if not event.project or await self._projects.get(event.project) is None:
            return "there is no such project"
        return ""

    def _task(self, event: ScanRequested, identity: str) -> Task:
        digest = hashlib.sha256(f"{event.project}\0{identity}".encode()).hexdigest()
        now = self._clock.now_ms()
        return Task(
            id=f"request-{digest[:32]}",
            project=event.project,
            kind="request",
            priority="manual",
            risks=joined((*event.risks, *ALWAYS)),
            state="planning",
            created_at=now,
            started_at=now,
            created_by=event.requester[:_TEXT],
            body=TaskBody(
                images=() if event.image is None else (event.image,),
                scope={} if event.image or not event.placement else {"placement": event.placement},
            ),
        )
