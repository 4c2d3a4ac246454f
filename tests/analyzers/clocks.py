"""A clock whose sleepers wait until the test turns it on."""

from __future__ import annotations

import asyncio


class StandingClock:
    """Implements :class:`scantling_common.clock.Clock`; time passes only in :meth:`advance`.

    ``asleep`` is set while somebody sleeps.
    """

    def __init__(self, now_ms: int) -> None:
        self._now_ms, self._seconds = now_ms, 1000.0
        self._sleepers: list[tuple[float, asyncio.Event]] = []
        self.asleep = asyncio.Event()

    def now_ms(self) -> int:
        return self._now_ms

    def monotonic(self) -> float:
        return self._seconds

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.Event()
        self._sleepers.append((self._seconds + seconds, woken))
        self.asleep.set()
        await woken.wait()

    def advance(self, seconds: float) -> None:
        """Let time pass, and wake those whose time has come."""
        self._seconds += seconds
        self._now_ms += round(seconds * 1000)
        due = [sleeper for sleeper in self._sleepers if sleeper[0] <= self._seconds]
        self._sleepers = [sleeper for sleeper in self._sleepers if sleeper not in due]
        if not self._sleepers:
            self.asleep.clear()
        for _, woken in due:
            woken.set()
