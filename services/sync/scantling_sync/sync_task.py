"""One metadata sync, from where it was left: authorisation, catalogue, then each repository.

Manifests and configs are asked for, never layers. Progress is written after every few
repositories, so that a sync that broke off goes on there.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import msgspec

from scantling_common.images.errors import NotFound
from scantling_common.records.sync import REPOSITORIES, SYNC_TASKS, Repository, SyncTask
from scantling_common.store import repository as store_repository
from scantling_common.store.port import Range
from scantling_sync.errors import SyncInterrupted
from scantling_sync.repository_sync import RepositorySync

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from scantling_common.clock import Clock
    from scantling_common.records.sync import Registry
    from scantling_common.store.port import Store
    from scantling_sync.registries.port import RegistryKind
    from scantling_sync.repository_sync import Tally
    from scantling_sync.sync_requests import SyncRequests
    from scantling_sync.watcher import Watcher

AT_ONCE: Final = 4
"""How many repositories are synced at once."""

MAX_ERRORS: Final = 1000
"""How many repositories' errors a task keeps; all failed ones are counted."""

CATALOGUE: Final = "*"
"""Under this name a task tells what was wrong with the catalogue itself."""

_LONGEST_ERROR: Final = 1000


class SyncRun:
    """Carries out one task; whoever runs it holds the registry's lease."""

    def __init__(
        self,
        store: Store,
        watcher: Watcher,
        requests: SyncRequests,
        clock: Clock,
        *,
        kind: RegistryKind,
        registry: Registry,
        task: SyncTask,
    ) -> None:
        """Go on with ``task``; ``kind`` is connected to the registry."""
        self._repositories = store_repository.Repository(store, REPOSITORIES, Repository)
        self._tasks = store_repository.Repository(store, SYNC_TASKS, SyncTask)
        self._store = store
        self._watcher = watcher
        self._requests = requests
        self._clock = clock
        self._kind = kind
        self._registry = registry
        self.task = task

    async def run(self) -> None:
        """Sync what is left; afterwards :attr:`task` holds the counts.

        Raises the errors that concern the whole registry, and :class:`SyncInterrupted`.
        """
        if not self.task.body.catalogued:
            await self._list_repositories()
        syncing = RepositorySync(
            self._store,
            self._watcher,
            self._clock,
            kind=self._kind,
            registry=self._registry,
            task_id=self.task.id,
            manual=self.task.reason == "manual",
        )
        while batch := await self._next():
            tallies = await _together([syncing.sync(repository) for repository in batch])
            for repository, tally in zip(batch, tallies, strict=True):
                await self._settle(repository, tally)
            await self.save(self._counted(batch, tallies))

    async def save(self, task: SyncTask) -> None:
        """Write progress. Raises :class:`SyncInterrupted` where another has the task."""
        if not await self._tasks.replace(task):
            raise SyncInterrupted(f"the sync {task.id} was taken over")
        self.task = msgspec.structs.replace(task, rev=task.rev + 1)

    async def _list_repositories(self) -> None:
        """Make a record of each repository; those there were are synced even if not listed."""
        task, now = self.task, self._clock.now_ms()
        errors: dict[str, str] = {}
        if task.repository:
            await self._insert([task.repository], now, catalogued=False)
            total = 1
        else:
            try:
                listing = await self._kind.repositories()
            except NotFound as error:
                message = "the registry has no catalogue: only known repositories are synced"
                errors[CATALOGUE] = f"{error.code}: {message}"
            else:
                await self._insert(listing.names, now, catalogued=True)
                if listing.refused:
                    shown = ", ".join(listing.refused[:5])
                    errors[CATALOGUE] = f"{len(listing.refused)} names can't be: {shown}"
            total = 0
            async for _ in self._repositories.each(self._range()):
                total += 1
        body = msgspec.structs.replace(task.body, catalogued=True, errors=errors)
        await self.save(msgspec.structs.replace(task, repositories_total=total, body=body))

    async def _insert(self, names: Sequence[str], now: int, *, catalogued: bool) -> None:
        registry = self._registry
        began_at = self.task.started_at if catalogued else 0
        records = [
            Repository(
                id=f"{registry.id}/{name}",
                project=registry.project,
                registry=registry.id,
                name=name,
                first_seen_at=now,
                catalogued_at=began_at,
            )
            for name in names
        ]
        inserted = await self._repositories.bulk(
            [self._repositories.inserting(record) for record in records]
        )
        if catalogued:
            known = [record for record, new in zip(records, inserted, strict=True) if not new]
            await self._repositories.bulk(
                [self._repositories.setting(each.id, {"catalogued_at": began_at}) for each in known]
            )

    async def _next(self) -> list[Repository]:
        """Return the next repositories behind the cursor."""
        task = self.task
        if task.repository:
            one = await self._repositories.get(f"{task.registry}/{task.repository}")
            return [one] if one is not None and not task.body.cursor else []
        page = await self._repositories.page(self._range(), limit=AT_ONCE)
        return list(page.records)

    def _range(self) -> Range:
        registry, cursor = self._registry.id, self.task.body.cursor
        after = (cursor, f"{registry}/{cursor}") if cursor else None
        return Range(index="registry", prefix=(registry,), after=after)

    async def _settle(self, repository: Repository, tally: Tally) -> None:
        """Ask for the second listing that is due, or forget a repository that is no more."""
        if tally.confirm_at:
            await self._requests.request(
                self._registry,
                reason="confirm",
                repository=repository.name,
                due_at=tally.confirm_at,
            )
        elif tally.is_empty and not self.task.repository:
            current = await self._repositories.get(repository.id)
            if current is not None and current.catalogued_at < self.task.started_at:
                await self._repositories.delete(current.id, rev=current.rev)

    def _counted(self, batch: Sequence[Repository], tallies: Sequence[Tally]) -> SyncTask:
        task = self.task
        failed = {
            repository.name: tally.error[:_LONGEST_ERROR]
            for repository, tally in zip(batch, tallies, strict=True)
            if tally.error
        }
        kept = [*task.body.errors.items(), *failed.items()][:MAX_ERRORS]
        done = task.repositories_done + len(batch)
        return msgspec.structs.replace(
            task,
            repositories_total=max(task.repositories_total, done),
            repositories_done=done,
            repositories_failed=task.repositories_failed + sum(each.unlisted for each in tallies),
            tags_seen=task.tags_seen + sum(each.tags_seen for each in tallies),
            images_new=task.images_new + sum(each.images_new for each in tallies),
            placements_changed=task.placements_changed
            + sum(each.placements_changed for each in tallies),
            placements_gone=task.placements_gone + sum(each.placements_gone for each in tallies),
            failures=0,
            body=msgspec.structs.replace(task.body, errors=dict(kept), cursor=batch[-1].name),
        )


async def _together(syncs: Sequence[Coroutine[Any, Any, Tally]]) -> list[Tally]:
    """Return what all came to, or raise the first error once none of them runs any more."""
    answers = await asyncio.gather(*syncs, return_exceptions=True)
    tallies: list[Tally] = []
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
        tallies.append(answer)
    return tallies
