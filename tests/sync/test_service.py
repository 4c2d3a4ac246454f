"""The service as it runs: its loops, its bells, and what it survives."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, cast

import pytest

from scantling_common.bus.outbox import pack_owes
from scantling_common.bus.port import Outgoing
from scantling_common.events.topics import IMAGE_EVENTS
from scantling_common.records.dispatcher import SCANS
from scantling_common.records.sync import COLLECTIONS
from scantling_common.store.mongodb import MongoStore
from scantling_common.store.port import StoreMisuse
from scantling_common.store.sqlite import SqliteStore
from scantling_sync.settings import SyncSettings
from tests.builders.image import image
from tests.end_to_end.notices import notice
from tests.sync.stores import AwayStore
from tests.sync.world import open_world

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from scantling_common.store.port import Store
    from tests.sync.scripted import ScriptedRegistry
    from tests.sync.world import World

AMD64 = "linux/amd64"
ONE, TWO = (image({"n": text}) for text in (b"1", b"2"))


@asynccontextmanager
async def running(world: World) -> AsyncIterator[None]:
    """Let the service run; it must not have ended by itself."""
    task = asyncio.create_task(world.sync.run())
    try:
        yield
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.wait({task})


async def turned_until(world: World, holds: Callable[[], object]) -> None:
    """Turn the clock, a second at a time, until something holds."""
    async with asyncio.timeout(30):
        while not await cast("asyncio.Future[object]", holds()):
            await world.clock.turn(1)
            await asyncio.sleep(0)


async def test_a_webhook_rings_for_its_worker_and_nobody_waits_for_the_clock(
    world: World, scripted: ScriptedRegistry
) -> None:
    id_ = await world.add_registry(scripted.host)
    scripted.put("app", "v1", ONE)
    came, go = scripted.hold("HEAD", "/v2/app/manifests/v1")
    go.set()
    async with running(world):
        await world.notify(id_, notice("app", tag="v1", id_="p"))
        async with asyncio.timeout(20):
            await came.wait()  # the clock stands still: only the bell can have woken it


async def test_a_registry_is_synced_when_it_is_made(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("app", "v1", ONE)
    async with running(world):
        await world.add_registry(scripted.host, synced=False)
        await turned_until(world, world.placed)
    assert await world.placed() == {("app", "v1", AMD64): ONE.digest}


async def test_a_store_that_is_away_stops_no_loop(
    tmp_path: Path, scripted: ScriptedRegistry
) -> None:
    away = AwayStore(SqliteStore(tmp_path / "store.db"))
    async with open_world(tmp_path, store=cast("Store", away)) as world:
        id_ = await world.add_registry(scripted.host)
        scripted.put("app", "v1", ONE)
        await world.notify(id_, notice("app", tag="v1", id_="p"))
        away.away = True
        async with running(world):
            for _ in range(20):
                await world.clock.turn(1)
                await asyncio.sleep(0)
            away.away = False
            await turned_until(world, world.placed)


async def test_a_delivery_that_can_not_be_read_stops_no_other(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("app", "v1", ONE)
    id_ = await world.add_registry(scripted.host, synced=False)
    await world.notify(id_, notice("app", tag="v1", id_="broken"))
    [broken] = await world.deliveries()
    await world.notify(id_, notice("app", tag="v1", id_="whole"))
    await world.store.set_fields(world.delivery_records.collection, broken.id, {"body": b"?"})
    async with running(world):
        await turned_until(world, world.placed)


async def test_what_is_owed_at_start_is_published(world: World, scripted: ScriptedRegistry) -> None:
    scripted.put("app", "v1", ONE)
    await world.add_registry(scripted.host)
    [placement] = await world.placements()
    [event] = await world.image_events()
    owed = Outgoing(topic=IMAGE_EVENTS, event=event, id="owed-since-the-crash")
    debt = {"owed": 1, "owes": pack_owes([owed])}
    await world.placement_records.set_fields(placement.id, debt)

    async def is_paid() -> bool:
        return not (await world.placements())[0].owed

    async with running(world):
        await turned_until(world, is_paid)
    assert (await world.event_ids())[-1] == "owed-since-the-crash"


async def test_sync_writes_no_collection_of_another_service(world: World) -> None:
    with pytest.raises(StoreMisuse):
        await world.sync._store.insert(SCANS, {"id": "x"})
    assert {collection.owner for collection in COLLECTIONS} == {"sync"}


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ({}, "http://127.0.0.1:8686"),
        ({"listen": "0.0.0.0:80"}, "http://0.0.0.0:80"),
        ({"public_url": "https://scan.example/"}, "https://scan.example"),
    ],
)
def test_webhooks_are_behind_the_public_url(given: dict[str, str], base: str) -> None:
    assert SyncSettings(**given).webhook_base == base  # type: ignore[arg-type]  # a parameter


@pytest.mark.mongodb
async def test_the_same_on_mongodb(
    tmp_path: Path, scripted: ScriptedRegistry, mongodb_url: str, mongodb_database: str
) -> None:
    store = MongoStore(mongodb_url, mongodb_database)
    async with open_world(tmp_path, store=store) as world:
        scripted.put("app", "v1", ONE)
        scripted.put("app", "v2", ONE)
        id_ = await world.add_registry(scripted.host)
        scripted.put("app", "v1", TWO)
        await world.notify(id_, notice("app", tag="v1", id_="move"))
        await world.notify(id_, notice("app", tag="v1", id_="move"))
        await world.sync.drain()
        scripted.drop("app", "v2")
        assert (await world.resync(id_)).state == "done"
        assert await world.placed() == {("app", "v1", AMD64): TWO.digest}
        assert await world.placed(gone=True) == {("app", "v2", AMD64): ONE.digest}
        assert [each[0] for each in await world.events()] == [
            "discovered",
            "discovered",
            "moved",
            "pushed",
            "deleted",
        ]
        page = await world.ask("GET", "registries?page_size=1")
        assert [each["id"] for each in page["items"]] == [id_]
