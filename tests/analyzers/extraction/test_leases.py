"""Layer leases: who waits for whom, and which starts count."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.storage.leases import BEAT, LayerLeases, OwnLeases
from scantling_common.leases import MIN_TTL
from scantling_common.records.extractor import COLLECTIONS
from scantling_common.store.sqlite import SqliteStore
from tests.analyzers.clocks import StandingClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from scantling_common.store.port import Store

BLOB = "sha256:" + "a" * 64


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = SqliteStore(tmp_path / "store.db", synchronous="normal")
    await store.ensure(COLLECTIONS)
    yield store
    await store.close()


async def test_a_holder_that_lives_is_waited_for_however_long_it_takes(store: Store) -> None:
    """A slow layer that many processes want at once is not taken for one that kills them."""
    clock = StandingClock(1)
    holder = LayerLeases(store, "holder", clock)
    others = [LayerLeases(store, f"other {n}", clock).turn(BLOB) for n in range(5)]
    assert await holder.turn(BLOB).take() == 1
    async with holder.beating(BLOB):
        for _ in range(4 * int(MIN_TTL / BEAT)):
            assert [await turn.take() for turn in others] == [None] * 5
            await asyncio.wait_for(clock.asleep.wait(), 20)  # its last beat is written
            clock.advance(BEAT)
    await holder.end(BLOB, "done")
    assert [await turn.take() for turn in others[:2]] == [1, None]


async def test_a_holder_that_died_is_taken_over_and_counts(store: Store) -> None:
    clock = StandingClock(1)
    await LayerLeases(store, "dead", clock).turn(BLOB).take()
    turn = LayerLeases(store, "next", clock).turn(BLOB)
    assert await turn.take() is None
    clock.advance(MIN_TTL)
    assert await turn.take() == 2


async def test_an_instance_that_is_back_waits_for_no_earlier_life(store: Store) -> None:
    clock = StandingClock(1)
    await LayerLeases(store, "host/first", clock).turn(BLOB).take()
    assert await LayerLeases(store, "host2/first", clock).turn(BLOB).take() is None
    assert await LayerLeases(store, "host/second", clock).turn(BLOB).take() == 2


async def test_who_was_overtaken_uncounts_itself_only(store: Store) -> None:
    clock = StandingClock(1)
    slow, quick = LayerLeases(store, "slow", clock), LayerLeases(store, "quick", clock)
    await slow.turn(BLOB).take()
    turn = quick.turn(BLOB)
    await turn.take()
    clock.advance(MIN_TTL)
    assert await turn.take() == 2
    await slow.end(BLOB, "done")
    assert await LayerLeases(store, "third", clock).turn(BLOB).take() is None
    await quick.end(BLOB, "died")
    assert await LayerLeases(store, "third", clock).turn(BLOB).take() == 2


async def test_of_many_one_takes_it(store: Store) -> None:
    clock = StandingClock(1)
    turns = [LayerLeases(store, f"{n}", clock).turn(BLOB) for n in range(8)]
    taken = await asyncio.gather(*(turn.take() for turn in turns))
    assert sorted(taken, key=str) == [1, *[None] * 7]


async def test_a_process_that_shares_nothing_counts_its_own_deaths() -> None:
    leases = OwnLeases()
    starts = []
    for how in ("died", "died", "done", "uncounted", "died"):
        starts.append(await leases.turn(BLOB).take())
        async with leases.beating(BLOB):
            await leases.end(BLOB, how)
    assert starts == [1, 2, 3, 1, 1]
