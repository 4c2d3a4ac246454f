"""A clock that stands until it is turned by hand."""

from __future__ import annotations

import asyncio


class StandingClock:
    """Implements :class:`scantling_common.clock.Clock`.

    Each look at the wall clock is a millisecond after the one before, so that what follows is
    later; whoever sleeps wakes when the clock is turned that far.
    """

    def __init__(self, now_ms: int = 1_800_000_000_000) -> None:
        """Begin at a time."""
        self._now_ms = now_ms
        self._seconds = 1000.0
        self._turned = asyncio.Condition()

    def now_ms(self) -> int:
        """Return the wall clock."""
        self._now_ms += 1
        return self._now_ms

    def monotonic(self) -> float:
        """Return the monotonic clock."""
        return self._seconds

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock was turned so far."""
        until = self._seconds + seconds
        async with self._turned:
            await self._turned.wait_for(lambda: self._seconds >= until)

    async def turn(self, seconds: float) -> None:
        """Let time pass."""
        self._seconds += seconds
        self._now_ms += round(seconds * 1000)
        async with self._turned:
            self._turned.notify_all()
