"""The tasks that have something to do, as the active dispatcher last read or wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_common.records.dispatcher import Task, push_task_id
from scantling_dispatcher.decisions.lanes import CLASSES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_common.clock import Clock
    from scantling_common.records.sync import Registry
    from scantling_common.store.repository import Repository

_MOST: Final = 10_000


class TaskBook:
    """Tasks by id. Their states are exact once a change of them is in effect."""

    def __init__(self, tasks: Repository[Task], clock: Clock, push_risks: str) -> None:
        """Read ``tasks``; ``push_risks`` are the risk types of standing push tasks."""
        self._tasks = tasks
        self._clock = clock
        self._push_risks = push_risks
        self._known: dict[str, Task] = {}

    async def get(self, id_: str) -> Task | None:
        """Return a task, None where there is none of that id."""
        if id_ not in self._known:
            return await self.refresh(id_)
        return self._known[id_]

    async def refresh(self, id_: str) -> Task | None:
        """Return a task as it is in the store now."""
        task = await self._tasks.get(id_)
        if task is None:
            self._known.pop(id_, None)
        else:
            self.note(task)
        return task

    def note(self, task: Task) -> None:
        """Remember a task as it was just read or written."""
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[task.id] = task

    def forget(self) -> None:
        """Drop everything: another dispatcher was active since."""
        self._known.clear()

    def waiting(self) -> dict[str, int]:
        """Return how many images of known tasks wait, by class, as last counted."""
        depths = dict.fromkeys(CLASSES, 0)
        for task in self._known.values():
            depths[task.priority] += task.waiting
        return depths

    async def states(self, ids: Iterable[str]) -> list[str]:
        """Return the states of tasks; one that is not there any more counts as cancelled."""
        found = [await self.get(id_) for id_ in ids]
        return ["cancelled" if task is None else task.state for task in found]

    async def standing(self, registry: Registry) -> Task:
        """Return a registry's standing push task, made where it is not there yet."""
        id_ = push_task_id(registry.id)
        task = await self.get(id_)
        if task is not None:
            return task
        now = self._clock.now_ms()
        made = Task(
            id=id_,
            project=registry.project,
            kind="push",
            priority="push",
            standing=True,
            registry=registry.id,
            risks=self._push_risks,
            state="running",
            planned=True,
            created_at=now,
            started_at=now,
            created_by="scantling",
        )
        await self._tasks.insert(made)
        return await self.refresh(id_) or made
