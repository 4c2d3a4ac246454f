"""Leases that never compare wall clocks.

A lease is three fields of a document: ``{owner, epoch, beat}``. The holder increments ``beat``;
a challenger that sees (epoch, beat) unchanged for the time to live on its own monotonic clock
sets ``epoch + 1`` and is the holder. The epoch fences what the holder before it still sends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec

from scantling_common.errors import ScantlingError
from scantling_common.store.port import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from scantling_common.clock import Clock
    from scantling_common.store.port import Collection, Document, Scalar, Store

MIN_TTL: Final = 30.0
"""The shortest time to live in seconds."""

_RACES: Final = 8


class LeaseLost(ScantlingError):
    """Another holder has the lease, or it could not be renewed in time."""

    code = "lease_lost"


class Watch(msgspec.Struct, frozen=True):
    """What a challenger saw, and since when on its own monotonic clock."""

    epoch: int
    beat: int
    since: float


class Decision(msgspec.Struct, frozen=True):
    """What a challenger does next; ``watch`` is what it remembers."""

    action: Literal["take", "wait"]
    watch: Watch | None


def decide(
    watch: Watch | None, *, owner: str, epoch: int, beat: int, now: float, ttl: float
) -> Decision:
    """Return what a challenger does about the lease it sees; pure.

    A lease without an owner was released and is taken at once. ``now`` and ``ttl`` are seconds
    of the challenger's monotonic clock.
    """
    if not owner:
        return Decision("take", None)
    if watch is None or (watch.epoch, watch.beat) != (epoch, beat):
        return Decision("wait", Watch(epoch, beat, now))
    if now - watch.since >= ttl:
        return Decision("take", None)
    return Decision("wait", watch)


class Lease:
    """One process' part in a lease on one document, whose other fields it leaves alone.

    ``owner`` must be unique to this process' life, not only to its host. ``fields`` are what a
    new document gets besides the lease's own.
    """

    def __init__(
        self,
        store: Store,
        collection: Collection,
        id_: str,
        *,
        owner: str,
        clock: Clock,
        ttl: float = MIN_TTL,
        fields: Mapping[str, Scalar] | None = None,
    ) -> None:
        """Make the lease without touching the store; ``ttl`` is in seconds, at least 30."""
        if ttl < MIN_TTL:
            message = f"a lease of {ttl} s; at least {MIN_TTL} s are needed"
            raise ValueError(message)
        if not owner:
            message = "a lease needs an owner"
            raise ValueError(message)
        self._store = store
        self._collection = collection
        self._id = id_
        self._owner = owner
        self._clock = clock
        self._ttl = ttl
        self._fields = dict(fields or {})
        self._watch: Watch | None = None
        self._epoch = 0
        self._good_until = float("-inf")

    @property
    def epoch(self) -> int:
        """Return the epoch of the last time this process got the lease; 0 before."""
        return self._epoch

    @property
    def held(self) -> bool:
        """Tell whether the last renewal is younger than the time to live.

        True is no proof that nobody else has it (clocks may stall): that is what compare-and-set
        and the epoch are for.
        """
        return self._clock.monotonic() < self._good_until

    async def acquire(self) -> bool:
        """Try once; call again while False, for a challenger must see the lease unchanged."""
        now = self._clock.monotonic()
        document = await self._store.get(self._collection, self._id)
        if document is None:
            fresh = {**self._fields, "id": self._id, **self._lease(epoch=1, beat=0)}
            inserted = await self._store.insert(self._collection, fresh)
            return self._got(1, now) if inserted else False
        epoch = _number(document, "epoch")
        decision = decide(
            self._watch,
            owner=str(document.get("owner") or ""),
            epoch=epoch,
            beat=_number(document, "beat"),
            now=now,
            ttl=self._ttl,
        )
        self._watch = decision.watch
        if decision.action == "wait":
            return False
        taken = {**document, **self._lease(epoch=epoch + 1, beat=0)}
        rev = _number(document, "rev")
        if await self._store.replace(self._collection, taken, rev=rev):
            return self._got(epoch + 1, now)
        return False

    async def renew(self) -> bool:
        """Increment ``beat``; False where the lease is lost."""
        now = self._clock.monotonic()
        if await self._change(lambda beat: self._lease(epoch=self._epoch, beat=beat + 1)):
            self._good_until = now + self._ttl
            return True
        self._good_until = float("-inf")
        return False

    async def release(self) -> bool:
        """Give the lease up, so that the next one need not wait; False where it was lost."""
        self._good_until = float("-inf")
        return await self._change(lambda beat: {"owner": "", "epoch": self._epoch, "beat": beat})

    async def wait(self) -> None:
        """Return when the lease is this process'."""
        while not await self.acquire():
            await self._clock.sleep(self._ttl / 6)

    async def keep(self) -> None:
        """Renew until cancelled; a store that does not answer is tried again while it may.

        Raises :class:`LeaseLost`.
        """
        message = f"{self._owner} lost the lease {self._collection.name}/{self._id}"
        while True:
            await self._clock.sleep(self._ttl / 6)
            try:
                renewed = await self.renew()
            except StoreUnavailable as error:
                if not self.held:
                    raise LeaseLost(message) from error
                continue
            if not renewed:
                raise LeaseLost(message)

    async def _change(self, fields: Callable[[int], Document]) -> bool:
        for _ in range(_RACES):
            document = await self._store.get(self._collection, self._id)
            if document is None or not self._mine(document):
                return False
            changed = {**document, **fields(_number(document, "beat"))}
            rev = _number(document, "rev")
            if await self._store.replace(self._collection, changed, rev=rev):
                return True
        return False

    def _mine(self, document: Document) -> bool:
        return (document.get("owner"), document.get("epoch")) == (self._owner, self._epoch)

    def _lease(self, *, epoch: int, beat: int) -> Document:
        return {"owner": self._owner, "epoch": epoch, "beat": beat}

    def _got(self, epoch: int, now: float) -> bool:
        self._epoch = epoch
        self._watch = None
        self._good_until = now + self._ttl
        return True


def _number(document: Document, field: str) -> int:
    value = document.get(field)
    return value if isinstance(value, int) else 0
