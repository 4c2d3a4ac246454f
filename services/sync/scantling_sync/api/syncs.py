"""``/api/v1/syncs``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from scantling_common.http.auth import EVERY_PROJECT, identity_of, require
from scantling_common.http.endpoints import endpoint
from scantling_common.http.messages import read_body, read_query, respond
from scantling_common.http.paging import next_token
from scantling_common.http.problems import BadRequest, NotFound
from scantling_common.images.reference import is_repository
from scantling_common.records.sync import REGISTRIES, SYNC_TASKS, Registry, SyncTask
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository
from scantling_sync.api.bodies import (
    SyncList,
    SyncNew,
    SyncQuery,
    SyncsStarted,
    SyncView,
    moment,
    time_of,
)

if TYPE_CHECKING:
    from aiohttp import web

    from scantling_common.http.auth import Identity
    from scantling_common.store.port import Store
    from scantling_sync.sync_requests import SyncRequests

MAX_REGISTRIES: Final = 500
"""The most registries that one request syncs."""


class SyncsApi:
    """Metadata syncs: start them, follow them."""

    def __init__(self, store: Store, requests: SyncRequests) -> None:
        """Serve from a store."""
        self._registries = Repository(store, REGISTRIES, Registry)
        self._tasks = Repository(store, SYNC_TASKS, SyncTask)
        self._requests = requests

    @endpoint(
        "GET",
        "/api/v1/syncs",
        summary="List metadata syncs",
        role="viewer",
        query=SyncQuery,
        response=SyncList,
    )
    async def listing(self, request: web.Request) -> web.StreamResponse:
        """List syncs, newest first: of a registry, of a project, or all."""
        query = read_query(request, SyncQuery)
        project = query.project or identity_of(request).project
        identity = require(request, "viewer", project)
        if query.registry:
            registry = await self._registry(query.registry, identity)
            range_ = Range(index="registry", prefix=(registry.id,), descending=True)
        elif project == EVERY_PROJECT:
            range_ = Range(index="created", descending=True)
        else:
            range_ = Range(index="project", prefix=(project,), descending=True)
        page = await self._tasks.page(
            msgspec.structs.replace(range_, after=query.key(SYNC_TASKS, range_)),
            limit=query.page_size,
        )
        return respond(
            SyncList(
                items=[_view(task) for task in page.records],
                next_page_token=next_token(SYNC_TASKS, range_, page.next),
            )
        )

    @endpoint(
        "POST",
        "/api/v1/syncs",
        summary="Start metadata syncs",
        role="operator",
        request=SyncNew,
        response=SyncsStarted,
        status=202,
    )
    async def start(self, request: web.Request) -> web.StreamResponse:
        """Start the sync of a repository, a registry, or the registries of a project."""
        body = await read_body(request, SyncNew)
        identity = require(request, "operator", body.project)
        if body.repository is not None and not (body.registry and is_repository(body.repository)):
            raise BadRequest("repository is not a repository of a registry", hint="give both")
        tasks = [
            await self._requests.request(
                registry,
                reason="manual",
                repository=body.repository or "",
                created_by=identity.name,
            )
            for registry in await self._wanted(body, identity)
        ]
        return respond(SyncsStarted(items=[_view(task) for task in tasks]), status=202)

    @endpoint(
        "GET",
        "/api/v1/syncs/{sync}",
        summary="Follow a metadata sync",
        role="viewer",
        response=SyncView,
    )
    async def read(self, request: web.Request) -> web.StreamResponse:
        """Read a sync: state, counts, and errors by repository."""
        identity = require(request, "viewer")
        id_ = request.match_info["sync"]
        task = await self._tasks.get(id_)
        if task is None or not identity.sees(task.project):
            raise NotFound(f"there is no sync {id_[:100]!r}")
        return respond(_view(task))

    async def _wanted(self, body: SyncNew, identity: Identity) -> list[Registry]:
        if body.registry:
            return [await self._registry(body.registry, identity)]
        project = body.project or identity.project
        everywhere = project == EVERY_PROJECT
        range_ = Range(index="created") if everywhere else Range(index="project", prefix=(project,))
        page = await self._registries.page(range_, limit=MAX_REGISTRIES)
        if page.next is not None:
            raise BadRequest(
                f"more than {MAX_REGISTRIES} registries", hint="name one, or a project"
            )
        kinds = {body.repository_kind or each.repository_kind for each in page.records}
        return [
            each for each in page.records if not each.deleting and each.repository_kind in kinds
        ]

    async def _registry(self, id_: str, identity: Identity) -> Registry:
        registry = await self._registries.get(id_)
        if registry is None or registry.deleting or not identity.sees(registry.project):
            raise NotFound(f"there is no registry {id_[:100]!r}")
        return registry


def _view(task: SyncTask) -> SyncView:
    fields: dict[str, Any] = msgspec.structs.asdict(task)
    shown = {name: fields[name] for name in SyncView.model_fields if name in fields}
    waits = task.state == "queued" and task.due_at > task.created_at
    return SyncView.model_validate(
        {
            **shown,
            "created_at": time_of(task.created_at),
            "not_before": moment(task.due_at) if waits else None,
            "started_at": moment(task.started_at),
            "ended_at": moment(task.ended_at),
            "errors": task.body.errors,
        }
    )
