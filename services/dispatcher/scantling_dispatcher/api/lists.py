"""``/api/v1/lists/{name}``: what a project allows, forbids and leaves unchecked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_common.http.auth import identity_of
from scantling_common.http.endpoints import endpoint
from scantling_common.http.messages import read_body, read_query, respond
from scantling_common.http.problems import NotFound
from scantling_dispatcher.api.bodies import ListNew, ListQuery, ListView
from scantling_dispatcher.api.scopes import one_project_of
from scantling_dispatcher.instants import moment

if TYPE_CHECKING:
    from aiohttp import web

    from scantling_common.records.dispatcher import ListRecord
    from scantling_dispatcher.lists import Lists
    from scantling_dispatcher.repositories import Repositories

MAX_BODY: Final = 12 * 1024 * 1024
"""The largest list in bytes, as JSON."""


class ListsApi:
    """Lists; a change applies to scans that start from then on."""

    def __init__(self, repositories: Repositories, lists: Lists) -> None:
        """Read, replace and remove lists."""
        self._projects = repositories.projects
        self._lists = lists

    @endpoint(
        "GET",
        "/api/v1/lists/{name}",
        summary="Show a list of a project",
        role="viewer",
        query=ListQuery,
        response=ListView,
    )
    async def show(self, request: web.Request) -> web.StreamResponse:
        """Show a list."""
        query = read_query(request, ListQuery)
        project = one_project_of(request, query.project, "viewer")
        name = request.match_info["name"]
        record, version = await self._lists.get(project, name)
        return respond(_view(project, name, record, version))

    @endpoint(
        "PUT",
        "/api/v1/lists/{name}",
        summary="Replace a list of a project",
        role="admin",
        query=ListQuery,
        request=ListNew,
        response=ListView,
        max_body=MAX_BODY,
    )
    async def put(self, request: web.Request) -> web.StreamResponse:
        """Replace a list."""
        query = read_query(request, ListQuery)
        project = one_project_of(request, query.project, "admin")
        body = await read_body(request, ListNew)
        if await self._projects.get(project) is None:
            raise NotFound(f"there is no project {project!r}")
        name = request.match_info["name"]
        record, version = await self._lists.put(
            project, name, body.entries, identity_of(request).name
        )
        return respond(_view(project, name, record, version))

    @endpoint(
        "DELETE",
        "/api/v1/lists/{name}",
        summary="Remove a list of a project",
        role="admin",
        query=ListQuery,
        response=ListView,
    )
    async def remove(self, request: web.Request) -> web.StreamResponse:
        """Remove a list: there is none, which is not the same as an empty one."""
        query = read_query(request, ListQuery)
        project = one_project_of(request, query.project, "admin")
        name = request.match_info["name"]
        version = await self._lists.remove(project, name, identity_of(request).name)
        return respond(_view(project, name, None, version))


def _view(project: str, name: str, record: ListRecord | None, version: str) -> ListView:
    return ListView(
        project=project,
        name=name,
        hash=record.hash if record else "",
        entries=list(record.body.entries) if record else [],
        settings_version=version,
        created_at=moment(record.created_at) if record else None,
        created_by=record.created_by if record else "",
    )
