"""A small pipeline that is crashed at every side effect in turn, on both buses.

Events are folded into documents, which owe an event each; those are folded into results. After
a crash everything starts again, and the end state must be that of an undisturbed run.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING

import pytest

from scantling_common.bus.outbox import NOTHING_OWED, OWED, Outbox, owing
from scantling_common.bus.port import Answer, Bus, Delivery, Done, Outgoing, Subscription
from scantling_common.clock import SystemClock
from scantling_common.events.models import Control
from scantling_common.events.topics import CONTROL
from scantling_common.faults import FaultPlan, FaultyBus, FaultyStore, SimulatedCrash
from scantling_common.store.port import Collection, Document, Insert, Store
from scantling_common.store.sqlite import SqliteStore
from tests.common.bus.samples import outgoing, topic
from tests.common.bus.worlds import LONGEST, World, until

if TYPE_CHECKING:
    from pathlib import Path

    from scantling_common.events.topics import Topic

SUMS = Collection("sums", "dispatcher", (OWED,))
RESULTS = Collection("results", "reporter")

POINTS = [
    "store.insert:sums",
    "store.replace:sums",
    "store.bulk:results",
    f"bus.send:{CONTROL.name}",
    "bus.commit:fold:{input}",
    f"bus.commit:gather:{CONTROL.name}",
]
WHENS = [f"{point}:{when}" for point in POINTS for when in ("before", "after")]
WHENS.append("store.bulk:results:halfway")

KEYS, ROUNDS = 3, 3


class Pipeline:
    """One process' part: both stages over one store and one bus."""

    def __init__(self, bus: Bus, store: Store, source: Topic, project: str) -> None:
        self._bus = bus
        self._store = store
        self._source = source
        self._project = project
        self._outbox: Outbox | None = None

    async def run(self) -> None:
        """Work until something ends it."""
        producer = await self._bus.producer()
        self._outbox = Outbox(self._store, producer, SUMS, clock=SystemClock())
        parts = [
            asyncio.ensure_future(each)
            for each in (
                self._outbox.republish(),
                self._bus.consume(self._subscription(self._source, "fold", self.fold)),
                self._bus.consume(self._subscription(CONTROL, "gather", self.gather)),
            )
        ]
        try:
            done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()
        finally:
            for each in parts:
                each.cancel()
            await asyncio.gather(*parts, return_exceptions=True)
            await producer.close()

    async def fold(self, delivery: Delivery) -> Answer:
        """Add an event to its key's sum, once, and owe the next event."""
        event = delivery.event
        assert isinstance(event, Control)
        assert self._outbox is not None
        document = await self._store.get(SUMS, event.scan)
        if document is None:
            fresh: Document = {"id": event.scan, "sum": 0, "last": 0, **NOTHING_OWED}
            await self._store.insert(SUMS, fresh)
            document = await self._store.get(SUMS, event.scan)
        assert document is not None
        last, total, rev = document["last"], document["sum"], document["rev"]
        assert isinstance(last, int)
        assert isinstance(total, int)
        assert isinstance(rev, int)
        if event.seq > last:
            changed: Document = {**document, "last": event.seq, "sum": total + event.seq}
            owed = Outgoing(
                topic=CONTROL,
                event=event.model_copy(update={"project": self._project}),
                id=f"{self._project}-{event.scan}-{event.seq}",
            )
            assert await self._store.replace(SUMS, owing(changed, [owed]), rev=rev)
        await self._outbox.publish(event.scan)
        return Done()

    async def gather(self, delivery: Delivery) -> Answer:
        """Keep what was owed, in two documents of one bulk."""
        event = delivery.event
        if isinstance(event, Control) and event.project == self._project:
            ids = (f"{event.scan}-{event.seq}-a", f"{event.scan}-{event.seq}-b")
            await self._store.bulk(RESULTS, [Insert({"id": id_}) for id_ in ids])
        return Done()

    def _subscription(self, source: Topic, group: str, handler: object) -> Subscription:
        name = group if source is not CONTROL else f"{group}-{self._project}"
        return Subscription(topics=(source,), handler=handler, group=name)  # type: ignore[arg-type]


