"""Everything that is published, as a subscriber of every topic sees it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from scantling_common.bus.port import Answer, Delivery, Done, Subscription
from scantling_common.clock import SystemClock
from scantling_common.events.dead_letters import dead_letters_of
from scantling_common.events.topics import TOPICS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.end_to_end.worlds import World

DEAD: Final = tuple(dead_letters_of(topic) for topic in TOPICS if topic.dead_letters)
_COMPACTED: Final = frozenset(topic.name for topic in TOPICS if topic.compacted)


class Event(NamedTuple):
    """One event as it was read, the ``number``-th of all; ``data`` is None for a tombstone."""

    number: int
    topic: str
    id: str
    key: str
    page: int
    sequence: int
    traceparent: str
    data: dict[str, Any] | None


class Recorded:
    """Reads every topic from its start, without a group."""

    def __init__(self, world: World) -> None:
        self.bus = world.bus("test", SystemClock())
        self.events: list[Event] = []
        self._by_subject: dict[str, list[Event]] = defaultdict(list)
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin to read."""
        await self.bus.ensure_topics(TOPICS)
        subscription = Subscription(
            topics=(*TOPICS, *DEAD), handler=self._take, group=None, max_in_flight=256
        )
        self._task = asyncio.create_task(self.bus.consume(subscription))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        await self.bus.close()

    async def _take(self, delivery: Delivery) -> Answer:
        envelope, event = delivery.envelope, delivery.event
        data = None if event is None else event.model_dump(mode="json")
        taken = Event(
            len(self.events),
            delivery.topic.name,
            envelope.id,
            delivery.key,
            envelope.page or 0,
            envelope.sequence or 0,
            envelope.traceparent,
            data,
        )
        self.events.append(taken)
        # A scan's key ends in its image.
        for subject in {delivery.key.rpartition("/")[2], (data or {}).get("image", "")}:
            self._by_subject[subject].append(taken)
        return Done()

    def of(self, topic: str) -> list[Event]:
        """Return the events of a topic, each once whatever was repeated."""
        first: dict[tuple[str, int], Event] = {}
        for event in self.events:
            if event.topic == topic:
                first.setdefault((event.id, event.page), event)
        return list(first.values())

    def dead(self) -> list[Event]:
        """Return all dead letters."""
        return [event for event in self.events if event.topic.endswith(".dead")]

    def about(self, image: str, placement: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give what was published about an image, each event once.

        Of a compacted topic it is the newest event of each key. Raises ``AssertionError`` where
        one id stands for two different facts.
        """
        newest: dict[tuple[str, str], Event] = {}
        distinct: dict[tuple[str, str, int], list[Event]] = defaultdict(list)
        removed = [each for each in self._by_subject[placement] if each.data is None]
        for event in sorted([*self._by_subject[image], *removed]):
            if event.topic in _COMPACTED:
                newest[event.topic, event.key] = event
            else:
                distinct[event.topic, event.id, event.page].append(event)
        for event in newest.values():
            yield event.topic, {"key": event.key, "event": event.data}
        for same in distinct.values():
            assert all(_fact(each) == _fact(same[0]) for each in same), same
            yield same[0].topic, {"key": same[0].key, "event": same[0].data}


def _fact(event: Event) -> tuple[object, ...]:
    """Return what may not differ between two events of one id; times may."""
    data = {name: value for name, value in (event.data or {}).items() if not name.endswith("_at")}
    data.pop("not_before", None)
    return event.key, event.sequence, data
