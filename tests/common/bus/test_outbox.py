"""Owed events are published, none is lost, and newer debts survive the clearing of older ones."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from opentelemetry.context import attach, detach
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from scantling_common.bus.outbox import (
    EVERY,
    NOTHING_OWED,
    OWED,
    Outbox,
    OwedUnreadable,
    owing,
    pack_owes,
    unpack_owes,
)
from scantling_common.bus.port import BusUnavailable, Outgoing
from scantling_common.events.models import Control
from scantling_common.events.topics import CONTROL
from scantling_common.store.port import Collection, Document
from scantling_common.store.sqlite import SqliteStore
from tests.common.clocks import HandClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

THINGS = Collection("things", "sync", (OWED,))


def owed(seq: int, *, tombstone: bool = False) -> Outgoing:
    event = Control(project="p", scan="s", state="running", seq=seq)
    return Outgoing(
        topic=CONTROL,
        event=event,
        id=f"id-{seq}",
        sequence=seq,
        page=1,
        pages=2,
        tombstone=tombstone,
    )


class Sink:
    """A producer that remembers; ``on_send`` may interfere before anything is sent."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.on_send: Callable[[], Awaitable[None]] | None = None

    async def send(self, outgoing: Outgoing) -> None:
        """Send one."""
        await self.send_all([outgoing])

    async def send_all(self, outgoing: Sequence[Outgoing]) -> None:
        """Send several."""
        if self.on_send is not None:
            interfere, self.on_send = self.on_send, None
            await interfere()
        self.sent += [each.id for each in outgoing]

    async def close(self) -> None:
        """Close nothing."""


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    made = SqliteStore(":memory:")
    await made.ensure([THINGS])
    yield made
    await made.close()


def outbox(store: SqliteStore, sink: Sink, clock: HandClock | None = None) -> Outbox:
    return Outbox(store, sink, THINGS, clock=clock or HandClock())


async def _insert(store: SqliteStore, id_: str, *seqs: int) -> None:
    document: Document = {"id": id_, "name": "n", **NOTHING_OWED}
    assert await store.insert(THINGS, owing(document, [owed(seq) for seq in seqs]))


def test_what_is_owed_comes_back_as_it_was() -> None:
    events = [owed(1), owed(2, tombstone=True)]
    assert unpack_owes(pack_owes(events)) == events
    assert unpack_owes(b"") == []


def test_debts_add_up_in_order() -> None:
    document: Document = {"id": "a", **NOTHING_OWED}
    twice = owing(owing(document, [owed(1)]), [owed(2), owed(3)])
    assert twice["owed"] == 1
    assert isinstance(twice["owes"], bytes)
    assert [each.id for each in unpack_owes(twice["owes"])] == ["id-1", "id-2", "id-3"]
    assert owing(document, []) == document


@pytest.mark.parametrize("owes", [b"rubbish", pack_owes([owed(1)])[:-3]])
def test_an_unreadable_debt_is_an_error(owes: bytes) -> None:
    with pytest.raises(OwedUnreadable):
        unpack_owes(owes)


async def test_published_is_cleared(store: SqliteStore) -> None:
    sink = Sink()
    await _insert(store, "a", 1, 2)
    document = await outbox(store, sink).publish("a")
    assert sink.sent == ["id-1", "id-2"]
    assert document == await store.get(THINGS, "a")
    assert document is not None
    assert (document["owed"], document["owes"], document["name"]) == (0, b"", "n")


async def test_nothing_owed_and_nothing_there_are_fine(store: SqliteStore) -> None:
    sink = Sink()
    await _insert(store, "a")
    assert await outbox(store, sink).publish("a") is not None
    assert await outbox(store, sink).publish("nobody") is None
    assert sink.sent == []


async def test_a_debt_made_during_publishing_is_published_and_cleared_too(
    store: SqliteStore,
) -> None:
    sink = Sink()
    await _insert(store, "a", 1)

    async def another_debt() -> None:
        document = await store.get(THINGS, "a")
        assert document is not None
        changed = owing({**document, "name": "changed"}, [owed(2)])
        assert await store.replace(THINGS, changed, rev=1)

    sink.on_send = another_debt
    document = await outbox(store, sink).publish("a")
    assert sink.sent == ["id-1", "id-2"], "neither is lost, and the first goes out once"
    assert document is not None
    assert (document["owed"], document["name"]) == (0, "changed")


async def test_a_debt_stays_while_the_bus_is_away(store: SqliteStore) -> None:
    sink = Sink()
    await _insert(store, "a", 1)

    async def away() -> None:
        raise BusUnavailable

    sink.on_send = away
    with pytest.raises(BusUnavailable):
        await outbox(store, sink).publish("a")
    document = await store.get(THINGS, "a")
    assert document is not None
    assert document["owed"] == 1
    await outbox(store, sink).publish("a")
    assert sink.sent == ["id-1"]


async def test_all_that_is_owed_at_start_is_published(store: SqliteStore) -> None:
    sink = Sink()
    for number in range(250):
        await _insert(store, f"d{number:03}", number)
    await _insert(store, "none")
    seen = await outbox(store, sink).republish_once(None)
    assert sorted(sink.sent) == sorted(f"id-{number}" for number in range(250))
    assert len(seen) == 250
    assert await outbox(store, sink).republish_once(seen) == frozenset()


async def test_a_fresh_debt_is_left_to_its_maker_for_one_round(store: SqliteStore) -> None:
    sink = Sink()
    box = outbox(store, sink)
    await _insert(store, "a", 1)
    seen = await box.republish_once(frozenset())
    assert sink.sent == []
    await box.republish_once(seen)
    assert sink.sent == ["id-1"]


async def test_one_unreadable_debt_holds_up_no_other(
    store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    sink = Sink()
    await store.insert(THINGS, {"id": "a", "owed": 1, "owes": b"rubbish"})
    await _insert(store, "b", 1)
    await outbox(store, sink).republish_once(None)
    assert sink.sent == ["id-1"]
    assert [each.getMessage() for each in caplog.records] == ["owed events can't be read"]
    kept = await store.get(THINGS, "a")
    assert kept is not None
    assert kept["owed"] == 1


async def test_the_loop_looks_every_five_seconds_and_survives_an_outage(
    store: SqliteStore,
) -> None:
    sink, clock = Sink(), HandClock()
    published = asyncio.Event()

    async def away() -> None:
        raise BusUnavailable

    async def back() -> None:
        published.set()

    await _insert(store, "a", 1)
    sink.on_send = away
    loop = asyncio.ensure_future(outbox(store, sink, clock).republish())
    while not clock.slept:  # noqa: ASYNC110  # the clock turns when the loop sleeps
        await asyncio.sleep(0)
    sink.on_send = back
    async with asyncio.timeout(10):
        await published.wait()
    loop.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loop
    assert set(clock.slept) == {EVERY}
    assert sink.sent[:1] == ["id-1"]


def test_what_is_owed_keeps_its_trace() -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    carrier = TraceContextTextMapPropagator().extract({"traceparent": trace})
    token = attach(carrier)
    try:
        packed = pack_owes([owed(1)])
    finally:
        detach(token)

    (again,) = unpack_owes(packed)

    assert again.traceparent == trace
