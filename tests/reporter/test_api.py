"""The reporter's part of the HTTP API, over real HTTP."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from aiohttp.test_utils import TestClient, TestServer

from scantling_common.http.app import build_app
from scantling_common.http.auth import Authenticator, new_token, token_record
from scantling_common.records.extractor import BINDINGS, Binding
from scantling_common.records.reporter import TOKENS, Token
from scantling_common.records.sync import PROJECTS, Project
from scantling_common.store.repository import Repository
from scantling_reporter.report_schema import json_schema
from scantling_reporter.service import STATUSES, build_reporter
from scantling_reporter.settings import ReporterSettings
from scantling_reporter.tokens import BOOTSTRAP, ensure_admin_token, token_of_file
from tests.reporter.builders import (
    NOW,
    PROJECT,
    a_finding,
    a_package,
    an_outcome,
    digest,
    results,
    usual_outcomes,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from aiohttp import web

    from scantling_common.http.auth import Role
    from scantling_reporter.api.vulnerabilities import LookUp
    from tests.reporter.world import World


class Api:
    """A client with one token."""

    def __init__(self, client: TestClient[web.Request, web.Application], token: str) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {token}"}

    async def get(self, path: str, /, **query: str) -> Any:
        """Return the JSON body of an answer that is a success."""
        status, body = await self.ask("GET", path, **query)
        assert status == 200, body
        return json.loads(body)

    async def ask(
        self, method: str, path: str, body: object = None, /, **query: str
    ) -> tuple[int, str]:
        """Return status and body of any answer."""
        async with self._client.request(
            method, f"/api/v1/{path}", params=query, headers=self._headers, json=body
        ) as answer:
            return answer.status, await answer.text()


@contextlib.asynccontextmanager
async def serving(
    world: World, known: LookUp | None = None
) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    """Serve a reporter's part of the API."""
    authenticator = Authenticator(world.store, world.clock)
    reporter = build_reporter(
        store=world.store,
        bus=world.bus,
        clock=world.clock,
        settings=ReporterSettings(),
        authenticator=authenticator,
        known=known,
    )
    app = build_app(reporter.routes(), authenticator=authenticator, statuses=STATUSES)
    async with TestClient(TestServer(app)) as client:
        yield client


async def a_token(world: World, role: Role, project: str = PROJECT) -> str:
    token = new_token()
    record = token_record(token, name=f"{role} {project}", role=role, project=project, now=NOW)
    assert await Repository(world.store, TOKENS, Token).insert(record)
    return token


@pytest.fixture
async def api(world: World) -> AsyncIterator[Api]:
    """Give a client that reads the default project."""
    async with serving(world) as client:
        yield Api(client, await a_token(world, "viewer"))


@pytest.fixture
async def admin(world: World) -> AsyncIterator[Api]:
    """Give a client that may do everything."""
    async with serving(world) as client:
        yield Api(client, await a_token(world, "admin", "*"))


async def fill(world: World) -> None:
    """Scan five images that differ in every column of the list, and leave one unscanned."""
    for number, severity in enumerate(["low", "critical", "high", "negligible", "medium"]):
        name = f"image-{number}"
        await world.place(
            name,
            repository=f"team-{number % 2}/app-{number}",
            size=1000 * (7 * number % 5),
            updated_at=NOW + 1000 * (3 * number % 5),
        )
        finding = a_finding(f"F{number}", severity=severity)  # type: ignore[arg-type]
        package = a_package("openssl", f"3.0.{number}")
        outcomes = usual_outcomes(finding, packages=[package, a_package("org.x:log4j-core", "2.1")])
        if number == 3:
            outcomes[1] = an_outcome("file", "failed", code="deadline")
        await world.send(results(name, 1, outcomes))
        await world.run_to_the_end()
        world.clock.advance(60)
    await world.place("fresh", repository="team-0/fresh")
    await world.run_to_the_end()


async def repositories(api: Api, **query: str) -> list[str]:
    page = await api.get("images", **query)
    return [row["repository"] for row in page["items"]]


