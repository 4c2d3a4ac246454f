"""A clock that tests turn by hand."""

from __future__ import annotations

import asyncio


class HandClock:
    """Implements :class:`scantling_common.clock.Clock`; sleeping turns it on at once."""

    def __init__(self, now_ms: int = 1_700_000_000_000) -> None:
        self._now_ms = now_ms
        self._seconds = 1000.0
        self.slept: list[float] = []

    def now_ms(self) -> int:
        """Return the wall clock."""
        return self._now_ms

    def monotonic(self) -> float:
        """Return the monotonic clock."""
        return self._seconds

    async def sleep(self, seconds: float) -> None:
        """Turn the clock on, and let others run."""
        self.slept.append(seconds)
        self.turn(seconds)
        await asyncio.sleep(0)

    def turn(self, seconds: float) -> None:
        """Let time pass."""
        self._seconds += seconds
        self._now_ms += round(seconds * 1000)
