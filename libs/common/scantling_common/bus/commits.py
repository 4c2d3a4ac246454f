"""The offsets of a subscription: one ledger for each partition, and the commit of prefixes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.bus.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from scantling_common.bus.feed import Feed, Place, Record
    from scantling_common.bus.port import Subscription


class Commits:
    """Knows of each partition what is in work, and commits what is finished."""

    def __init__(self, subscription: Subscription, feed: Feed) -> None:
        self._group = subscription.group
        self._checkpoint = subscription.checkpoint
        self._feed = feed
        self._ledgers: dict[Place, Ledger] = {}

    @property
    def owned(self) -> frozenset[Place]:
        """Return the partitions that are assigned now."""
        return frozenset(place for place, ledger in self._ledgers.items() if ledger.owned)

    def assign(self, places: Iterable[Place]) -> None:
        """Take partitions over, or back."""
        for place in places:
            self._ledgers.setdefault(place, Ledger()).assign()

    def revoke(self, places: Iterable[Place]) -> None:
        """Give partitions up; forget those of which nothing is in work."""
        for place in places:
            ledger = self._ledgers.get(place)
            if ledger is None:
                continue
            ledger.revoke()
            if ledger.idle:
                del self._ledgers[place]

    def take(self, record: Record) -> bool:
        """Record a delivery; False where its handling has begun or ended already."""
        ledger = self._ledgers.get(record.place)
        return ledger is not None and ledger.owned and ledger.take(record.offset)

    def give_back(self, record: Record) -> None:
        """Forget an event whose handling has not begun."""
        self._ledgers[record.place].give_back(record.offset)

    def finish(self, record: Record) -> None:
        """Record that an event has been handled."""
        ledger = self._ledgers[record.place]
        ledger.finish(record.offset)
        if ledger.idle and not ledger.owned:
            del self._ledgers[record.place]

    def ahead_of(self, most: int) -> frozenset[Place]:
        """Return the partitions in which ``most`` finished events wait for an unfinished one."""
        return frozenset(
            place
            for place, ledger in self._ledgers.items()
            if not ledger.idle and ledger.ahead >= most
        )

    async def reached(self, place: Place) -> int:
        """Return the offset before which all of a partition has been handled."""
        ledger = self._ledgers.get(place)
        if ledger is None:
            return 0
        await self._pass_gaps(place, ledger)
        return ledger.prefix

    async def commit(self, places: AbstractSet[Place] | None = None) -> bool:
        """Commit the finished prefix of the given partitions, or all; False if there was none.

        May raise ``BusUnavailable``; what could not be committed is committed the next time.
        """
        offsets: dict[Place, int] = {}
        for place in self.owned if places is None else places & self.owned:
            ledger = self._ledgers.get(place)
            if ledger is None:
                continue
            await self._pass_gaps(place, ledger)
            offset = ledger.committable()
            if offset is not None:
                offsets[place] = offset
        if not offsets:
            return False
        if self._group is not None:
            self._pass_points(offsets, "before")
            await self._feed.commit(offsets)
            self._pass_points(offsets, "after")
        for place, offset in offsets.items():
            if place in self._ledgers:
                self._ledgers[place].commit(offset)
        return True

    async def _pass_gaps(self, place: Place, ledger: Ledger) -> None:
        """Count what will never be delivered (compacted away, markers of transactions) as done."""
        if not ledger.idle or not ledger.owned:
            return
        position = await self._feed.position(place)
        if position is not None:
            ledger.pass_to(position)

    def _pass_points(self, offsets: Iterable[Place], when: str) -> None:
        if self._checkpoint is not None:
            for topic in sorted({place.topic for place in offsets}):
                self._checkpoint(f"bus.commit:{self._group}:{topic}:{when}")
