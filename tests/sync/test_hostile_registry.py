"""Registries and bodies that want sync to ask somebody else, or to give a secret away."""

from __future__ import annotations

import io
import logging
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from scantling_common.records.sync import Credential, opened_credential, sealed_credential
from scantling_common.telemetry.logs import JsonFormatter
from tests.builders.image import image
from tests.end_to_end.notices import notice
from tests.sync.samples import registry as sample_registry
from tests.sync.scripted import ScriptedRegistry
from tests.sync.world import SEALER, open_world

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.sync.world import World

BUILT = image({"a": b"1"})
PASSWORD = "canary-registry-password-7c1e"
USER = "canary-user"


@pytest.fixture
async def victim() -> AsyncIterator[ScriptedRegistry]:
    """Give a server that nobody configured."""
    async with ScriptedRegistry() as server:
        yield server


async def test_hosts_and_urls_of_a_body_are_never_asked(
    world: World, scripted: ScriptedRegistry, victim: ScriptedRegistry
) -> None:
    scripted.put("app", "v1", BUILT)
    id_ = await world.add_registry(scripted.host)
    event = notice("app", tag="v1", id_="p")
    event["target"]["url"] = f"http://{victim.host}/v2/app/manifests/v1"
    event["request"] = {"host": victim.host, "addr": victim.host}
    event["source"] = {"addr": victim.host}
    await world.notify(id_, event)
    await world.sync.drain()
    assert (await world.deliveries())[0].state == "done"
    assert victim.asked == []


@pytest.mark.parametrize(
    "repository",
    ["v2/../../secret", "/etc", "a//b", "a@b", "127.0.0.1:1/x", "x?y=z", "x#y", "x%2f"],
)
async def test_a_repository_that_is_a_path_elsewhere_is_refused(
    world: World, scripted: ScriptedRegistry, repository: str
) -> None:
    id_ = await world.add_registry(scripted.host)
    scripted.asked.clear()
    await world.notify(id_, notice(repository, tag="v1", id_="p"), status=400)
    assert scripted.asked == []


async def test_a_token_realm_elsewhere_gets_neither_request_nor_credential(
    world: World, scripted: ScriptedRegistry, victim: ScriptedRegistry
) -> None:
    realm = (
        f'Bearer realm="http://{victim.host.replace("127.0.0.1", "localhost")}/token",service="x"'
    )
    scripted.overrides.append(
        lambda _: web.Response(status=401, headers={"WWW-Authenticate": realm})
    )
    id_ = await world.add_registry(
        scripted.host, credential={"username": USER, "password": PASSWORD}
    )
    assert victim.asked == []
    assert (await world.registry(id_)).state == "refused"
    assert not any(scripted.authorizations)


async def test_a_redirect_carries_no_credential(
    world: World, scripted: ScriptedRegistry, victim: ScriptedRegistry
) -> None:
    scripted.put("app", "v1", BUILT)
    victim.put("app", "v1", BUILT)

    def protected(request: web.Request) -> web.StreamResponse | None:
        if "Authorization" not in request.headers:
            challenge = {"WWW-Authenticate": 'Basic realm="registry"'}
            return web.Response(status=401, headers=challenge)
        if "/blobs/" in request.path:
            return web.Response(
                status=307, headers={"Location": f"http://{victim.host}{request.path}"}
            )
        return None

    scripted.overrides.append(protected)
    await world.add_registry(scripted.host, credential={"username": USER, "password": PASSWORD})
    assert [method for method, _ in victim.asked] == ["GET"]
    assert victim.authorizations == [""]
    assert any(scripted.authorizations)
    assert len(await world.placed()) == 1


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "http://[fe80::1]/",
        "gopher://x/",
    ],
)
async def test_a_redirect_to_where_nobody_may_go_is_refused(
    world: World, scripted: ScriptedRegistry, target: str
) -> None:
    scripted.put("app", "v1", BUILT)

    def redirecting(request: web.Request) -> web.StreamResponse | None:
        if "/manifests/" not in request.path:
            return None
        return web.Response(status=307, headers={"Location": target})

    id_ = await world.add_registry(scripted.host, synced=False)
    scripted.overrides.append(redirecting)
    await world.notify(id_, notice("app", tag="v1", id_="p"))
    work = await world.sync.prepare()
    await work.deliveries.carry_out_next()
    [delivery] = await world.deliveries()
    code = delivery.error.partition(":")[0]
    assert code in {"address_refused", "registry_answer_invalid"}
    assert await world.placed() == {}


