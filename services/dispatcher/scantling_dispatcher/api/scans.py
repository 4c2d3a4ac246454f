"""``/api/v1/scans``: single images in analysis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from scantling_common.http.auth import require
from scantling_common.http.endpoints import endpoint
from scantling_common.http.messages import read_query, respond
from scantling_common.http.paging import next_token
from scantling_common.http.problems import NotFound
from scantling_common.records.dispatcher import SCANS, Scan, scan_id
from scantling_common.store.port import Range
from scantling_dispatcher.api.bodies import ScanList, ScanQuery, ScanView
from scantling_dispatcher.api.scopes import one_project_of
from scantling_dispatcher.decisions.scans import split
from scantling_dispatcher.instants import moment

if TYPE_CHECKING:
    from aiohttp import web

    from scantling_dispatcher.repositories import Repositories


class ScansApi:
    """Scans, read only."""

    def __init__(self, repositories: Repositories) -> None:
        """Read ``scans``."""
        self._scans = repositories.scans

    @endpoint(
        "GET",
        "/api/v1/scans",
        summary="List the scans of a project in one state",
        role="viewer",
        query=ScanQuery,
        response=ScanList,
    )
    async def listing(self, request: web.Request) -> web.StreamResponse:
        """List scans."""
        query = read_query(request, ScanQuery)
        project = one_project_of(request, query.project, "viewer")
        range_ = Range(index="project", prefix=(project, query.state))
        after = query.key(SCANS, range_)
        page = await self._scans.page(replace(range_, after=after), limit=query.page_size)
        return respond(
            ScanList(
                items=[scan_view(scan) for scan in page.records],
                next_page_token=next_token(SCANS, range_, page.next),
            )
        )

    @endpoint(
        "GET",
        "/api/v1/scans/{project}/{digest}",
        summary="Show the scan of an image",
        role="viewer",
        response=ScanView,
    )
    async def show(self, request: web.Request) -> web.StreamResponse:
        """Show a scan."""
        project = request.match_info["project"]
        require(request, "viewer", project)
        scan = await self._scans.get(scan_id(project, request.match_info["digest"]))
        if scan is None:
            raise NotFound("the image was never scanned for that project")
        return respond(scan_view(scan))


def scan_view(scan: Scan) -> ScanView:
    """Return a scan as it is shown."""
    return ScanView.model_validate(
        {
            "project": scan.project,
            "image": scan.image,
            "registry": scan.registry,
            "state": scan.state,
            "control": scan.control,
            "seq": scan.seq,
            "attempt": scan.attempt,
            "risks": split(scan.risks),
            "pending": split(scan.pending),
            "tasks": sorted(scan.body.tasks),
            "status": scan.status,
            "reason": scan.reason,
            "settings_version": scan.settings_version,
            "started_at": moment(scan.started_at),
            "ended_at": moment(scan.ended_at),
            "deadline_at": moment(scan.deadline_at),
            "not_before": moment(scan.not_before),
        }
    )
