"""Which builds of the advisories were announced, and which of them is the newest."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from scantling_common.bus.port import Answer, Delivery, Done
from scantling_common.events.models import AdvisoriesUpdated


class Announcement(msgspec.Struct, frozen=True):
    """A build of the advisories that was announced; ``sequence`` grows with each."""

    build: str = ""
    sequence: int = 0


NOTHING: Final = Announcement()
"""No build was announced yet."""


class Announcements:
    """The builds that were announced in the last days; every instance reads all of them."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.newest: Announcement = NOTHING
        self.known = asyncio.Event()
        self._sequences: dict[str, int] = {}

    async def caught_up(self) -> None:
        """Note that all earlier announcements were taken."""
        self.known.set()

    async def handle(self, delivery: Delivery) -> Answer:
        """Take an announcement, or a page of one."""
        event = delivery.event
        if isinstance(event, AdvisoriesUpdated):
            known = self._sequences.get(event.build, 0)
            self._sequences[event.build] = max(event.sequence, known)
            if event.sequence > self.newest.sequence:
                self.newest = Announcement(event.build, event.sequence)
        return Done()

    def sequence_of(self, build: str) -> int:
        """Return the sequence of a build, 0 for one that was not announced or is forgotten."""
        return self._sequences.get(build, 0)

    def is_older(self, build: str) -> bool:
        """Tell whether a build was announced, and a newer one since."""
        return 0 < self.sequence_of(build) < self.newest.sequence
