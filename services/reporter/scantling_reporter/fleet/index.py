"""Keeps what the fleet has equal to its heads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_reporter.fleet.contents import software_contents, vulnerability_contents
from scantling_reporter.fleet.holdings import Holdings

if TYPE_CHECKING:
    from scantling_common.clock import Clock
    from scantling_common.records.fleet import UnitKind
    from scantling_common.records.reporter import Head, HeadRisk
    from scantling_reporter.archive import Archive
    from scantling_reporter.fleet.contents import Content
    from scantling_reporter.fleet.holdings import FleetRecords


class FleetIndex:
    """Lets each image hold what its head says that it has; nothing while it is hidden."""

    def __init__(self, records: FleetRecords, archive: Archive, clock: Clock) -> None:
        """Work on the records of the fleet; outcomes are read from the archive."""
        self._holdings = Holdings(records, clock)
        self._archive = archive

    async def update(self, head: Head) -> None:
        """Bring an image from its head's generation before to this one; idempotent."""
        for kind in _KINDS:
            if _held(head, kind) != _held_before(head, kind):
                contents = await self._contents(head, kind)
                await self._holdings.hold(head.project, head.image, kind, contents)

    async def _contents(self, head: Head, kind: UnitKind) -> list[Content]:
        held = _held(head, kind)
        if held is None:
            return []
        outcome = await self._archive.held(head.project, head.image, kind, held)
        if kind == "software":
            return software_contents(head.project, outcome)
        return vulnerability_contents(head.project, outcome, held.analyzed_at)


_KINDS: tuple[UnitKind, ...] = ("software", "vulnerability")


def _held(head: Head, kind: UnitKind) -> HeadRisk | None:
    return None if head.hidden else head.body.risks.get(kind)


def _held_before(head: Head, kind: UnitKind) -> HeadRisk | None:
    return None if head.body.previous_hidden else head.body.previous.get(kind)
