"""The latest tag of each repository, as the image list asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.latest import rank
from scantling_common.store.port import Range

if TYPE_CHECKING:
    from scantling_common.records.reporter import ReportRow
    from scantling_common.store.repository import Repository


class LatestTags:
    """Knows the latest tags of a project's repositories, each looked up once per request."""

    def __init__(self, rows: Repository[ReportRow], project: str) -> None:
        """Read the rows of a project."""
        self._rows, self._project = rows, project
        self._known: dict[tuple[str, str], str] = {}

    async def shows(self, row: ReportRow) -> bool:
        """Tell whether a row shows the latest tag of its repository, on any platform."""
        key = (row.registry, row.repository)
        if key not in self._known:
            self._known[key] = await self._latest(*key)
        return self._known[key] == row.tag

    async def _latest(self, registry: str, repository: str) -> str:
        """Return the latest of the tags that were updated last: most often that is one."""
        prefix = (self._project, False, registry, repository)
        newest = Range(index="latest", prefix=prefix, descending=True)
        tags: list[str] = []
        updated_at = 0
        async for row in self._rows.each(newest, batch=20):
            if tags and row.updated_at != updated_at:
                break
            updated_at = row.updated_at
            tags.append(row.tag)
        return max(tags, key=lambda tag: rank(tag, updated_at), default="")
