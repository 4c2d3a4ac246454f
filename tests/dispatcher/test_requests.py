"""Scans that other systems ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from scantling_common.bus.port import Done, RetryAfter
from scantling_common.events.models import ScanRequested
from scantling_common.events.topics import SCAN_REQUESTS
from scantling_common.store.port import Range
from tests.dispatcher.samples import PROJECT, delivered, digest
from tests.dispatcher.world import lead, settle

if TYPE_CHECKING:
    from scantling_common.bus.port import Delivery
    from scantling_common.records.dispatcher import Task
    from scantling_dispatcher.active import Active
    from tests.dispatcher.world import World


def a_request(id_: str = "event-1", **fields: Any) -> Delivery:
    given: dict[str, Any] = {"project": PROJECT, "requester": "pipeline"}
    return delivered(SCAN_REQUESTS, ScanRequested.model_validate({**given, **fields}), id_)


async def tasks(world: World) -> list[Task]:
    return [task async for task in world.repositories.tasks.each(Range(index="created"))]


async def test_an_image_is_scanned_once_for_a_request_that_comes_twice(
    world: World, active: Active
) -> None:
    placement = await world.place("a")
    for _ in range(2):
        await active.requests.handle(a_request(image=placement.image))
        await settle(active)

    (task,) = await tasks(world)
    assert (task.kind, task.priority, task.created_by) == ("request", "manual", "pipeline")
    assert (await world.scan(placement.image)).seq == 1


async def test_two_requests_are_two_tasks(world: World, active: Active) -> None:
    placement = await world.place("a")
    await active.requests.handle(a_request("1", image=placement.image))
    await active.requests.handle(a_request("2", placement=placement.id))
    await settle(active)

    assert len(await tasks(world)) == 2
    assert len((await world.scan(placement.image)).body.tasks) == 2


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"image": digest("a"), "project": "nobody"},
        {"image": digest("a"), "project": ""},
        {"image": digest("a"), "project": "p" * 5000},
        {"image": digest("a"), "risks": ["malware"]},
        {"placement": "p" * 5000},
    ],
)
async def test_what_can_not_be_scanned_is_dropped(
    world: World, active: Active, fields: dict[str, Any]
) -> None:
    assert await active.requests.handle(a_request(**fields)) == Done()
    assert await tasks(world) == []


async def test_one_project_can_not_flood_the_others(world: World) -> None:
    active = await lead(world.dispatcher(requests_per_minute=60))
    image = (await world.place("a")).image
    answers = [await active.requests.handle(a_request(str(n), image=image)) for n in range(20)]

    waits = [answer for answer in answers if isinstance(answer, RetryAfter)]
    assert 0 < len(waits) < len(answers)
    assert len(await tasks(world)) == len(answers) - len(waits)
    other = await active.requests.handle(a_request("x", image=image, project="other"))
    assert other == Done()
    world.clock.turn(waits[0].seconds)
    assert await active.requests.handle(a_request("later", image=image)) == Done()
    assert await active.requests.handle(delivered(SCAN_REQUESTS, None)) == Done()
