"""A small service with every kind of route, and a client of it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import BaseModel, ConfigDict, Field

from scantling_common.errors import ScantlingError
from scantling_common.http.auth import identity_of, require
from scantling_common.http.endpoints import endpoint
from scantling_common.http.messages import read_body, read_query, respond
from scantling_common.http.paging import PageQuery
from scantling_common.http.problems import Conflict, NotFound, TooManyRequests
from scantling_common.store.port import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class BoatBody(BaseModel):
    """A boat, as a client sends it."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=20)
    tons: int = Field(ge=0)


class Boat(BoatBody):
    """A boat, as it is shown."""

    project: str


class BoatQuery(PageQuery):
    """How boats are listed."""

    name: str = Field("", description="part of the name")


class Sunk(ScantlingError):
    """The boat has sunk."""

    code = "sunk"


class Boats:
    """The handlers."""

    def __init__(self) -> None:
        self.built: list[BoatBody] = []

    @endpoint("GET", "/api/v1/boats", summary="list", role="viewer", query=BoatQuery)
    async def list(self, request: web.Request) -> web.StreamResponse:
        """List boats of the projects that the token sees."""
        identity = require(request, "viewer")
        query = read_query(request, BoatQuery)
        return respond({"size": query.page_size, "sees": identity.project})

    @endpoint(
        "POST",
        "/api/v1/projects/{project}/boats",
        summary="build",
        role="operator",
        request=BoatBody,
        response=Boat,
        status=201,
        max_body=500,
    )
    async def build(self, request: web.Request) -> web.StreamResponse:
        """Build a boat in a project."""
        project = request.match_info["project"]
        require(request, "operator", project)
        body = await read_body(request, BoatBody)
        self.built.append(body)
        return respond(Boat(project=project, **body.model_dump()), status=201)

    @endpoint("DELETE", "/api/v1/everything", summary="drop", role="admin", status=204)
    async def drop(self, request: web.Request) -> web.StreamResponse:
        """Need a grant for all projects."""
        require(request, "admin", "*")
        return web.Response(status=204)

    @endpoint("GET", "/api/v1/careless", summary="forget to check", role="viewer")
    async def careless(self, request: web.Request) -> web.StreamResponse:
        """Answer without asking what the token grants."""
        return respond({"secret": identity_of(request).name})

    @endpoint("GET", "/api/v1/errors/{kind}", summary="fail", role="viewer")
    async def fail(self, request: web.Request) -> web.StreamResponse:
        """Fail in the way that is asked for."""
        require(request, "viewer")
        raise {
            "missing": NotFound("no boat of that name", hint="list them"),
            "conflict": Conflict(errors=[{"where": "name", "what": "taken"}]),
            "often": TooManyRequests(retry_after=7),
            "store": StoreUnavailable(),
            "sunk": Sunk("it lies at 40 m"),
            "unknown": ScantlingError("internals of ours"),
            "bug": KeyError("internals of ours"),
        }[request.match_info["kind"]]

    @endpoint("POST", "/webhooks/{registry}/{secret}", summary="hook", status=202, max_body=100)
    async def hook(self, request: web.Request) -> web.StreamResponse:
        """Take anything small from anybody."""
        return respond({"bytes": len(await request.read())}, status=202)


@asynccontextmanager
async def serving(
    app: web.Application,
) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    """Serve an application on the loopback interface."""
    async with TestClient(TestServer(app)) as client:
        yield client
