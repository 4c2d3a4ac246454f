"""Metadata syncs: complete or told otherwise, resumable, one at a time."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from scantling_common.leases import Lease
from scantling_common.records.sync import SYNC_LEASES
from scantling_sync.sync_worker import MAX_FAILURES
from tests.builders.image import image, platform_index
from tests.end_to_end.notices import notice

if TYPE_CHECKING:
    from tests.sync.scripted import ScriptedRegistry
    from tests.sync.world import World

AMD64 = "linux/amd64"
HOUR = 3600.0
ONE, TWO, THREE = (image({"n": text}) for text in (b"1", b"2", b"3"))


def refusing(status: int, part: str, **headers: str) -> Any:
    """Return an override that answers requests for a path with a status."""

    def override(request: web.Request) -> web.StreamResponse | None:
        if part not in request.path:
            return None
        return web.Response(status=status, headers=headers)

    return override


async def newest(world: World, registry: str) -> dict[str, Any]:
    """Return a registry's newest sync as the API shows it."""
    found: dict[str, Any] = (await world.ask("GET", f"syncs?registry={registry}"))["items"][0]
    return found


async def test_no_layer_is_ever_asked_for(world: World, scripted: ScriptedRegistry) -> None:
    scripted.put("app", "v1", ONE)
    await world.add_registry(scripted.host)
    layers = {part.digest for part in ONE.layers}
    assert not any(path.rpartition("/")[2] in layers for _, path in scripted.asked)


async def test_what_did_not_change_costs_one_head(world: World, scripted: ScriptedRegistry) -> None:
    arm = image({"a": b"arm"}, architecture="arm64")
    for built in (ONE, arm):
        scripted.put("multi", "", built)
    scripted.put_index("multi", "v1", platform_index(ONE, arm))
    scripted.put("app", "v1", ONE)
    id_ = await world.add_registry(scripted.host)
    scripted.asked.clear()
    task = await world.resync(id_)
    assert (task.state, task.tags_seen, task.placements_changed) == ("done", 2, 0)
    assert scripted.count("HEAD", "/manifests/") == 2
    assert scripted.count("GET", "/manifests/") == 0
    assert scripted.count("GET", "/blobs/") == 0


