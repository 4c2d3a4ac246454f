"""New advisories: the images whose answer may have changed are matched again, each as a task.

A build is announced with the packages for which it says something else. Each page of that makes
one task for each project, whose images the planner finds. What these can't know of waits in its
project's standing task: an image whose analysis was under way with older advisories meanwhile, one
that was judged by a build which nobody had announced yet, and one whose re-match has failed.
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
from scantling_dispatcher.decisions.statuses import OPEN
from scantling_dispatcher.rows import fresh_row

if TYPE_CHECKING:
    from scantling_common.clock import Clock
    from scantling_common.records.dispatcher import Scan
    from scantling_dispatcher.board import Board
    from scantling_dispatcher.builds import Builds
    from scantling_dispatcher.items import Items
    from scantling_dispatcher.repositories import Repositories
    from scantling_dispatcher.rows import Rows
    from scantling_dispatcher.versions import Versions

logger = logging.getLogger(__name__)

TRIES: Final = 8
"""How often a re-match that has failed is tried again for one build."""
PAUSE: Final = 300_000
"""How long the first of these tries waits, in milliseconds; each further one twice as long."""
_SHORT: Final = 12
_STAMPS: Final = 2 * TRIES
"""How many stamps of waiting rows each build has: one for each try."""
_JUDGED: Final = frozenset({"complete", "partial", "unsupported"})
_FAILED: Final = "failed"


class Rematches:
    """From announcements to tasks, and from late analyses to waiting rows; idempotent."""

    def __init__(
        self,
        repositories: Repositories,
        board: Board,
        builds: Builds,
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
        self._builds = builds
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
        """Have an image matched again whose scan has ended with other advisories, or without any.

        ``build`` is what its vulnerabilities were judged by, ``status`` their status. A scan that
        began after the newest announcement asked for these or newer ones; an analyzer that had not
        heard of them yet may have gone by what it had all the same.
        """
        newest = await self._builds.newest()
        unasked = VULNERABILITY in scan.body.unasked and self._versions.has_analyzer(VULNERABILITY)
        if not unasked and build == newest.build:
            return
        early = scan.sequence < newest.sequence or self._is_unaware(build, status)
        if unasked or early:
            await self._wait(scan, newest.sequence)
        elif status == _FAILED:
            await self._try_again(scan, newest.sequence)
        elif build and newest.sequence and status in _JUDGED and self._builds.is_unheard(build):
            # The next announcement does not compare with this build, which it may not know of.
            await self._wait(scan, newest.sequence + 1)

    def _is_unaware(self, build: str, status: str) -> bool:
        """Tell whether an image was judged by who did not know of the newest build."""
        if not build:
            return status == "unsupported"
        return status in _JUDGED and self._builds.is_older(build)

    async def _try_again(self, scan: Scan, sequence: int) -> None:
        """Have a re-match that has failed tried again after a pause, unless it had all tries."""
        tasks = [await self._board.tasks.get(id_) for id_ in scan.body.tasks]
        if not any(task is not None and task.kind == "rematch" for task in tasks):
            return
        stamp = scan.body.tasks.get(rematch_task_id(scan.project), 0)
        tried = stamp % _STAMPS if stamp // _STAMPS == sequence else 0
        if tried < TRIES:
            await self._wait(scan, sequence, number=tried + 1)

    async def _wait(self, scan: Scan, sequence: int, *, number: int = 0) -> None:
        """Have an image wait for a build in its project's standing task; idempotent.

        ``number`` is that of a try after one that has failed.
        """
        task = await self._standing(scan.project)
        now = self._clock.now_ms()
        step = _once_more if number else _again
        fresh = _fresh_item(task, scan.image, sequence, now)
        if not await self._items.insert(fresh):
            await self._items.change(fresh.id, lambda item: step(item, sequence))
        item = await self._items.get(task.id, scan.image)
        if item is None or item.state != "waiting" or item.observed_at != sequence:
            return
        row = fresh_row(
            task,
            image=scan.image,
            registry=scan.registry,
            stamp=sequence * _STAMPS + number,
            now=now,
            sequence=sequence,
        )
        pause = PAUSE << (number - 1) if number else 0
        await self._rows.renew(replace(row, due_at=now + pause))

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


def _fresh_item(task: Task, image: str, sequence: int, now: int) -> TaskItem:
    return TaskItem(
        id=item_id(task.id, image),
        task=task.id,
        project=task.project,
        image=image,
        state="waiting",
        observed_at=sequence,
        changed_at=now,
    )


def _again(item: TaskItem, sequence: int) -> TaskItem | None:
    """Return an item that waits for a newer build; None where it does, or is under way for it."""
    if item.observed_at >= sequence:
        return None
    if item.state in OPEN:
        return replace(item, observed_at=sequence)
    return replace(item, observed_at=sequence, state="waiting", reason="", seq=0)


def _once_more(item: TaskItem, sequence: int) -> TaskItem | None:
    """Return an item that has ended as it waits again; None where it waits, or is under way."""
    if item.state in OPEN or item.observed_at > sequence:
        return None
    return replace(item, observed_at=sequence, state="waiting", reason="", seq=0)
