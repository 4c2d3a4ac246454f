"""One active dispatcher, by lease; the others wait and subscribe to nothing."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_common.leases import MIN_TTL, Lease
from scantling_common.records.dispatcher import LEADER, Leader
from scantling_dispatcher.errors import NotLeader

if TYPE_CHECKING:
    from scantling_common.clock import Clock, Randomness
    from scantling_common.telemetry.metrics import Metrics
    from scantling_dispatcher.repositories import Repositories

logger = logging.getLogger(__name__)

LEASE: Final = "dispatcher"
"""The id of the lease in the collection ``leader``."""


class Leadership:
    """This process' part in the lease.

    ``instance`` names this instance across restarts, and no two that run at once: at its start
    it takes over from its own earlier life without waiting, with a new epoch as always.
    """

    def __init__(
        self,
        repositories: Repositories,
        *,
        instance: str,
        clock: Clock,
        randomness: Randomness,
        metrics: Metrics,
    ) -> None:
        """Prepare; nothing is held."""
        self._leader = repositories.leader
        self._instance = instance
        self._owner = f"{instance}/{randomness.token()}"
        self._metrics = metrics
        self._lease = Lease(
            repositories.store,
            LEADER,
            LEASE,
            owner=self._owner,
            clock=clock,
            ttl=MIN_TTL,
            fields={"v": Leader.V},
        )
        self._began = False

    @property
    def epoch(self) -> int:
        """Return the epoch of the last time this process was the active one."""
        return self._lease.epoch

    @property
    def held(self) -> bool:
        """Tell whether this is the active dispatcher, as far as it knows."""
        return self._lease.held

    async def acquire(self) -> bool:
        """Try once to become the active dispatcher."""
        if not self._began:
            await self._retire()
            self._began = True
        if not await self._lease.acquire():
            return False
        self._metrics.count("leases_total", event="acquired")
        logger.info("dispatcher is active", extra={"epoch": self.epoch, "owner": self._owner})
        return True

    async def wait(self, clock: Clock) -> None:
        """Return when this is the active dispatcher."""
        while not await self.acquire():
            await clock.sleep(MIN_TTL / 6)

    async def keep(self) -> None:
        """Renew the lease until cancelled. Raises ``LeaseLost``."""
        await self._lease.keep()

    def lost(self) -> None:
        """Count that this is not the active dispatcher any more."""
        self._metrics.count("leases_total", event="lost")

    async def release(self) -> None:
        """Give the lease up, so that a standby need not wait."""
        await self._lease.release()

    async def confirm(self) -> None:
        """Raise :class:`NotLeader` where another dispatcher took over, whatever the clocks say."""
        leader = await self._leader.get(LEASE)
        if leader is None or (leader.owner, leader.epoch) != (self._owner, self.epoch):
            raise NotLeader(f"{self._owner} of epoch {self.epoch} is not active any more")

    async def _retire(self) -> None:
        """Release the lease of this instance's earlier life, which is over."""
        leader = await self._leader.get(LEASE)
        if leader is not None and leader.owner.rpartition("/")[0] == self._instance:
            await self._leader.replace(replace(leader, owner=""))