async def test_a_listing_that_began_before_a_push_does_not_end_it(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("app", "v1", ONE)
    id_ = await world.add_registry(scripted.host)
    came, go = scripted.hold("GET", "/v2/app/tags/list")
    work = await world.sync.prepare()
    await world.ask("POST", "syncs", {"registry": id_}, status=202)
    syncing = asyncio.create_task(work.worker.carry_out_next())
    await came.wait()  # its answer, on the way, lacks the new tag
    scripted.put("app", "new", TWO)
    await world.notify(id_, notice("app", tag="new", id_="p"))
    await work.deliveries.carry_out_next()
    scripted.drop("app", "new")  # not even a 404 now ends it: no listing after it lacks it
    go.set()
    await syncing
    assert ("app", "new", AMD64) in await world.placed()
    assert not [each for each in await world.events() if each[0] == "deleted"]
    await world.resync(id_)
    assert ("app", "new", AMD64) not in await world.placed()


async def test_a_look_that_began_before_a_move_does_not_undo_it(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("app", "v1", ONE)
    id_ = await world.add_registry(scripted.host)
    came, go = scripted.hold("HEAD", "/v2/app/manifests/v1")
    work = await world.sync.prepare()
    await world.ask("POST", "syncs", {"registry": id_}, status=202)
    syncing = asyncio.create_task(work.worker.carry_out_next())
    await came.wait()
    scripted.put("app", "v1", TWO)
    await world.notify(id_, notice("app", tag="v1", id_="p"))
    await work.deliveries.carry_out_next()
    go.set()
    await syncing
    assert await world.placed() == {("app", "v1", AMD64): TWO.digest}
    assert [each[0] for each in await world.events()] == ["discovered", "moved", "pushed"]


async def test_few_tags_go_at_once_and_only_with_a_404_each(
    world: World, scripted: ScriptedRegistry
) -> None:
    for number in range(12):
        scripted.put("app", f"t{number}", ONE)
    id_ = await world.add_registry(scripted.host)
    hidden = {f"t{number}" for number in range(4)}
    for tag in ("t0", "t1"):
        scripted.drop("app", tag)

    def listing(request: web.Request) -> web.StreamResponse | None:
        if not request.path.endswith("/tags/list"):
            return None
        return web.json_response({"tags": sorted(set(scripted.tags["app"]) - hidden)})

    scripted.overrides.append(listing)
    task = await world.resync(id_)
    assert task.placements_gone == 2
    assert {tag for _, tag, _ in await world.placed(gone=True)} == {"t0", "t1"}


async def test_many_tags_go_only_after_a_second_listing_an_hour_later(
    world: World, scripted: ScriptedRegistry
) -> None:
    for number in range(15):
        scripted.put("app", f"t{number}", ONE)
    id_ = await world.add_registry(scripted.host)
    scripted.tags["app"].clear()
    assert (await world.resync(id_)).placements_gone == 0
    assert len(await world.placed()) == 15
    waiting = await newest(world, id_)
    assert (waiting["reason"], waiting["repository"]) == ("confirm", "app")
    await world.clock.turn(HOUR / 2)
    assert (await world.resync(id_)).placements_gone == 0
    await world.clock.turn(HOUR / 2 + 10)
    await world.sync.drain()
    assert await world.placed() == {}
    deleted = [each for each in await world.events() if each[0] == "deleted"]
    assert len(deleted) == 15
    confirmed = [
        each
        for each in (await world.ask("GET", f"syncs?registry={id_}"))["items"]
        if each["reason"] == "confirm"
    ]
    assert [(each["state"], each["placements_gone"]) for each in confirmed] == [("done", 15)]


async def test_a_registry_that_recovers_within_the_hour_loses_nothing(
    world: World, scripted: ScriptedRegistry
) -> None:
    for number in range(15):
        scripted.put("app", f"t{number}", ONE)
    id_ = await world.add_registry(scripted.host)
    kept = dict(scripted.tags["app"])
    scripted.tags["app"].clear()
    await world.resync(id_)
    scripted.tags["app"].update(kept)
    await world.clock.turn(HOUR + 10)
    await world.sync.drain()
    assert len(await world.placed()) == 15
    repository = await world.repository_records.get(f"{id_}/app")
    assert repository is not None
    assert (repository.missing_since, repository.missing_count) == (0, 0)


async def test_a_repository_that_is_gone_loses_its_tags_and_its_record(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("app", "v1", ONE)
    scripted.put("other", "v1", TWO)
    id_ = await world.add_registry(scripted.host)
    del scripted.tags["app"]
    task = await world.resync(id_)
    assert (task.state, task.placements_gone) == ("done", 1)
    assert await world.placed() == {("other", "v1", AMD64): TWO.digest}
    await world.resync(id_)
    assert await world.repository_records.get(f"{id_}/app") is None
    assert await world.repository_records.get(f"{id_}/other") is not None


async def test_errors_are_told_by_repository_and_spoil_no_other(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("good", "v1", ONE)
    scripted.put("bad", "v1", TWO)
    scripted.put("half", "v1", ONE)
    scripted.put("half", "v2", THREE)
    scripted.overrides.append(refusing(403, "/v2/bad/tags/"))
    del scripted.blobs["half", json.loads(THREE.manifest)["config"]["digest"]]
    id_ = await world.add_registry(scripted.host)
    task = await newest(world, id_)
    assert (task["state"], task["repositories_done"], task["repositories_failed"]) == (
        "partial",
        3,
        1,
    )
    assert task["errors"]["bad"].startswith("registry_unauthorized: ")
    assert "v2: content_missing: " in task["errors"]["half"]
    assert await world.placed() == {
        ("good", "v1", AMD64): ONE.digest,
        ("half", "v1", AMD64): ONE.digest,
    }
    scripted.overrides.clear()
    await world.resync(id_)
    # The first sync could not list it, so what it holds is no news.
    assert ("discovered", "v1", TWO.digest) in await world.events()


async def test_an_index_that_names_what_is_not_there_is_partly_listed_and_says_so(
    world: World, scripted: ScriptedRegistry
) -> None:
    arm = image({"a": b"arm"}, architecture="arm64")
    scripted.put("multi", "", ONE)
    scripted.put_index("multi", "v1", platform_index(ONE, arm))
    id_ = await world.add_registry(scripted.host)
    for _ in range(2):
        task = await newest(world, id_)
        assert arm.digest in task["errors"]["multi"]
        assert await world.placed() == {("multi", "v1", AMD64): ONE.digest}
        await world.resync(id_)
    scripted.put("multi", "", arm)
    assert (await world.resync(id_)).state == "done"
    assert ("multi", "v1", "linux/arm64") in await world.placed()


async def test_signatures_beside_images_are_no_images(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("app", "v1", ONE)
    scripted.put("app", f"sha256-{'a' * 64}.sig", TWO)
    scripted.put("app", f"sha256-{'a' * 64}", TWO)
    await world.add_registry(scripted.host)
    assert set(await world.placed()) == {("app", "v1", AMD64)}


async def test_names_that_none_may_have_are_told(world: World, scripted: ScriptedRegistry) -> None:
    scripted.put("app", "v1", ONE)
    scripted.tags["app"]["../../etc"] = ONE.digest
    scripted.tags["../escape"] = {"v1": ONE.digest}
    id_ = await world.add_registry(scripted.host)
    task = await newest(world, id_)
    assert task["state"] == "partial"
    assert set(task["errors"]) == {"*", "app"}
    assert await world.placed() == {("app", "v1", AMD64): ONE.digest}
    assert not any("escape" in path or "etc" in path for _, path in scripted.asked)


async def test_a_registry_that_refuses_is_told_before_its_sync_fails(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.overrides.append(refusing(401, "/v2/"))
    id_ = await world.add_registry(scripted.host, synced=False)
    assert (await world.ask("GET", f"registries/{id_}"))["authorisation"] == "refused"
    await world.sync.drain()
    task = await newest(world, id_)
    assert (task["state"], task["error"][:8]) == ("failed", "refused:")
    assert scripted.count("GET", "_catalog") == 0


async def test_a_credential_whose_time_is_over_is_expired(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.overrides.append(refusing(401, "/v2/"))
    credential = {"username": "u", "password": "p", "expires_at": "2020-01-01T00:00:00Z"}
    id_ = await world.add_registry(scripted.host, synced=False, credential=credential)
    assert (await world.registry(id_)).state == "expired"


async def test_every_registry_is_asked_each_hour(world: World, scripted: ScriptedRegistry) -> None:
    id_ = await world.add_registry(scripted.host)
    work = await world.sync.prepare()
    assert await work.authorisations.check_due() == 0
    scripted.overrides.append(refusing(403, "/v2/"))
    await world.clock.turn(HOUR + 1)
    assert await work.authorisations.check_due() == 1
    registry = await world.registry(id_)
    assert (registry.state, "403" in registry.state_reason) == ("refused", True)


async def test_a_registry_that_asks_to_wait_delays_its_sync_and_does_not_fail_it(
    world: World, scripted: ScriptedRegistry
) -> None:
    for name in ("a", "b", "c", "d", "e", "f", "g"):
        scripted.put(name, "v1", ONE)
    limit = refusing(429, "/v2/f/", **{"Retry-After": "600"})
    scripted.overrides.append(limit)
    id_ = await world.add_registry(scripted.host)
    task = await newest(world, id_)
    assert (task["state"], task["repositories_done"], task["errors"]) == ("queued", 4, {})
    assert task["not_before"] is not None
    assert "asks to wait" in task["error"]
    scripted.overrides.clear()
    scripted.asked.clear()
    await world.clock.turn(500)
    await world.sync.drain()
    assert scripted.asked == []
    await world.clock.turn(200)
    await world.sync.drain()
    task = await newest(world, id_)
    assert (task["state"], task["repositories_done"], task["tags_seen"]) == ("done", 7, 7)
    # It went on where it was: what was done already was not asked for again.
    assert scripted.count("GET", "/v2/a/") == 0
    assert (await world.registry(id_)).first_sync_at > 0


async def test_a_registry_that_stays_away_ends_its_sync(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("app", "v1", ONE)
    scripted.overrides.append(refusing(500, "/tags/"))
    id_ = await world.add_registry(scripted.host)
    states = []
    for _ in range(MAX_FAILURES):
        states.append((await newest(world, id_))["state"])
        await world.clock.turn(HOUR)
        await world.sync.drain()
    assert states == ["queued"] * (MAX_FAILURES - 1) + ["failed"]
    assert (await world.registry(id_)).first_sync_at == 0


async def test_what_a_broken_first_sync_found_is_still_only_listed(
    world: World, scripted: ScriptedRegistry
) -> None:
    for name in ("a", "b", "c", "d", "e", "f"):
        scripted.put(name, "v1", ONE)
    scripted.overrides.append(refusing(500, "/v2/f/"))
    await world.add_registry(scripted.host)
    scripted.overrides.clear()
    await world.clock.turn(HOUR)
    await world.sync.drain()
    assert {each[0] for each in await world.events()} == {"discovered"}
    assert len(await world.events()) == 6


async def test_a_registry_has_one_sync_at_a_time(world: World, scripted: ScriptedRegistry) -> None:
    scripted.put("app", "v1", ONE)
    id_ = await world.add_registry(scripted.host)
    first = await world.ask("POST", "syncs", {"registry": id_}, status=202)
    again = await world.ask("POST", "syncs", {"registry": id_}, status=202)
    assert first["items"][0]["id"] == again["items"][0]["id"]
    other = await world.ask("POST", "syncs", {"registry": id_, "repository": "app"}, status=202)
    assert other["items"][0]["id"] != first["items"][0]["id"]
    elsewhere = Lease(world.store, SYNC_LEASES, id_, owner="another instance", clock=world.clock)
    assert await elsewhere.acquire()
    work = await world.sync.prepare()
    assert not await work.worker.carry_out_next()
    await elsewhere.release()
    assert await work.worker.carry_out_next()


async def test_the_sync_of_a_worker_that_died_is_taken_over(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("app", "v1", ONE)
    id_ = await world.add_registry(scripted.host, synced=False)
    dead = Lease(world.store, SYNC_LEASES, id_, owner="dead", clock=world.clock)
    assert await dead.acquire()
    task = (await world.ask("GET", f"syncs?registry={id_}"))["items"][0]
    await world.task_records.set_fields(task["id"], {"state": "running", "started_at": 1})
    work = await world.sync.prepare()
    assert not await work.worker.carry_out_next()
    await world.clock.turn(31)
    assert await work.worker.carry_out_next()
    assert (await newest(world, id_))["state"] == "done"


async def test_registries_are_synced_at_start_and_periodically(
    world: World, scripted: ScriptedRegistry
) -> None:
    id_ = await world.add_registry(scripted.host, sync_hours=2)
    never = await world.add_registry(scripted.host, sync_hours=0)
    work = await world.sync.prepare()
    assert await work.schedule.request_due() == 0
    await world.clock.turn(2 * HOUR + 1)
    assert await work.schedule.request_due() == 1
    assert await work.schedule.request_due() == 0
    assert (await newest(world, id_))["reason"] == "schedule"
    await world.sync.drain()
    await work.schedule.start()
    assert (await newest(world, id_))["reason"] == "start"
    assert (await newest(world, never))["reason"] == "manual"


async def test_one_repository_can_be_synced_alone(world: World, scripted: ScriptedRegistry) -> None:
    scripted.put("one", "v1", ONE)
    scripted.put("two", "v1", TWO)
    id_ = await world.add_registry(scripted.host)
    scripted.put("one", "v2", THREE)
    scripted.put("two", "v2", THREE)
    task = await world.resync(id_, repository="one")
    assert (task.state, task.repositories_total, task.tags_seen) == ("done", 1, 2)
    assert ("one", "v2", AMD64) in await world.placed()
    assert ("two", "v2", AMD64) not in await world.placed()


async def test_untagged_images_go_when_the_registry_has_them_no_more(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("app", "v1", TWO)
    scripted.put("app", "", ONE)
    id_ = await world.add_registry(scripted.host, untagged=True)
    await world.notify(id_, notice("app", digest=ONE.digest, id_="u"))
    await world.resync(id_)
    assert ("app", "", AMD64) in await world.placed()
    del scripted.manifests["app", ONE.digest]
    assert (await world.resync(id_)).placements_gone == 1
    assert await world.placed(gone=True) == {("app", "", AMD64): ONE.digest}


@pytest.mark.parametrize("first_sync", [True, False])
async def test_a_new_tag_is_a_missed_push_only_after_the_first_sync(
    world: World, scripted: ScriptedRegistry, *, first_sync: bool
) -> None:
    id_ = await world.add_registry(scripted.host, synced=not first_sync)
    scripted.put("app", "v1", ONE)
    await world.resync(id_)
    expected = "discovered" if first_sync else "pushed"
    assert await world.events() == [(expected, "v1", ONE.digest)]
    [placement] = await world.placements()
    source = "unknown" if first_sync else "first_seen"
    assert placement.updated_source == source
