"""Rows of the store as the API shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.records.sync import REGISTRIES, Registry
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository
from scantling_reporter.api.models import ImageRow
from scantling_reporter.instants import instant
from scantling_reporter.report import organization_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_common.records.reporter import ReportRow
    from scantling_common.store.port import Store


class Views:
    """Shows rows with the names of their registries, read once per answer."""

    def __init__(self, store: Store) -> None:
        """Read from a store."""
        self._registries = Repository(store, REGISTRIES, Registry)

    async def registries_of(self, project: str, kind: str | None) -> frozenset[str] | None:
        """Return the ids of a project's registries of a kind; None where any kind will do."""
        if kind is None:
            return None
        range_ = Range(index="project", prefix=(project,))
        registries = self._registries.each(range_)
        return frozenset([each.id async for each in registries if each.repository_kind == kind])

    async def rows(self, rows: Sequence[ReportRow]) -> list[ImageRow]:
        """Return rows as the API shows them, in their order."""
        ids = sorted({row.registry for row in rows})
        registries = {each.id: each for each in await self._registries.get_many(ids)}
        return [_row(row, registries.get(row.registry)) for row in rows]


def _row(row: ReportRow, registry: Registry | None) -> ImageRow:
    return ImageRow.model_validate(
        {
            "placement": row.id,
            "project": row.project,
            "registry": row.registry,
            "registry_name": registry.name if registry is not None else "",
            "kind": registry.repository_kind if registry is not None else "",
            "organization": organization_of(row.repository),
            "repository": row.repository,
            "tag": row.tag or None,
            "digest": row.image,
            "index": row.index or None,
            "platform": row.platform,
            "size": row.size,
            "updated": instant(row.updated_at),
            "status": row.status,
            "statuses": row.body.statuses,
            "summary": row.body.summary,
            "analyzed_at": instant(row.analyzed_at),
            "generation": row.generation,
        }
    )
