"""Rows of the image list in the store, and the reports that they owe on ``image.reports``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from msgspec.structs import replace

from scantling_common.bus.port import Outgoing
from scantling_common.events.models import ImageReported
from scantling_common.events.topics import IMAGE_REPORTS
from scantling_common.records.reporter import (
    HEADS,
    REPORTS,
    Head,
    ReportRow,
    head_id,
)
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository
from scantling_reporter.instants import instant
from scantling_reporter.rows import projected

if TYPE_CHECKING:
    from scantling_common.bus.port import Producer
    from scantling_common.outcomes import Finding
    from scantling_common.risks import Risk, Severity, Status
    from scantling_common.store.port import Store
    from scantling_reporter.generations import Generations

_BATCH: Final = 100
"""How many reports are sent at once."""


class Projection:
    """Keeps rows equal to their heads, and publishes what changed."""

    def __init__(self, store: Store, generations: Generations) -> None:
        """Work on a store."""
        self.rows = Repository(store, REPORTS, ReportRow)
        self._heads = Repository(store, HEADS, Head)
        self._generations = generations

    async def project(self, head: Head) -> None:
        """Give every row of the head's image the head's summary; idempotent."""
        range_ = Range(index="image", prefix=(head.project, head.image, False))
        stale = [row async for row in self.rows.each(range_)]
        while stale:
            pairs = [(row, projected(row, head)) for row in stale]
            changed = [(row, after) for row, after in pairs if after != row]
            answers = await self.rows.bulk([self.rows.replacing(after) for _, after in changed])
            lost = [row.id for (row, _), won in zip(changed, answers, strict=True) if not won]
            again = await self.rows.get_many(lost)
            stale = [row for row in again if row.image == head.image]

    async def publish(self, partition: int, producer: Producer) -> int:
        """Send the reports that rows of a partition owe; return how many there were."""
        range_ = Range(index="owed", prefix=(1, partition))
        rows = (await self.rows.page(range_, limit=_BATCH)).records
        if not rows:
            return 0
        await producer.send_all([await self._outgoing(row) for row in rows])
        sent = [replace(row, published=row.counter, owed=0) for row in rows]
        await self.rows.bulk([self.rows.replacing(row) for row in sent])
        return len(rows)

    async def _outgoing(self, row: ReportRow) -> Outgoing:
        new, gone = await self._against_previous(row)
        event = ImageReported(
            project=row.project,
            placement=row.id,
            registry=row.registry,
            repository=row.repository,
            tag=row.tag or None,
            platform=row.platform,
            image=row.image,
            previous=row.previous or None,
            status=cast("Status", "complete" if row.gone else row.status),
            summary=cast("dict[Risk, dict[Severity, int]]", row.body.summary),
            new=cast("dict[Risk, int]", new),
            gone=cast("dict[Risk, int]", gone),
            scanned_at=instant(row.analyzed_at),
        )
        return Outgoing(
            topic=IMAGE_REPORTS,
            event=event,
            id=f"{row.id}/{row.counter}",
            sequence=row.counter,
            tombstone=row.gone,
        )

    async def _against_previous(self, row: ReportRow) -> tuple[dict[str, int], dict[str, int]]:
        """Return how many findings the image has that the one before had not, and the reverse."""
        if row.gone or not row.previous:
            return {}, {}
        before = await self._findings(row.project, row.previous)
        after = await self._findings(row.project, row.image)
        if before is None or after is None:
            return {}, {}
        new, gone = {}, {}
        for risk in before.keys() & after.keys():
            new[risk] = len(after[risk] - before[risk])
            gone[risk] = len(before[risk] - after[risk])
        return new, gone

    async def _findings(self, project: str, image: str) -> dict[str, set[str]] | None:
        head = await self._heads.get(head_id(project, image))
        if head is None:
            return None
        view = await self._generations.view(head, head.body.risks, hidden=False)
        found: dict[str, tuple[Finding, ...]] = dict(view.findings)
        return {
            risk: {finding.fingerprint for finding in found.get(risk, ())}
            for risk in head.body.risks
        }