async def test_the_list_shows_what_is_known_of_each_placement(world: World, api: Api) -> None:
    await fill(world)
    page = await api.get("images", search="app-1")
    (row,) = page["items"]
    assert page["next_page_token"] == ""
    assert row["registry_name"] == "name of registry-1"
    assert (row["organization"], row["tag"], row["platform"]) == ("team-1", "latest", "linux/amd64")
    assert (row["digest"], row["size"], row["status"]) == (digest("image-1"), 2000, "complete")
    assert row["summary"] == {"baseimage": {"critical": 1}}
    assert row["statuses"] == dict.fromkeys(["software", "file", "baseimage"], "complete")
    assert row["updated"] == "2023-11-14T22:13:23Z"
    assert (await api.get("images", search="fresh"))["items"][0]["status"] == "unscanned"


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"sort": "repository"}, "024f13"),
        ({"sort": "repository", "order": "descending"}, "31f420"),
        ({"sort": "updated", "repository": "team-1"}, "31"),
        ({"sort": "updated", "order": "ascending", "search": "app"}, "02413"),
        ({"sort": "severity", "search": "app"}, "12403"),
        ({"sort": "size", "order": "ascending", "search": "app"}, "03142"),
        ({"sort": "analyzed_at", "search": "app"}, "43210"),
        ({"status": "failed"}, "3"),
        ({"status": "unscanned"}, "f"),
        ({"severity": "critical"}, "1"),
        ({"risk": "baseimage", "severity": "low"}, "0"),
        ({"risk": "secret"}, ""),
        ({"repository": "team-0/app"}, "024"),
        ({"registry": "registry-1", "repository": "team-1"}, "13"),
        ({"registry": "registry-2"}, ""),
        ({"search": digest("image-2")}, "2"),
        ({"digest": digest("image-2")}, "2"),
        ({"digest": digest("image-2")[:20]}, ""),
        ({"organization": "team-1"}, "13"),
        ({"organization": "team"}, ""),
        ({"sort": "organization"}, "024f13"),
        ({"tag": "latest", "repository": "team-1"}, "13"),
        ({"tag": "late"}, ""),
        ({"platform": "linux/amd64", "repository": "team-1"}, "13"),
        ({"platform": "linux/arm64"}, ""),
        ({"size_min": "2000", "size_max": "3000"}, "41"),
        ({"repository_kind": "third-party", "repository": "team-1"}, "13"),
        ({"repository_kind": "private"}, ""),
        ({"updated_after": "2023-11-14T22:13:22+00:00"}, "413"),
        ({"updated_before": "2023-11-14T22:13:21+00:00"}, "0f"),
        (
            {
                "sort": "updated",
                "updated_after": "2023-11-14T22:13:21+00:00",
                "updated_before": "2023-11-14T22:13:23+00:00",
            },
            "42",
        ),
    ],
    ids=str,
)
async def test_the_list_sorts_filters_and_pages(
    world: World, api: Api, query: dict[str, str], numbers: str
) -> None:
    await fill(world)
    expected = [
        "team-0/fresh" if each == "f" else f"team-{int(each) % 2}/app-{each}" for each in numbers
    ]
    assert await repositories(api, **query) == expected
    paged: list[str] = []
    token = ""
    for _ in range(len(expected) + 1):
        page = await api.get("images", **query, page_size="1", page_token=token)
        paged += [row["repository"] for row in page["items"]]
        token = page["next_page_token"]
        if not token:
            break
    assert paged == expected


@pytest.mark.parametrize("order", ["ascending", "descending"])
@pytest.mark.parametrize(
    "column", ["registry", "organization", "repository", "tag", "digest", "platform", "status"]
)
async def test_the_list_sorts_by_every_column(
    world: World, api: Api, column: str, order: str
) -> None:
    await fill(world)
    await world.place("other", repository="team-0/fresh", tag="0.9")
    await world.run_to_the_end()
    page = await api.get("images", sort=column, order=order)
    values = [row[column] for row in page["items"]]
    assert len(values) == 7
    assert values == sorted(values, reverse=order == "descending")


