"""A consumer with events and no progress is ended; one that merely has nothing to do is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scantling_common.bus.errors import ConsumerStopped
from scantling_common.bus.feed import Place
from scantling_common.bus.patience import Patience
from scantling_common.bus.port import BusUnavailable
from scantling_common.bus.watchdog import Watchdog
from tests.common.clocks import HandClock

if TYPE_CHECKING:
    from collections.abc import Mapping

PLACE = Place("t", 0)
PATIENCE = Patience(stalled=100, working=1000)


class FixedFeed:
    """A feed with one partition that stands still."""

    def __init__(self, position: int, end: int) -> None:
        self.at, self.end = position, end
        self.reachable = True

    async def position(self, place: Place) -> int | None:
        """Return where it stands."""
        return self.at if place == PLACE else None

    async def ends(self) -> Mapping[Place, int]:
        """Return the end."""
        if not self.reachable:
            raise BusUnavailable
        return {PLACE: self.end}


async def test_events_that_do_not_arrive_end_the_consumer() -> None:
    clock = HandClock()
    watchdog = Watchdog(FixedFeed(3, 5), PATIENCE, clock)
    clock.turn(99)
    await watchdog.look(in_work=0)
    clock.turn(1)
    with pytest.raises(ConsumerStopped, match="partition 0 of t has events"):
        await watchdog.look(in_work=0)


async def test_progress_starts_the_time_anew() -> None:
    clock = HandClock()
    watchdog = Watchdog(FixedFeed(3, 5), PATIENCE, clock)
    clock.turn(99)
    watchdog.note_progress()
    clock.turn(99)
    await watchdog.look(in_work=0)


async def test_an_idle_consumer_lives_for_ever() -> None:
    clock, feed = HandClock(), FixedFeed(5, 5)
    watchdog = Watchdog(feed, PATIENCE, clock)
    clock.turn(10_000)
    await watchdog.look(in_work=0)
    feed.end = 6
    await watchdog.look(in_work=0)
    clock.turn(100)
    with pytest.raises(ConsumerStopped):
        await watchdog.look(in_work=0)


async def test_a_handler_may_take_as_long_as_a_scan_and_not_for_ever() -> None:
    clock = HandClock()
    watchdog = Watchdog(FixedFeed(5, 9), PATIENCE, clock)
    clock.turn(999)
    await watchdog.look(in_work=2)
    clock.turn(1)
    with pytest.raises(ConsumerStopped, match="2 events in work"):
        await watchdog.look(in_work=2)


async def test_an_unreachable_bus_says_nothing_about_the_consumer() -> None:
    clock, feed = HandClock(), FixedFeed(3, 5)
    feed.reachable = False
    watchdog = Watchdog(feed, PATIENCE, clock)
    clock.turn(100)
    with pytest.raises(BusUnavailable):
        await watchdog.look(in_work=0)
