"""Leases: who holds one, and what clocks can and can't do to it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from scantling_common.leases import MIN_TTL, Decision, Lease, LeaseLost, Watch, decide
from scantling_common.store.port import Collection, StoreUnavailable
from scantling_common.store.sqlite import SqliteStore
from tests.common.clocks import HandClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scantling_common.store.port import Document, Scalar

LEADER = Collection("leader", "dispatcher")


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    store = SqliteStore(":memory:")
    await store.ensure([LEADER])
    yield store
    await store.close()


def lease(store: SqliteStore, owner: str, clock: HandClock, **fields: Scalar) -> Lease:
    return Lease(store, LEADER, "main", owner=owner, clock=clock, fields={"v": 1, **fields})


def is_held(lease: Lease) -> bool:
    return lease.held


async def beaten(store: SqliteStore) -> None:
    """Return when the holder has renewed; the test's own timeout bounds it."""
    for _ in range(100_000):
        if (await document(store))["beat"]:
            return


async def document(store: SqliteStore) -> Document:
    found = await store.get(LEADER, "main")
    assert found is not None
    return found


def test_a_challenger_waits_until_it_has_seen_nothing_move_for_the_whole_time() -> None:
    def see(watch: Watch | None, now: float, *, owner: str = "x", beat: int = 4) -> Decision:
        return decide(watch, owner=owner, epoch=2, beat=beat, now=now, ttl=30)

    seen = Watch(2, 4, 100)
    assert see(None, 100) == Decision("wait", seen)
    assert see(seen, 129.9) == Decision("wait", seen)
    assert see(seen, 130) == Decision("take", None)
    assert see(seen, 130, beat=5) == Decision("wait", Watch(2, 5, 130))
    assert see(Watch(1, 4, 100), 130) == Decision("wait", Watch(2, 4, 130))
    assert see(None, 100, owner="") == Decision("take", None)


async def test_the_first_one_gets_a_free_lease(store: SqliteStore) -> None:
    clock = HandClock()
    first, second = lease(store, "one", clock, starts=0), lease(store, "two", clock)

    assert not first.held
    assert await first.acquire()
    assert not await second.acquire()

    assert (first.held, first.epoch) == (True, 1)
    assert (second.held, second.epoch) == (False, 0)
    assert await document(store) == {
        "id": "main",
        "v": 1,
        "starts": 0,
        "owner": "one",
        "epoch": 1,
        "beat": 0,
        "rev": 1,
    }


async def test_of_many_at_once_one_gets_it(store: SqliteStore) -> None:
    leases = [lease(store, f"{number}", HandClock()) for number in range(8)]

    answers = await asyncio.gather(*(each.acquire() for each in leases))

    assert answers.count(True) == 1
    assert (await document(store))["owner"] == str(answers.index(True))


async def test_a_holder_that_renews_keeps_it(store: SqliteStore) -> None:
    mine, theirs = HandClock(), HandClock()
    holder, challenger = lease(store, "one", mine), lease(store, "two", theirs)
    await holder.acquire()

    for _ in range(10):
        assert not await challenger.acquire()
        mine.turn(MIN_TTL - 1)
        theirs.turn(MIN_TTL - 1)
        assert await holder.renew()

    assert holder.held
    assert (await document(store))["beat"] == 10


async def test_a_silent_holder_loses_it_and_learns_so(store: SqliteStore) -> None:
    mine, theirs = HandClock(), HandClock()
    holder, challenger = lease(store, "one", mine), lease(store, "two", theirs)
    await holder.acquire()
    assert not await challenger.acquire()
    theirs.turn(MIN_TTL)

    assert await challenger.acquire()

    assert challenger.epoch == 2
    # The holder's clock stands still: it believes to hold the lease until it asks the store.
    assert is_held(holder)
    assert not await holder.renew()
    assert not is_held(holder)
    assert not await holder.release()
    assert (await document(store))["owner"] == "two"


async def test_the_wall_clock_plays_no_part(store: SqliteStore) -> None:
    holder = lease(store, "one", HandClock(now_ms=0))
    challenger = lease(store, "two", HandClock(now_ms=10**15))
    await holder.acquire()

    assert not await challenger.acquire()
    assert not await challenger.acquire()
    assert await holder.renew()


async def test_a_holder_knows_by_its_own_clock_when_it_was_silent(store: SqliteStore) -> None:
    clock = HandClock()
    holder = lease(store, "one", clock)
    await holder.acquire()

    clock.turn(MIN_TTL)

    assert not holder.held
    assert await holder.renew()
    assert holder.held


async def test_a_released_lease_is_taken_at_once_with_a_new_epoch(store: SqliteStore) -> None:
    first, second = lease(store, "one", HandClock()), lease(store, "two", HandClock())
    await first.acquire()
    assert await first.release()
    assert not first.held

    assert await second.acquire()

    assert second.epoch == 2
    assert not await first.renew()


async def test_a_former_life_under_the_same_name_holds_nothing(store: SqliteStore) -> None:
    await lease(store, "one", HandClock()).acquire()
    again = lease(store, "one", HandClock())

    assert not await again.acquire()
    assert not await again.renew()


async def test_other_fields_stay_and_disturb_nobody(store: SqliteStore) -> None:
    clock = HandClock()
    holder = lease(store, "one", clock, starts=0)
    await holder.acquire()
    await store.set_fields(LEADER, "main", {"starts": 3})

    assert await holder.renew()
    assert await holder.release()
    second = lease(store, "two", clock, starts=0)
    assert await second.acquire()

    assert (await document(store))["starts"] == 3


async def test_waiting_ends_with_the_lease(store: SqliteStore) -> None:
    clock = HandClock()
    holder, challenger = lease(store, "one", HandClock()), lease(store, "two", clock)
    await holder.acquire()

    await challenger.wait()

    assert challenger.held
    assert MIN_TTL <= sum(clock.slept) < 2 * MIN_TTL


async def test_keeping_ends_when_it_is_lost(store: SqliteStore) -> None:
    holder = lease(store, "one", HandClock())
    await holder.acquire()
    keeping = asyncio.ensure_future(holder.keep())
    await beaten(store)

    await store.set_fields(LEADER, "main", {"owner": "two", "epoch": 2})

    with pytest.raises(LeaseLost):
        await asyncio.wait_for(keeping, 10)


async def test_keeping_outlasts_a_store_that_is_away_for_a_while(store: SqliteStore) -> None:
    class Flaky(SqliteStore):
        failures = 3

        async def replace(self, collection: Collection, document: Document, *, rev: int) -> bool:
            if self.failures:
                self.failures -= 1
                raise StoreUnavailable
            return await super().replace(collection, document, rev=rev)

    clock = HandClock()
    flaky = Flaky(":memory:")
    flaky.failures = 0
    await flaky.ensure([LEADER])
    holder = lease(flaky, "one", clock)
    await holder.acquire()

    flaky.failures = 3
    keeping = asyncio.ensure_future(holder.keep())
    await beaten(flaky)
    assert not keeping.done()
    assert flaky.failures == 0
    flaky.failures = 10**9

    with pytest.raises(LeaseLost):
        await asyncio.wait_for(keeping, 10)
    await flaky.close()


def test_a_lease_needs_an_owner_and_time(store: SqliteStore) -> None:
    with pytest.raises(ValueError, match="owner"):
        lease(store, "", HandClock())
    with pytest.raises(ValueError, match="30"):
        Lease(store, LEADER, "main", owner="x", clock=HandClock(), ttl=29)
