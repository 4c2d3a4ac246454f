"""Tasks, scans and lists over HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from scantling_common.clock import SystemClock
from scantling_common.http.app import build_app
from scantling_common.http.auth import Authenticator, token_record
from scantling_common.http.openapi import document
from scantling_common.records.reporter import TOKENS, Token
from scantling_common.store.repository import Repository
from scantling_dispatcher.service import STATUSES
from tests.dispatcher.samples import NOW, PROJECT, a_registry, completed, digest
from tests.dispatcher.world import lead, settle

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scantling_dispatcher.active import Active
    from scantling_dispatcher.service import Dispatcher
    from tests.dispatcher.world import World

Client = Any


@pytest.fixture
def dispatcher(world: World) -> Dispatcher:
    return world.dispatcher()


@pytest.fixture
async def active(dispatcher: Dispatcher) -> Active:
    return await lead(dispatcher)


@pytest.fixture
async def client(world: World, dispatcher: Dispatcher) -> AsyncIterator[Client]:
    tokens = Repository(world.store, TOKENS, Token)
    for name, role, project in (
        ("admin", "admin", "*"),
        ("operator", "operator", PROJECT),
        ("viewer", "viewer", PROJECT),
        ("stranger", "admin", "other"),
    ):
        record = token_record(name, name=name, role=role, project=project, now=NOW)  # type: ignore[arg-type]
        await tokens.insert(record)
    app = build_app(
        dispatcher.routes(),
        authenticator=Authenticator(world.store, SystemClock()),
        statuses=STATUSES,
    )
    async with TestClient(TestServer(app)) as made:
        yield made


async def ask(
    client: Client, method: str, path: str, who: str = "operator", **more: Any
) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {who}"}
    async with client.request(method, path, headers=headers, **more) as response:
        return response.status, await response.json()


async def start(client: Client, **body: Any) -> dict[str, Any]:
    status, task = await ask(client, "POST", "/api/v1/tasks", json={"project": PROJECT, **body})
    assert status == 201, task
    return task


async def test_a_scan_is_started_followed_and_done(
    world: World, active: Active, client: Client
) -> None:
    placements = [await world.place(name) for name in "ab"]
    task = await start(client)
    assert (task["state"], task["risks"]) == ("planning", ["software", "file", "baseimage"])

    await settle(active)
    path = f"/api/v1/tasks/{task['id']}"
    _, shown = await ask(client, "GET", path, "viewer")
    assert (shown["state"], shown["counts"]["running"], shown["progress"]) == (
        "running",
        2,
        0.0,
    )
    _, scans = await ask(client, "GET", "/api/v1/scans", "viewer")
    assert {scan["image"] for scan in scans["items"]} == {p.image for p in placements}
    world.clock.turn(10)
    await active.completions.handle(completed(await world.scan(placements[0].image)))
    await settle(active)
    _, shown = await ask(client, "GET", path, "viewer")
    assert (shown["progress"], shown["eta_seconds"]) == (0.5, 10)
    await active.completions.handle(completed(await world.scan(placements[1].image), "failed"))
    await settle(active)

    _, shown = await ask(client, "GET", path, "viewer")
    assert (shown["state"], shown["progress"]) == ("done", 1.0)
    assert shown["counts"]["failed"] == 1
    _, items = await ask(client, "GET", f"{path}/items?state=failed", "viewer")
    assert [(i["image"], i["reason"]) for i in items["items"]] == [
        (placements[1].image, "baseimage: why")
    ]
    _, scan = await ask(client, "GET", f"/api/v1/scans/{PROJECT}/{placements[1].image}")
    assert (scan["state"], scan["status"], scan["tasks"]) == ("idle", "failed", [task["id"]])


async def test_a_task_is_paused_resumed_and_cancelled(
    world: World, active: Active, client: Client
) -> None:
    await world.place("a")
    task = await start(client)
    path = f"/api/v1/tasks/{task['id']}"
    await settle(active)
    for verb, state in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        status, shown = await ask(client, "POST", f"{path}/{verb}")
        assert (status, shown["state"]) == (200, state)
        assert (await ask(client, "POST", f"{path}/{verb}"))[0] == 200
        await settle(active)
    status, problem = await ask(client, "POST", f"{path}/resume")

    assert (status, problem["code"]) == (409, "task_state_conflict")
    assert (await world.task(task["id"])).cancelled == 1


async def test_lists_are_paged(world: World, active: Active, client: Client) -> None:
    for name in "abc":
        await world.place(name)
    made = []
    for _ in range(3):
        made.append((await start(client))["id"])
        world.clock.turn(1)
    await settle(active)

    _, first = await ask(client, "GET", "/api/v1/tasks?page_size=2", "viewer")
    token = first["next_page_token"]
    _, rest = await ask(client, "GET", f"/api/v1/tasks?page_size=2&page_token={token}", "viewer")
    assert [task["id"] for task in first["items"] + rest["items"]] == made[::-1]
    assert rest["next_page_token"] == ""
    _, everything = await ask(client, "GET", "/api/v1/tasks", "admin")
    assert len(everything["items"]) == 3

    path = f"/api/v1/tasks/{made[0]}/items"
    seen = []
    token = ""
    while True:
        _, page = await ask(client, "GET", f"{path}?page_size=1&page_token={token}", "viewer")
        seen += [item["image"] for item in page["items"]]
        token = page["next_page_token"]
        if not token:
            break
    assert sorted(seen) == sorted(digest(name) for name in "abc")
    _, scans = await ask(client, "GET", "/api/v1/scans?page_size=2", "viewer")
    token = scans["next_page_token"]
    _, more = await ask(client, "GET", f"/api/v1/scans?page_size=2&page_token={token}", "viewer")
    assert len(scans["items"] + more["items"]) == 3
    status, problem = await ask(client, "GET", f"/api/v1/tasks?page_token={token}", "viewer")
    assert (status, problem["code"]) == (400, "page_token_invalid")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"risks": ["everything"]}, 400, "bad_request"),
        ({"risks": ["malware"]}, 409, "risk_unavailable"),
        ({"scope": {"registry": "r7"}}, 404, "not_found"),
        ({"scope": {"registry": "foreign"}}, 404, "not_found"),
        ({"scope": {"placement": "p7"}}, 404, "not_found"),
        ({"scope": {"colour": "red"}}, 400, "bad_request"),
        ({"images": ["latest"]}, 400, "bad_request"),
        ({"images_per_hour": -1}, 400, "bad_request"),
        ({"updated_after": "2024-01-01T00:00:00"}, 400, "bad_request"),
        (
            {
                "updated_after": "2024-01-02T00:00:00Z",
                "updated_before": "2024-01-01T00:00:00Z",
            },
            400,
            "bad_request",
        ),
        ({"project": "nobody"}, 403, "forbidden"),
    ],
)
async def test_what_can_not_be_scanned_is_refused(
    world: World, active: Active, client: Client, body: dict[str, Any], status: int, code: str
) -> None:
    await world.registries.insert(a_registry("foreign", project="other"))
    answer, problem = await ask(client, "POST", "/api/v1/tasks", json={"project": PROJECT, **body})

    assert (answer, problem["code"]) == (status, code)
    _, listed = await ask(client, "GET", "/api/v1/tasks", "viewer")
    assert listed["items"] == []


async def test_a_project_must_exist(active: Active, client: Client) -> None:
    status, _ = await ask(client, "POST", "/api/v1/tasks", "admin", json={"project": "nobody"})

    assert status == 404


async def test_filters_arrive(world: World, active: Active, client: Client) -> None:
    task = await start(
        client,
        scope={"registry": "r1", "repository": "app*"},
        images=[digest("a"), digest("a")],
        platforms=["linux/amd64"],
        updated_after="2024-01-01T00:00:00Z",
        unknown_updated=False,
        latest_only=True,
        images_per_hour=7,
        concurrent_scans=3,
    )

    stored = await world.task(task["id"])
    assert (stored.images_per_hour, stored.concurrent_scans) == (7, 3)
    assert stored.body.scope == {"registry": "r1", "repository": "app*"}
    assert stored.body.images == (digest("a"),)
    assert stored.body.updated_after == 1_704_067_200_000
    assert (stored.body.unknown_updated, stored.body.latest_only) == (False, True)


async def test_roles_and_projects_are_kept_apart(
    world: World, active: Active, client: Client
) -> None:
    task = await start(client)
    path = f"/api/v1/tasks/{task['id']}"
    assert (await ask(client, "POST", f"{path}/pause", "viewer"))[0] == 403
    assert (await ask(client, "POST", "/api/v1/tasks", "viewer", json={"project": PROJECT}))[
        0
    ] == 403
    for method, place in (
        ("GET", path),
        ("GET", f"{path}/items"),
        ("POST", f"{path}/cancel"),
    ):
        assert (await ask(client, method, place, "stranger"))[0] == 404
    _, listed = await ask(client, "GET", "/api/v1/tasks", "stranger")
    assert listed["items"] == []
    for place in (
        f"/api/v1/tasks?project={PROJECT}",
        f"/api/v1/scans?project={PROJECT}",
        f"/api/v1/scans/{PROJECT}/{digest('a')}",
        f"/api/v1/lists/approved-bases?project={PROJECT}",
    ):
        assert (await ask(client, "GET", place, "stranger"))[0] == 403
        assert (await ask(client, "GET", place, "nobody"))[0] == 401
    assert (await ask(client, "GET", f"/api/v1/scans/{PROJECT}/{digest('a')}"))[0] == 404
    assert (await ask(client, "GET", "/api/v1/scans", "admin"))[0] == 400


async def test_lists_are_set_and_read(client: Client) -> None:
    path = f"/api/v1/lists/approved-bases?project={PROJECT}"
    _, unset = await ask(client, "GET", path, "viewer")
    assert (unset["hash"], unset["entries"], unset["settings_version"]) == ("", [], "")
    assert (await ask(client, "PUT", path, json={"entries": []}))[0] == 403

    status, put = await ask(client, "PUT", path, "admin", json={"entries": ["a", "b"]})

    assert (status, put["entries"], put["created_by"]) == (200, ["a", "b"], "admin")
    assert (await ask(client, "GET", path, "viewer"))[1] == put
    bad = f"/api/v1/lists/unchecked-paths?project={PROJECT}"
    status, problem = await ask(client, "PUT", bad, "admin", json={"entries": ["etc"]})
    assert (status, problem["code"]) == (400, "list_invalid")
    bad = f"/api/v1/lists/disallowed-software?project={PROJECT}"
    entries = ["nmap", "nmap severity=bad"]
    status, problem = await ask(client, "PUT", bad, "admin", json={"entries": entries})
    assert (status, problem["code"]) == (400, "list_invalid")
    assert "entry 2, column 15: bad is no severity" in problem["detail"]
    assert "the severities are" in json.dumps(problem)
    status, problem = await ask(client, "GET", f"/api/v1/lists/x?project={PROJECT}", "viewer")
    assert (status, problem["code"]) == (404, "list_unknown")
    nobody = "/api/v1/lists/approved-bases?project=nobody"
    assert (await ask(client, "PUT", nobody, "admin", json={"entries": []}))[0] == 404


def test_the_routes_make_an_openapi_document(dispatcher: Dispatcher) -> None:
    paths = document("dispatcher", "1", dispatcher.routes())["paths"]

    assert set(paths) == {
        "/api/v1/tasks",
        "/api/v1/tasks/{task}",
        "/api/v1/tasks/{task}/items",
        "/api/v1/tasks/{task}/pause",
        "/api/v1/tasks/{task}/resume",
        "/api/v1/tasks/{task}/cancel",
        "/api/v1/scans",
        "/api/v1/scans/{project}/{digest}",
        "/api/v1/lists/{name}",
    }


class TestWithMoreRisks:
    """A setting that names more than is always done."""

    @pytest.fixture
    def dispatcher(self, world: World) -> Dispatcher:
        return world.dispatcher(push_risks="software,vulnerability,malware")

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ({}, ["vulnerability", "software", "file", "baseimage"]),
            ({"risks": []}, ["software", "file", "baseimage"]),
            ({"risks": ["software"]}, ["software", "file", "baseimage"]),
        ],
    )
    async def test_a_scan_asks_for_what_a_push_is_looked_for_unless_told(
        self, client: Client, active: Active, body: dict[str, Any], expected: list[str]
    ) -> None:
        assert active is not None
        assert (await start(client, **body))["risks"] == expected
