"""Reads reports: a head through a placement, with everything that sync knows of the image."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from scantling_common.records.extractor import BINDINGS, Binding
from scantling_common.records.reporter import HEADS, REPORTS, Head, ReportRow, head_id
from scantling_common.records.sync import IMAGES, REGISTRIES, Image, Registry
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository
from scantling_reporter.errors import ReportMissing
from scantling_reporter.report import (
    Held,
    Report,
    ReportImage,
    ReportLayer,
    organization_of,
    report_of,
    timestamp,
)

if TYPE_CHECKING:
    from scantling_common.risks import Status
    from scantling_common.store.port import Store
    from scantling_reporter.archive import Archive


class Reports:
    """Reads the report of an image at a placement."""

    def __init__(self, store: Store, archive: Archive) -> None:
        """Read from a store."""
        self._heads = Repository(store, HEADS, Head)
        self._rows = Repository(store, REPORTS, ReportRow)
        self._images = Repository(store, IMAGES, Image)
        self._registries = Repository(store, REGISTRIES, Registry)
        self._bindings = Repository(store, BINDINGS, Binding)
        self._archive = archive

    async def placements(self, project: str, image: str) -> list[ReportRow]:
        """Return the rows of an image in a project, at most 1,000, in a stable order."""
        range_ = Range(index="image", prefix=(project, image, False))
        rows = (await self._rows.page(range_, limit=1000)).records
        return sorted(rows, key=lambda row: (row.registry, row.repository, row.tag, row.id))

    async def read(self, row: ReportRow) -> Report:
        """Return the report of a placement.

        Raises :class:`ReportMissing` where its image has not been scanned yet.
        """
        head = await self._heads.get(head_id(row.project, row.image))
        if head is None or not head.body.risks:
            message = f"{row.image} has not been scanned yet"
            raise ReportMissing(message, hint="start a scan, or wait until it is complete")
        outcomes = [
            await self._archive.held(head.project, head.image, risk, held)
            for risk, held in head.body.risks.items()
        ]
        return report_of(await self._image(row), outcomes, _held(head))

    async def _image(self, row: ReportRow) -> ReportImage:
        image = await self._images.get(row.image)
        registry = await self._registries.get(row.registry)
        tags = sorted(
            each.tag
            for each in await self.placements(row.project, row.image)
            if each.tag and (each.registry, each.repository) == (row.registry, row.repository)
        )
        return ReportImage(
            project=row.project,
            registry=registry.name if registry is not None else row.registry,
            kind=registry.repository_kind if registry is not None else "",
            organization=organization_of(row.repository),
            repository=row.repository,
            tags=tuple(dict.fromkeys(tags)),
            reference=_reference(row, registry),
            digest=row.image,
            platform=row.platform,
            created=timestamp(image.image_created_at) if image is not None else None,
            updated=timestamp(row.updated_at),
            size=row.size,
            layers=await self._layers(row.project, image),
        )

    async def _layers(self, project: str, image: Image | None) -> tuple[ReportLayer, ...]:
        if image is None:
            return ()
        layers = image.body.layers
        bindings = await self._bindings.get_many([f"{project}/{each.digest}" for each in layers])
        verified = {binding.blob: binding for binding in bindings if binding.verified}
        return tuple(
            ReportLayer(
                digest=layer.digest,
                diff_id=bound.diff_id if bound is not None else layer.claimed_diff_id,
                size=layer.size,
                uncompressed_size=bound.uncompressed_size if bound is not None else None,
                created_by=layer.created_by,
            )
            for layer, bound in ((each, verified.get(each.digest)) for each in layers)
        )


def _held(head: Head) -> dict[str, Held]:
    return {
        risk: Held(
            status=cast("Status", held.status),
            attempt_status=cast("Status", held.attempt_status),
            code=held.attempt_code,
            reason=held.attempt_reason,
            analyzed_at=held.analyzed_at,
        )
        for risk, held in head.body.risks.items()
    }


def _reference(row: ReportRow, registry: Registry | None) -> str:
    host = row.registry
    if registry is not None:
        host = urlsplit(registry.url).netloc.rpartition("@")[2] or registry.url
    name = f"{host}/{row.repository}"
    return f"{name}:{row.tag}" if row.tag else f"{name}@{row.image}"
