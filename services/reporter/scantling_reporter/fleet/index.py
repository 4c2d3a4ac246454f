"""Keeps what the fleet has equal to its heads."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_common.records.fleet import FleetMark
from scantling_common.records.reporter import HEADS, Head
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository
from scantling_reporter.fleet.contents import software_contents, vulnerability_contents
from scantling_reporter.fleet.holdings import FleetRecords, Holdings

if TYPE_CHECKING:
    from scantling_common.clock import Clock
    from scantling_common.records.fleet import UnitKind
    from scantling_common.records.reporter import HeadRisk
    from scantling_common.store.port import Store
    from scantling_reporter.archive import Archive
    from scantling_reporter.fleet.contents import Content

logger = logging.getLogger(__name__)

VERSION: Final = 1
"""Raised whenever the same outcome makes other units: all heads are gone through again then."""

_KINDS: Final[tuple[UnitKind, ...]] = ("software", "vulnerability")


class FleetIndex:
    """Lets each image hold what its head says that it has; nothing while it is hidden."""

    def __init__(self, store: Store, archive: Archive, clock: Clock) -> None:
        """Work on a store; outcomes are read from the archive."""
        self.records = FleetRecords(store)
        self._heads = Repository(store, HEADS, Head)
        self._holdings = Holdings(self.records, clock)
        self._archive = archive

    async def update(self, head: Head) -> None:
        """Bring an image from its head's generation before to this one; idempotent."""
        for kind in _KINDS:
            if _held(head, kind) != _held_before(head, kind):
                await self._hold(head, kind)

    async def complete(self, partition: int) -> None:
        """Go through all heads of a partition, unless that was done by this version.

        So what was stored by a release that knew nothing of units is found as well.
        """
        mark = await self.records.marks.get(str(partition))
        if mark is not None and mark.version >= VERSION:
            return
        heads = 0
        async for head in self._heads.each(Range(index="sweep", prefix=(partition,))):
            for kind in _KINDS:
                await self._hold(head, kind)
            heads += 1
        if mark is None:
            await self.records.marks.insert(FleetMark(id=str(partition), version=VERSION))
        else:
            await self.records.marks.replace(replace(mark, version=VERSION))
        if heads:
            logger.info("fleet gone through", extra={"partition": partition, "heads": heads})

    async def _hold(self, head: Head, kind: UnitKind) -> None:
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


def _held(head: Head, kind: UnitKind) -> HeadRisk | None:
    return None if head.hidden else head.body.risks.get(kind)


def _held_before(head: Head, kind: UnitKind) -> HeadRisk | None:
    return None if head.body.previous_hidden else head.body.previous.get(kind)
