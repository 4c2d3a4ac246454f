"""Counts of tasks: each change of an item is counted once, also across crashes.

A batch of changed items goes into the task's counts and into its ``tally`` in one
compare-and-set; then the items are marked as counted. The next batch of the task begins by
marking the last one again, which changes nothing where it was done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from msgspec.structs import replace

from scantling_common.records.dispatcher import TallyEntry, Task, TaskItem
from scantling_common.store.port import Range
from scantling_dispatcher.changes import change, change_all
from scantling_dispatcher.decisions.statuses import STATES
from scantling_dispatcher.decisions.tasks import is_finished

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scantling_common.clock import Clock
    from scantling_dispatcher.board import Board
    from scantling_dispatcher.repositories import Repositories

SECONDS: Final = 1.0
"""How often is counted at least."""

BATCH: Final = 500
_DAY: Final = 24 * 3_600_000


class Tally:
    """Counts items by task and state, and ends tasks that have nothing left."""

    def __init__(
        self, repositories: Repositories, board: Board, clock: Clock, keep_days: int
    ) -> None:
        """Write ``tasks`` and the marks of ``task_items``."""
        self._tasks = repositories.tasks
        self._items = repositories.items
        self._board = board
        self._clock = clock
        self.keep = keep_days * _DAY
        self._marked: dict[str, int] = {}

    async def step(self) -> int:
        """Count one batch of each task that the first uncounted items are of.

        Return how many items were counted; 0 means that nothing is left.
        """
        page = await self._items.page(Range(index="uncounted", prefix=(1,)), limit=BATCH)
        by_task: dict[str, list[TaskItem]] = {}
        for item in page.records:
            by_task.setdefault(item.task, []).append(item)
        for task, items in by_task.items():
            await self._count(task, items)
            await self.finish(task)
        return len(page.records)

    async def finish(self, id_: str) -> None:
        """End a task whose items have all ended and are counted."""
        task = await self._tasks.get(id_)
        if task is None or not is_finished(task):
            return
        left = await self._items.page(Range(index="uncounted", prefix=(1, id_)), limit=1)
        if left.records:
            return
        now = self._clock.now_ms()
        done = await change(self._tasks, id_, lambda task: self._ended(task, now))
        if done is not None:
            self._board.tasks.note(done)
            self._marked.pop(id_, None)

    def _ended(self, task: Task, now: int) -> Task | None:
        if not is_finished(task):
            return None
        return replace(task, state="done", ended_at=now, sweep_at=now + self.keep)

    async def _count(self, id_: str, items: Sequence[TaskItem]) -> None:
        task = await self._tasks.get(id_)
        if task is None:
            await self._mark(TallyEntry(item.id, item.state) for item in items)
            return
        if self._marked.get(id_) != task.rev:
            await self._mark(task.body.tally)
        # read after the task: whoever counts them meanwhile changes the task
        fresh = await self._items.get_many([item.id for item in items])
        counted = tallied(task, [item for item in fresh if item.uncounted])
        if await self._tasks.replace(counted):
            self._board.tasks.note(replace(counted, rev=counted.rev + 1))
            await self._mark(counted.body.tally)
            self._marked[id_] = counted.rev + 1

    async def _mark(self, entries: Iterable[TallyEntry]) -> None:
        states = {entry.item: entry.state for entry in entries}
        await change_all(self._items, states, lambda item: _marked(item, states[item.id]))


def tallied(task: Task, items: Sequence[TaskItem]) -> Task:
    """Return a task with changed items in its counts, and in its ``tally``; pure."""
    counts = {state: getattr(task, state) for state in STATES}
    total = task.total
    for item in items:
        if item.counted:
            counts[item.counted] -= 1
        else:
            total += 1
        counts[item.state] += 1
    tally = tuple(TallyEntry(item.id, item.state) for item in items)
    fields = {**counts, "total": total, "body": replace(task.body, tally=tally)}
    return msgspec.structs.replace(task, **fields)


def _marked(item: TaskItem, state: str) -> TaskItem | None:
    """Return an item as counted in a state; it may have changed since it was."""
    uncounted = int(item.state != state)
    if (item.counted, item.uncounted) == (state, uncounted):
        return None
    return replace(item, counted=state, uncounted=uncounted)
