"""When registries are synced: at start, and every so many hours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_common.records.sync import REGISTRIES, Registry
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository

if TYPE_CHECKING:
    from scantling_common.clock import Clock
    from scantling_common.store.port import Store
    from scantling_sync.sync_requests import SyncRequests

NEVER: Final = 1 << 52
"""The time of a next sync that is not to come."""

HOUR_MS: Final = 3_600_000


def next_sync(hours: int, now: int) -> int:
    """Return when the next periodic sync is due; ``hours`` 0 means that there is none."""
    return now + hours * HOUR_MS if hours else NEVER


class Schedule:
    """Requests the syncs that are due; safe with several instances."""

    def __init__(self, store: Store, requests: SyncRequests, clock: Clock) -> None:
        """Read registries from a store."""
        self._registries = Repository(store, REGISTRIES, Registry)
        self._requests = requests
        self._clock = clock

    async def start(self) -> None:
        """Request a sync of every registry that is synced at all: pushes may have been missed.

        One that was made and has not been synced yet is, too: the first sync was to follow.
        """
        async for registry in self._registries.each(Range(index="created")):
            if registry.deleting:
                await self._requests.request(registry, reason="delete")
            elif registry.sync_hours or not registry.first_sync_at:
                await self._requests.request(registry, reason="start")

    async def request_due(self) -> int:
        """Request the periodic syncs that are due; return how many."""
        requested = 0
        now = self._clock.now_ms()
        # Claimed for an hour: the request follows, or the hour passes and another tries.
        while registry := await self._registries.claim(
            Range(index="next_sync", end=now + 1), {"next_sync_at": now + HOUR_MS}
        ):
            if not registry.deleting and registry.sync_hours:
                await self._requests.request(registry, reason="schedule")
                requested += 1
            later = NEVER if registry.deleting else next_sync(registry.sync_hours, now)
            await self._registries.set_fields(registry.id, {"next_sync_at": later})
        return requested
