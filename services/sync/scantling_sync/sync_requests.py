"""Asking for a sync: one that waits or runs already, for the same, is joined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from scantling_common.records.sync import SYNC_TASKS, Registry, SyncTask
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository

if TYPE_CHECKING:
    import asyncio

    from scantling_common.clock import Clock, Randomness
    from scantling_common.store.port import Store

SyncReason = Literal["start", "schedule", "manual", "confirm", "delete"]

ACTIVE: Final = frozenset({"queued", "running"})
_LOOKED_AT: Final = 100


class SyncRequests:
    """Makes sync tasks, and rings for whoever carries them out."""

    def __init__(
        self, store: Store, *, clock: Clock, randomness: Randomness, doorbell: asyncio.Event
    ) -> None:
        """Keep tasks in a store."""
        self._tasks = Repository(store, SYNC_TASKS, SyncTask)
        self._clock = clock
        self._randomness = randomness
        self._doorbell = doorbell

    async def request(
        self,
        registry: Registry,
        *,
        reason: SyncReason,
        repository: str = "",
        created_by: str = "",
        due_at: int = 0,
    ) -> SyncTask:
        """Return the task that syncs a registry, or one repository of it.

        ``due_at`` is when it may start, in milliseconds since the epoch: at once if it is 0.
        """
        active = await self._active(registry.id, repository, reason)
        if active is not None:
            return active
        now = self._clock.now_ms()
        task = SyncTask(
            id=self._randomness.token(),
            project=registry.project,
            registry=registry.id,
            repository=repository,
            reason=reason,
            created_by=created_by,
            created_at=now,
            due_at=due_at or now,
        )
        await self._tasks.insert(task)
        self._doorbell.set()
        return task

    async def _active(self, registry: str, repository: str, reason: SyncReason) -> SyncTask | None:
        range_ = Range(index="registry", prefix=(registry,), descending=True)
        page = await self._tasks.page(range_, limit=_LOOKED_AT)
        wanted = (repository, reason == "delete", reason == "confirm")
        for task in page.records:
            found = (task.repository, task.reason == "delete", task.reason == "confirm")
            if task.state in ACTIVE and found == wanted:
                return task
        return None
