"""The clock and the source of randomness, injected wherever time or chance matters."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import Protocol


class Clock(Protocol):
    """What a service may know about time."""

    def now_ms(self) -> int:
        """Return the wall clock in milliseconds since the epoch; for records, never for order."""

    def monotonic(self) -> float:
        """Return seconds that never go back, meaningful within this process only."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        """Return the wall clock in milliseconds since the epoch."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Return the monotonic clock in seconds."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class Randomness(Protocol):
    """Where identifiers come from."""

    def token(self) -> str:
        """Return 32 unpredictable lower-case hexadecimal digits."""


class SystemRandomness:
    """The operating system's randomness."""

    def token(self) -> str:
        """Return 32 unpredictable lower-case hexadecimal digits."""
        return secrets.token_hex(16)
