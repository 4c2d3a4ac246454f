"""Named fault points at every side effect, for tests that crash there.

``bus.send:<topic>``, ``bus.commit:<group>:<topic>`` and ``store.<verb>:<collection>``, each with
``:before`` and ``:after``. A plan records what is passed; told to, it crashes at the n-th
passing of a point: by :class:`SimulatedCrash` inside a test, by ``_exit(137)`` in a process
started with ``SCANTLING_FAULT=point#n``.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scantling_common.bus.port import Bus, Outgoing, Producer, Subscription
    from scantling_common.events.topics import Topic
    from scantling_common.store.port import (
        Collection,
        Document,
        Operation,
        Range,
        Scalar,
        Store,
    )

VARIABLE: Final = "SCANTLING_FAULT"
KILLED: Final = 137
"""The exit status of a process that SIGKILL ended, as a shell tells it."""


class SimulatedCrash(BaseException):  # it is an end, not an error to handle
    """The process would be dead now; nothing may catch this but the test."""


class FaultPlan:
    """Records the points that are passed, and crashes at one of them."""

    def __init__(self, point: str = "", passing: int = 1, *, kill: bool = False) -> None:
        """Plan a crash at the ``passing``-th passing of a point; without one only record."""
        self.passed: Counter[str] = Counter()
        self.crashed = False
        self._point = point
        self._passing = passing
        self._kill = kill

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> FaultPlan | None:
        """Return the plan that ``SCANTLING_FAULT=point#n`` asks for, or None."""
        asked = environment.get(VARIABLE, "")
        if not asked:
            return None
        point, _, passing = asked.partition("#")
        return cls(point, int(passing or 1), kill=True)

    def checkpoint(self, point: str) -> None:
        """Pass a point. After a crash nothing passes any more: a dead process does nothing."""
        if self.crashed:
            raise SimulatedCrash(point)
        self.passed[point] += 1
        if point == self._point and self.passed[point] == self._passing:
            if self._kill:
                os._exit(KILLED)
            self.crashed = True
            raise SimulatedCrash(point)


class FaultyBus:
    """A bus whose sends and commits pass the points of a plan."""

    def __init__(self, inner: Bus, plan: FaultPlan) -> None:
        self._inner = inner
        self._plan = plan

    async def ensure_topics(self, topics: Sequence[Topic]) -> None:
        """Create the topics; no point, as it is repeated at every start."""
        await self._inner.ensure_topics(topics)

    async def producer(self, *, transactional_name: str | None = None) -> Producer:
        """Return a producer whose sends are points."""
        inner = await self._inner.producer(transactional_name=transactional_name)
        return FaultyProducer(inner, self._plan, atomic=transactional_name is not None)

    async def consume(self, subscription: Subscription) -> None:
        """Consume; commits and dead letters are points."""
        await self._inner.consume(
            msgspec.structs.replace(subscription, checkpoint=self._plan.checkpoint)
        )

    async def lag(self, group: str, topic: Topic) -> int:
        """Return the lag."""
        return await self._inner.lag(group, topic)

    async def close(self) -> None:
        """Close the bus."""
        await self._inner.close()


class FaultyProducer:
    """A producer whose sends are points: each event is one, or each transaction."""

    def __init__(self, inner: Producer, plan: FaultPlan, *, atomic: bool) -> None:
        self._inner = inner
        self._plan = plan
        self._atomic = atomic

    async def send(self, outgoing: Outgoing) -> None:
        """Send one event."""
        await self._pass([outgoing])

    async def send_all(self, outgoing: Sequence[Outgoing]) -> None:
        """Send several; without a transaction a crash may come between any two of them."""
        if self._atomic:
            await self._pass(outgoing)
        else:
            for each in outgoing:
                await self._pass([each])

    async def close(self) -> None:
        """Close the producer."""
        await self._inner.close()

    async def _pass(self, outgoing: Sequence[Outgoing]) -> None:
        topics = sorted({each.topic.name for each in outgoing})
        for topic in topics:
            self._plan.checkpoint(f"bus.send:{topic}:before")
        await self._inner.send_all(outgoing)
        for topic in topics:
            self._plan.checkpoint(f"bus.send:{topic}:after")


class FaultyStore:
    """A store whose writes pass the points of a plan; a bulk also in the middle."""

    def __init__(self, inner: Store, plan: FaultPlan) -> None:
        self._inner = inner
        self._plan = plan

    async def ensure(self, collections: Sequence[Collection]) -> None:
        """Create what is missing; no point, as it is repeated at every start."""
        await self._inner.ensure(collections)

    async def get(self, collection: Collection, id_: str) -> Document | None:
        """Return one document."""
        return await self._inner.get(collection, id_)

    async def get_many(self, collection: Collection, ids: Sequence[str]) -> list[Document]:
        """Return several documents."""
        return await self._inner.get_many(collection, ids)

    async def page(self, collection: Collection, range_: Range, *, limit: int) -> list[Document]:
        """Return a page."""
        return await self._inner.page(collection, range_, limit=limit)

    async def insert(self, collection: Collection, document: Document) -> bool:
        """Insert between two points."""
        self._point("insert", collection, "before")
        done = await self._inner.insert(collection, document)
        self._point("insert", collection, "after")
        return done

    async def replace(self, collection: Collection, document: Document, *, rev: int) -> bool:
        """Replace between two points."""
        self._point("replace", collection, "before")
        done = await self._inner.replace(collection, document, rev=rev)
        self._point("replace", collection, "after")
        return done

    async def set_fields(
        self, collection: Collection, id_: str, fields: Mapping[str, Scalar]
    ) -> bool:
        """Set fields between two points."""
        self._point("set_fields", collection, "before")
        done = await self._inner.set_fields(collection, id_, fields)
        self._point("set_fields", collection, "after")
        return done

    async def delete(self, collection: Collection, id_: str, *, rev: int | None = None) -> bool:
        """Delete between two points."""
        self._point("delete", collection, "before")
        done = await self._inner.delete(collection, id_, rev=rev)
        self._point("delete", collection, "after")
        return done

    async def claim(
        self, collection: Collection, range_: Range, changes: Mapping[str, Scalar]
    ) -> Document | None:
        """Claim between two points."""
        self._point("claim", collection, "before")
        claimed = await self._inner.claim(collection, range_, changes)
        self._point("claim", collection, "after")
        return claimed

    async def bulk(self, collection: Collection, operations: Sequence[Operation]) -> list[bool]:
        """Carry out operations with a point before, after, and in the middle of several."""
        half = len(operations) // 2
        self._point("bulk", collection, "before")
        done: list[bool] = []
        if half:
            done += await self._inner.bulk(collection, operations[:half])
            self._point("bulk", collection, "halfway")
        done += await self._inner.bulk(collection, operations[half:])
        self._point("bulk", collection, "after")
        return done

    async def close(self) -> None:
        """Close the store."""
        await self._inner.close()

    def _point(self, verb: str, collection: Collection, when: str) -> None:
        self._plan.checkpoint(f"store.{verb}:{collection.name}:{when}")
