"""One instance publishes for a partition; who lost it stops."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from scantling_common.records.reporter import Head, ProjectCounts
from scantling_reporter.counters import Counters
from scantling_reporter.errors import PartitionUnavailable
from scantling_reporter.rows import partition_of_image
from tests.reporter.builders import PROJECT, a_finding, digest, results, usual_outcomes
from tests.reporter.world import LIMIT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scantling_reporter.partitions import PartitionOwner
    from scantling_reporter.service import Reporter
    from tests.reporter.world import World

PARTITION = partition_of_image(digest("app"))


@pytest.fixture
async def pair(world: World) -> AsyncIterator[tuple[Reporter, Reporter]]:
    """Give two reporters of which neither consumes."""
    both = (world.reporter(world.bus), world.reporter(world.bus))
    yield both
    for reporter in both:
        await reporter.partitions.close()


async def owning(reporter: Reporter) -> PartitionOwner:
    """Let a reporter own the partition, with its own loop stopped."""
    owner, _ = await reporter._own(PARTITION)
    return owner


async def an_unpublished_head(world: World) -> Head:
    """Return a head that was merged and not published."""
    await world.place("app")
    await world.send(results("app", 1, usual_outcomes(a_finding("F1"))))
    await world.run_to_the_end()
    head = await world.head("app")
    await world.heads.set_fields(head.id, {"unpublished": 1, "published": 0, "counted": 0})
    return await world.head("app")


async def test_an_owner_that_was_replaced_publishes_nothing_and_knows_it(
    world: World, pair: tuple[Reporter, Reporter]
) -> None:
    head = await an_unpublished_head(world)
    before = len(await world.completions())
    old = await owning(pair[0])
    new = await owning(pair[1])
    with pytest.raises(PartitionUnavailable):
        await old.drain()
    assert old.lost
    assert (await world.head("app")).rev == head.rev
    async with asyncio.timeout(LIMIT):
        await old.run()
    await new.drain()
    assert (await world.head("app")).published == 1
    assert len(await world.completions()) == before


async def test_a_generation_is_counted_once_by_two_owners_at_a_time(
    world: World, pair: tuple[Reporter, Reporter]
) -> None:
    head = await an_unpublished_head(world)
    counters = Counters(world.store)
    assert (await counters.totals()).images == {"complete": 1}
    await asyncio.gather(*(counters.count(head) for _ in range(5)))
    assert (await counters.totals()).images == {"complete": 1}


async def test_a_late_owner_does_not_count_what_was_counted_long_ago(world: World) -> None:
    """Another head was counted since, so that the counter's last head is no longer this one."""
    head = await an_unpublished_head(world)
    await world.heads.set_fields(head.id, {"counted": 1})
    counters = Counters(world.store)
    other = Head(id=f"{PROJECT}/other", project=PROJECT, image="other", partition=PARTITION)
    await world.heads.insert(other)
    await counters.count(other)
    await counters.count(head)
    assert await counters.totals() == ProjectCounts(
        images={"complete": 1}, findings={"baseimage": {"high": 1}}
    )


async def test_a_partition_that_is_not_owned_is_unavailable(
    pair: tuple[Reporter, Reporter],
) -> None:
    partitions = pair[0].partitions
    with pytest.raises(PartitionUnavailable):
        partitions.owner(PARTITION)
    await partitions.assigned((PARTITION,))
    assert partitions.owner(PARTITION).number == PARTITION
    await partitions.revoked((PARTITION,))
    with pytest.raises(PartitionUnavailable):
        partitions.owner(PARTITION)
