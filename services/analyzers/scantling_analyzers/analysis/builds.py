"""Which builds of the advisories were announced, and whether the one at hand is new enough."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from scantling_common.bus.port import Answer, Delivery, Done
from scantling_common.events.models import AdvisoriesUpdated

if TYPE_CHECKING:
    from collections.abc import Callable


class Builds:
    """The builds that were announced in the last days; every instance reads all of them."""

    def __init__(self, at_hand: Callable[[], str]) -> None:
        """``at_hand`` returns the build that analyses are made with, empty where there is none."""
        self._at_hand = at_hand
        self.known = asyncio.Event()
        self._sequences: dict[str, int] = {}

    async def caught_up(self) -> None:
        """Note that all earlier announcements were taken."""
        self.known.set()

    async def handle(self, delivery: Delivery) -> Answer:
        """Take an announcement, or a page of one."""
        event = delivery.event
        if isinstance(event, AdvisoriesUpdated):
            self._sequences[event.build] = max(event.sequence, self._sequences.get(event.build, 0))
        return Done()

    def is_behind(self, at_least: str | None) -> bool:
        """Tell whether a job must wait for newer advisories than those at hand.

        What was never announced can't be told to be newer, and is waited with until it is. A
        build that is wanted and was forgotten since is older than any that is remembered.
        """
        wanted = self._sequences.get(at_least or "")
        build = self._at_hand()
        if wanted is None or build == at_least:
            return False
        return self._sequences.get(build, 0) < wanted
