"""Order by key: of each key the first event is in work, the others wait behind it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_common.bus.feed import Place, Record

Lane = tuple[str, bytes | int, int]


class Lanes:
    """The events in flight by key, and how much room they leave."""

    def __init__(self, *, count: int, size: int) -> None:
        self._most = count
        self._most_bytes = size
        self._lanes: dict[Lane, deque[Record]] = {}
        self.count = 0
        self.size = 0

    @property
    def free(self) -> int:
        """How many more events may be taken."""
        return self._most - self.count

    @property
    def free_bytes(self) -> int:
        """How many more bytes may be taken."""
        return self._most_bytes - self.size

    def add(self, record: Record) -> bool:
        """Add an event; True where it may be handled at once."""
        lane = self._lanes.setdefault(_lane(record), deque())
        lane.append(record)
        self.count += 1
        self.size += record.size
        return len(lane) == 1

    def finish(self, record: Record) -> Record | None:
        """Remove an event that has been handled, and return the next of its key."""
        name = _lane(record)
        lane = self._lanes[name]
        lane.popleft()
        self._release(record)
        if lane:
            return lane[0]
        del self._lanes[name]
        return None

    def withdraw(self, place: Place) -> Iterator[Record]:
        """Remove and yield the events of a partition whose handling has not begun."""
        for lane in self._lanes.values():
            while len(lane) > 1 and lane[-1].place == place:
                record = lane.pop()
                self._release(record)
                yield record

    def _release(self, record: Record) -> None:
        self.count -= 1
        self.size -= record.size


def _lane(record: Record) -> Lane:
    if record.key is None:
        return (record.place.topic, record.offset, record.place.partition)
    return (record.place.topic, record.key, record.place.partition)
