"""``/api/v1/search``: which images contain a package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.http.endpoints import endpoint
from scantling_common.http.messages import read_query, respond
from scantling_common.store.tokens import encode_token
from scantling_reporter.api.models import FoundPackage, SearchPage, SearchQuery
from scantling_reporter.api.projects import project_of
from scantling_reporter.fleet.questions import question_of
from scantling_reporter.fleet.walk import Hit, PackageWalk, PathWalk, position_of

if TYPE_CHECKING:
    from aiohttp import web

    from scantling_common.store.port import Key
    from scantling_reporter.api.places import Places
    from scantling_reporter.fleet.holdings import FleetRecords
    from scantling_reporter.fleet.questions import Question


class Search:
    """Finds packages by name, version, type and path."""

    def __init__(self, records: FleetRecords, places: Places) -> None:
        """Read from the records of the fleet."""
        self._records = records
        self._places = places

    @endpoint(
        "GET",
        "/api/v1/search",
        summary="Find the images that contain a package",
        role="viewer",
        query=SearchQuery,
        response=SearchPage,
    )
    async def packages(self, request: web.Request) -> web.StreamResponse:
        """Find packages."""
        query = read_query(request, SearchQuery)
        project = project_of(request, query.project)
        question = question_of(
            text=query.q,
            name=query.package,
            version=query.version,
            purl=query.purl,
            type_=query.type,
            path=query.path,
        )
        asked = query.model_dump_json(exclude={"page_token", "page_size", "project"})
        scope = f"search {project} {asked}"
        after = position_of(query.page_token, scope)
        walk = self._walk(project, question)
        hits, position = await _page(walk, after, query.page_size)
        placements = await self._places.of(project, (hit.image for hit in hits))
        found = [
            FoundPackage(
                name=hit.package.name,
                version=hit.package.version,
                type=hit.package.type,
                purl=hit.package.body.purl,
                arch=hit.package.arch,
                owner=hit.package.owner,
                paths=list(hit.paths),
                certain=hit.certain,
                digest=hit.image,
                placements=placements[hit.image],
            )
            for hit in hits
        ]
        token = encode_token(position, scope) if position is not None else ""
        return respond(SearchPage(items=found, next_page_token=token))

    def _walk(self, project: str, question: Question) -> PackageWalk | PathWalk:
        if question.name or question.path is None:
            return PackageWalk(self._records, project, question)
        return PathWalk(self._records, project, question, question.path)


async def _page(
    walk: PackageWalk | PathWalk, after: Key | None, size: int
) -> tuple[list[Hit], Key | None]:
    """Return hits and the position at which the next page goes on, None at the end."""
    hits: list[Hit] = []
    async for each in walk.hits(after):
        if not isinstance(each, Hit):
            return hits, each.position
        if len(hits) == size:
            return hits, hits[-1].position
        hits.append(each)
    return hits, None
