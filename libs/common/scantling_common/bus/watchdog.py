"""Ends a consumer that has events to handle and makes no progress."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from scantling_common.bus.errors import ConsumerStopped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scantling_common.bus.feed import Place
    from scantling_common.bus.patience import Patience
    from scantling_common.clock import Clock


class Positions(Protocol):
    """What a watchdog asks a feed; see there."""

    async def position(self, place: Place) -> int | None:
        """Return the offset after all that poll has passed."""

    async def ends(self) -> Mapping[Place, int]:
        """Return the offset after the newest record of each assigned partition."""


class Watchdog:
    """Notes progress, and looks now and then whether there was any."""

    def __init__(self, feed: Positions, patience: Patience, clock: Clock) -> None:
        self._feed = feed
        self._patience = patience
        self._clock = clock
        self._progress = clock.monotonic()

    def note_progress(self) -> None:
        """Note that an event arrived, or that a call of a handler ended."""
        self._progress = self._clock.monotonic()

    async def look(self, *, in_work: int) -> None:
        """Raise :class:`ConsumerStopped` where nothing moves that should.

        May raise ``BusUnavailable``, which says nothing about this consumer.
        """
        still = self._clock.monotonic() - self._progress
        if in_work and still >= self._patience.working:
            raise ConsumerStopped(
                f"{in_work} events in work and none finished in {still:.0f} s",
                hint="a handler hangs; its stack is in the log of the restart",
            )
        if not in_work and still >= self._patience.stalled:
            behind = await self._behind()
            if behind and not self._moved_since(still):
                raise ConsumerStopped(
                    f"partition {behind} has events and none arrived in {still:.0f} s",
                    hint="the consumer's connection is stuck; a restart joins the group anew",
                )
            if not behind:
                self.note_progress()

    async def _behind(self) -> str:
        for place, end in sorted((await self._feed.ends()).items()):
            position = await self._feed.position(place)
            if position is not None and position < end:
                return f"{place.partition} of {place.topic}"
        return ""

    def _moved_since(self, still: float) -> bool:
        return self._clock.monotonic() - self._progress < still