class Replay:
    """The tests; an adapter's class inherits them."""

    async def test_the_points_are_all_there_are(self, world: World, tmp_path: Path) -> None:
        plan = FaultPlan()
        run = await _Run.prepared(world, tmp_path)
        await run.until_the_end(plan)
        await run.close()
        assert set(plan.passed) == {run.point(when) for when in WHENS}

    @pytest.mark.parametrize("passing", [1, 2])
    @pytest.mark.parametrize("when", WHENS)
    async def test_a_crash_changes_nothing_of_the_end(
        self, world: World, tmp_path: Path, when: str, passing: int
    ) -> None:
        run = await _Run.prepared(world, tmp_path)
        plan = FaultPlan(run.point(when), passing)
        with pytest.raises(SimulatedCrash):
            await run.until_the_end(plan)
        assert plan.crashed
        await run.until_the_end(FaultPlan())
        await run.close()


class _Run:
    """One pipeline's input, store and expected end."""

    def __init__(self, world: World, store: SqliteStore) -> None:
        self._world = world
        self._store = store
        self._input = topic(partitions=2)
        self._project = secrets.token_hex(4)

    @classmethod
    async def prepared(cls, world: World, folder: Path) -> _Run:
        """Send the input."""
        run = cls(world, SqliteStore(folder / "store.db"))
        await run._store.ensure([SUMS, RESULTS])
        bus = await world.bus()
        await bus.ensure_topics([run._input, CONTROL])
        producer = await bus.producer()
        await producer.send_all(
            [
                outgoing(run._input, f"k{key}", seq)
                for seq in range(1, ROUNDS + 1)
                for key in range(KEYS)
            ]
        )
        await producer.close()
        return run

    def point(self, when: str) -> str:
        """Return a point by its pattern."""
        named = when.replace("{input}", self._input.name)
        return named.replace("commit:gather:", f"commit:gather-{self._project}:")

    async def until_the_end(self, plan: FaultPlan) -> None:
        """Run a pipeline until the end state is reached and committed, or it crashes."""
        bus = await self._world.bus()
        pipeline = Pipeline(
            FaultyBus(bus, plan), FaultyStore(self._store, plan), self._input, self._project
        )
        working = asyncio.ensure_future(pipeline.run())
        ending = asyncio.ensure_future(self._ended(bus))
        async with asyncio.timeout(LONGEST):
            await asyncio.wait([working, ending], return_when=asyncio.FIRST_COMPLETED)
        for each in (working, ending):
            each.cancel()
        results = await asyncio.gather(working, ending, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError):
                raise result

    async def close(self) -> None:
        """Close the store."""
        await self._store.close()

    async def _ended(self, bus: Bus) -> None:
        async def ended() -> bool:
            return await self._state_is_final() and await self._all_is_committed(bus)

        await until(ended)

    async def _state_is_final(self) -> bool:
        total = ROUNDS * (ROUNDS + 1) // 2
        sums = await self._store.get_many(SUMS, [f"k{key}" for key in range(KEYS)])
        ids = [
            f"k{key}-{seq}-{half}"
            for key in range(KEYS)
            for seq in range(1, ROUNDS + 1)
            for half in "ab"
        ]
        results = await self._store.get_many(RESULTS, ids)
        final = [(total, ROUNDS, 0)] * KEYS
        return len(results) == len(ids) and final == [
            (each["sum"], each["last"], each["owed"]) for each in sums
        ]

    async def _all_is_committed(self, bus: Bus) -> bool:
        return (
            await bus.lag("fold", self._input) == 0
            and await bus.lag(f"gather-{self._project}", CONTROL) == 0
        )
