"""``/api/v1/counters``: maintained totals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.http.endpoints import endpoint
from scantling_common.http.messages import read_query, respond
from scantling_reporter.api.models import ProjectQuery, Totals
from scantling_reporter.api.projects import project_of

if TYPE_CHECKING:
    from aiohttp import web

    from scantling_reporter.counters import Counters


class TotalsApi:
    """Reads the totals."""

    def __init__(self, counters: Counters) -> None:
        """Read from the counters."""
        self._counters = counters

    @endpoint(
        "GET",
        "/api/v1/counters",
        summary="Read the totals of a project",
        role="viewer",
        query=ProjectQuery,
        response=Totals,
    )
    async def read(self, request: web.Request) -> web.StreamResponse:
        """Return the totals of a project, or of all with ``project=*``."""
        query = read_query(request, ProjectQuery)
        project = project_of(request, query.project)
        counts = await self._counters.totals(None if project == "*" else project)
        return respond(
            Totals.model_validate(
                {"project": project, "images": counts.images, "findings": counts.findings}
            )
        )
