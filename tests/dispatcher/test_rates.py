"""Images per hour, at the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from scantling_common.events.models import ScanExtract
from scantling_common.events.topics import SCAN_EXTRACT
from scantling_common.records.extractor import Binding, FactChunk
from tests.dispatcher.samples import (
    NOW,
    PROJECT,
    a_placement,
    a_registry,
    a_task,
    an_image,
    completed,
    digest,
    returned,
)
from tests.dispatcher.world import lead, push, settle

if TYPE_CHECKING:
    from scantling_common.records.sync import Placement
    from scantling_dispatcher.active import Active
    from tests.dispatcher.world import World

HOUR = 3600


async def limited(world: World, name: str, **fields: Any) -> Placement:
    """Place an image in a registry of two images per hour."""
    await world.registries.insert(a_registry("slow", images_per_hour=2))
    return await world.place(name, registry="slow", **fields)


async def hours_pass(world: World, active: Active, hours: float) -> list[int]:
    """Let time pass a minute at a time; return at which minutes scans began."""
    began = []
    for minute in range(round(hours * 60)):
        before = len(await world.published(SCAN_EXTRACT))
        await settle(active)
        began += [minute] * (len(await world.published(SCAN_EXTRACT)) - before)
        world.clock.turn(60)
    return began


async def test_a_limited_registry_is_asked_evenly(world: World, active: Active) -> None:
    placements = [await limited(world, name) for name in "abcd"]
    for placement in placements:
        await push(active, placement)

    assert await hours_pass(world, active, 2) == [0, 30, 60, 90]


async def test_tasks_and_pushes_share_the_limit_and_pushes_go_first(
    world: World, active: Active
) -> None:
    old = [await limited(world, name) for name in "abc"]
    await world.repositories.tasks.insert(a_task(state="planning"))
    await settle(active)
    new = await limited(world, "new")
    await push(active, new)

    assert await hours_pass(world, active, 0.6) == [30]
    assert (await world.scan(new.image)).state == "running"
    left = {row.image for row in await world.rows()}
    assert len(left) == 2
    assert left < {placement.image for placement in old}


async def test_a_task_lowers_the_limit_for_itself_only(world: World, active: Active) -> None:
    for name in "abc":
        await limited(world, name)
    await world.repositories.tasks.insert(a_task(state="planning", images_per_hour=1))
    assert await hours_pass(world, active, 0.6) == [0]
    await push(active, await limited(world, "pushed"))

    await settle(active)

    assert len(await world.published(SCAN_EXTRACT)) == 2


async def test_a_task_limits_a_registry_that_has_no_limit(world: World, active: Active) -> None:
    for name in "ab":
        await world.place(name)
    await world.repositories.tasks.insert(a_task(state="planning", images_per_hour=60))

    assert await hours_pass(world, active, 0.1) == [0, 1]


async def test_other_registries_do_not_wait(world: World, active: Active) -> None:
    await push(active, await limited(world, "a"), await limited(world, "b"))
    await push(active, await world.place("c"), await world.place("d"))
    await settle(active)

    assert len(await world.published(SCAN_EXTRACT)) == 3


@pytest.mark.parametrize(("status", "debited"), [("read", False), ("reader_crashed", True)])
async def test_an_image_whose_facts_are_stored_is_not_debited(
    world: World, active: Active, status: str, *, debited: bool
) -> None:
    blob, layer = digest("blob"), digest("layer")
    image = digest("known")
    await world.images.insert(an_image(image, layers=(blob,)))
    await limited(world, "unused")
    known = a_placement(image, registry="slow", tag="known")
    await world.placements.insert(known)
    await world.bindings.insert(
        Binding(
            id=f"{PROJECT}/{blob}",
            project=PROJECT,
            blob=blob,
            diff_id=layer,
            size=1,
            uncompressed_size=1,
            used_at=NOW,
        )
    )
    await world.facts.insert(
        FactChunk(
            id=f"{layer}/dpkg/1/0",
            about=layer,
            chunks=1,
            used_at=NOW,
            data=b"",
            reader="dpkg",
            version=1,
            status=status,
        )
    )
    await push(active, known)
    await settle(active)
    assert (await world.repositories.limits.get("registry/slow") is not None) == debited
    if debited:
        return

    await push(active, await limited(world, "new"))
    await settle(active)

    assert len(await world.published(SCAN_EXTRACT)) == 2
    assert await world.repositories.limits.get("registry/slow") is not None


async def test_a_retry_is_debited_too(world: World, active: Active) -> None:
    placement = await limited(world, "a")
    await push(active, placement)
    await settle(active)
    await active.returns.handle(returned(await world.scan(placement.image)))

    assert await hours_pass(world, active, 0.6) == [30]


async def test_nothing_is_credited_back(world: World, active: Active) -> None:
    first, second = await limited(world, "a"), await limited(world, "b")
    await push(active, first, second)
    await settle(active)
    for placement in (first, second):
        scan = await world.repositories.scans.get(f"{PROJECT}/{placement.image}")
        if scan is not None:
            await active.completions.handle(completed(scan, "failed"))
    await settle(active)

    assert len(await world.published(SCAN_EXTRACT)) == 1


async def test_the_limit_outlives_the_dispatcher(world: World, active: Active) -> None:
    await push(active, await limited(world, "a"), await limited(world, "b"))
    await settle(active)

    restarted = await lead(world.dispatcher())

    assert await hours_pass(world, restarted, 0.6) == [30]
    events = await world.published(SCAN_EXTRACT)
    assert len({event.image for event in events if isinstance(event, ScanExtract)}) == 2
