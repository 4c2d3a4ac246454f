"""What webhook requests are answered, and what they leave behind."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

import pytest

from scantling_common.store.sqlite import SqliteStore
from scantling_sync.webhooks.door import MAX_BODY
from tests.builders.image import image
from tests.end_to_end.notices import EVENTS, notice, notification
from tests.sync.stores import AwayStore
from tests.sync.world import World, open_world

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from scantling_common.store.port import Store
    from tests.sync.scripted import ScriptedRegistry

PUSH = notice("app", tag="v1", id_="e1")


async def post(
    world: World, path: str, data: Any, **headers: str
) -> tuple[int, dict[str, Any], Any]:
    """Post a webhook; return status, headers and body of the answer."""
    sent = {"Content-Type": EVENTS, **headers}
    async with world.client.post(path, data=data, headers=sent) as answer:
        return answer.status, dict(answer.headers), await answer.json(content_type=None)


async def test_a_delivery_is_stored_before_it_is_answered(
    world: World, scripted: ScriptedRegistry
) -> None:
    id_ = await world.add_registry(scripted.host)
    answer = await world.notify(id_, PUSH)
    assert await answer.json() == {"status": "accepted"}
    [delivery] = await world.deliveries()
    assert (delivery.registry, delivery.project, delivery.state) == (id_, "default", "new")
    assert delivery.id.startswith(f"{id_}/")
    assert json.loads(delivery.body.data)["events"][0]["id"] == "e1"
    assert delivery.body.content_type == EVENTS


async def test_a_repeated_delivery_does_nothing(world: World, scripted: ScriptedRegistry) -> None:
    built = image({"a": b"1"})
    scripted.put("app", "v1", built)
    id_ = await world.add_registry(scripted.host)
    for expected in ("accepted", "repeated", "repeated"):
        answer = await world.notify(id_, PUSH)
        assert await answer.json() == {"status": expected}
        await world.sync.drain()
    assert len(await world.deliveries()) == 1
    pushed = [each for each in await world.events() if each[0] == "pushed"]
    assert len(pushed) == 1


async def test_requests_without_ids_are_not_taken_for_repeated(
    world: World, scripted: ScriptedRegistry
) -> None:
    id_ = await world.add_registry(scripted.host)
    for _ in range(2):
        answer = await world.notify(id_, notice("app", tag="v1"))
        assert await answer.json() == {"status": "accepted"}
    assert len(await world.deliveries()) == 2


async def test_the_same_ids_of_another_registry_are_another_delivery(
    world: World, scripted: ScriptedRegistry
) -> None:
    for _ in range(2):
        await world.notify(await world.add_registry(scripted.host), PUSH)
    assert len(await world.deliveries()) == 2


@pytest.mark.parametrize(
    "event",
    [
        notice("app", tag="v1", action="pull"),
        notice("app", action="mount", media_type="application/octet-stream"),
        notice("app", digest=f"sha256:{'a' * 64}", media_type="application/octet-stream"),
    ],
)
async def test_what_concerns_no_image_is_taken_and_not_stored(
    world: World, scripted: ScriptedRegistry, event: dict[str, Any]
) -> None:
    id_ = await world.add_registry(scripted.host)
    answer = await world.notify(id_, event)
    assert await answer.json() == {"status": "ignored"}
    assert await world.deliveries() == []


async def test_whoever_does_not_know_the_secret_learns_nothing(
    world: World, scripted: ScriptedRegistry
) -> None:
    id_ = await world.add_registry(scripted.host)
    secret = world.secrets[id_]
    basic = b64encode(b"user:wrong").decode()
    wrong = [
        (f"/webhooks/{id_}", {}),
        (f"/webhooks/{id_}", {"Authorization": "Bearer wrong"}),
        (f"/webhooks/{id_}", {"Authorization": f"Bearer {secret}x"}),
        (f"/webhooks/{id_}", {"Authorization": f"Basic {basic}"}),
        (f"/webhooks/{id_}/{secret}", {}),
        ("/webhooks/" + "0" * 32, {"Authorization": f"Bearer {secret}"}),
        ("/webhooks/" + "0" * 32, {}),
        ("/webhooks/unknown", {"Authorization": f"Bearer {secret}"}),
        (f"/webhooks/unknown/{secret}", {}),
        ("/webhooks/..%2f..%2fetc", {}),
        ("/webhooks/" + "a" * 4000, {"Authorization": f"Bearer {secret}"}),
    ]
    answers = [await post(world, path, notification(PUSH), **headers) for path, headers in wrong]
    assert {status for status, _, _ in answers} == {401}
    assert len({json.dumps(body, sort_keys=True) for _, _, body in answers}) == 1
    kept = [{k: v for k, v in headers.items() if k != "Date"} for _, headers, _ in answers]
    assert all(headers == kept[0] for headers in kept)
    assert await world.deliveries() == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b'{"events": [{"action": "push", "target": {"tag": "v1"}}]}',
        notification(notice("App", tag="v1")),
        notification(notice("app", tag="../v1")),
        b'{"events": [], "deep": ' + b"[" * 500_000,
        b"\x00" * 1000,
    ],
    ids=["empty", "cut", "list", "field", "repository", "tag", "deep", "zeros"],
)
async def test_a_malformed_body_is_refused(
    world: World, scripted: ScriptedRegistry, data: bytes
) -> None:
    id_ = await world.add_registry(scripted.host)
    token = f"Bearer {world.secrets[id_]}"
    status, headers, body = await post(world, f"/webhooks/{id_}", data, Authorization=token)
    assert (status, body["code"]) == (400, "bad_request")
    assert headers["Content-Type"] == "application/problem+json"
    assert await world.deliveries() == []


async def test_another_content_type_is_refused(world: World, scripted: ScriptedRegistry) -> None:
    id_ = await world.add_registry(scripted.host)
    await world.notify(id_, PUSH, status=400, content_type="text/plain")
    await world.notify(id_, PUSH, content_type="application/json; charset=utf-8")
    assert len(await world.deliveries()) == 1


async def pieces(size: int) -> AsyncIterator[bytes]:
    """Give a body without saying how long it will be."""
    for _ in range(size // 65536 + 1):
        yield b" " * 65536


@pytest.mark.parametrize("authenticated", [True, False])
async def test_a_body_over_the_limit_is_refused(
    world: World, scripted: ScriptedRegistry, *, authenticated: bool
) -> None:
    id_ = await world.add_registry(scripted.host)
    token = f"Bearer {world.secrets[id_]}" if authenticated else "Bearer wrong"
    whole = b'{"events": []}' + b" " * MAX_BODY
    status, _, _ = await post(world, f"/webhooks/{id_}", BytesIO(whole), Authorization=token)
    assert status == 413
    status, _, _ = await post(world, f"/webhooks/{id_}", pieces(MAX_BODY), Authorization=token)
    assert status == (413 if authenticated else 401)
    assert await world.deliveries() == []


async def test_a_registry_that_can_send_no_header_is_known_by_its_path(
    world: World, scripted: ScriptedRegistry
) -> None:
    id_ = await world.add_registry(scripted.host, webhook_auth="path")
    secret = world.secrets[id_]
    status, _, _ = await post(world, f"/webhooks/{id_}/{secret}", notification(PUSH))
    assert status == 202
    for path, token in ((f"/webhooks/{id_}", secret), (f"/webhooks/{id_}/{secret}x", secret)):
        headers = {"Authorization": f"Bearer {token}"}
        status, _, _ = await post(world, path, notification(PUSH), **headers)
        assert status == 401


async def test_a_header_of_its_own_is_compared_whole(
    world: World, scripted: ScriptedRegistry
) -> None:
    given = "0123456789-abcdef"
    id_ = await world.add_registry(
        scripted.host, webhook_header="X-Registry-Token", webhook_secret=given
    )
    assert world.secrets[id_] is None
    for value, expected in ((given, 202), (f"Bearer {given}", 401), ("", 401)):
        headers = {"X-Registry-Token": value}
        status, _, _ = await post(world, f"/webhooks/{id_}", notification(PUSH), **headers)
        assert status == expected


async def test_an_old_secret_is_no_good(world: World, scripted: ScriptedRegistry) -> None:
    id_ = await world.add_registry(scripted.host)
    view = await world.ask("POST", f"registries/{id_}/webhook-secret")
    await world.notify(id_, PUSH, status=401)
    world.secrets[id_] = view["webhook"]["secret"]
    await world.notify(id_, PUSH)


async def test_a_deleted_registry_is_as_unknown_as_any(
    world: World, scripted: ScriptedRegistry
) -> None:
    id_ = await world.add_registry(scripted.host)
    await world.ask("DELETE", f"registries/{id_}", status=202)
    await world.notify(id_, PUSH, status=401)


async def test_a_store_that_is_away_is_told_to_come_back(
    tmp_path: Path, scripted: ScriptedRegistry
) -> None:
    away = AwayStore(SqliteStore(tmp_path / "store.db"))
    async with open_world(tmp_path, store=cast("Store", away)) as world:
        id_ = await world.add_registry(scripted.host)
        away.away = True
        answer = await world.notify(id_, PUSH, status=503)
        assert answer.headers["Retry-After"] == "5"
        away.away = False
        await world.notify(id_, PUSH)
        assert world.metrics.value("webhooks_received_total", status="unavailable") == 1
        assert world.metrics.value("webhooks_received_total", status="accepted") == 1


async def test_a_small_storm_leaves_one_scan_for_each_image(
    world: World, scripted: ScriptedRegistry
) -> None:
    id_ = await world.add_registry(scripted.host)
    token = f"Bearer {world.secrets[id_]}"
    images = {f"app{number}": image({"n": b"%d" % number}) for number in range(40)}
    for name, built in images.items():
        scripted.put(name, "v1", built)
    good = [notification(notice(name, tag="v1", id_=name)) for name in images]
    bad = [b"{", b'{"events": 1}', notification(notice("BAD", tag="v1"))] * 4
    requests = [(data, token) for data in [*good, *good[:10], *bad]]
    requests += [(data, "Bearer wrong") for data in good[:10]]
    answers = await asyncio.gather(
        *(
            post(world, f"/webhooks/{id_}", data, Authorization=authorization)
            for data, authorization in requests
        )
    )
    statuses = [status for status, _, _ in answers]
    assert {status: statuses.count(status) for status in set(statuses)} == {
        202: 50,
        400: 12,
        401: 10,
    }
    work = await world.sync.prepare()

    async def deliver() -> None:
        while await work.deliveries.carry_out_next():
            pass

    await asyncio.gather(*(deliver() for _ in range(8)))
    pushed = await world.events()
    assert sorted(pushed) == sorted(("pushed", "v1", built.digest) for built in images.values())
    assert len(set(await world.event_ids())) == 40
    assert {each.state for each in await world.deliveries()} == {"done"}
    counted = {
        status: world.metrics.value("webhooks_received_total", status=status)
        for status in ("accepted", "repeated", "bad_request", "unauthorized")
    }
    assert counted == {"accepted": 40, "repeated": 10, "bad_request": 12, "unauthorized": 10}
