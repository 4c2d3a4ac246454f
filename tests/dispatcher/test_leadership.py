"""One active dispatcher, whatever the clocks say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from scantling_common.bus.port import Fenced
from scantling_common.events.topics import SCAN_EXTRACT
from scantling_common.leases import MIN_TTL
from scantling_dispatcher.errors import NotLeader
from tests.common.clocks import HandClock
from tests.dispatcher.samples import NOW, a_registry, completed
from tests.dispatcher.world import lead, push, settle

if TYPE_CHECKING:
    from tests.dispatcher.world import World


async def test_a_standby_waits_until_the_lease_has_stood_still(world: World) -> None:
    first = world.dispatcher(instance="one")
    second = world.dispatcher(instance="two", clock=HandClock())
    clock = HandClock()
    second = world.dispatcher(instance="two", clock=clock)
    assert await first.leadership.acquire()

    assert not await second.leadership.acquire()
    clock.turn(MIN_TTL - 1)
    assert not await second.leadership.acquire()
    clock.turn(1)
    assert await second.leadership.acquire()

    assert (first.leadership.epoch, second.leadership.epoch) == (1, 2)
    with pytest.raises(NotLeader):
        await first.leadership.confirm()
    await second.leadership.confirm()


async def test_a_restarted_instance_takes_over_from_itself_at_once(world: World) -> None:
    dead = world.dispatcher(instance="one")
    assert await dead.leadership.acquire()

    restarted = world.dispatcher(instance="one")

    assert await restarted.leadership.acquire()
    assert restarted.leadership.epoch == 2
    with pytest.raises(NotLeader):
        await dead.leadership.confirm()


async def test_only_at_its_start_and_only_from_itself(world: World) -> None:
    first = world.dispatcher(instance="one")
    assert await first.leadership.acquire()
    assert not await world.dispatcher(instance="on").leadership.acquire()
    assert not await world.dispatcher(instance="one/more").leadership.acquire()

    second = world.dispatcher(instance="one")
    assert await second.leadership.acquire()
    assert not await first.leadership.acquire()


async def test_who_stops_in_order_leaves_the_lease_to_the_next(world: World) -> None:
    first = world.dispatcher(instance="one")
    assert await first.leadership.acquire()
    await first.leadership.release()

    assert await world.dispatcher(instance="two").leadership.acquire()


async def test_two_dispatchers_with_stalled_clocks_scan_once(world: World) -> None:
    """Neither clock moves: both believe that they lead, and only one of them has an effect."""
    old_dispatcher = world.dispatcher(instance="one", clock=HandClock(NOW))
    old = await lead(old_dispatcher)
    placements = [await world.place(name) for name in "abc"]
    await push(old, *placements)

    # the second one saw the lease stand still by a clock of its own, which stalls from here on
    clock = HandClock(NOW)
    new_dispatcher = world.dispatcher(instance="two", clock=clock)
    assert not await new_dispatcher.leadership.acquire()
    clock.turn(MIN_TTL)
    new = await lead(new_dispatcher)

    assert old_dispatcher.leadership.held
    with pytest.raises(NotLeader):
        await old.picker.round()
    await settle(new)

    assert len(await world.published(SCAN_EXTRACT)) == len(placements)
    for placement in placements:
        assert (await world.scan(placement.image)).seq == 1


async def test_what_a_fenced_dispatcher_began_is_published_by_the_next(world: World) -> None:
    """It stalls behind its last look at the lease: its write counts, its publishing does not."""
    old_dispatcher = world.dispatcher(instance="one")
    old = await lead(old_dispatcher)
    placement = await world.place("a")
    await push(old, placement)
    clock = HandClock(NOW)
    new_dispatcher = world.dispatcher(instance="two", clock=clock)
    assert not await new_dispatcher.leadership.acquire()
    clock.turn(MIN_TTL)
    assert await new_dispatcher.leadership.acquire()
    new = await new_dispatcher.activate()  # fences the producer of the old one

    with pytest.raises(Fenced):
        await old.picker._round()
    assert await world.published(SCAN_EXTRACT) == []
    scan = await world.scan(placement.image)
    assert (scan.seq, scan.owed) == (1, 3)

    await new.recovery.run()
    new_dispatcher.versions.known.set()
    await settle(new)

    assert len(await world.published(SCAN_EXTRACT)) == 1
    assert (await world.scan(placement.image)).seq == 1
    assert (await world.item("push-r1", placement.image)).state == "running"


async def test_a_fenced_dispatcher_neither_starts_nor_debits_twice(world: World) -> None:
    registry = await world.registries.get("r1")
    assert registry is not None
    await world.registries.replace(replace(registry, images_per_hour=1))
    old = await lead(world.dispatcher(instance="one"))
    first, second = await world.place("a"), await world.place("b")
    await push(old, first, second)
    new = await lead(world.dispatcher(instance="one"))
    old_rates = [("registry/r1", 1)]
    await old._board.rates.load(old_rates)
    await settle(new)

    assert not await old._board.rates.debit(old_rates)
    assert len(await world.published(SCAN_EXTRACT)) == 1


async def test_a_fenced_dispatcher_counts_nothing_twice(world: World) -> None:
    old = await lead(world.dispatcher(instance="one"))
    placement = await world.place("a")
    await push(old, placement)
    await settle(old)
    new = await lead(world.dispatcher(instance="one"))
    await new.completions.handle(completed(await world.scan(placement.image)))
    stale = [await world.item("push-r1", placement.image)]
    while await new.tally.step():
        pass

    await old.tally._count("push-r1", stale)

    task = await world.task("push-r1")
    assert (task.total, task.running, task.complete) == (1, 0, 1)


async def test_a_registry_that_was_changed_meanwhile_is_read_again(world: World) -> None:
    active = await lead(world.dispatcher())
    placement = await world.place("a", registry="later")
    await push(active, placement)
    await world.registries.insert(a_registry("later"))
    world.clock.turn(5)
    await push(active, placement, at=NOW + 1)
    await settle(active)

    assert (await world.scan(placement.image)).state == "running"
