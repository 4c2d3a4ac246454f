"""Projects, registries and syncs by the API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from scantling_common.http.openapi import document
from scantling_sync.sync_worker import REMOVAL_MS
from tests.builders.image import image

if TYPE_CHECKING:
    from tests.sync.scripted import ScriptedRegistry
    from tests.sync.world import World

ONE = image({"n": b"1"})


async def test_projects_are_made_listed_changed_and_deleted(world: World) -> None:
    made = await world.ask("POST", "projects", {"id": "team-a", "title": "A"}, status=201)
    assert (made["id"], made["title"]) == ("team-a", "A")
    await world.ask("POST", "projects", {"id": "team-a"}, status=409)
    changed = await world.ask("PATCH", "projects/team-a", {"title": "B"})
    assert changed["title"] == "B"
    first = await world.ask("GET", "projects?page_size=1")
    assert [each["id"] for each in first["items"]] == ["default"]
    second = await world.ask("GET", f"projects?page_size=1&page_token={first['next_page_token']}")
    assert [each["id"] for each in second["items"]] == ["team-a"]
    assert second["next_page_token"] == ""
    await world.ask("DELETE", "projects/team-a", status=204)
    await world.ask("GET", "projects/team-a", status=404)


@pytest.mark.parametrize("id_", ["", "A", "a b", "a/b", "-a", "a" * 64, "*", "..", "a\x00"])
async def test_a_project_id_is_a_plain_name(world: World, id_: str) -> None:
    answer = await world.ask("POST", "projects", {"id": id_}, status=400)
    assert answer["errors"][0]["where"] == "id"


async def test_a_project_with_registries_is_not_deleted(
    world: World, scripted: ScriptedRegistry
) -> None:
    await world.add_registry(scripted.host)
    await world.ask("DELETE", "projects/default", status=409)


@pytest.mark.parametrize(
    ("method", "path", "role", "status"),
    [
        ("POST", "projects", "operator", 403),
        ("PATCH", "projects/default", "operator", 403),
        ("DELETE", "projects/default", "viewer", 403),
        ("POST", "registries", "operator", 403),
        ("PATCH", "registries/{id}", "operator", 403),
        ("DELETE", "registries/{id}", "operator", 403),
        ("POST", "registries/{id}/webhook-secret", "operator", 403),
        ("POST", "registries/{id}/check", "viewer", 403),
        ("POST", "registries/{id}/check", "operator", 200),
        ("POST", "syncs", "viewer", 403),
        ("POST", "syncs", "operator", 202),
        ("GET", "syncs", "viewer", 200),
        ("GET", "registries", "viewer", 200),
        ("GET", "registries/{id}", "viewer", 200),
        ("GET", "projects", "viewer", 200),
    ],
)
async def test_each_role_may_what_it_may(
    world: World, scripted: ScriptedRegistry, method: str, path: str, role: Any, status: int
) -> None:
    id_ = await world.add_registry(scripted.host)
    body: Any = None if method == "GET" else {}
    await world.ask(method, path.format(id=id_), body, role=role, project="default", status=status)


async def test_a_token_of_one_project_sees_nothing_of_another(
    world: World, scripted: ScriptedRegistry
) -> None:
    await world.ask("POST", "projects", {"id": "other"}, status=201)
    mine = await world.add_registry(scripted.host)
    theirs = await world.add_registry(scripted.host, project="other")
    task = (await world.ask("GET", "syncs?project=other"))["items"][0]["id"]
    for method, path, status in (
        ("GET", f"registries/{theirs}", 404),
        ("PATCH", f"registries/{theirs}", 404),
        ("DELETE", f"registries/{theirs}", 404),
        ("POST", f"registries/{theirs}/check", 404),
        ("POST", f"registries/{theirs}/webhook-secret", 404),
        ("GET", "registries?project=other", 403),
        ("GET", "registries?project=*", 403),
        ("GET", f"syncs?registry={theirs}", 404),
        ("GET", "syncs?project=other", 403),
        ("GET", f"syncs/{task}", 404),
        ("GET", "projects/other", 403),
    ):
        empty: Any = None if method == "GET" else {}
        await world.ask(method, path, empty, project="default", status=status)
    body: Any = {"registry": theirs}
    await world.ask("POST", "syncs", body, project="default", status=404)
    await world.ask("POST", "syncs", {"project": "other"}, project="default", status=403)
    new = {"project": "other", "name": "x", "url": "https://registry.example"}
    await world.ask("POST", "registries", new, project="default", status=403)
    await world.ask("POST", "projects", {"id": "third"}, project="default", status=403)
    seen = await world.ask("GET", "registries", project="default")
    assert [each["id"] for each in seen["items"]] == [mine]
    projects = await world.ask("GET", "projects", project="default")
    assert [each["id"] for each in projects["items"]] == ["default"]
    started = await world.ask("POST", "syncs", {}, project="default", status=202)
    assert [each["registry"] for each in started["items"]] == [mine]
    everything = await world.ask("GET", "registries")
    assert {each["id"] for each in everything["items"]} == {mine, theirs}


async def test_a_registry_says_how_its_webhook_is_set_up(
    world: World, scripted: ScriptedRegistry
) -> None:
    fields = {"plain_http": True, "allow_private": True}
    made = await world.ask(
        "POST", "registries", {"name": "r", "url": f"http://{scripted.host}", **fields}, status=201
    )
    webhook = made["webhook"]
    assert webhook["url"] == f"http://127.0.0.1:8686/webhooks/{made['id']}"
    assert len(webhook["secret"]) == 64
    pasted = f"version: 0.1\n{webhook['configuration']}log: {{level: info}}\n"
    assert list(yaml.safe_load(pasted)) == ["version", "notifications", "log"]
    endpoint = yaml.safe_load(webhook["configuration"])["notifications"]["endpoints"][0]
    assert endpoint["url"] == webhook["url"]
    assert endpoint["headers"] == {"Authorization": [f"Bearer {webhook['secret']}"]}
    assert endpoint["ignore"]["actions"] == ["pull", "mount"]
    shown = await world.ask("GET", f"registries/{made['id']}")
    assert shown["webhook"]["secret"] is None
    assert "Bearer SECRET" in shown["webhook"]["configuration"]
    by_path = await world.ask("PATCH", f"registries/{made['id']}", {"webhook_auth": "path"})
    assert by_path["webhook"]["url"].endswith(f"/webhooks/{made['id']}/SECRET")


async def test_what_is_secret_goes_in_and_never_comes_out(
    world: World, scripted: ScriptedRegistry
) -> None:
    credential = {"username": "u", "password": "very-secret-password"}
    id_ = await world.add_registry(scripted.host, credential=credential)
    shown = await world.ask("GET", f"registries/{id_}")
    assert shown["has_credential"] is True
    assert "very-secret-password" not in json.dumps(shown)
    bad = {"credential": {"username": "u", "password": "x" * 20_000}}
    answer = await world.ask("PATCH", f"registries/{id_}", bad, status=400)
    assert "xxx" not in json.dumps(answer)
    removed = await world.ask("PATCH", f"registries/{id_}", {"credential": None})
    assert removed["has_credential"] is False


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", " x"),
        ("kind", "harbor"),
        ("url", "ftp://x"),
        ("url", "http://registry.example"),
        ("images_per_hour", -1),
        ("sync_hours", 9000),
        ("webhook_header", "a:b"),
        ("webhook_secret", "short"),
        ("webhook_secret", "has blanks in it, too many"),
        ("ca", "no certificate"),
        ("repository_kind", "mine"),
        ("unknown", 1),
        ("project", "missing"),
    ],
)
async def test_a_registry_that_makes_no_sense_is_refused(
    world: World, field: str, value: Any
) -> None:
    body = {"name": "r", "url": "https://registry.example", field: value}
    answer = await world.ask("POST", "registries", body, status=400)
    assert answer["code"] in {"bad_request", "registry_url_invalid"}


async def test_names_are_unique_in_a_project(world: World, scripted: ScriptedRegistry) -> None:
    one = await world.add_registry(scripted.host, name="one")
    await world.add_registry(scripted.host, name="two")
    body = {"name": "one", "url": f"http://{scripted.host}", "plain_http": True}
    await world.ask("POST", "registries", {**body, "allow_private": True}, status=409)
    await world.ask("PATCH", f"registries/{one}", {"name": "two"}, status=409)
    renamed = await world.ask("PATCH", f"registries/{one}", {"name": "three", "region": "eu"})
    assert (renamed["name"], renamed["region"]) == ("three", "eu")


async def test_a_deleted_registry_takes_its_placements_along(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("app", "v1", ONE)
    scripted.put("app", "v2", ONE)
    id_ = await world.add_registry(scripted.host, name="mine")
    await world.ask("DELETE", f"registries/{id_}", status=202)
    await world.ask("GET", f"registries/{id_}", status=404)
    await world.ask("POST", "syncs", {"registry": id_}, status=404)
    again = await world.add_registry(scripted.host, name="mine", synced=False)
    await world.sync.drain()
    gone = [each for each in await world.placements() if each.registry == id_]
    assert {(each.tag, each.gone) for each in gone} == {("v1", True), ("v2", True)}
    deleted = [each for each in await world.image_events() if each.action == "deleted"]
    assert sorted(str(each.tag) for each in deleted) == ["v1", "v2"]
    assert {each.registry for each in deleted} == {id_}
    assert (await world.registry(id_)).deleting
    await world.clock.turn(REMOVAL_MS / 1000)
    await world.sync.drain()
    assert await world.registry_records.get(id_) is None
    assert await world.repository_records.get(f"{id_}/app") is None
    assert await world.registry_records.get(again) is not None


async def test_syncs_are_started_by_scope(world: World, scripted: ScriptedRegistry) -> None:
    one = await world.add_registry(scripted.host, repository_kind="private")
    two = await world.add_registry(scripted.host)
    for body, expected in (
        ({"registry": one}, {one}),
        ({"project": "default"}, {one, two}),
        ({"repository_kind": "private"}, {one}),
        ({"repository_kind": "shared"}, set()),
        ({}, {one, two}),
    ):
        started = await world.ask("POST", "syncs", body, status=202)
        assert {each["registry"] for each in started["items"]} == expected
    for body in ({"repository": "app"}, {"registry": one, "repository": "../x"}):
        await world.ask("POST", "syncs", body, status=400)


async def test_lists_page_without_gaps(world: World, scripted: ScriptedRegistry) -> None:
    made = [await world.add_registry(scripted.host) for _ in range(5)]
    for base in ("registries?page_size=2", "registries?project=default&page_size=2"):
        found: list[str] = []
        token = ""
        while True:
            page = await world.ask("GET", base + (f"&page_token={token}" if token else ""))
            found += [each["id"] for each in page["items"]]
            token = page["next_page_token"]
            if not token:
                break
        assert sorted(found) == sorted(made)
    await world.ask("GET", "registries?page_token=nonsense", status=400)
    await world.ask("GET", "syncs?page_size=501", status=400)


async def test_the_routes_have_an_openapi_document(world: World) -> None:
    text = json.dumps(document("sync", "1", world.sync.routes()))
    for path in ("/webhooks/{registry}", "/api/v1/registries/{registry}", "/api/v1/syncs/{sync}"):
        assert f'"{path}"' in text
    assert '"writeOnly": true' in text
