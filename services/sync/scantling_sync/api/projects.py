"""``/api/v1/projects``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from scantling_common.http.auth import EVERY_PROJECT, require
from scantling_common.http.endpoints import endpoint
from scantling_common.http.messages import read_body, read_query, respond
from scantling_common.http.paging import PageQuery, next_token
from scantling_common.http.problems import Conflict, NotFound
from scantling_common.records.sync import PROJECTS, REGISTRIES, Project, Registry
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository
from scantling_sync.api.bodies import ProjectChange, ProjectList, ProjectNew, ProjectView, time_of

if TYPE_CHECKING:
    from scantling_common.clock import Clock
    from scantling_common.store.port import Store


class ProjectsApi:
    """Projects: making and deleting one needs a grant for all."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Serve from a store."""
        self._projects = Repository(store, PROJECTS, Project)
        self._registries = Repository(store, REGISTRIES, Registry)
        self._clock = clock

    @endpoint(
        "GET",
        "/api/v1/projects",
        summary="List projects",
        role="viewer",
        query=PageQuery,
        response=ProjectList,
    )
    async def listing(self, request: web.Request) -> web.StreamResponse:
        """List the projects that the token sees, oldest first."""
        identity = require(request, "viewer")
        query = read_query(request, PageQuery)
        if identity.project != EVERY_PROJECT:
            only = await self._projects.get(identity.project)
            return respond(ProjectList(items=[] if only is None else [_view(only)]))
        range_ = Range(index="created")
        key = query.key(PROJECTS, range_)
        page = await self._projects.page(
            msgspec.structs.replace(range_, after=key), limit=query.page_size
        )
        return respond(
            ProjectList(
                items=[_view(project) for project in page.records],
                next_page_token=next_token(PROJECTS, range_, page.next),
            )
        )

    @endpoint(
        "POST",
        "/api/v1/projects",
        summary="Make a project",
        role="admin",
        request=ProjectNew,
        response=ProjectView,
        status=201,
    )
    async def make(self, request: web.Request) -> web.StreamResponse:
        """Make a project."""
        require(request, "admin", EVERY_PROJECT)
        body = await read_body(request, ProjectNew)
        project = Project(id=body.id, title=body.title, created_at=self._clock.now_ms())
        if not await self._projects.insert(project):
            raise Conflict(f"there is a project {body.id} already")
        return respond(_view(project), status=201)

    @endpoint(
        "GET",
        "/api/v1/projects/{project}",
        summary="Read a project",
        role="viewer",
        response=ProjectView,
    )
    async def read(self, request: web.Request) -> web.StreamResponse:
        """Read a project."""
        id_ = request.match_info["project"]
        require(request, "viewer", id_)
        return respond(_view(await self._existing(id_)))

    @endpoint(
        "PATCH",
        "/api/v1/projects/{project}",
        summary="Change a project's title",
        role="admin",
        request=ProjectChange,
        response=ProjectView,
    )
    async def change(self, request: web.Request) -> web.StreamResponse:
        """Change a project's title."""
        id_ = request.match_info["project"]
        require(request, "admin", id_)
        body = await read_body(request, ProjectChange)
        project = await self._existing(id_)
        await self._projects.set_fields(id_, {"title": body.title})
        return respond(_view(msgspec.structs.replace(project, title=body.title)))

    @endpoint(
        "DELETE",
        "/api/v1/projects/{project}",
        summary="Delete a project that has no registry",
        role="admin",
        status=204,
    )
    async def delete(self, request: web.Request) -> web.StreamResponse:
        """Delete a project."""
        id_ = request.match_info["project"]
        require(request, "admin", EVERY_PROJECT)
        project = await self._existing(id_)
        registries = await self._registries.page(Range(index="project", prefix=(id_,)), limit=1)
        if registries.records:
            raise Conflict(f"project {id_} has registries", hint="delete its registries first")
        await self._projects.delete(id_, rev=project.rev)
        return web.Response(status=204)

    async def _existing(self, id_: str) -> Project:
        project = await self._projects.get(id_)
        if project is None:
            raise NotFound(f"there is no project {id_[:100]!r}")
        return project


def _view(project: Project) -> ProjectView:
    return ProjectView(id=project.id, title=project.title, created_at=time_of(project.created_at))
