"""What every HTTP part does, whatever it serves."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web
from opentelemetry import trace

from scantling_common.http.app import build_app, serve
from scantling_common.http.auth import Authenticator, token_record
from scantling_common.http.endpoints import EndpointMisuse, endpoint, routes_of
from scantling_common.http.openapi import document
from scantling_common.records.reporter import TOKENS, Token
from scantling_common.store.repository import Repository
from scantling_common.store.sqlite import SqliteStore
from scantling_common.telemetry.prometheus import PrometheusMetrics
from scantling_common.telemetry.setup import build_tracing
from tests.common.clocks import HandClock
from tests.common.http.service import Boats, Sunk, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiohttp.test_utils import TestClient

    Client = TestClient[web.Request, web.Application]

ALL = {"viewer": "v" * 20, "operator": "o" * 20, "admin": "a" * 20}
ONE = {"viewer": "w" * 20, "operator": "p" * 20, "admin": "b" * 20}


class Ready:
    """A readiness that tests set."""

    reason = ""

    async def __call__(self) -> str:
        return self.reason


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def ready() -> Ready:
    return Ready()


@pytest.fixture
def metrics() -> PrometheusMetrics:
    return PrometheusMetrics()


@pytest.fixture
def boats() -> Boats:
    return Boats()


@pytest.fixture
async def tokens() -> AsyncIterator[Repository[Token]]:
    store = SqliteStore(":memory:")
    await store.ensure([TOKENS])
    repository = Repository(store, TOKENS, Token)
    for project, grants in (("*", ALL), ("one", ONE)):
        for role in ("viewer", "operator", "admin"):
            record = token_record(
                grants[role], name=f"{role} of {project}", role=role, project=project, now=1
            )
            assert await repository.insert(record)
    yield repository
    await store.close()


@pytest.fixture
async def client(
    tokens: Repository[Token],
    clock: HandClock,
    ready: Ready,
    metrics: PrometheusMetrics,
    boats: Boats,
) -> AsyncIterator[Client]:
    app = build_app(
        routes_of(boats),
        authenticator=Authenticator(tokens._store, clock),
        readiness=ready,
        exposition=metrics.exposition,
        metrics=metrics,
        statuses={Sunk: 410},
    )
    async with serving(app) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def code_of(response: aiohttp.ClientResponse) -> str:
    assert response.content_type == "application/problem+json"
    body = await response.json(content_type=None)
    assert body["status"] == response.status
    return str(body["code"])


# ---- tokens


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": f"Basic {ALL['admin']}"},
        {"Authorization": ALL["admin"]},
        bearer("unknown"),
        bearer(ALL["admin"] + "x"),
        bearer(ALL["admin"][:-1]),
        bearer("x" * 300),
    ],
)
async def test_without_a_valid_token_nothing_is_told(
    client: Client, headers: dict[str, str]
) -> None:
    response = await client.get("/api/v1/boats", headers=headers)

    assert response.status == 401
    assert await code_of(response) == "unauthorized"
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_token_has_a_role(client: Client) -> None:
    boat = {"name": "ann", "tons": 1}
    statuses = {}
    for role, token in ALL.items():
        listed = await client.get("/api/v1/boats", headers=bearer(token))
        built = await client.post("/api/v1/projects/x/boats", json=boat, headers=bearer(token))
        dropped = await client.delete("/api/v1/everything", headers=bearer(token))
        statuses[role] = (listed.status, built.status, dropped.status)

    assert statuses == {
        "viewer": (200, 403, 403),
        "operator": (200, 201, 403),
        "admin": (200, 201, 204),
    }


async def test_a_token_has_a_project(client: Client) -> None:
    boat = {"name": "ann", "tons": 1}
    headers = bearer(ONE["admin"])

    own = await client.post("/api/v1/projects/one/boats", json=boat, headers=headers)
    other = await client.post("/api/v1/projects/two/boats", json=boat, headers=headers)
    star = await client.post("/api/v1/projects/*/boats", json=boat, headers=headers)
    every = await client.delete("/api/v1/everything", headers=headers)
    listed = await client.get("/api/v1/boats", headers=headers)

    assert [each.status for each in (own, other, star, every)] == [201, 403, 403, 403]
    assert await code_of(other) == "forbidden"
    assert (await listed.json())["sees"] == "one"


async def test_a_withdrawn_token_is_good_for_five_seconds_at_most(
    client: Client, tokens: Repository[Token], clock: HandClock
) -> None:
    headers = bearer(ALL["viewer"])
    assert (await client.get("/api/v1/boats", headers=headers)).status == 200
    record = token_record(ALL["viewer"], name="", role="viewer", project="*", now=1)
    assert await tokens.delete(record.id)

    clock.turn(4.9)
    assert (await client.get("/api/v1/boats", headers=headers)).status == 200
    clock.turn(0.2)
    assert (await client.get("/api/v1/boats", headers=headers)).status == 401


async def test_a_handler_that_asks_for_nothing_is_withheld(client: Client) -> None:
    response = await client.get("/api/v1/careless", headers=bearer(ALL["admin"]))

    assert response.status == 500
    assert "secret" not in await response.text()


async def test_a_store_that_is_away_is_no_unauthorized(
    client: Client, tokens: Repository[Token]
) -> None:
    await tokens._store.close()

    response = await client.get("/api/v1/boats", headers=bearer(ALL["admin"]))

    assert response.status == 503
    assert await code_of(response) == "store_unavailable"
    assert response.headers["Retry-After"]


# ---- bodies, queries, errors


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b'{"name": "ann", "tons": -1}', "application/json", 400, "bad_request"),
        (b'{"name": "ann"}', "application/json", 400, "bad_request"),
        (b'{"name": "ann", "tons": 1, "x": 1}', "application/json", 400, "bad_request"),
        (b'{"name": "ann", "tons": 1', "application/json", 400, "bad_request"),
        (b"[" * 400, "application/json", 400, "bad_request"),
        (b"\xff\xfe", "application/json", 400, "bad_request"),
        (b"", "application/json", 400, "bad_request"),
        (b'{"name": "ann", "tons": 1}', "text/plain", 415, "unsupported_media_type"),
        (b" " * 501, "application/json", 413, "too_large"),
    ],
)
async def test_a_body_that_is_not_as_declared_is_refused(
    client: Client, boats: Boats, body: bytes, content_type: str, status: int, code: str
) -> None:
    response = await client.post(
        "/api/v1/projects/one/boats",
        data=body,
        headers={**bearer(ALL["operator"]), "Content-Type": content_type},
    )

    assert response.status == status
    assert await code_of(response) == code
    assert boats.built == []


async def test_an_error_names_the_place_and_never_the_value(client: Client) -> None:
    response = await client.post(
        "/api/v1/projects/one/boats",
        json={"name": "hunter2" * 9, "tons": "hunter2"},
        headers=bearer(ALL["operator"]),
    )

    text = await response.text()
    assert "hunter2" not in text
    assert {each["where"] for each in json.loads(text)["errors"]} == {"name", "tons"}


async def test_a_body_of_unknown_length_is_bounded_as_well(client: Client) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield b"x" * 100

    response = await client.post("/webhooks/r/s", data=endless())

    assert response.status == 413
    assert await code_of(response) == "too_large"


async def test_a_body_up_to_the_limit_is_taken_without_a_token(client: Client) -> None:
    response = await client.post("/webhooks/r/s", data=b"x" * 100)

    assert (response.status, await response.json()) == (202, {"bytes": 100})


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 200),
        ("?page_size=500", 200),
        ("?page_size=0", 400),
        ("?page_size=501", 400),
        ("?page_size=x", 400),
        ("?unknown=1", 400),
        ("?page_size=1&page_size=2", 400),
        (f"?page_token={'x' * 5000}", 400),
    ],
)
async def test_a_query_is_checked(client: Client, query: str, status: int) -> None:
    response = await client.get(f"/api/v1/boats{query}", headers=bearer(ALL["viewer"]))

    assert response.status == status


@pytest.mark.parametrize(
    ("kind", "status", "code", "says"),
    [
        ("missing", 404, "not_found", "no boat of that name"),
        ("conflict", 409, "conflict", "taken"),
        ("often", 429, "too_many_requests", ""),
        ("store", 503, "store_unavailable", ""),
        ("sunk", 410, "sunk", "it lies at 40 m"),
        ("unknown", 500, "internal", ""),
        ("bug", 500, "internal", ""),
    ],
)
async def test_every_error_is_a_problem_with_a_stable_code(
    client: Client, kind: str, status: int, code: str, says: str
) -> None:
    response = await client.get(f"/api/v1/errors/{kind}", headers=bearer(ALL["viewer"]))

    assert response.status == status
    assert await code_of(response) == code
    text = await response.text()
    assert says in text
    assert "internals" not in text
    if kind == "often":
        assert response.headers["Retry-After"] == "7"


async def test_unknown_paths_and_methods_are_problems_too(client: Client) -> None:
    missing = await client.get("/nothing")
    wrong = await client.put("/api/v1/boats")

    assert (missing.status, await code_of(missing)) == (404, "not_found")
    assert (wrong.status, await code_of(wrong)) == (405, "http_error")
    assert wrong.headers["Allow"] == "GET,HEAD" or "GET" in wrong.headers["Allow"]


# ---- what is around


@pytest.mark.parametrize("path", ["/healthz", "/nothing", "/api/v1/boats"])
async def test_every_answer_has_the_security_headers(client: Client, path: str) -> None:
    response = await client.get(path)

    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert response.headers["Cache-Control"] == "no-store"
    assert "Python" not in response.headers["Server"]


async def test_readiness_tells_the_reason(client: Client, ready: Ready) -> None:
    assert (await client.get("/readyz")).status == 200

    ready.reason = "the bus does not answer"
    response = await client.get("/readyz")

    assert response.status == 503
    assert (await response.json(content_type=None))["detail"] == "the bus does not answer"
    assert (await client.get("/healthz")).status == 200


async def test_metrics_count_by_route_not_by_path(client: Client) -> None:
    await client.post("/webhooks/registry-1/s3cret", data=b"x")
    await client.get("/nothing/at/all")
    await client.request("PROPFIND", "/healthz")

    response = await client.get("/metrics")

    text = await response.text()
    assert response.content_type == "text/plain"
    assert (
        'scantling_http_request_seconds_count{method="POST",route="/webhooks/{registry}/{secret}"'
        ',status="202"} 1.0' in text
    )
    assert 'method="GET",route="unmatched"' in text
    assert 'method="OTHER"' in text
    assert "PROPFIND" not in text
    assert "s3cret" not in text


async def test_the_log_has_the_route_and_no_secret(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        await client.post("/webhooks/registry-1/s3cret", data=b"x")
        await client.get("/api/v1/boats?name=s3cret", headers=bearer(ALL["viewer"]))

    answered = [vars(each) for each in caplog.records if each.message == "request answered"]
    assert [(each["route"], each["status"], each["token"]) for each in answered] == [
        ("POST /webhooks/{registry}/{secret}", 202, ""),
        ("GET /api/v1/boats", 200, "viewer of *"),
    ]
    assert "s3cret" not in str(answered)
    assert ALL["viewer"] not in str(answered)


async def test_a_request_continues_the_caller_s_trace(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracing = build_tracing("test", in_memory=True)
    monkeypatch.setattr(
        "scantling_common.http.app.tracer", tracing.provider.get_tracer("scantling.http")
    )
    trace_id = "0af7651916cd43dd8448eb211c80319c"

    await client.get("/healthz", headers={"traceparent": f"00-{trace_id}-b7ad6b7169203331-01"})
    await client.get("/healthz", headers={"traceparent": "noise"})

    assert tracing.spans is not None
    continued, fresh = tracing.spans.get_finished_spans()
    assert continued.name == "GET /healthz"
    assert continued.kind == trace.SpanKind.SERVER
    assert f"{continued.context.trace_id:032x}" == trace_id
    assert f"{fresh.context.trace_id:032x}" != trace_id
    tracing.stop()


async def test_an_app_serves_until_it_is_stopped() -> None:
    bound: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    serving = asyncio.ensure_future(serve(build_app([]), "127.0.0.1", 0, started=bound.set_result))
    url = f"http://127.0.0.1:{await bound}/healthz"
    async with aiohttp.ClientSession() as session:
        assert (await session.get(url)).status == 200

        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving

        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get(url)


# ---- declarations


def test_a_route_under_api_needs_a_role() -> None:
    with pytest.raises(EndpointMisuse):
        endpoint("GET", "/api/v1/open", summary="")


def test_a_route_is_declared_once(boats: Boats) -> None:
    with pytest.raises(EndpointMisuse):
        routes_of(boats, Boats())
    with pytest.raises(EndpointMisuse):
        routes_of(object())


def test_a_route_with_a_role_needs_somebody_who_checks(boats: Boats) -> None:
    with pytest.raises(ValueError, match="nobody checks"):
        build_app(routes_of(boats))


def test_functions_declare_routes_as_well() -> None:
    @endpoint("GET", "/plain", summary="plain")
    async def plain(_request: web.Request) -> web.StreamResponse:
        return web.Response()

    assert [each.endpoint.path for each in routes_of(plain)] == ["/plain"]


def test_the_document_tells_what_routes_declare(boats: Boats) -> None:
    described = document("Boats", "1", routes_of(boats))

    assert described["openapi"] == "3.1.0"
    build = described["paths"]["/api/v1/projects/{project}/boats"]["post"]
    assert build["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/BoatBody"
    }
    assert build["responses"]["201"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/Boat"
    }
    assert build["security"] == [{"token": []}]
    assert [each["name"] for each in build["parameters"]] == ["project"]
    listed = described["paths"]["/api/v1/boats"]["get"]["parameters"]
    assert {each["name"]: each["schema"].get("maximum") for each in listed} == {
        "page_size": 500,
        "page_token": None,
        "name": None,
    }
    assert {"Boat", "BoatBody", "Problem"} <= set(described["components"]["schemas"])
    assert described["paths"]["/webhooks/{registry}/{secret}"]["post"]["security"] == []
    assert document("Boats", "1", routes_of(boats)[::-1]) == described
