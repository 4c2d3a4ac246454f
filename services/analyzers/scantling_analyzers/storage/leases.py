"""Layer leases: who reads a layer now, and how often a reading never ended.

A lease saves work and is never needed for correctness: a layer that another one holds is waited
for a little, then read all the same. ``starts`` counts readings that began and neither ended
nor were ordered to end: after three of them the layer is given up (a negative fact).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_common.records.extractor import LAYER_LEASES, LayerLease
from scantling_common.store.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable

    from scantling_common.clock import Clock
    from scantling_common.store.port import Store

MAX_STARTS: Final = 3


class LayerLeases:
    """The leases of layers, by blob digest."""

    def __init__(self, store: Store, owner: str, clock: Clock) -> None:
        """Use a store in the name of an owner, unique to the process."""
        self._leases = Repository(store, LAYER_LEASES, LayerLease)
        self._owner, self._clock = owner, clock

    async def held_by_other(self, blob: str) -> bool:
        """Return whether another owner reads the layer now."""
        lease = await self._leases.get(blob)
        return lease is not None and lease.owner not in {"", self._owner}

    async def begin(self, blob: str) -> int:
        """Take the lease and count a start; return how many starts there are, this one included."""

        def begun(lease: LayerLease) -> LayerLease:
            return replace(lease, owner=self._owner, epoch=lease.epoch + 1, starts=lease.starts + 1)

        return (await self._change(blob, begun)).starts

    async def end(self, blob: str, *, died: bool = False) -> None:
        """Give the lease back; unless the worker ``died``, the starts are forgotten."""

        def ended(lease: LayerLease) -> LayerLease:
            return replace(lease, owner="", starts=lease.starts if died else 0)

        await self._change(blob, ended)

    async def _change(self, blob: str, how: Callable[[LayerLease], LayerLease]) -> LayerLease:
        while True:
            now = self._clock.now_ms()
            lease = await self._leases.get(blob)
            if lease is None:
                fresh = replace(how(LayerLease(id=blob)), changed_at=now)
                if await self._leases.insert(fresh):
                    return fresh
            else:
                changed = replace(how(lease), changed_at=now)
                if await self._leases.replace(changed):
                    return changed