async def test_only_the_tag_that_was_updated_last_is_shown(world: World, api: Api) -> None:
    for number, (repository, tag, updated_at) in enumerate(
        [
            ("app", "2.0", NOW + 1),
            ("app", "1.0", NOW + 3),
            ("app", "latest", NOW + 2),
            ("unknown", "1.9", 0),
            ("unknown", "1.10", 0),
            ("unknown", "1.2", 0),
        ]
    ):
        await world.place(f"image-{number}", repository, tag, updated_at=updated_at)
    await world.run_to_the_end()

    page = await api.get("images", latest_only="true")
    newest = [(row["repository"], row["tag"]) for row in page["items"]]
    assert newest == [("app", "1.0"), ("unknown", "1.10")]
    # What is filtered is the latest tag, and not the latest of what is left.
    assert (await api.get("images", latest_only="true", tag="2.0"))["items"] == []


async def test_the_latest_tag_that_goes_leaves_the_one_before(world: World, api: Api) -> None:
    await world.place("old", "app", "1.0", updated_at=NOW + 1)
    newest = await world.place("new", "app", "2.0", updated_at=NOW + 2)
    await world.run_to_the_end()
    await world.remove(newest)
    await world.run_to_the_end()

    page = await api.get("images", latest_only="true")
    assert [row["tag"] for row in page["items"]] == ["1.0"]


async def test_a_page_token_is_good_for_its_own_query_only(world: World, api: Api) -> None:
    await fill(world)
    page = await api.get("images", page_size="2")
    for other in ({"sort": "size"}, {"status": "failed"}, {"search": "app"}):
        status, body = await api.ask("GET", "images", page_token=page["next_page_token"], **other)
        assert (status, json.loads(body)["code"]) == (400, "page_token_invalid")


@pytest.mark.parametrize(
    "query",
    [
        {"sort": "name"},
        {"size_min": "-1"},
        {"latest_only": "perhaps"},
        {"repository_kind": "own"},
        {"page_size": "0"},
        {"page_token": "damaged"},
        {"status": "clean"},
        {"unknown": "1"},
        {"updated_after": "2023-11-14T22:13:22"},
    ],
    ids=str,
)
async def test_a_query_that_is_not_understood_is_refused(api: Api, query: dict[str, str]) -> None:
    status, body = await api.ask("GET", "images", **query)
    assert status == 400, body


async def test_a_report_has_everything_and_is_valid_by_its_schema(world: World, api: Api) -> None:
    await world.place("app")
    await Repository(world.store, BINDINGS, Binding).insert(
        Binding(
            id=f"{PROJECT}/{digest('blob')}",
            project=PROJECT,
            blob=digest("blob"),
            diff_id=digest("verified"),
            size=1024,
            uncompressed_size=10_240,
            used_at=NOW,
        )
    )
    await world.send(results("app", 1, usual_outcomes(a_finding("F1"))))
    await world.run_to_the_end()
    report = await api.get(f"images/{digest('app')}/report")
    jsonschema.validate(report, json_schema())
    image = report["image"]
    assert (image["registry"], image["reference"]) == (
        "name of registry-1",
        "registry.example:5000/team/app:latest",
    )
    assert (image["tags"], image["organization"]) == (["latest"], "team")
    assert image["distribution"]["id"] == "debian"
    assert image["layers"][0]["diff_id"] == digest("verified")
    assert image["layers"][0]["uncompressed_size"] == 10_240
    assert report["outcomes"]["software"]["packages"][0]["name"] == "openssl"
    assert report["outcomes"]["file"]["largest"][0]["path"] == "usr/lib/\\xff.so"
    assert report["summary"]["baseimage"] == {"high": 1}
    again = await api.get(f"images/{digest('app')}/report")
    assert again == report
    part = await api.get(f"images/{digest('app')}/report/baseimage")
    assert part["outcomes"].keys() == {"baseimage"}


