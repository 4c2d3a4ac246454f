"""Where images are, for answers that name many of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_common.records.reporter import REPORTS, ReportRow
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_common.store.port import Store
    from scantling_reporter.api.models import ImageRow
    from scantling_reporter.api.views import Views

PLACEMENTS: Final = 20
"""How many placements of an image are told."""


class Places:
    """Reads the placements of images."""

    def __init__(self, store: Store, views: Views) -> None:
        """Read from a store."""
        self._rows = Repository(store, REPORTS, ReportRow)
        self._views = views

    async def of(self, project: str, images: Iterable[str]) -> dict[str, list[ImageRow]]:
        """Return some placements of each image, in a stable order."""
        rows = {image: await self._of(project, image) for image in sorted(set(images))}
        shown = await self._views.rows([row for each in rows.values() for row in each])
        by_image: dict[str, list[ImageRow]] = {image: [] for image in rows}
        for row in shown:
            by_image[row.digest].append(row)
        return by_image

    async def _of(self, project: str, image: str) -> list[ReportRow]:
        range_ = Range(index="image", prefix=(project, image, False))
        rows = (await self._rows.page(range_, limit=PLACEMENTS)).records
        return sorted(rows, key=lambda row: (row.registry, row.repository, row.tag, row.id))
