"""Enumerates the images of tasks: page by page, resumable, in bulk."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_common.records.dispatcher import Task, TaskItem, item_id
from scantling_common.store.port import Range
from scantling_dispatcher.changes import change
from scantling_dispatcher.decisions.filters import MOVED, Candidate, Wish, skipped_by
from scantling_dispatcher.rows import fresh_row

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from scantling_common.clock import Clock
    from scantling_common.records.dispatcher import Waiting
    from scantling_common.records.sync import Placement
    from scantling_common.store.port import Operation
    from scantling_common.telemetry.metrics import Metrics
    from scantling_dispatcher.board import Board
    from scantling_dispatcher.candidates import Candidates
    from scantling_dispatcher.repositories import Repositories
    from scantling_dispatcher.rows import Rows
    from scantling_dispatcher.selection import Selection, Slice

logger = logging.getLogger(__name__)

TASKS_AT_ONCE: Final = 50
"""How many tasks are planned in turn, a page each."""


class Planner:
    """From a task's scope to its items and waiting rows."""

    def __init__(
        self,
        repositories: Repositories,
        board: Board,
        selection: Selection,
        candidates: Candidates,
        rows: Rows,
        *,
        finish: Callable[[str], Awaitable[None]],
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        """Write ``tasks``, ``task_items`` and ``waiting``; ``finish`` ends a task of no image."""
        self._repositories = repositories
        self._board = board
        self._selection = selection
        self._candidates = candidates
        self._rows = rows
        self._finish = finish
        self._clock = clock
        self._metrics = metrics

    async def step(self) -> int:
        """Plan one page of each task that is being planned; return of how many."""
        page = await self._repositories.tasks.page(
            Range(index="state", prefix=("planning",)), limit=TASKS_AT_ONCE
        )
        for task in page.records:
            await self._plan(task.id)
        return len(page.records)

    async def _plan(self, id_: str) -> None:
        async with self._board.turn:
            task = await self._board.tasks.refresh(id_)
            if task is None or task.state != "planning":
                return
            part = await self._selection.after(task)
            await self._write(task, part)
            await change(self._repositories.tasks, task.id, lambda now: _further(now, part.cursor))
            await self._board.tasks.refresh(id_)
        await self._finish(id_)
        self._board.tallies.ring()

    async def _write(self, task: Task, part: Slice) -> None:
        """Write items, then rows. A page written twice changes nothing the second time."""
        wish = await self._candidates.wish(task, task.body)
        now = self._clock.now_ms()
        wanted: dict[str, Waiting] = {}
        skipped: dict[str, str] = dict.fromkeys(part.missing, MOVED.name)
        for placement in part.placements:
            candidate = await self._candidates.of(
                placement, wish, latest=part.shows_latest(placement)
            )
            reason = _reason(candidate, wish)
            if reason == "":
                wanted.setdefault(placement.image, _row(task, placement, now))
            elif reason is not None:
                skipped.setdefault(placement.image, reason)
        for image in wanted:
            skipped.pop(image, None)
        for reason in skipped.values():
            self._metrics.count("images_skipped_total", filter=reason)
        waiting = await self._items(task, wanted, skipped)
        await self._rows.put_all([wanted[image] for image in waiting])

    async def _items(self, task: Task, wanted: Iterable[str], skipped: dict[str, str]) -> list[str]:
        """Write the items of a page and return the images of those that wait.

        An image that another of its tags was skipped for is scanned for the one that is wanted.
        """
        states = {**dict.fromkeys(wanted, ""), **skipped}
        there = {
            item.image: item
            for item in await self._repositories.items.get_many(
                [item_id(task.id, image) for image in states]
            )
        }
        items = self._repositories.items
        operations: list[Operation] = []
        waiting = []
        for image, reason in states.items():
            known = there.get(image)
            fresh = _item(task, image, reason, self._clock.now_ms())
            if known is None:
                operations.append(items.inserting(fresh))
            elif known.state == "skipped" and not reason:
                again = replace(
                    known, state="waiting", reason="", changed_at=fresh.changed_at, uncounted=1
                )
                operations.append(items.replacing(again))
            if not reason and (known is None or known.state in {"waiting", "skipped"}):
                waiting.append(image)
        await items.bulk(operations)
        return waiting


def _reason(candidate: Candidate, wish: Wish) -> str | None:
    """Return why an image is skipped, empty where it is not, None where it is not of the task."""
    found = skipped_by(candidate, wish)
    if found is None:
        return ""
    return found.name if found.recorded else None


def _row(task: Task, placement: Placement, now: int) -> Waiting:
    return fresh_row(
        task,
        image=placement.image,
        registry=placement.registry,
        stamp=task.created_at,
        now=now,
        sequence=task.body.sequence,
    )


def _item(task: Task, image: str, reason: str, now: int) -> TaskItem:
    return TaskItem(
        id=item_id(task.id, image),
        task=task.id,
        project=task.project,
        image=image,
        state="skipped" if reason else "waiting",
        reason=reason,
        observed_at=task.created_at,
        changed_at=now,
    )


def _further(task: Task, cursor: tuple[str | bool | int, ...]) -> Task | None:
    """Return a task one page further; at the end it runs. None where it was steered since."""
    if task.state != "planning":
        return None
    body = replace(task.body, cursor=cursor)
    if cursor:
        return replace(task, body=body)
    return replace(task, body=body, state="running", planned=True)
