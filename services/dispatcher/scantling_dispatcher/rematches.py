"""New advisories: the images whose answer may have changed are matched again, each as a task.

A build is announced with the packages for which it says something else. Each page of that makes
one task for each project, whose images the planner finds. An image whose analysis was under way
with older advisories meanwhile waits in its project's standing task.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_common.bus.port import Answer, Delivery, Done
from scantling_common.events.models import AdvisoriesUpdated
from scantling_common.records.dispatcher import (
    ANY_BUILD,
    Task,
    TaskBody,
    TaskItem,
    item_id,
    rematch_task_id,
)
from scantling_common.store.port import Range
from scantling_dispatcher.decisions.filters import VULNERABILITY
from scantling_dispatcher.decisions.scans import split
from scantling_dispatcher.rows import fresh_row

if TYPE_CHECKING:
    from scantling_common.announcements import Announcements
    from scantling_common.clock import Clock
    from scantling_common.records.dispatcher import Scan
    from scantling_dispatcher.board import Board
    from scantling_dispatcher.items import Items
    from scantling_dispatcher.repositories import Repositories
    from scantling_dispatcher.rows import Rows
    from scantling_dispatcher.versions import Versions

logger = logging.getLogger(__name__)

_SHORT: Final = 12
_JUDGED: Final = frozenset({"complete", "partial", "unsupported"})


class Rematches:
    """From announcements to tasks, and from late analyses to waiting rows; idempotent."""

    def __init__(
        self,
        repositories: Repositories,
        board: Board,
        announcements: Announcements,
        versions: Versions,
        items: Items,
        rows: Rows,
        *,
        push_risks: str,
        clock: Clock,
    ) -> None:
        """Write ``tasks``, ``task_items`` and ``waiting``; ``push_risks`` are those of pushes."""
        self._versions = versions
        self._is_for_all = VULNERABILITY in split(push_risks)
        self._caught_up: set[str] = set()
        self._repositories = repositories
        self._board = board
        self._announcements = announcements
        self._items = items
        self._rows = rows
        self._clock = clock

    async def handle(self, delivery: Delivery) -> Answer:
        """Take one page of an announcement; the same one again makes no second task."""
        event = delivery.event
        if isinstance(event, AdvisoriesUpdated):
            packages: dict[str, list[str]] = {}
            for package in event.packages:
                packages.setdefault(package.project, []).append(package.id)
            if event.every:
                async for project in self._repositories.projects.each(Range(index="created")):
                    packages.setdefault(project.id, [])
            for project_id, ids in sorted(packages.items()):
                await self._repositories.tasks.insert(self._task(event, project_id, ids))
            logger.info(
                "advisories updated",
                extra={
                    "build": event.build,
                    "page": event.page,
                    "packages": len(event.packages),
                    "every": event.every,
                },
            )
            self._board.plans.ring()
        return Done()

    async def catch_up(self) -> int:
        """Have matched what was analysed before anybody analysed vulnerabilities.

        Return of how many projects; each is looked at once, when the analyzer has announced itself.
        Where pushes are not looked for vulnerabilities, nobody wants them of every image.
        """
        if not self._is_for_all or not self._versions.has_analyzer(VULNERABILITY):
            return 0
        count = 0
        async for project in self._repositories.projects.each(Range(index="created")):
            if project.id in self._caught_up:
                continue
            self._caught_up.add(project.id)
            scans = Range(index="project", prefix=(project.id,))
            if (await self._repositories.scans.page(scans, limit=1)).records:
                await self._repositories.tasks.insert(self._first(project.id))
                self._board.plans.ring()
                count += 1
        return count

    async def late(self, scan: Scan, build: str, status: str) -> None:
        """Have an image matched again whose scan has ended with older advisories, or without any.

        One that began after the announcement asked for these or newer ones; an analyzer that had
        not heard of them yet may have gone by what it had all the same. ``status`` is that of its
        vulnerabilities.
        """
        newest = self._announcements.newest
        unasked = VULNERABILITY in scan.body.unasked and self._versions.has_analyzer(VULNERABILITY)
        if not unasked and build == newest.build:
            return
        early = scan.sequence < newest.sequence or self._is_unaware(build, status)
        if not unasked and not early:
            return
        task = await self._standing(scan.project)
        if not await self._waits(task, scan.image, newest.sequence):
            return
        await self._rows.put(
            fresh_row(
                task,
                image=scan.image,
                registry=scan.registry,
                stamp=newest.sequence,
                now=self._clock.now_ms(),
                sequence=newest.sequence,
            )
        )

    def _is_unaware(self, build: str, status: str) -> bool:
        """Tell whether an image was judged by who did not know of the newest build."""
        if not build:
            return status == "unsupported"
        return status in _JUDGED and self._announcements.is_older(build)

    async def _waits(self, task: Task, image: str, sequence: int) -> bool:
        """Note in the image's item for which build it waits; tell whether it does."""
        fresh = TaskItem(
            id=item_id(task.id, image),
            task=task.id,
            project=task.project,
            image=image,
            state="waiting",
            observed_at=sequence,
            changed_at=self._clock.now_ms(),
        )
        if await self._items.insert(fresh):
            return True
        await self._items.change(fresh.id, lambda item: _again(item, sequence))
        item = await self._items.get(task.id, image)
        return item is not None and item.state == "waiting"

    async def _standing(self, project: str) -> Task:
        id_ = rematch_task_id(project)
        task = await self._board.tasks.get(id_)
        if task is not None:
            return task
        made = replace(
            self._fresh(id_, project, TaskBody()), standing=True, state="running", planned=True
        )
        await self._repositories.tasks.insert(made)
        return await self._board.tasks.refresh(id_) or made

    def _first(self, project: str) -> Task:
        return self._fresh(f"rematch-first-{project}", project, TaskBody(advisories=ANY_BUILD))

    def _task(self, event: AdvisoriesUpdated, project: str, packages: list[str]) -> Task:
        id_ = f"rematch-{event.sequence}-{event.build[:_SHORT]}-{event.page}-{project}"
        body = TaskBody(packages=tuple(packages), advisories=event.build, sequence=event.sequence)
        return self._fresh(id_, project, body)

    def _fresh(self, id_: str, project: str, body: TaskBody) -> Task:
        """Return a task whose images the planner finds."""
        now = self._clock.now_ms()
        return Task(
            id=id_,
            project=project,
            kind="rematch",
            priority="rematch",
            risks=VULNERABILITY,
            state="planning",
            created_at=now,
            started_at=now,
            created_by="scantling",
            body=body,
        )


def _again(item: TaskItem, sequence: int) -> TaskItem | None:
    """Return an item that waits for a newer build; None where it does, or is under way for it."""
    if item.state in {"waiting", "running"} and item.observed_at >= sequence:
        return None
    if item.state in {"waiting", "running"}:
        return replace(item, observed_at=sequence)
    if item.observed_at >= sequence:
        return None
    return replace(item, observed_at=sequence, state="waiting", reason="", seq=0)
