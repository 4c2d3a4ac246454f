"""The end of a registry: its placements are gone, then its repositories, then itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_common.records.sync import (
    PLACEMENTS,
    REGISTRIES,
    REPOSITORIES,
    Placement,
    Registry,
    Repository,
)
from scantling_common.store import repository as store_repository
from scantling_common.store.port import Range
from scantling_sync.observations import Cause
from scantling_sync.placements import retire

if TYPE_CHECKING:
    from scantling_common.clock import Clock
    from scantling_common.records.sync import SyncTask
    from scantling_common.store.port import Store
    from scantling_sync.recorder import Recorder

_BATCH: Final = 200


class RegistryRemoval:
    """Removes registries; whatever was removed before a crash is not there the next time."""

    def __init__(self, store: Store, recorder: Recorder, clock: Clock) -> None:
        """Remove from a store."""
        self._placements = store_repository.Repository(store, PLACEMENTS, Placement)
        self._repositories = store_repository.Repository(store, REPOSITORIES, Repository)
        self._registries = store_repository.Repository(store, REGISTRIES, Registry)
        self._recorder = recorder
        self._clock = clock

    async def clear(self, registry: Registry, task: SyncTask) -> int:
        """End its placements, each with a ``deleted`` event; return how many there were."""
        cause = Cause(id=task.id, reason="manual")
        gone = 0
        while live := await self._live(registry):
            now = self._clock.now_ms()
            gone += await self._recorder.retire([retire(each, now, cause) for each in live])
        return gone

    async def forget(self, registry: Registry) -> None:
        """Delete its repositories and itself; sweeps delete the placements that are gone."""
        range_ = Range(index="registry", prefix=(registry.id,))
        while page := (await self._repositories.page(range_, limit=_BATCH)).records:
            await self._repositories.bulk([self._repositories.deleting(each.id) for each in page])
        await self._registries.delete(registry.id)

    async def _live(self, registry: Registry) -> list[Placement]:
        prefix = (registry.project, False, registry.id)
        page = await self._placements.page(Range(index="project", prefix=prefix), limit=_BATCH)
        return list(page.records)