@pytest.mark.parametrize("name", ["cyclonedx", "spdx", "table"])
async def test_a_report_comes_in_other_formats(world: World, api: Api, name: str) -> None:
    await world.place("app")
    await world.send(results("app", 1, usual_outcomes()))
    await world.run_to_the_end()
    status, body = await api.ask("GET", f"images/{digest('app')}/report", format=name)
    assert status == 200
    assert "openssl" in body


async def test_an_image_in_several_placements_is_read_through_one(world: World, api: Api) -> None:
    first = await world.place("app")
    second = await world.place("app", repository="other/app")
    await world.send(results("app", 1, usual_outcomes()))
    await world.run_to_the_end()
    path = f"images/{digest('app')}"
    status, body = await api.ask("GET", f"{path}/report")
    assert (status, json.loads(body)["code"]) == (409, "placement_needed")
    assert {each["where"] for each in json.loads(body)["errors"]} == {first.id, second.id}
    listed = await api.get(path)
    assert [row["placement"] for row in listed["placements"]] == [second.id, first.id]
    report = await api.get(f"{path}/report", placement=second.id)
    assert report["image"]["repository"] == "other/app"


async def test_what_is_not_there_is_not_found(world: World, api: Api) -> None:
    placement = await world.place("app")
    await world.run_to_the_end()
    for path, code in (
        (f"images/{digest('app')}/report", "report_missing"),
        (f"images/{digest('nothing')}/report", "not_found"),
        (f"images/{digest('nothing')}", "not_found"),
        (f"images/{digest('app')}/report/unheard-of", "not_found"),
    ):
        status, body = await api.ask("GET", path)
        assert (status, json.loads(body)["code"]) == (404, code), path
    await world.send(results("app", 1, usual_outcomes()))
    await world.run_to_the_end()
    status, body = await api.ask("GET", f"images/{digest('app')}/report/secret")
    assert (status, json.loads(body)["code"]) == (404, "report_missing")
    await world.remove(placement)
    await world.run_to_the_end()
    status, body = await api.ask("GET", f"images/{digest('app')}/report")
    assert (status, json.loads(body)["code"]) == (404, "not_found")


async def test_packages_are_found_by_name(world: World, api: Api) -> None:
    await fill(world)
    found = await api.get("search", package="OpenSSL", page_size="3")
    assert [each["version"] for each in found["items"]] == ["3.0.0", "3.0.1", "3.0.2"]
    assert found["items"][0]["placements"][0]["repository"] == "team-0/app-0"
    rest = await api.get(
        "search", package="OpenSSL", page_size="3", page_token=found["next_page_token"]
    )
    assert [each["version"] for each in rest["items"]] == ["3.0.3", "3.0.4"]
    exact = await api.get("search", package="openssl", version="3.0.3")
    assert [each["digest"] for each in exact["items"]] == [digest("image-3")]
    for name in ("log4j-core", "org.x:log4j-core", "log4j*", "org.x:*"):
        assert len((await api.get("search", package=name))["items"]) == 5, name
    for name in ("log4j", "ssl", "org.y:log4j-core"):
        assert (await api.get("search", package=name))["items"] == [], name


async def test_the_places_of_a_package_are_listed_by_name(world: World, api: Api) -> None:
    await fill(world)
    for tag in ("3", "1", "2"):
        await world.place("image-0", "team-0/app-0", tag)
    await world.run_to_the_end()

    (found,) = (await api.get("search", package="openssl", version="3.0.0"))["items"]

    assert [each["tag"] for each in found["placements"]] == ["1", "2", "3", "latest"]


async def test_totals_are_those_of_the_project(world: World, admin: Api) -> None:
    await fill(world)
    totals = await admin.get("counters")
    assert totals["project"] == PROJECT
    assert totals["images"] == {"complete": 4, "failed": 1}
    assert totals["findings"] == {
        "baseimage": {"critical": 1, "high": 1, "low": 1, "medium": 1, "negligible": 1}
    }
    assert (await admin.get("counters", project="*"))["images"] == totals["images"]
    assert (await admin.get("counters", project="other"))["images"] == {}