async def test_a_listing_that_goes_on_at_another_host_is_not_followed(
    world: World, scripted: ScriptedRegistry, victim: ScriptedRegistry
) -> None:
    scripted.put("app", "v1", BUILT)

    def elsewhere(request: web.Request) -> web.StreamResponse | None:
        if not request.path.endswith("/tags/list"):
            return None
        link = {"Link": f'<http://{victim.host}/v2/app/tags/list?last=x>; rel="next"'}
        return web.json_response({"tags": ["v1"]}, headers=link)

    scripted.overrides.append(elsewhere)
    await world.add_registry(scripted.host)
    assert victim.asked == []
    assert await world.placed() == {}


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:1", "10.0.0.1", "192.168.1.1:5000", "169.254.169.254", "[::1]:5000", "localhost"],
)
async def test_private_addresses_are_refused_unless_they_are_wanted(
    world: World, host: str
) -> None:
    body = {"name": "inside", "url": f"http://{host}", "plain_http": True}
    answer = await world.ask("POST", "registries", body, status=400)
    assert answer["code"] == "address_refused"
    assert (await world.ask("GET", "registries"))["items"] == []


async def test_a_registry_is_not_moved_to_a_private_address(
    world: World, scripted: ScriptedRegistry
) -> None:
    id_ = await world.add_registry(scripted.host)
    answer = await world.ask("PATCH", f"registries/{id_}", {"allow_private": False}, status=400)
    assert answer["code"] == "address_refused"
    assert (await world.registry(id_)).allow_private


async def test_a_credential_is_not_sent_to_another_host_than_it_was_given_for(
    world: World, scripted: ScriptedRegistry, victim: ScriptedRegistry
) -> None:
    id_ = await world.add_registry(
        scripted.host, credential={"username": USER, "password": PASSWORD}
    )
    moved = {"url": f"http://{victim.host}"}
    await world.ask("PATCH", f"registries/{id_}", moved, status=400)
    assert victim.asked == []
    await world.ask("PATCH", f"registries/{id_}", {**moved, "credential": None})
    assert victim.asked
    assert not any(victim.authorizations)
    assert (await world.registry(id_)).credential is None


async def test_no_credential_is_in_logs_store_bus_or_answers(
    tmp_path: Path, scripted: ScriptedRegistry
) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter("sync"))
    root = logging.getLogger()
    root.addHandler(handler)
    level = root.level
    root.setLevel(logging.DEBUG)
    answers: list[str] = []

    def protected(request: web.Request) -> web.StreamResponse | None:
        if request.path.endswith("/v9"):
            errors = [{"code": "DENIED", "message": f"bad login {dict(request.headers)}"}]
            return web.json_response({"errors": errors}, status=403)
        if "Authorization" in request.headers:
            return None
        return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="registry"'})

    scripted.overrides.append(protected)
    scripted.put("app", "v1", BUILT)
    try:
        async with open_world(tmp_path) as world:
            id_ = await world.add_registry(
                scripted.host, credential={"username": USER, "password": PASSWORD}
            )
            assert any(header.startswith("Basic ") for header in scripted.authorizations)
            secret = world.secrets[id_]
            await world.notify(id_, notice("app", tag="v1", id_="1"))
            await world.notify(id_, notice("app", tag="v9", id_="2"))
            await world.client.post(f"/webhooks/{id_}/{secret}", data=b"{}")
            await world.sync.drain()
            paths = ("registries", f"registries/{id_}", "syncs")
            answers += [str(await world.ask("GET", path)) for path in paths]
            assert len(await world.events()) > 0
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    logs = stream.getvalue()
    assert "request answered" in logs
    assert "sync ended" in logs
    stored = _contents(tmp_path)
    assert BUILT.digest.encode() in stored
    for canary in (PASSWORD, secret, b64encode(f"{USER}:{PASSWORD}".encode()).decode()):
        assert canary.encode() not in stored
        assert canary not in logs
        assert not any(canary in answer for answer in answers)


def _contents(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_credential_opens_only_for_its_registry() -> None:
    sealed = sealed_credential("reg", Credential(username=USER, password=PASSWORD), SEALER)
    assert PASSWORD.encode() not in sealed
    opened = opened_credential(sample_registry(credential=sealed), SEALER)
    assert opened == Credential(username=USER, password=PASSWORD)
    with pytest.raises(Exception, match="credential of other"):
        opened_credential(sample_registry(id="other", credential=sealed), SEALER)
    assert opened_credential(sample_registry(), SEALER) is None
