"""Consumes ``scan.results``: pages to the store, and final scans to the merge."""

from __future__ import annotations

import logging
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from scantling_common.bus.port import Done, Reject
from scantling_common.events.models import ScanResult
from scantling_common.outcome_pages import MAX_PAGES
from scantling_common.records.reporter import StoredPage, page_id, run_id
from scantling_common.store.port import Range
from scantling_reporter.generations import FinalScan
from scantling_reporter.merge.runs import PageMark, ScanPages
from scantling_reporter.relay import UNREFERENCED_MS

if TYPE_CHECKING:
    from scantling_common.bus.port import Answer, Delivery
    from scantling_common.clock import Clock
    from scantling_reporter.archive import Archive
    from scantling_reporter.page_writer import PageWriter
    from scantling_reporter.partitions import Partitions

logger = logging.getLogger(__name__)

MAX_BODY: Final = 512 * 1024
"""The largest page in bytes, packed."""

_SCANS: Final = 10_000
"""How many unfinished scans are remembered; the others are read from the store again."""

_Scan = tuple[str, str, int]


class Intake:
    """Handles the pages of outcomes.

    A page is durable before anything else happens; what this instance remembers of a scan is
    read from the store first, so that it may have begun elsewhere.
    """

    def __init__(
        self,
        *,
        writer: PageWriter,
        archive: Archive,
        partitions: Partitions,
        clock: Clock,
    ) -> None:
        """Hand final scans to the owners of partitions."""
        self._writer = writer
        self._archive = archive
        self._partitions = partitions
        self._clock = clock
        self._scans: OrderedDict[_Scan, ScanPages] = OrderedDict()

    async def handle(self, delivery: Delivery) -> Answer:
        """Handle one page."""
        event = delivery.event
        if not isinstance(event, ScanResult):
            return Reject("an event without a result")
        fault = fault_of(event)
        if fault:
            return Reject(fault)
        page = self._page(event, delivery)
        await self._writer.write(page)
        scan = await self._scan(page)
        if not scan.final:
            return Done()
        final = FinalScan(like=page, winners=scan.winners())
        await self._partitions.owner(delivery.partition).merge(final)
        self._scans.pop((page.project, page.image, page.seq), None)
        return Done()

    def forget(self) -> None:
        """Drop what is remembered: partitions came or went."""
        self._scans.clear()

    async def _scan(self, page: StoredPage) -> ScanPages:
        """Return the pages of the page's scan that have arrived, this one included."""
        key = (page.project, page.image, page.seq)
        scan = self._scans.get(key)
        if scan is None:
            range_ = Range(index="scan", prefix=key)
            stored = self._archive.pages.each(range_, batch=64)
            scan = ScanPages([_mark(each) async for each in stored])
            self._scans[key] = scan
            while len(self._scans) > _SCANS:
                self._scans.popitem(last=False)
        else:
            self._scans.move_to_end(key)
        scan.add(_mark(page))
        return scan

    def _page(self, event: ScanResult, delivery: Delivery) -> StoredPage:
        now = self._clock.now_ms()
        run = run_id(event.project, event.image, event.risk, event.seq, event.run)
        return StoredPage(
            id=page_id(run, event.page),
            project=event.project,
            image=event.image,
            risk=event.risk,
            seq=event.seq,
            run=event.run,
            page=event.page,
            pages=event.pages,
            risks=",".join(event.risks),
            status=event.status,
            partition=delivery.partition,
            offset=delivery.offset,
            arrived_at=now,
            sweep_at=now + UNREFERENCED_MS,
            body=event.body,
        )


def fault_of(event: ScanResult) -> str:
    """Return what our own producer did wrong, empty where nothing."""
    if not (1 <= event.pages <= MAX_PAGES and 0 <= event.page < event.pages):
        return f"page {event.page} of {event.pages}"
    if event.risk not in event.risks:
        return f"a result of {event.risk} in a scan of {', '.join(event.risks)}"
    if event.seq < 1:
        return f"seq {event.seq}"
    if not event.run or "/" in event.run or "/" in event.project:
        return "a run or project that is no identifier"
    if len(event.body) > MAX_BODY:
        return f"a page of {len(event.body)} bytes; at most {MAX_BODY} are taken"
    return ""


def _mark(page: StoredPage) -> PageMark:
    return PageMark(
        risk=page.risk,
        run=page.run,
        page=page.page,
        pages=page.pages,
        risks=tuple(page.risks.split(",")),
        offset=page.offset,
    )
