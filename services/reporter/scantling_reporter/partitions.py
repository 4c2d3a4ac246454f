"""The partitions that this instance owns: one relay each, with one lock."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Final, TypeVar

from scantling_common.bus.port import BusUnavailable, Fenced
from scantling_common.records.reporter import head_id
from scantling_common.store.port import StoreUnavailable
from scantling_reporter.errors import PartitionUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from scantling_common.clock import Clock
    from scantling_reporter.generations import FinalScan, Generations
    from scantling_reporter.relay import Relay

logger = logging.getLogger(__name__)
T = TypeVar("T")

POLL_SECONDS: Final = 5.0
"""How often a relay looks for what it owes without being told."""

_BACK_OFF: Final = 1.0


class PartitionOwner:
    """Merges and publishes for one partition, one step at a time."""

    def __init__(
        self, number: int, relay: Relay, *, generations: Generations, clock: Clock
    ) -> None:
        """Own a partition; :meth:`run` must be running for anything to be published."""
        self.number = number
        self.lost = False
        self.lock = asyncio.Lock()
        self._relay = relay
        self._generations = generations
        self._clock = clock
        self._wake = asyncio.Event()

    async def merge(self, scan: FinalScan) -> None:
        """Merge a final scan into its head, once the generation before is out.

        Raises :class:`PartitionUnavailable` where another instance has taken over.
        """
        id_ = head_id(scan.like.project, scan.like.image)
        async with self.lock:
            while True:
                head = await self._guarded(self._relay.settle(id_))
                if await self._generations.merge(scan, head):
                    break
        self.kick()

    def kick(self) -> None:
        """Publish what is owed now rather than at the next look."""
        self._wake.set()

    async def run(self) -> None:
        """Publish what is owed until cancelled, or until another instance has taken over."""
        while not self.lost:
            try:
                self._wake.clear()
                async with self.lock:
                    busy = await self._guarded(self._relay.round())
            except PartitionUnavailable:
                return
            except (BusUnavailable, StoreUnavailable) as error:
                logger.warning(
                    "publishing waits for what is unavailable",
                    extra={"partition": self.number, "error": type(error).__name__},
                )
                await self._clock.sleep(_BACK_OFF)
                continue
            except Exception:
                logger.exception("publishing failed", extra={"partition": self.number})
                await self._clock.sleep(_BACK_OFF)
                continue
            if not busy:
                await self._idle()

    async def drain(self) -> None:
        """Publish all that is owed at this moment."""
        async with self.lock:
            while await self._guarded(self._relay.round()):
                pass

    async def _guarded(self, work: Awaitable[T]) -> T:
        try:
            return await work
        except Fenced as error:
            self.lost = True
            logger.warning("partition lost", extra={"partition": self.number})
            message = f"another instance owns partition {self.number}"
            raise PartitionUnavailable(message) from error

    async def _idle(self) -> None:
        poll = asyncio.ensure_future(self._clock.sleep(POLL_SECONDS))
        wake = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait((poll, wake), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (poll, wake):
                task.cancel()


class Partitions:
    """The owners of the partitions that the group gave to this instance."""

    def __init__(
        self,
        make: Callable[[int], Awaitable[tuple[PartitionOwner, Callable[[], Awaitable[None]]]]],
    ) -> None:
        """Make owners with ``make``, which also returns what closes one."""
        self._make = make
        self._owners: dict[int, PartitionOwner] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._closers: dict[int, Callable[[], Awaitable[None]]] = {}

    def owner(self, partition: int) -> PartitionOwner:
        """Return the owner of a partition; raise :class:`PartitionUnavailable`."""
        owner = self._owners.get(partition)
        if owner is None or owner.lost:
            message = f"partition {partition} is not this instance's"
            raise PartitionUnavailable(message)
        return owner

    def owners(self) -> tuple[PartitionOwner, ...]:
        """Return the owners of all partitions that are this instance's now."""
        return tuple(owner for owner in self._owners.values() if not owner.lost)

    def kick(self, partition: int) -> None:
        """Wake the relay of a partition if it is this instance's."""
        owner = self._owners.get(partition)
        if owner is not None:
            owner.kick()

    async def assigned(self, partitions: tuple[int, ...]) -> None:
        """Begin to publish for partitions."""
        await asyncio.gather(*map(self._start, partitions))

    async def revoked(self, partitions: tuple[int, ...]) -> None:
        """Stop publishing for partitions, at once: what is half done is done by who comes next."""
        await asyncio.gather(*map(self._stop, partitions))

    async def close(self) -> None:
        """Stop publishing for all partitions."""
        await self.revoked(tuple(self._owners))

    async def _start(self, number: int) -> None:
        await self._stop(number)
        owner, close = await self._make(number)
        self._owners[number] = owner
        self._closers[number] = close
        self._tasks[number] = asyncio.create_task(owner.run(), name=f"relay {number}")

    async def _stop(self, number: int) -> None:
        self._owners.pop(number, None)
        task = self._tasks.pop(number, None)
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        close = self._closers.pop(number, None)
        if close is not None:
            await close()
