"""``/api/v1/tokens``: make, list and withdraw tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web
from msgspec.structs import replace

from scantling_common.http.auth import (
    EVERY_PROJECT,
    identity_of,
    new_token,
    require,
    token_record,
)
from scantling_common.http.endpoints import endpoint
from scantling_common.http.messages import read_body, read_query, respond
from scantling_common.http.paging import next_token
from scantling_common.http.problems import Conflict, NotFound
from scantling_common.records.reporter import TOKENS, Token
from scantling_common.records.sync import PROJECTS, Project
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository
from scantling_reporter.api.models import (
    MadeToken,
    NewToken,
    TokenPage,
    TokensQuery,
    TokenView,
)
from scantling_reporter.api.projects import project_of
from scantling_reporter.instants import instant

if TYPE_CHECKING:
    from scantling_common.clock import Clock
    from scantling_common.http.auth import Authenticator
    from scantling_common.store.port import Store


class Tokens:
    """Manages tokens; an admin of one project manages those of that project."""

    def __init__(self, store: Store, clock: Clock, authenticator: Authenticator | None) -> None:
        """Work on a store; the authenticator forgets what is withdrawn here."""
        self._tokens = Repository(store, TOKENS, Token)
        self._projects = Repository(store, PROJECTS, Project)
        self._clock = clock
        self._authenticator = authenticator

    @endpoint(
        "POST",
        "/api/v1/tokens",
        summary="Make a token; its secret is shown once",
        role="admin",
        request=NewToken,
        response=MadeToken,
        status=201,
    )
    async def make(self, request: web.Request) -> web.StreamResponse:
        """Make a token."""
        body = await read_body(request, NewToken)
        identity = require(request, "admin", body.project)
        if body.project != EVERY_PROJECT and await self._projects.get(body.project) is None:
            message = f"there is no project {body.project!r}"
            raise NotFound(message, hint="make the project first")
        secret = new_token()
        record = token_record(
            secret,
            name=body.name,
            role=body.role,
            project=body.project,
            now=self._clock.now_ms(),
            created_by=identity.name,
        )
        if not await self._tokens.insert(record):
            message = f"project {body.project} has a token named {body.name!r} already"
            raise Conflict(message, hint="choose another name, or withdraw that one first")
        made = MadeToken(token=secret, **_view(record).model_dump())
        return respond(made, status=201)

    @endpoint(
        "GET",
        "/api/v1/tokens",
        summary="List tokens",
        role="admin",
        query=TokensQuery,
        response=TokenPage,
    )
    async def list(self, request: web.Request) -> web.StreamResponse:
        """List the tokens of a project."""
        query = read_query(request, TokensQuery)
        project = project_of(request, query.project or identity_of(request).project, "admin")
        range_ = Range(index="project", prefix=(project,))
        after = query.key(TOKENS, range_)
        page = await self._tokens.page(replace(range_, after=after), limit=query.page_size)
        token = next_token(TOKENS, range_, page.next)
        return respond(
            TokenPage(items=[_view(each) for each in page.records], next_page_token=token)
        )

    @endpoint(
        "DELETE",
        "/api/v1/tokens/{token_id}",
        summary="Withdraw a token",
        role="admin",
        status=204,
    )
    async def withdraw(self, request: web.Request) -> web.StreamResponse:
        """Withdraw a token; other instances know it within five seconds."""
        identity = require(request, "admin")
        record = await self._tokens.get(request.match_info["token_id"])
        if record is None or not identity.sees(record.project):
            raise NotFound("there is no such token")
        await self._tokens.delete(record.id)
        if self._authenticator is not None:
            self._authenticator.forget()
        return web.Response(status=204)


def _view(record: Token) -> TokenView:
    return TokenView(
        id=record.id,
        name=record.name,
        role=record.role,
        project=record.project,
        created_at=instant(record.created_at),
        created_by=record.created_by,
    )
