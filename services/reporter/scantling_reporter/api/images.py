"""``/api/v1/images``: the image list, an image's placements, its report."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, get_args

from aiohttp import web
from msgspec import json

from scantling_common.http.endpoints import endpoint
from scantling_common.http.messages import read_query, respond
from scantling_common.http.problems import Conflict, NotFound
from scantling_common.records.reporter import REPORTS, ReportRow
from scantling_common.risks import RISKS, Risk
from scantling_common.store.repository import Repository
from scantling_reporter.api.listing import rows_of
from scantling_reporter.api.models import (
    ImageDetail,
    ImagePage,
    ImagesQuery,
    ProjectQuery,
    ReportQuery,
    RiskReportQuery,
)
from scantling_reporter.api.projects import project_of
from scantling_reporter.errors import ReportMissing
from scantling_reporter.formats import MEDIA_TYPES, render
from scantling_reporter.report import report_of_risk

if TYPE_CHECKING:
    from scantling_common.store.port import Store
    from scantling_reporter.api.views import Views
    from scantling_reporter.reports import Reports

_PROBLEM_ROWS = 20
_INERT = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
}
"""A report that is shown by a browser does nothing there in the name of this origin."""


class PlacementNeeded(Conflict):
    """The image has several placements; say which one."""

    code = "placement_needed"


class Images:
    """Lists images and reads reports."""

    def __init__(self, store: Store, reports: Reports, views: Views) -> None:
        """Read from a store."""
        self._rows = Repository(store, REPORTS, ReportRow)
        self._reports = reports
        self._views = views

    @endpoint(
        "GET",
        "/api/v1/images",
        summary="List images with status and counts",
        role="viewer",
        query=ImagesQuery,
        response=ImagePage,
    )
    async def list(self, request: web.Request) -> web.StreamResponse:
        """List the placements of a project."""
        query = read_query(request, ImagesQuery)
        project = project_of(request, query.project)
        registries = await self._views.registries_of(project, query.repository_kind)
        rows, token = await rows_of(self._rows, query, project, registries)
        return respond(ImagePage(items=await self._views.rows(rows), next_page_token=token))

    @endpoint(
        "GET",
        "/api/v1/images/{digest}",
        summary="Read an image's placements",
        role="viewer",
        query=ProjectQuery,
        response=ImageDetail,
    )
    async def detail(self, request: web.Request) -> web.StreamResponse:
        """Return the placements of an image."""
        query = read_query(request, ProjectQuery)
        project = project_of(request, query.project)
        digest = request.match_info["digest"]
        rows = await self._reports.placements(project, digest)
        if not rows:
            raise _no_image(project, digest)
        views = await self._views.rows(rows)
        return respond(ImageDetail(project=project, digest=digest, placements=views))

    @endpoint(
        "GET",
        "/api/v1/images/{digest}/report",
        summary="Read an image's report",
        role="viewer",
        query=ReportQuery,
    )
    async def report(self, request: web.Request) -> web.StreamResponse:
        """Return the report of an image, in the format asked for."""
        query = read_query(request, ReportQuery)
        row = await self._row(request, query.project, query.placement)
        report = await self._reports.read(row)
        name = query.format
        text = await asyncio.to_thread(render, report, name)
        return web.Response(
            text=text, content_type=MEDIA_TYPES[name], charset="utf-8", headers=_INERT
        )

    @endpoint(
        "GET",
        "/api/v1/images/{digest}/report/{risk}",
        summary="Read one risk type of an image's report",
        role="viewer",
        query=RiskReportQuery,
    )
    async def risk(self, request: web.Request) -> web.StreamResponse:
        """Return the report of an image with one risk type."""
        query = read_query(request, RiskReportQuery)
        row = await self._row(request, query.project, query.placement)
        risk = request.match_info["risk"]
        if risk not in get_args(Risk):
            message = f"there is no risk type {risk[:64]!r}"
            raise NotFound(message, hint=f"one of {', '.join(RISKS)}")
        report = await self._reports.read(row)
        if risk not in report.outcomes:
            message = f"the image has not been scanned for {risk}"
            raise ReportMissing(message)
        body = json.encode(report_of_risk(report, risk))
        return web.Response(body=body, content_type="application/json")

    async def _row(self, request: web.Request, asked: str, placement: str) -> ReportRow:
        """Return the placement through which a report is read."""
        project = project_of(request, asked)
        digest = request.match_info["digest"]
        rows = await self._reports.placements(project, digest)
        if placement:
            rows = [row for row in rows if row.id == placement]
        if not rows:
            raise _no_image(project, digest)
        if len(rows) > 1:
            raise PlacementNeeded(
                hint="add placement=…; GET /api/v1/images/{digest} lists them all",
                errors=[
                    {"where": row.id, "what": f"{row.repository}:{row.tag or row.image}"}
                    for row in rows[:_PROBLEM_ROWS]
                ],
            )
        return rows[0]


def _no_image(project: str, digest: str) -> NotFound:
    return NotFound(f"project {project} has no placement of image {digest[:160]!r}")
