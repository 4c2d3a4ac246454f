"""Who carries out sync tasks: one at a time for a registry, however many instances there are."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.bus.port import BusUnavailable
from scantling_common.errors import ScantlingError
from scantling_common.images.errors import RateLimited
from scantling_common.leases import Lease, LeaseLost
from scantling_common.records.sync import (
    REGISTRIES,
    SYNC_LEASES,
    SYNC_TASKS,
    Registry,
    SyncTask,
)
from scantling_common.store.port import Range, StoreUnavailable
from scantling_common.store.repository import Repository
from scantling_sync.errors import SyncInterrupted
from scantling_sync.sync_task import SyncRun

if TYPE_CHECKING:
    from scantling_common.clock import Clock
    from scantling_common.images.connections import Connections
    from scantling_common.store.port import Store
    from scantling_common.telemetry.metrics import Metrics
    from scantling_sync.authorisation import Authorisations
    from scantling_sync.registries.port import RegistryKind
    from scantling_sync.registry_removal import RegistryRemoval
    from scantling_sync.sync_requests import SyncRequests
    from scantling_sync.watcher import Watcher

logger = logging.getLogger(__name__)

MAX_FAILURES: Final = 5
"""How often in a row a sync may break off, because the registry does not answer."""

REMOVAL_MS: Final = 300_000
"""How long after its deletion a registry is looked through again: longer than a delivery takes."""

_FIRST_WAIT_MS: Final = 15_000
_LONGEST_WAIT_MS: Final = 900_000
_LONGEST_ERROR: Final = 500
_LOOKED_AT: Final = 100


class SyncWorker:
    """Takes tasks that are due, and those whose worker died."""

    def __init__(
        self,
        store: Store,
        connections: Connections[RegistryKind],
        watcher: Watcher,
        requests: SyncRequests,
        authorisations: Authorisations,
        removal: RegistryRemoval,
        *,
        clock: Clock,
        metrics: Metrics,
        owner: str,
    ) -> None:
        """Take tasks from a store; ``owner`` is unique to this process' life."""
        self._tasks = Repository(store, SYNC_TASKS, SyncTask)
        self._registries = Repository(store, REGISTRIES, Registry)
        self._store = store
        self._connections = connections
        self._watcher = watcher
        self._requests = requests
        self._authorisations = authorisations
        self._removal = removal
        self._clock = clock
        self._metrics = metrics
        self._owner = owner
        self._leases: dict[str, Lease] = {}
        self._busy: set[str] = set()

    async def carry_out_next(self) -> bool:
        """Carry out one task that is due and whose registry is free; False where there is none."""
        for task in await self._due():
            if task.registry in self._busy:
                continue
            self._busy.add(task.registry)
            try:
                if await self._carry_out_alone(task):
                    return True
            finally:
                self._busy.discard(task.registry)
        return False

    async def _due(self) -> list[SyncTask]:
        end = self._clock.now_ms() + 1
        found: list[SyncTask] = []
        for state in ("running", "queued"):
            range_ = Range(index="due", prefix=(state,), end=end)
            found += (await self._tasks.page(range_, limit=_LOOKED_AT)).records
        return found

    async def _carry_out_alone(self, task: SyncTask) -> bool:
        """Carry a task out under its registry's lease; False where another has it."""
        lease = self._leases.setdefault(task.registry, self._lease(task.registry))
        if not await lease.acquire():
            return False
        keeping = asyncio.create_task(lease.keep(), name="keep sync lease")
        carrying = asyncio.create_task(self._carry_out(task.id), name="sync")
        try:
            await asyncio.wait({keeping, carrying}, return_when=asyncio.FIRST_COMPLETED)
            if not carrying.done():
                return True  # the lease is lost: who has it now goes on with the task
            carrying.result()
        finally:
            for each in (keeping, carrying):
                each.cancel()
            await asyncio.wait({keeping, carrying})
            self._leases.pop(task.registry, None)
            await self._let_go(task.registry, lease, keeping)
        return True

    async def _let_go(self, registry: str, lease: Lease, keeping: asyncio.Task[None]) -> None:
        lost = not keeping.cancelled() and isinstance(keeping.exception(), LeaseLost)
        if not lost:
            await lease.release()
        if await self._registries.get(registry) is None:
            await self._store.delete(SYNC_LEASES, registry)

    def _lease(self, registry: str) -> Lease:
        return Lease(self._store, SYNC_LEASES, registry, owner=self._owner, clock=self._clock)

    async def _carry_out(self, task_id: str) -> None:
        task = await self._tasks.get(task_id)
        if task is None or task.state not in {"queued", "running"}:
            return
        registry = await self._registries.get(task.registry)
        began = self._clock.monotonic()
        now = self._clock.now_ms()
        if registry is None or (registry.deleting and task.reason != "delete"):
            await self._end(task, "failed", "the registry was deleted")
            return
        started = msgspec.structs.replace(
            task, state="running", started_at=task.started_at or now, error=""
        )
        if not await self._tasks.replace(started):
            return
        task = msgspec.structs.replace(started, rev=started.rev + 1)
        if task.reason == "delete":
            await self._remove(registry, task)
            return
        state = await self._sync(registry, task)
        self._metrics.observe("sync_seconds", self._clock.monotonic() - began, outcome=state)

    async def _remove(self, registry: Registry, task: SyncTask) -> None:
        """Remove a registry, twice: what was under way when it was deleted may come after."""
        gone = await self._removal.clear(registry, task)
        task = msgspec.structs.replace(task, placements_gone=task.placements_gone + gone)
        wait = task.created_at + REMOVAL_MS - self._clock.now_ms()
        if wait > 0:
            await self._wait(task, wait, "")
            return
        await self._removal.forget(registry)
        await self._end(task, "done", "")

    async def _sync(self, registry: Registry, task: SyncTask) -> str:
        """Sync a registry; return the state that its task is left in."""
        latest = task
        try:
            answer = await self._authorisations.check(registry)
            if answer.state in {"refused", "expired"}:
                return await self._end(task, "failed", f"{answer.state}: {answer.reason}")
            if answer.state == "unreachable":
                return await self._broke_off(task, "registry_unreachable", answer.reason)
            async with self._connections.to(registry) as kind:
                run = SyncRun(
                    self._store,
                    self._watcher,
                    self._requests,
                    self._clock,
                    kind=kind,
                    registry=registry,
                    task=task,
                )
                try:
                    await run.run()
                finally:
                    latest = run.task
            return await self._complete(registry, latest)
        except RateLimited as error:
            wait = int(error.not_before_seconds * 1000)
            return await self._wait(latest, wait, str(error))
        except (StoreUnavailable, BusUnavailable, SyncInterrupted):
            raise
        except ScantlingError as error:
            return await self._broke_off(latest, error.code, str(error))
        except Exception as error:
            # No registry may stop the worker, whatever it makes us do.
            logger.exception("sync broke", extra={"sync": task.id})
            return await self._broke_off(latest, "internal", type(error).__name__)

    async def _complete(self, registry: Registry, task: SyncTask) -> str:
        if not task.repository and not registry.first_sync_at:
            # Before the task ends: should that fail, the sync runs again, and only lists.
            await self._registries.set_fields(registry.id, {"first_sync_at": self._clock.now_ms()})
        failed = task.repositories_failed
        if failed and failed == task.repositories_done:
            return await self._end(task, "failed", "no repository could be listed")
        return await self._end(task, "partial" if task.body.errors else "done", "")

    async def _broke_off(self, task: SyncTask, code: str, reason: str) -> str:
        """Let a task go on later, until it has broken off too often."""
        failures = task.failures + 1
        error = f"{code}: {reason}"
        if failures >= MAX_FAILURES:
            return await self._end(task, "failed", error)
        wait = min(_FIRST_WAIT_MS << (failures - 1), _LONGEST_WAIT_MS)
        counted = msgspec.structs.replace(task, failures=failures)
        return await self._wait(counted, wait, error)

    async def _wait(self, task: SyncTask, wait_ms: int, error: str) -> str:
        due_at = self._clock.now_ms() + wait_ms
        waiting = msgspec.structs.replace(
            task, state="queued", due_at=due_at, error=error[:_LONGEST_ERROR]
        )
        await self._tasks.replace(waiting)
        return "queued"

    async def _end(self, task: SyncTask, state: str, error: str) -> str:
        ended = msgspec.structs.replace(
            task, state=state, error=error[:_LONGEST_ERROR], ended_at=self._clock.now_ms()
        )
        if await self._tasks.replace(ended):
            logger.info(
                "sync ended",
                extra={
                    "sync": task.id,
                    "registry": task.registry,
                    "state": state,
                    "reason": error,
                    "repositories": task.repositories_done,
                    "tags": task.tags_seen,
                },
            )
        return state
