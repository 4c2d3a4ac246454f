"""``/api/v1/search``: which images contain a package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_common.http.endpoints import endpoint
from scantling_common.http.messages import read_query, respond
from scantling_common.http.paging import next_token
from scantling_common.records.reporter import INVENTORY, REPORTS, InventoryRow, ReportRow
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository
from scantling_reporter.api.models import FoundPackage, ImageRow, SearchPage, SearchQuery
from scantling_reporter.api.projects import project_of

if TYPE_CHECKING:
    from aiohttp import web

    from scantling_common.store.port import Store
    from scantling_reporter.api.views import Views

_PLACEMENTS: Final = 20
_LAST: Final = "\U0010ffff"


class Search:
    """Finds packages by name."""

    def __init__(self, store: Store, views: Views) -> None:
        """Read from a store."""
        self._inventory = Repository(store, INVENTORY, InventoryRow)
        self._rows = Repository(store, REPORTS, ReportRow)
        self._views = views

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
        range_ = range_of(query, project)
        after = query.key(INVENTORY, range_)
        page = await self._inventory.page(replace(range_, after=after), limit=query.page_size)
        placements = {
            image: await self._placements(project, image)
            for image in sorted({row.image for row in page.records})
        }
        found = [
            FoundPackage(
                name=row.name,
                version=row.version,
                type=row.type,
                purl=row.purl,
                owner=row.owner,
                digest=row.image,
                placements=placements[row.image],
            )
            for row in page.records
        ]
        token = next_token(INVENTORY, range_, page.next)
        return respond(SearchPage(items=found, next_page_token=token))

    async def _placements(self, project: str, image: str) -> list[ImageRow]:
        range_ = Range(index="image", prefix=(project, image, False))
        rows = (await self._rows.page(range_, limit=_PLACEMENTS)).records
        by_name = sorted(rows, key=lambda row: (row.registry, row.repository, row.tag, row.id))
        return await self._views.rows(by_name)


def range_of(query: SearchQuery, project: str) -> Range:
    """Return the part of the inventory that a query asks for; pure.

    A name with a namespace is looked for as a whole, another one in the last part of names.
    """
    name = query.package.lower()
    index = "search" if any(mark in name for mark in "/:") else "short"
    if name.endswith("*"):
        beginning = name[:-1]
        return Range(
            index=index,
            prefix=(project,),
            start=beginning or None,
            end=f"{beginning}{_LAST}" if beginning else None,
        )
    if query.version:
        return Range(index=index, prefix=(project, name, query.version))
    return Range(index=index, prefix=(project, name))
