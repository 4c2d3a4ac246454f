"""A doorbell: work has come, look now rather than at the next tick."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scantling_common.clock import Clock


class Doorbell:
    """Wakes one loop. A ring while nobody waits is not lost."""

    def __init__(self, clock: Clock) -> None:
        """Wait by a clock."""
        self._clock = clock
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake the loop."""
        self._rung.set()

    async def wait(self, seconds: float) -> None:
        """Return when it rings, or after ``seconds``."""
        rung = asyncio.ensure_future(self._rung.wait())
        tick = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            await asyncio.wait((rung, tick), return_when=asyncio.FIRST_COMPLETED)
        finally:
            rung.cancel()
            tick.cancel()
        self._rung.clear()
