"""What becomes of webhook deliveries: a hint is followed to what the registry shows now."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from scantling_common.store.port import Range
from scantling_common.store.sqlite import SqliteStore
from scantling_sync.deliveries import CLAIM_MS, GIVE_UP_MS
from tests.builders.image import OCI_INDEX, descriptor, image, index, platform_index, sha256
from tests.end_to_end.notices import notice

if TYPE_CHECKING:
    from tests.sync.scripted import ScriptedRegistry
    from tests.sync.world import World

AMD64 = "linux/amd64"
ARM64 = "linux/arm64"
ONE, TWO, THREE = (image({"n": text}) for text in (b"1", b"2", b"3"))
TAG_PATH = "/v2/app/manifests/v1"


def push(id_: str, tag: str = "v1", **fields: Any) -> dict[str, Any]:
    """Return the notice of a push to ``app``."""
    return notice("app", tag=tag, id_=id_, **fields)


def delete(id_: str, **fields: Any) -> dict[str, Any]:
    """Return the notice of a deletion in ``app``."""
    return notice("app", action="delete", id_=id_, **fields)


async def test_a_tag_moved_twice_ends_at_the_last_whatever_comes_first(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("app", "v1", ONE)
    id_ = await world.add_registry(scripted.host)
    scripted.put("app", "v1", TWO)
    await world.notify(id_, push("of two", digest=TWO.digest))
    came, go = scripted.hold("HEAD", TAG_PATH)
    work = await world.sync.prepare()
    slow = asyncio.create_task(work.deliveries.carry_out_next())
    await came.wait()  # its answer, on the way, is the second image
    scripted.put("app", "v1", THREE)
    await world.notify(id_, push("of three", digest=THREE.digest))
    await work.deliveries.carry_out_next()
    go.set()
    await slow
    assert await world.placed() == {("app", "v1", AMD64): THREE.digest}
    events = (await world.events())[1:]
    assert events == [
        ("moved", "v1", THREE.digest),
        ("pushed", "v1", THREE.digest),
        ("pushed", "v1", THREE.digest),
    ]
    assert len(set(await world.event_ids())) == 4


async def test_a_tag_is_what_the_registry_shows_and_not_what_the_body_says(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("app", "v1", TWO)
    id_ = await world.add_registry(scripted.host, synced=False)
    await world.notify(id_, push("late", digest=ONE.digest))
    await world.sync.drain()
    assert await world.placed() == {("app", "v1", AMD64): TWO.digest}
    [placement] = await world.placements()
    assert placement.updated_source == "unknown"  # the event's time was that of another digest


@pytest.mark.parametrize(
    ("still_there", "gone"), [(False, {("app", "v1", AMD64): ONE.digest}), (True, {})]
)
async def test_a_deletion_counts_only_with_a_404(
    world: World,
    scripted: ScriptedRegistry,
    *,
    still_there: bool,
    gone: dict[tuple[str, str, str], str],
) -> None:
    scripted.put("app", "v1", ONE)
    id_ = await world.add_registry(scripted.host)
    if not still_there:
        scripted.drop("app", "v1")
    await world.notify(id_, delete("d", tag="v1"))
    await world.sync.drain()
    assert await world.placed(gone=True) == gone
    assert [each for each in await world.events() if each[0] == "deleted"] == [
        ("deleted", "v1", digest) for digest in gone.values()
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"digest": ONE.digest}, {"v1", "v2"}),
        ({"digest": TWO.digest}, {"v3"}),
        ({"digest": THREE.digest}, set()),
        ({}, {"v1", "v2", "v3"}),
        ({"tag": "v2"}, {"v2"}),
    ],
)
async def test_a_deletion_concerns_its_tag_its_digest_or_the_repository(
    world: World, scripted: ScriptedRegistry, fields: dict[str, str], expected: set[str]
) -> None:
    for tag, built in (("v1", ONE), ("v2", ONE), ("v3", TWO)):
        scripted.put("app", tag, built)
    id_ = await world.add_registry(scripted.host)
    scripted.tags["app"].clear()
    await world.notify(id_, delete("d", **fields))
    await world.sync.drain()
    assert {tag for _, tag, _ in await world.placed(gone=True)} == expected


async def test_a_child_of_an_index_that_is_deleted_takes_its_platform_along(
    world: World, scripted: ScriptedRegistry
) -> None:
    arm = image({"a": b"arm"}, architecture="arm64")
    for built in (ONE, arm):
        scripted.put("app", "", built)
    scripted.put_index("app", "v1", platform_index(ONE, arm))
    id_ = await world.add_registry(scripted.host)
    del scripted.manifests["app", arm.digest]
    await world.notify(id_, delete("d", digest=arm.digest))
    await world.sync.drain()
    assert await world.placed() == {("app", "v1", AMD64): ONE.digest}
    assert await world.placed(gone=True) == {("app", "v1", ARM64): arm.digest}


async def test_a_pushed_tag_that_is_never_there_fails_after_some_looks(
    world: World, scripted: ScriptedRegistry
) -> None:
    id_ = await world.add_registry(scripted.host)
    await world.notify(id_, push("p"))
    for _ in range(6):
        await world.sync.drain()
        await world.clock.turn(60)
    [delivery] = await world.deliveries()
    assert (delivery.state, delivery.attempts) == ("failed", 4)
    assert delivery.error.startswith("not_found: ")
    assert await world.placed() == {}


async def test_a_registry_that_shows_a_tag_late_is_asked_again(
    world: World, scripted: ScriptedRegistry
) -> None:
    id_ = await world.add_registry(scripted.host)
    await world.notify(id_, push("p"))
    await world.sync.drain()
    scripted.put("app", "v1", ONE)
    await world.clock.turn(10)
    await world.sync.drain()
    assert await world.placed() == {("app", "v1", AMD64): ONE.digest}
    assert (await world.deliveries())[0].state == "done"


async def test_a_registry_that_asks_to_wait_is_left_alone_and_nothing_fails(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("app", "v1", ONE)
    id_ = await world.add_registry(scripted.host, synced=False)
    scripted.overrides.append(lambda _: web.Response(status=429, headers={"Retry-After": "3600"}))
    await world.notify(id_, push("p"))
    await world.sync.drain()
    [delivery] = await world.deliveries()
    assert (delivery.state, delivery.attempts) == ("new", 0)
    assert "asks to wait" in delivery.error
    scripted.overrides.clear()
    asked = len(scripted.asked)
    await world.clock.turn(3500)
    await world.sync.drain()
    assert len(scripted.asked) == asked
    await world.clock.turn(200)
    await world.sync.drain()
    assert (await world.deliveries())[0].state == "done"
    assert ("pushed", "v1", ONE.digest) in await world.events()


async def test_a_registry_that_breaks_is_tried_for_a_day(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("app", "v1", ONE)
    id_ = await world.add_registry(scripted.host)
    scripted.overrides.append(lambda _: web.Response(status=500))
    await world.notify(id_, push("p"))
    work = await world.sync.prepare()
    for _ in range(3):
        await work.deliveries.carry_out_next()
        await world.clock.turn(900)
    [delivery] = await world.deliveries()
    assert (delivery.state, delivery.attempts) == ("new", 3)
    assert delivery.error.startswith("registry_unreachable: ")
    await world.clock.turn(GIVE_UP_MS / 1000)
    await work.deliveries.carry_out_next()
    [delivery] = await world.deliveries()
    assert delivery.state == "failed"


async def test_pushes_without_a_tag_count_only_where_that_is_wanted(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("app", "", ONE)
    id_ = await world.add_registry(scripted.host)
    untagged = notice("app", digest=ONE.digest, id_="u1")
    await world.notify(id_, untagged)
    await world.sync.drain()
    assert await world.placed() == {}
    await world.ask("PATCH", f"registries/{id_}", {"untagged": True})
    await world.notify(id_, notice("app", digest=ONE.digest, id_="u2"))
    await world.sync.drain()
    assert await world.placed() == {("app", "", AMD64): ONE.digest}
    events = await world.image_events()
    assert [(each.action, each.tag, each.image) for each in events] == [
        ("pushed", None, ONE.digest)
    ]


async def test_untagged_images_of_one_repository_do_not_replace_each_other(
    world: World, scripted: ScriptedRegistry
) -> None:
    id_ = await world.add_registry(scripted.host, untagged=True)
    for number, built in enumerate((ONE, TWO)):
        scripted.put("app", "", built)
        await world.notify(id_, notice("app", digest=built.digest, id_=f"u{number}"))
    await world.sync.drain()
    assert sorted(each.image for each in await world.placements()) == sorted(
        [ONE.digest, TWO.digest]
    )
    assert {each.gone for each in await world.placements()} == {False}


async def test_a_claimed_delivery_is_hidden_until_the_claim_runs_out(
    world: World, scripted: ScriptedRegistry
) -> None:
    """A worker that dies holds nothing up for longer than its claim."""
    scripted.put("app", "v1", ONE)
    id_ = await world.add_registry(scripted.host)
    await world.notify(id_, push("p"))
    now = world.clock.now_ms()
    due = Range(index="due", prefix=("new",), end=now + 1)
    assert await world.delivery_records.claim(due, {"due_at": now + CLAIM_MS}) is not None
    work = await world.sync.prepare()
    assert not await work.deliveries.carry_out_next()
    await world.clock.turn(CLAIM_MS / 1000)
    assert await work.deliveries.carry_out_next()
    assert (await world.deliveries())[0].state == "done"


async def test_a_long_delivery_keeps_its_claim(
    world: World, scripted: ScriptedRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    renewed = asyncio.Event()
    replace = SqliteStore.replace

    async def watched(*arguments: Any, **more: Any) -> bool:
        done = await replace(*arguments, **more)
        renewed.set()
        return done

    monkeypatch.setattr(SqliteStore, "replace", watched)
    scripted.put("app", "v1", ONE)
    id_ = await world.add_registry(scripted.host, synced=False)
    await world.notify(id_, push("p"))
    came, go = scripted.hold("HEAD", TAG_PATH)
    work = await world.sync.prepare()
    slow = asyncio.create_task(work.deliveries.carry_out_next())
    await came.wait()
    for _ in range(4):
        renewed.clear()
        await world.clock.turn(CLAIM_MS / 3000)
        async with asyncio.timeout(20):
            await renewed.wait()
        assert not await work.deliveries.carry_out_next()
    go.set()
    assert await slow
    [delivery] = await world.deliveries()
    assert (delivery.state, delivery.attempts) == ("done", 0)


async def test_what_can_not_be_read_is_listed_as_unsupported(
    world: World, scripted: ScriptedRegistry
) -> None:
    manifest = b'{"schemaVersion": 2, "config": {"digest": "nonsense"}}'
    digest = sha256(manifest)
    scripted.manifests["app", digest] = (manifest, ONE.media_type)
    scripted.tags["app"] = {"v1": digest}
    id_ = await world.add_registry(scripted.host)
    assert await world.placed() == {("app", "v1", "unknown"): digest}
    found = await world.image_records.get(digest)
    assert found is not None
    assert found.unsupported.startswith("manifest_invalid: ")
    await world.notify(id_, push("p"))
    await world.sync.drain()
    assert (await world.deliveries())[0].state == "done"


@pytest.mark.parametrize("stated", [True, False])
async def test_a_manifest_of_a_hundred_megabytes_is_not_read(
    world: World, scripted: ScriptedRegistry, *, stated: bool
) -> None:
    digest = f"sha256:{'e' * 64}"

    def huge(request: web.Request) -> web.StreamResponse | None:
        if not request.path.startswith("/v2/app/manifests/"):
            return None
        headers = {"Docker-Content-Digest": digest, "Content-Type": ONE.media_type}
        if request.method == "HEAD":
            return web.Response(headers=headers)
        length = {"Content-Length": str(1600 * 65536)} if stated else {}
        return web.Response(headers={**headers, **length}, body=_Endless())

    scripted.tags["app"] = {"v1": digest}
    scripted.overrides.append(huge)
    id_ = await world.add_registry(scripted.host)
    found = await world.image_records.get(digest)
    [task] = (await world.ask("GET", f"syncs?registry={id_}"))["items"]
    if stated:
        assert found is not None
        assert found.unsupported.startswith("manifest_too_large: ")
        assert task["state"] == "done"
    else:
        assert found is None
        assert (task["state"], list(task["errors"])) == ("partial", ["app"])


class _Endless:
    """A body of 100 MB in pieces."""

    async def __aiter__(self) -> Any:
        for _ in range(1600):
            yield b" " * 65536


async def test_content_that_is_not_what_its_digest_says_is_never_recorded(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("app", "v1", ONE)
    scripted.manifests["app", ONE.digest] = (TWO.manifest, TWO.media_type)
    id_ = await world.add_registry(scripted.host, synced=False)
    await world.notify(id_, push("p"))
    await world.sync.drain()
    assert await world.placed() == {}
    assert await world.image_records.get(ONE.digest) is None
    [delivery] = await world.deliveries()
    assert (delivery.state, delivery.error[:16]) == ("new", "digest_mismatch:")


async def test_a_config_that_is_another_is_never_recorded(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("app", "v1", ONE)
    scripted.blobs["app", sha256(ONE.config)] = ONE.config.replace(b"amd64", b"s390x")
    id_ = await world.add_registry(scripted.host, synced=False)
    await world.notify(id_, push("p"))
    await world.sync.drain()
    assert await world.placed() == {}
    assert (await world.deliveries())[0].error.startswith("digest_mismatch:")


async def test_a_missing_config_is_told_and_tried_again(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("app", "v1", ONE)
    config = scripted.blobs.pop(("app", sha256(ONE.config)))
    id_ = await world.add_registry(scripted.host, synced=False)
    await world.notify(id_, push("p"))
    await world.sync.drain()
    assert (await world.deliveries())[0].error.startswith("content_missing: ")
    scripted.blobs["app", sha256(ONE.config)] = config
    await world.clock.turn(60)
    await world.sync.drain()
    assert await world.placed() == {("app", "v1", AMD64): ONE.digest}


async def test_a_digest_alone_gives_no_project_the_image_of_another(
    world: World, scripted: ScriptedRegistry
) -> None:
    """A hostile registry claims another project's digest, and has not got the content."""
    secret_image = image({"secret": b"x"}, runtime={"Labels": {"internal": "plan"}})
    scripted.put("app", "v1", secret_image)
    await world.add_registry(scripted.host)
    await world.ask("POST", "projects", {"id": "other"}, status=201)
    del scripted.manifests["app", secret_image.digest]
    claims = {"Docker-Content-Digest": secret_image.digest, "Content-Type": OCI_INDEX}
    entry = descriptor(secret_image.manifest, secret_image.media_type, platform={"os": "linux"})
    named = index([entry])
    scripted.put_index("bad", "v2", named)
    scripted.overrides.append(
        lambda request: (
            web.Response(headers=claims)
            if request.method == "HEAD" and request.path.endswith("/v1")
            else None
        )
    )
    await world.add_registry(scripted.host, project="other")
    owners = {
        each.project for each in await world.placements() if each.image == secret_image.digest
    }
    assert owners == {"default"}
    task = (await world.ask("GET", "syncs?project=other"))["items"][0]
    assert task["state"] == "partial"
    assert set(task["errors"]) == {"app", "bad"}
