"""Mirrors and client certificates of a registry: checked, sealed, and for their host alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from scantling_common.crypto import SealBroken
from scantling_common.images.connections import endpoint_of
from scantling_common.images.errors import RegistryUnauthorized
from scantling_common.records.sync import (
    Credential,
    opened_client_key,
    sealed_client_key,
    sealed_credential,
)
from tests.builders.certificates import Authority
from tests.builders.image import image
from tests.sync.samples import registry as sample_registry
from tests.sync.scripted import ScriptedRegistry
from tests.sync.world import SEALER

if TYPE_CHECKING:
    from tests.sync.world import World

ONE = image({"n": b"1"})


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def client_of(authority: Authority, **more: Any) -> dict[str, str]:
    issued = authority.issue("robot", **more)
    return {"certificate": issued.certificate, "key": issued.key}


async def test_content_is_read_from_the_mirror_and_tags_from_the_registry(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("app", "v1", ONE)
    async with ScriptedRegistry() as mirror:
        mirror.put("hub/app", "v1", ONE)
        credential = {"username": "u", "password": "secret"}
        mirrors = [f"http://{mirror.host}/hub"]
        id_ = await world.add_registry(scripted.host, mirrors=mirrors, credential=credential)

        assert len(await world.placed()) == 1
        assert {verb for verb, path in scripted.asked if "/v2/app/" in path} == {"GET", "HEAD"}
        assert not scripted.count("GET", "/manifests/")
        assert not scripted.count("GET", "/blobs/")
        assert mirror.count("GET", "/v2/hub/app/") == 2
        assert not any(mirror.authorizations)
        asked = len(mirror.asked)
        # The connection that was open knew the mirror; what is used from now on does not.
        await world.ask("PATCH", f"registries/{id_}", {"mirrors": []})
        scripted.put("app", "v2", image({"n": b"2"}))
        await world.resync(id_)
        assert len(await world.placed()) == 2
        assert len(mirror.asked) == asked


async def test_a_mirror_that_has_gone_changes_nothing(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("app", "v1", ONE)
    async with ScriptedRegistry() as mirror:
        gone = mirror.host
    id_ = await world.add_registry(scripted.host, mirrors=[f"http://{gone}"])

    assert len(await world.placed()) == 1
    shown = await world.ask("GET", f"registries/{id_}")
    assert shown["mirrors"] == [f"http://{gone}"]
    changed = await world.ask("PATCH", f"registries/{id_}", {"mirrors": []})
    assert changed["mirrors"] == []
    kept = await world.ask("PATCH", f"registries/{id_}", {"region": "eu"})
    assert kept["mirrors"] == []


@pytest.mark.parametrize(
    "mirrors",
    [
        ["ftp://mirror.example"],
        ["https://me:pw@mirror.example"],
        ["http://mirror.example"],
        ["https://mirror.example"] * 17,
        ["https://mirror.example https://other.example"],
        "https://mirror.example",
    ],
)
async def test_what_is_no_mirror_is_refused(world: World, mirrors: object) -> None:
    body = {"name": "r", "url": "https://registry.example", "mirrors": mirrors}
    answer = await world.ask("POST", "registries", body, status=400)
    assert "pw@" not in json.dumps(answer)


async def test_a_mirror_needs_plain_http_where_the_registry_has_lost_it(
    world: World, scripted: ScriptedRegistry
) -> None:
    id_ = await world.add_registry(scripted.host, mirrors=["http://mirror.example"])
    body = {"plain_http": False, "url": f"https://{scripted.host}"}
    await world.ask("PATCH", f"registries/{id_}", body, status=400)


async def test_a_client_certificate_is_sealed_and_its_key_never_comes_out(
    world: World, scripted: ScriptedRegistry, authority: Authority
) -> None:
    client = client_of(authority)
    id_ = await world.add_registry(scripted.host, client_certificate=client)
    shown = await world.ask("GET", f"registries/{id_}")
    assert shown["has_client_certificate"] is True
    assert "PRIVATE" not in json.dumps(shown)

    record = await world.registry(id_)
    assert record.client_key is not None
    assert b"PRIVATE" not in record.client_key
    assert opened_client_key(record, SEALER) == client["key"]
    assert (endpoint_of(record, SEALER).certificate) == client["certificate"]
    moved = {"url": f"http://localhost:{scripted.host.rpartition(':')[2]}"}
    await world.ask("PATCH", f"registries/{id_}", moved, status=400)
    removed = await world.ask("PATCH", f"registries/{id_}", {"client_certificate": None})
    assert removed["has_client_certificate"] is False
    assert (await world.registry(id_)).client_certificate == ""


@pytest.mark.parametrize("what", ["junk", "other", "locked"])
async def test_a_client_certificate_that_is_none_is_refused(
    world: World, authority: Authority, what: str
) -> None:
    client = client_of(authority, password=b"x" if what == "locked" else b"")
    client["key"] = {"junk": "junk", "other": authority.issue("x").key}.get(what, client["key"])
    body = {"name": "r", "url": "https://registry.example", "client_certificate": client}
    answer = await world.ask("POST", "registries", body, status=400)

    assert "client certificate" in json.dumps(answer)
    assert "PRIVATE" not in json.dumps(answer)


def test_nothing_of_a_registry_is_for_its_mirrors(authority: Authority) -> None:
    client = client_of(authority)
    plain = sample_registry()
    record = sample_registry(
        url="https://registry.example",
        mirrors="https://one.example/hub http://two.example",
        ca=authority.certificate,
        client_certificate=client["certificate"],
        client_key=sealed_client_key(plain.id, client["key"], SEALER),
        credential=sealed_credential(plain.id, Credential(username="u", password="p"), SEALER),
    )
    endpoint = endpoint_of(record, SEALER)
    first, second = endpoint.mirrors

    assert (endpoint.username, endpoint.key) == ("u", client["key"])
    for mirror in (first, second):
        secrets = (mirror.username, mirror.password, mirror.certificate, mirror.key)
        assert not any(secrets)
        assert mirror.system_ca
        assert mirror.ca == authority.certificate
    assert (first.prefix, first.plain_http, second.plain_http) == ("hub", False, True)


def test_a_user_that_stands_for_a_token_is_one() -> None:
    plain = sample_registry()
    token = Credential(username="<token>", password="refresh")
    record = sample_registry(credential=sealed_credential(plain.id, token, SEALER))
    endpoint = endpoint_of(record, SEALER)

    assert (endpoint.username, endpoint.password) == ("", "")
    assert endpoint.identity_token == "refresh"


def test_a_key_that_was_moved_from_another_registry_is_not_opened() -> None:
    record = sample_registry(client_key=sealed_client_key("another", "key", SEALER))

    with pytest.raises(SealBroken):
        opened_client_key(record, SEALER)
    with pytest.raises(RegistryUnauthorized):
        endpoint_of(record, SEALER)
