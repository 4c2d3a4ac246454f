"""Layer leases: who reads a layer now, and how often a reading never ended.

A lease saves work and is never needed for correctness. Its holder beats; whoever sees the beat
unchanged for :data:`~scantling_common.leases.MIN_TTL` seconds on its own clock takes the lease
over. ``starts`` counts readings that began and neither ended nor were ordered to end: after three
of them the layer is given up (a negative fact).
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, Literal, Protocol

from msgspec.structs import replace

from scantling_common.leases import MIN_TTL, Watch, decide
from scantling_common.records.extractor import LAYER_LEASES, LayerLease
from scantling_common.store.port import StoreUnavailable
from scantling_common.store.repository import Repository

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from scantling_common.clock import Clock
    from scantling_common.store.port import Store

MAX_STARTS: Final = 3
BEAT: Final = MIN_TTL / 6

End = Literal["done", "uncounted", "died"]
"""How a reading ended: it has its result, it was called off, or its worker died of it."""


class Turn(Protocol):
    """One reading's wait for the lease of its layer."""

    async def take(self) -> int | None:
        """Count a start and return how many there are; None while another one reads the layer."""


class Leases(Protocol):
    """The leases of layers, by blob digest."""

    def turn(self, blob: str) -> Turn:
        """Return a wait for the lease of a layer."""

    def beating(self, blob: str) -> AbstractAsyncContextManager[None]:
        """Keep a lease that was taken while the context is open."""

    async def end(self, blob: str, how: End) -> None:
        """Give the lease back; the start stays counted where the worker died."""


class LayerLeases:
    """Leases that all processes share.

    ``owner`` is unique to the process; of ``instance/token`` the first part is its name as a
    static member: a lease in the name of the same instance is one of an earlier life.
    """

    def __init__(self, store: Store, owner: str, clock: Clock) -> None:
        """Use a store in the name of an owner."""
        self._leases = Repository(store, LAYER_LEASES, LayerLease)
        self._owner, self._clock = owner, clock

    def turn(self, blob: str) -> Turn:
        """Return a wait for the lease of a layer."""
        return _Turn(self._leases, blob, self._owner, self._clock)

    @asynccontextmanager
    async def beating(self, blob: str) -> AsyncIterator[None]:
        """Keep a lease that was taken while the context is open."""
        beats = asyncio.create_task(self._beat(blob))
        try:
            yield
        finally:
            beats.cancel()
            await asyncio.wait({beats})

    async def end(self, blob: str, how: End) -> None:
        """Give the lease back; what another owner took over meanwhile stays its own."""

        def ended(lease: LayerLease) -> LayerLease:
            mine = lease.owner == self._owner
            starts = lease.starts
            if how == "done" and mine:
                starts = 0
            elif how != "died":
                starts = max(0, starts - 1)
            return replace(lease, owner="" if mine else lease.owner, starts=starts)

        await self._change(blob, ended)

    async def _beat(self, blob: str) -> None:
        """Beat until cancelled, or until the lease is another's: the work goes on all the same."""
        while True:
            await self._clock.sleep(BEAT)
            try:
                lease = await self._leases.get(blob)
                if lease is None or lease.owner != self._owner:
                    return
                now = self._clock.now_ms()
                await self._leases.replace(replace(lease, beat=lease.beat + 1, changed_at=now))
            except StoreUnavailable:
                continue

    async def _change(self, blob: str, how: Callable[[LayerLease], LayerLease]) -> None:
        while True:
            lease = await self._leases.get(blob)
            if lease is None:
                return
            if await self._leases.replace(replace(how(lease), changed_at=self._clock.now_ms())):
                return


class _Turn:
    """A challenger's memory of one lease."""

    def __init__(self, leases: Repository[LayerLease], blob: str, owner: str, clock: Clock) -> None:
        self._leases, self._blob = leases, blob
        self._owner, self._clock = owner, clock
        self._watch: Watch | None = None

    async def take(self) -> int | None:
        now = self._clock.now_ms()
        lease = await self._leases.get(self._blob)
        if lease is None:
            fresh = LayerLease(id=self._blob, owner=self._owner, epoch=1, starts=1, changed_at=now)
            return 1 if await self._leases.insert(fresh) else None
        decision = decide(
            self._watch,
            owner="" if _is_earlier_life(lease.owner, self._owner) else lease.owner,
            epoch=lease.epoch,
            beat=lease.beat,
            now=self._clock.monotonic(),
            ttl=MIN_TTL,
        )
        self._watch = decision.watch
        if decision.action == "wait":
            return None
        taken = replace(
            lease,
            owner=self._owner,
            epoch=lease.epoch + 1,
            beat=0,
            starts=lease.starts + 1,
            changed_at=now,
        )
        return taken.starts if await self._leases.replace(taken) else None


class OwnLeases:
    """Leases of a process that shares with no other: only starts are counted."""

    def __init__(self) -> None:
        """Count nothing yet."""
        self._starts: dict[str, int] = {}

    def turn(self, blob: str) -> Turn:
        """Return a turn that comes at once."""
        return _OwnTurn(self._starts, blob)

    @asynccontextmanager
    async def beating(self, blob: str) -> AsyncIterator[None]:
        """Do nothing: nobody else looks at the lease."""
        del blob
        yield

    async def end(self, blob: str, how: End) -> None:
        """Forget the starts unless the worker died."""
        if how != "died":
            self._starts.pop(blob, None)


class _OwnTurn:
    def __init__(self, starts: dict[str, int], blob: str) -> None:
        self._starts, self._blob = starts, blob

    async def take(self) -> int | None:
        self._starts[self._blob] = self._starts.get(self._blob, 0) + 1
        return self._starts[self._blob]


def _is_earlier_life(holder: str, owner: str) -> bool:
    instance, slash, _ = owner.partition("/")
    return holder == owner or (bool(slash) and holder.startswith(instance + slash))
