"""Scans that begin: several at once, each step of all of them in one call of the store."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from scantling_common.records.dispatcher import Scan, Waiting, item_id
from scantling_dispatcher.stored_facts import needs_registry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_common.records.sync import Image
    from scantling_common.telemetry.metrics import Metrics
    from scantling_dispatcher.board import Board
    from scantling_dispatcher.items import Items
    from scantling_dispatcher.publisher import Publisher
    from scantling_dispatcher.repositories import Repositories
    from scantling_dispatcher.rows import Rows
    from scantling_dispatcher.versions import Versions

logger = logging.getLogger(__name__)


class Start(msgspec.Struct, frozen=True):
    """A scan that begins, or goes on with its next attempt, and the row that asked for it."""

    row: Waiting
    scan: Scan


class Starts:
    """Debits limits, writes scans by compare-and-set, and publishes what they owe."""

    def __init__(
        self,
        repositories: Repositories,
        board: Board,
        versions: Versions,
        items: Items,
        rows: Rows,
        *,
        publisher: Publisher,
        metrics: Metrics,
    ) -> None:
        """Write ``limits``, ``scans``, ``task_items`` and ``waiting``."""
        self._repositories = repositories
        self._board = board
        self._versions = versions
        self._items = items
        self._rows = rows
        self._publisher = publisher
        self._metrics = metrics

    async def prepare(
        self, row: Waiting, scan: Scan, rates: list[tuple[str, int]], risks: Sequence[str]
    ) -> Start | None:
        """Debit the limits; None where another dispatcher was faster with one of them."""
        image = await self._repositories.images.get(row.image)
        if rates and await self._touches_registry(scan, image, risks):
            if self._board.rates.free_at(rates) > row.due_at:
                self._metrics.count("limit_waits_total", registry=row.registry)
            if not await self._board.rates.debit(rates):
                return None
        return Start(row, replace(scan, large=image is not None and image.large))

    async def begin(self, starts: Sequence[Start]) -> list[Start]:
        """Write scans, items and rows, in this order; return those that began.

        The other ones changed since they were read.
        """
        scans = self._repositories.scans
        answers = await scans.bulk(
            [
                scans.replacing(start.scan) if start.scan.rev else scans.inserting(start.scan)
                for start in starts
            ]
        )
        begun = [
            replace(start, scan=replace(start.scan, rev=start.scan.rev + 1))
            for start, won in zip(starts, answers, strict=True)
            if won
        ]
        for start in begun:
            self._board.slots.note(start.scan)
            self._metrics.count("scans_started_total", kind=start.scan.kind)
            _log(start.scan)
        await self._items.running(start.scan for start in begun)
        await self._rows.take(
            item_id(task, start.scan.image) for start in begun for task in start.scan.body.tasks
        )
        await self._publisher.publish([start.scan for start in begun])
        return begun

    async def _touches_registry(
        self, scan: Scan, image: Image | None, risks: Sequence[str]
    ) -> bool:
        if image is None:
            return True
        readers = self._versions.readers(risks)
        return await needs_registry(self._repositories, scan.project, image, readers)


def _log(scan: Scan) -> None:
    logger.info(
        "scan started",
        extra={
            "scan": scan.id,
            "seq": scan.seq,
            "attempt": scan.attempt,
            "kind": scan.kind,
            "risks": scan.risks.split(","),
        },
    )
