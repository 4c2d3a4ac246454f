"""From a placement and its image's head to a row of the image list. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from scantling_common.bus.partition import partition_of
from scantling_common.events.topics import SCAN_RESULTS
from scantling_common.records.reporter import Head, ReportBody, ReportRow, severity_rank
from scantling_reporter.merge.summary import total
from scantling_reporter.report import organization_of

if TYPE_CHECKING:
    from scantling_common.records.sync import Placement

UNSCANNED = "unscanned"


def partition_of_image(image: str) -> int:
    """Return the partition of ``scan.results`` that an image's results come in."""
    return partition_of(image.encode(), SCAN_RESULTS.partitions)


def mirrored(row: ReportRow | None, placement: Placement, *, size: int) -> ReportRow:
    """Return the row of a placement that is there; the report of another image is dropped.

    ``size`` is the image's, in bytes.
    """
    before = row or ReportRow(
        id=placement.id,
        project=placement.project,
        registry=placement.registry,
        repository=placement.repository,
        tag=placement.tag,
        platform=placement.platform,
        image=placement.image,
    )
    after = replace(
        before,
        image=placement.image,
        organization=organization_of(placement.repository),
        index=placement.index,
        updated_at=placement.updated_at,
        size=size,
        partition=partition_of_image(placement.image),
        gone=False,
        gone_at=0,
    )
    if before.gone or before.image != placement.image:
        previous = before.image if before.image != placement.image else before.previous
        return _unscanned(replace(after, previous=previous))
    return after


def removed(row: ReportRow, *, now: int) -> ReportRow:
    """Return the row of a placement that is gone; a report that was out is owed a tombstone."""
    if row.gone:
        return row
    out = row.published > 0 or row.owed > 0
    return replace(
        _unscanned(row),
        gone=True,
        gone_at=now,
        counter=row.counter + int(out),
        owed=int(out),
    )


def projected(row: ReportRow, head: Head) -> ReportRow:
    """Return the row with the summary of its image's head; a new report has the next counter.

    An older generation than the row has changes nothing.
    """
    if row.gone or row.generation > head.generation:
        return row
    risks = head.body.risks
    if not risks:
        # The head was forgotten: the image is scanned anew, and its report is the next to be told.
        return replace(_unscanned(row), generation=head.generation)
    summary = {risk: held.summary for risk, held in risks.items() if held.summary}
    after = replace(
        row,
        status=head.status,
        analyzed_at=head.analyzed_at,
        generation=head.generation,
        severity=severity_rank(total(summary)),
        body=ReportBody(
            summary=summary, statuses={risk: held.status for risk, held in risks.items()}
        ),
    )
    if replace(after, generation=row.generation) == row:
        return after
    return replace(after, counter=row.counter + 1, owed=1)


def _unscanned(row: ReportRow) -> ReportRow:
    return replace(
        row,
        status=UNSCANNED,
        analyzed_at=0,
        generation=0,
        severity=0,
        owed=0,
        body=ReportBody(),
    )
