"""Every route of every service asks for a token, its role and its project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from scantling_common.bus.local import LocalBus
from scantling_common.clock import SystemClock, SystemRandomness
from scantling_common.crypto import KEY_BYTES, Sealer
from scantling_common.http.app import build_app
from scantling_common.http.auth import ROLES, Authenticator, Role, token_id, token_record
from scantling_common.records import dispatcher, fleet, reporter, sync
from scantling_common.store.repository import Repository
from scantling_common.store.sqlite import SqliteStore
from scantling_dispatcher.service import STATUSES as DISPATCHER_STATUSES
from scantling_dispatcher.service import build_dispatcher
from scantling_dispatcher.settings import DispatcherSettings
from scantling_reporter.errors import ReportMissing
from scantling_reporter.service import build_reporter
from scantling_reporter.settings import ReporterSettings
from scantling_sync.service import STATUSES as SYNC_STATUSES
from scantling_sync.service import build_sync
from scantling_sync.settings import SyncSettings
from tests.dispatcher.samples import NOW, a_registry, a_task, digest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from scantling_common.http.endpoints import Endpoint

OURS: Final = "ours"
THEIRS: Final = "theirs"
IMAGE: Final = digest("image")
WITHOUT_TOKEN: Final = ("/webhooks/",)
"""Paths that authenticate in another way."""

PATH: Final = {
    "project": OURS,
    "registry": "our-registry",
    "sync": "our-sync",
    "task": "our-task",
    "digest": IMAGE,
    "risk": "software",
    "name": "approved-bases",
    "vulnerability": "CVE-2021-44228",
    "token_id": token_id("our-other-token" * 2),
}
"""What our project has, by the name of the part of the path."""

NAMES_PROJECT: Final[dict[str, dict[str, Any]]] = {
    "POST /api/v1/projects": {"json": {"id": "new"}},
    "PATCH /api/v1/projects/{project}": {"json": {"title": "t"}},
    "GET /api/v1/registries": {"params": {"project": OURS}},
    "POST /api/v1/registries": {
        "json": {"project": OURS, "name": "n", "url": "https://registry.example"}
    },
    "PATCH /api/v1/registries/{registry}": {"json": {"name": "other"}},
    "GET /api/v1/syncs": {"params": {"project": OURS}},
    "POST /api/v1/syncs": {"json": {"project": OURS}},
    "POST /api/v1/tasks": {"json": {"project": OURS}},
    "GET /api/v1/tasks": {"params": {"project": OURS}},
    "GET /api/v1/scans": {"params": {"project": OURS}},
    "GET /api/v1/lists/{name}": {"params": {"project": OURS}},
    "PUT /api/v1/lists/{name}": {"params": {"project": OURS}, "json": {"entries": ["a"]}},
    "DELETE /api/v1/lists/{name}": {"params": {"project": OURS}},
    "GET /api/v1/images": {"params": {"project": OURS}},
    "GET /api/v1/images/{digest}": {"params": {"project": OURS}},
    "GET /api/v1/images/{digest}/report": {"params": {"project": OURS}},
    "GET /api/v1/images/{digest}/report/{risk}": {"params": {"project": OURS}},
    "GET /api/v1/search": {"params": {"project": OURS, "package": "bash"}},
    "GET /api/v1/vulnerabilities": {"params": {"project": OURS}},
    "GET /api/v1/vulnerabilities/{vulnerability}": {"params": {"project": OURS}},
    "GET /api/v1/counters": {"params": {"project": OURS}},
    "POST /api/v1/tokens": {"json": {"name": "n", "role": "viewer", "project": OURS}},
    "GET /api/v1/tokens": {"params": {"project": OURS}},
}
"""How a request of a route names our project where its path does not."""

NO_PROJECT: Final = "GET /api/v1/projects"
"""The one list that names no project: it shows what the token sees."""


def token(role: Role, project: str) -> str:
    return f"{role}-of-{project}-" + "t" * 20


class Api:
    """All routes behind one client."""

    def __init__(self, endpoints: list[Endpoint], client: Any) -> None:
        self.endpoints, self._client = endpoints, client

    async def ask(self, declared: Endpoint, bearer: str | None) -> tuple[int, str]:
        """Send a request that is about our project; return status and body."""
        headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
        more = NAMES_PROJECT.get(f"{declared.method} {declared.path}", {})
        path = declared.path.format_map(PATH)
        async with self._client.request(declared.method, path, headers=headers, **more) as response:
            return response.status, await response.text()


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    clock, randomness = SystemClock(), SystemRandomness()
    store = SqliteStore(tmp_path / "store.db", synchronous="normal")
    await store.ensure((*sync.COLLECTIONS, *dispatcher.COLLECTIONS, *reporter.COLLECTIONS))
    bus = LocalBus(tmp_path / "bus", clock=clock, randomness=randomness, source="/test")
    authenticator = Authenticator(store, clock)
    syncing = await build_sync(
        store=store,
        bus=bus,
        sealer=Sealer([bytes(KEY_BYTES)]),
        clock=clock,
        randomness=randomness,
        settings=SyncSettings(),
    )
    dispatching = build_dispatcher(
        store=store,
        bus=bus,
        clock=clock,
        randomness=randomness,
        settings=DispatcherSettings(),
    )
    reporting = build_reporter(
        store=store,
        bus=bus,
        clock=clock,
        settings=ReporterSettings(),
        authenticator=authenticator,
    )
    await _fill(store)
    routes = [*syncing.routes(), *dispatching.routes(), *reporting.routes()]
    app = build_app(
        routes,
        authenticator=authenticator,
        statuses={**SYNC_STATUSES, **DISPATCHER_STATUSES, ReportMissing: 404},
    )
    async with TestClient[web.Request, web.Application](TestServer(app)) as client:
        yield Api([route.endpoint for route in routes], client)
    await bus.close()
    await store.close()


async def _fill(store: SqliteStore) -> None:
    tokens = Repository(store, reporter.TOKENS, reporter.Token)
    for project in (OURS, THEIRS, "*"):
        for role in ROLES:
            text = token(role, project)
            await tokens.insert(token_record(text, name=text, role=role, project=project, now=NOW))
    other = "our-other-token" * 2
    await tokens.insert(token_record(other, name="other", role="viewer", project=OURS, now=NOW))
    projects = Repository(store, sync.PROJECTS, sync.Project)
    for project in (OURS, THEIRS):
        await projects.insert(sync.Project(id=project, created_at=NOW))
    await Repository(store, sync.REGISTRIES, sync.Registry).insert(
        a_registry(
            PATH["registry"],
            project=OURS,
            url="http://127.0.0.1:9",
            plain_http=True,
            allow_private=True,
        )
    )
    await Repository(store, sync.SYNC_TASKS, sync.SyncTask).insert(
        sync.SyncTask(
            id=PATH["sync"],
            project=OURS,
            registry=PATH["registry"],
            reason="manual",
            created_at=NOW,
        )
    )
    await Repository(store, dispatcher.TASKS, dispatcher.Task).insert(
        a_task(PATH["task"], project=OURS)
    )
    scans = Repository(store, dispatcher.SCANS, dispatcher.Scan)
    await scans.insert(
        dispatcher.Scan(id=dispatcher.scan_id(OURS, IMAGE), project=OURS, image=IMAGE, state="idle")
    )
    await Repository(store, fleet.VULNERABILITIES, fleet.Vulnerability).insert(
        fleet.Vulnerability(
            id=fleet.vulnerability_id(OURS, PATH["vulnerability"]),
            project=OURS,
            vulnerability=PATH["vulnerability"],
            severity=5,
            exploited=True,
            epss=0.9,
            published="2021-12-10",
            analyzed_at=NOW,
        )
    )
    await Repository(store, reporter.REPORTS, reporter.ReportRow).insert(
        reporter.ReportRow(
            id="our-placement",
            project=OURS,
            registry=PATH["registry"],
            repository="ours-only",
            tag="1",
            platform="linux/amd64",
            image=IMAGE,
        )
    )


def guarded(api: Api) -> list[Endpoint]:
    return [each for each in api.endpoints if not each.path.startswith(WITHOUT_TOKEN)]


async def test_every_route_of_the_api_declares_a_role(api: Api) -> None:
    assert len(guarded(api)) > 30
    assert {each.role for each in guarded(api)} == set(ROLES)
    assert all(each.path.startswith("/api/v1/") for each in guarded(api))


@pytest.mark.parametrize("bearer", [None, "", "nobody" * 8, "x" * 5_000])
async def test_every_route_refuses_who_has_no_token(api: Api, bearer: str | None) -> None:
    for declared in guarded(api):
        status, body = await api.ask(declared, bearer)
        assert status == 401, declared
        assert '"code": "unauthorized"' in body or '"code":"unauthorized"' in body


async def test_every_route_refuses_too_low_a_role(api: Api) -> None:
    asked = 0
    for declared in guarded(api):
        for role in ROLES[: ROLES.index(declared.role or "viewer")]:
            for project in (OURS, "*"):
                status, _ = await api.ask(declared, token(role, project))
                assert status == 403, (declared, role, project)
                asked += 1
    assert asked > 30


async def test_every_route_refuses_another_project(api: Api) -> None:
    """An admin elsewhere is told nothing: not what there is, nor what there is not."""
    for declared in guarded(api):
        status, body = await api.ask(declared, token("admin", THEIRS))
        if f"{declared.method} {declared.path}" == NO_PROJECT:
            assert (status, OURS in body) == (200, False)
        else:
            assert status in {403, 404}, (declared, status)
        assert "ours-only" not in body
        assert PATH["registry"] not in body or status == 404


async def test_every_route_serves_the_least_role_of_the_right_project(api: Api) -> None:
    """Or the refusals above would prove nothing."""
    deleting = [each for each in guarded(api) if each.method == "DELETE"]
    for declared in [each for each in guarded(api) if each not in deleting] + deleting[::-1]:
        role = declared.role or "viewer"
        status, body = await api.ask(declared, token(role, OURS))
        if status == 403:  # it needs a grant for all projects
            status, body = await api.ask(declared, token(role, "*"))
        missing_report = declared.path.startswith("/api/v1/images/{digest}/report")
        if missing_report:
            assert (status, "report" in body) == (404, True), body
        else:
            assert status < 300 or status == 409, (declared, status, body)
