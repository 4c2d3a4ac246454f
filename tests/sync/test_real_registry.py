"""Against a real CNCF distribution: its pushes, its webhook, its deletions."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders.image import (
    OCI_INDEX,
    OCI_MANIFEST,
    attestation,
    attestation_entry,
    descriptor,
    image,
    index,
    push,
    push_blob,
    push_manifest,
)
from tests.services.registry import Notification

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.builders.image import BuiltImage
    from tests.services.registry import Crane, DistributionRegistry
    from tests.sync.world import World

pytestmark = pytest.mark.registry
AMD64 = "linux/amd64"
ARM64 = "linux/arm64"


async def sent(function: Any, *arguments: Any) -> Any:
    """Call something that talks to the registry and waits."""
    return await asyncio.to_thread(function, *arguments)


async def test_a_sync_lists_what_is_there_and_finds_what_comes_later(
    world: World, start_registry: Callable[..., DistributionRegistry], crane: Crane
) -> None:
    registry = start_registry()
    one, two, three = (image({"n": name}) for name in (b"1", b"2", b"3"))
    await sent(push, registry.host, "library/one", "v1", one)
    await sent(push, registry.host, "two", "latest", two)
    id_ = await world.add_registry(registry.host)
    assert await world.placed() == {
        ("library/one", "v1", AMD64): one.digest,
        ("two", "latest", AMD64): two.digest,
    }
    assert sorted(await world.events()) == sorted(
        [("discovered", "v1", one.digest), ("discovered", "latest", two.digest)]
    )
    assert (await world.registry(id_)).state == "authorized"
    [task] = (await world.ask("GET", f"syncs?registry={id_}"))["items"]
    counts = {name: task[name] for name in ("state", "repositories_total", "repositories_done")}
    assert counts == {"state": "done", "repositories_total": 2, "repositories_done": 2}
    assert (task["tags_seen"], task["images_new"], task["errors"]) == (2, 2, {})

    await sent(push, registry.host, "two", "latest", three)
    await sent(push, registry.host, "three", "v1", one)
    second = await world.resync(id_)
    assert (second.state, second.images_new, second.placements_changed) == ("done", 1, 2)
    later = (await world.events())[2:]
    assert [each for each in later if each[1] == "latest"] == [
        ("moved", "latest", three.digest),
        ("pushed", "latest", three.digest),
    ]
    assert ("pushed", "v1", one.digest) in later

    await sent(crane.run, "delete", f"{registry.host}/two:latest")
    third = await world.resync(id_)
    assert (third.state, third.placements_gone) == ("done", 1)
    assert await world.placed(gone=True) == {("two", "latest", AMD64): three.digest}
    assert (await world.events())[-1] == ("deleted", "latest", three.digest)


async def test_its_webhook_leads_to_the_image_and_a_repeated_push_to_no_second_one(
    world: World, start_registry: Callable[..., DistributionRegistry], crane: Crane
) -> None:
    registry = start_registry()
    id_ = await world.add_registry(registry.host)
    view = await world.ask("GET", f"registries/{id_}")
    await sent(registry.stop)
    secret = world.secrets[id_]
    notifying = start_registry(
        notifications=[
            Notification(
                url=str(world.client.make_url(f"/webhooks/{id_}")),
                headers={"Authorization": f"Bearer {secret}"},
            )
        ]
    )
    assert secret not in view["webhook"]["configuration"]
    await world.ask("PATCH", f"registries/{id_}", {"url": f"http://{notifying.host}"})
    built = image({"a": b"1"}, {"b": b"2"})
    await sent(push, notifying.host, "library/app", "v1", built)
    await _arrived(world)
    await world.sync.drain()
    assert await world.placed() == {("library/app", "v1", AMD64): built.digest}
    assert await world.events() == [("pushed", "v1", built.digest)]
    [placement] = await world.placements()
    assert placement.updated_source == "event"
    [delivery] = await world.deliveries()
    assert (delivery.state, delivery.error) == ("done", "")

    await sent(crane.run, "delete", f"{notifying.host}/library/app@{built.digest}")
    await _arrived(world)
    await world.sync.drain()
    assert await world.placed() == {}
    assert (await world.events())[-1] == ("deleted", "v1", built.digest)


async def _arrived(world: World) -> None:
    """Wait for a delivery that concerns an image."""
    bell = world.sync._deliveries_bell
    async with asyncio.timeout(30):
        await bell.wait()
    bell.clear()


async def test_an_index_gives_an_image_for_each_platform_and_no_attestation(
    world: World, start_registry: Callable[..., DistributionRegistry]
) -> None:
    registry = start_registry()
    amd = image({"a": b"amd"})
    arm = image({"a": b"arm"}, architecture="arm64")
    windows = image({"a": b"win"}, os="windows")

    def push_all() -> str:
        for built in (amd, arm, windows):
            push(registry.host, "multi", built.digest, built)
        beside = attestation(amd)
        for data in beside.blobs.values():
            push_blob(registry.host, "multi", data)
        push_manifest(registry.host, "multi", beside.digest, beside.manifest, OCI_MANIFEST)
        whole = index([*map(_entry, (amd, arm, windows)), attestation_entry(amd)])
        return push_manifest(registry.host, "multi", "v1", whole, OCI_INDEX)

    digest = await sent(push_all)
    await world.add_registry(registry.host)
    assert await world.placed() == {
        ("multi", "v1", AMD64): amd.digest,
        ("multi", "v1", ARM64): arm.digest,
        ("multi", "v1", "windows/amd64"): windows.digest,
    }
    assert {each.index for each in await world.placements()} == {digest}
    found = await world.image_records.get(windows.digest)
    assert found is not None
    assert found.unsupported.startswith("not_linux: ")


def _entry(built: BuiltImage) -> dict[str, Any]:
    return descriptor(built.manifest, built.media_type, platform=built.platform)
