"""``/api/v1/tasks``: start scans, follow them, pause, resume and cancel them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from scantling_common.http.auth import EVERY_PROJECT, require
from scantling_common.http.endpoints import endpoint
from scantling_common.http.messages import read_body, read_query, respond
from scantling_common.http.paging import next_token
from scantling_common.http.problems import Conflict, NotFound
from scantling_common.records.dispatcher import TASK_ITEMS, TASKS, Task, TaskBody
from scantling_common.risks import ALWAYS
from scantling_common.store.port import Range
from scantling_dispatcher.api.bodies import (
    ItemList,
    ItemQuery,
    TaskList,
    TaskNew,
    TaskQuery,
    TaskView,
)
from scantling_dispatcher.api.scopes import project_of
from scantling_dispatcher.api.task_views import item_view, task_view
from scantling_dispatcher.changes import change
from scantling_dispatcher.decisions.scans import joined, split
from scantling_dispatcher.decisions.tasks import Verb, steered
from scantling_dispatcher.errors import RiskUnavailable
from scantling_dispatcher.instants import milliseconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiohttp import web

    from scantling_common.clock import Clock, Randomness
    from scantling_common.http.auth import Role
    from scantling_dispatcher.board import Board
    from scantling_dispatcher.repositories import Repositories
    from scantling_dispatcher.versions import Versions


class TasksApi:
    """Tasks; any dispatcher answers, the active one carries out."""

    def __init__(
        self,
        repositories: Repositories,
        board: Board,
        versions: Versions,
        clock: Clock,
        randomness: Randomness,
        *,
        push_risks: str,
    ) -> None:
        """Write ``tasks``; the board's doorbells ring in case this is the active one.

        ``push_risks`` are the risk types where none are named.
        """
        self._push_risks = push_risks
        self._repositories = repositories
        self._tasks = repositories.tasks
        self._board = board
        self._versions = versions
        self._clock = clock
        self._randomness = randomness

    @endpoint(
        "POST",
        "/api/v1/tasks",
        summary="Start a scan of all images of a project, or of a selection",
        role="operator",
        request=TaskNew,
        response=TaskView,
        status=201,
    )
    async def start(self, request: web.Request) -> web.StreamResponse:
        """Start a task."""
        body = await read_body(request, TaskNew)
        identity = require(request, "operator", body.project)
        await self._check(body)
        task = self._task(body, identity.name)
        await self._tasks.insert(task)
        self._board.plans.ring()
        return respond(
            task_view(task, task.created_at),
            status=201,
            headers={"Location": f"/api/v1/tasks/{task.id}"},
        )

    @endpoint(
        "GET",
        "/api/v1/tasks",
        summary="List scan tasks, the newest first",
        role="viewer",
        query=TaskQuery,
        response=TaskList,
    )
    async def listing(self, request: web.Request) -> web.StreamResponse:
        """List tasks."""
        query = read_query(request, TaskQuery)
        project = project_of(request, query.project, "viewer")
        range_ = (
            Range(index="created", descending=True)
            if project == EVERY_PROJECT
            else Range(index="project", prefix=(project,), descending=True)
        )
        after = query.key(TASKS, range_)
        page = await self._tasks.page(replace(range_, after=after), limit=query.page_size)
        now = self._clock.now_ms()
        return respond(
            TaskList(
                items=[task_view(task, now) for task in page.records],
                next_page_token=next_token(TASKS, range_, page.next),
            )
        )

    @endpoint(
        "GET",
        "/api/v1/tasks/{task}",
        summary="Show a scan task",
        role="viewer",
        response=TaskView,
    )
    async def show(self, request: web.Request) -> web.StreamResponse:
        """Show a task."""
        task = await self._task_of(request, "viewer")
        return respond(task_view(task, self._clock.now_ms()))

    @endpoint(
        "GET",
        "/api/v1/tasks/{task}/items",
        summary="List the images of a scan task, with the reason of each that was not scanned",
        role="viewer",
        query=ItemQuery,
        response=ItemList,
    )
    async def items(self, request: web.Request) -> web.StreamResponse:
        """List the images of a task."""
        query = read_query(request, ItemQuery)
        task = await self._task_of(request, "viewer")
        prefix = (task.id,) if query.state is None else (task.id, query.state)
        range_ = Range(index="task", prefix=prefix)
        after = query.key(TASK_ITEMS, range_)
        page = await self._repositories.items.page(
            replace(range_, after=after), limit=query.page_size
        )
        return respond(
            ItemList(
                items=[item_view(item) for item in page.records],
                next_page_token=next_token(TASK_ITEMS, range_, page.next),
            )
        )

    @endpoint(
        "POST",
        "/api/v1/tasks/{task}/pause",
        summary="Pause a scan task; in effect within 5 s",
        role="operator",
        response=TaskView,
    )
    async def pause(self, request: web.Request) -> web.StreamResponse:
        """Pause a task."""
        return await self._steer(request, "pause")

    @endpoint(
        "POST",
        "/api/v1/tasks/{task}/resume",
        summary="Resume a paused scan task",
        role="operator",
        response=TaskView,
    )
    async def resume(self, request: web.Request) -> web.StreamResponse:
        """Resume a task."""
        return await self._steer(request, "resume")

    @endpoint(
        "POST",
        "/api/v1/tasks/{task}/cancel",
        summary="Cancel a scan task; in effect within 5 s",
        role="operator",
        response=TaskView,
    )
    async def cancel(self, request: web.Request) -> web.StreamResponse:
        """Cancel a task."""
        return await self._steer(request, "cancel")

    async def _steer(self, request: web.Request, verb: Verb) -> web.StreamResponse:
        before = await self._task_of(request, "operator")
        now = self._clock.now_ms()

        def step(task: Task) -> Task | None:
            after = steered(task, verb, now)
            return None if after is task else after

        task = await change(self._tasks, before.id, step) or await self._tasks.get(before.id)
        if task is None:
            raise Conflict(f"{before.id} was deleted meanwhile")
        self._board.steers.ring()
        return respond(task_view(task, now))

    async def _task_of(self, request: web.Request, role: Role) -> Task:
        identity = require(request, role)
        task = await self._tasks.get(request.match_info["task"])
        if task is None or not identity.sees(task.project):
            raise NotFound("there is no such task")
        return task

    async def _check(self, body: TaskNew) -> None:
        unavailable = self._versions.unavailable(body.risks or ())
        if unavailable:
            raise RiskUnavailable(
                f"no analyzer announced {', '.join(unavailable)}",
                hint="leave it out, or start its analyzer",
            )
        if await self._repositories.projects.get(body.project) is None:
            raise NotFound(f"there is no project {body.project!r}")
        scope = body.scope
        if scope.registry is not None:
            registry = await self._repositories.registries.get(scope.registry)
            if registry is None or registry.project != body.project:
                raise NotFound(f"project {body.project} has no registry {scope.registry!r}")
        if scope.placement is not None:
            placement = await self._repositories.placements.get(scope.placement)
            if placement is None or placement.project != body.project:
                raise NotFound(f"project {body.project} has no placement {scope.placement!r}")

    def _risks(self, body: TaskNew) -> Sequence[str]:
        if body.risks is not None:
            return body.risks
        return self._versions.analysed(split(self._push_risks))

    def _task(self, body: TaskNew, created_by: str) -> Task:
        now = self._clock.now_ms()
        return Task(
            id=f"task-{self._randomness.token()}",
            project=body.project,
            kind="manual",
            priority="manual",
            registry=body.scope.registry or "",
            risks=joined((*self._risks(body), *ALWAYS)),
            state="planning",
            created_at=now,
            started_at=now,
            created_by=created_by,
            images_per_hour=body.images_per_hour,
            concurrent_scans=body.concurrent_scans,
            body=TaskBody(
                scope=body.scope.model_dump(exclude_none=True),
                images=tuple(dict.fromkeys(body.images)),
                platforms=tuple(body.platforms),
                updated_after=milliseconds(body.updated_after) if body.updated_after else 0,
                updated_before=milliseconds(body.updated_before) if body.updated_before else 0,
                unknown_updated=body.unknown_updated,
                latest_only=body.latest_only,
            ),
        )