async def test_a_token_of_one_project_sees_nothing_of_another(world: World) -> None:
    await fill(world)
    async with serving(world) as client:
        other = Api(client, await a_token(world, "admin", "other"))
        assert (await other.get("images"))["items"] == []
        assert (await other.get("search", package="openssl"))["items"] == []
        assert (await other.get("counters"))["images"] == {}
        paths = ("images", f"images/{digest('image-0')}", f"images/{digest('image-0')}/report")
        for path in (*paths, "counters", "tokens"):
            assert (await other.ask("GET", path, project=PROJECT))[0] == 403, path
            assert (await other.ask("GET", path, project="*"))[0] == 403, path
        assert (await other.ask("GET", paths[2]))[0] == 404


async def test_without_a_token_nothing_is_told(world: World) -> None:
    async with serving(world) as client:
        for path in ("images", "search", "counters", "tokens", "images/x/report"):
            answer = await client.get(f"/api/v1/{path}")
            assert answer.status == 401, path


async def test_tokens_are_made_listed_and_withdrawn(world: World, admin: Api) -> None:
    status, body = await admin.ask(
        "POST", "tokens", {"name": "ci", "role": "viewer", "project": PROJECT}
    )
    made = json.loads(body)
    assert status == 201
    async with serving(world) as client:
        ci = Api(client, made["token"])
        assert (await ci.get("images"))["items"] == []
        assert (await ci.ask("GET", "tokens"))[0] == 403
        status, body = await ci.ask(
            "POST", "tokens", {"name": "x", "role": "admin", "project": "*"}
        )
        assert status == 403
    listed = await admin.get("tokens", project=PROJECT)
    assert [each["name"] for each in listed["items"]] == ["ci"]
    assert made["token"] not in json.dumps(listed)
    again = await admin.ask("POST", "tokens", {"name": "ci", "role": "admin", "project": PROJECT})
    assert again[0] == 409
    assert (await admin.ask("DELETE", f"tokens/{made['id']}"))[0] == 204
    assert (await admin.ask("DELETE", f"tokens/{made['id']}"))[0] == 404
    async with serving(world) as client:
        assert (await Api(client, made["token"]).ask("GET", "images"))[0] == 401


async def test_an_admin_of_one_project_can_neither_make_nor_see_tokens_of_others(
    world: World,
) -> None:
    await Repository(world.store, PROJECTS, Project).insert(Project(id="other", created_at=NOW))
    async with serving(world) as client:
        own = Api(client, await a_token(world, "admin", "other"))
        foreign = token_record(new_token(), name="theirs", role="viewer", project=PROJECT, now=NOW)
        await Repository(world.store, TOKENS, Token).insert(foreign)
        for project in (PROJECT, "*"):
            body = {"name": "n", "role": "viewer", "project": project}
            assert (await own.ask("POST", "tokens", body))[0] == 403
        assert (await own.ask("DELETE", f"tokens/{foreign.id}"))[0] == 404
        body = {"name": "n", "role": "admin", "project": "other"}
        assert (await own.ask("POST", "tokens", body))[0] == 201
    async with serving(world) as client:
        everything = Api(client, await a_token(world, "admin", "*"))
        unknown = {"name": "n", "role": "viewer", "project": "nowhere"}
        assert (await everything.ask("POST", "tokens", unknown))[0] == 404


async def test_the_file_decides_which_bootstrap_token_is_good(world: World, tmp_path: Path) -> None:
    path = tmp_path / "admin-token"
    first = token_of_file(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert token_of_file(path) == first
    second = new_token()
    for token in (first, first, second):
        await ensure_admin_token(world.store, world.clock, token)
    async with serving(world) as client:
        assert (await Api(client, first).ask("GET", "tokens"))[0] == 401
        (listed,) = (await Api(client, second).get("tokens"))["items"]
        assert (listed["name"], listed["role"], listed["project"]) == (BOOTSTRAP, "admin", "*")
