"""The rows of ``waiting``: put in, and taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from scantling_common.records.dispatcher import Waiting, item_id
from scantling_common.store.port import Delete
from scantling_dispatcher.decisions.lanes import lane_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scantling_common.clock import Clock
    from scantling_common.records.dispatcher import Scan, Task
    from scantling_common.store.repository import Repository
    from scantling_dispatcher.board import Board


def fresh_row(
    task: Task,
    *,
    image: str,
    registry: str,
    stamp: int,
    now: int,
    traceparent: str = "",
    sequence: int = 0,
) -> Waiting:
    """Return the row of an image that a task wants scanned.

    ``sequence`` is that of the advisories which the match must know of.
    """
    return Waiting(
        id=item_id(task.id, image),
        lane=lane_name(task.priority, task.id, registry),
        task=task.id,
        project=task.project,
        registry=registry,
        image=image,
        due_at=now,
        stamp=stamp,
        enqueued_at=now,
        risks=task.risks,
        traceparent=traceparent,
        sequence=sequence,
    )


def retry_row(task: Task, scan: Scan, now: int) -> Waiting:
    """Return the row of the next attempt of a scan that was returned.

    A re-match that has become an ordinary scan touches its registry: its lane has limits.
    """
    row = fresh_row(
        task,
        image=scan.image,
        registry=scan.registry,
        stamp=scan.body.tasks.get(task.id, 0),
        now=now,
        traceparent=scan.traceparent,
    )
    if task.priority == "rematch" and scan.kind == "scan":
        row = replace(row, lane=lane_name("scheduled", task.id, scan.registry))
    return replace(
        row,
        due_at=scan.not_before or scan.started_at,
        risks=scan.pending,
        attempt=scan.attempt + 1,
        seq=scan.seq,
    )


class Rows:
    """Changes of ``waiting``; the board hears of what comes."""

    def __init__(self, waiting: Repository[Waiting], board: Board, clock: Clock) -> None:
        """Write ``waiting``."""
        self._waiting = waiting
        self._board = board
        self._clock = clock

    async def put(self, row: Waiting) -> bool:
        """Insert a row unless it is there; either way the picker hears of its lane."""
        inserted = await self._waiting.insert(row)
        self._heard((row,))
        return inserted

    async def renew(self, row: Waiting) -> None:
        """Insert a row, in the place of an earlier wish of the task for the image."""
        if not await self._waiting.insert(row):
            there = await self._waiting.get(row.id)
            if there is not None and there.attempt == 1 and there.stamp < row.stamp:
                await self._waiting.replace(replace(row, rev=there.rev))
        self._heard((row,))

    async def put_all(self, rows: Sequence[Waiting]) -> None:
        """Insert those rows that are not there."""
        await self._waiting.bulk([self._waiting.inserting(row) for row in rows])
        self._heard(rows)

    async def retry(self, scan: Scan) -> None:
        """Have a row of a returned scan's next attempt in the lane of each task that wants it.

        Idempotent. A row of an earlier attempt is replaced, also one that was consumed and not
        deleted yet.
        """
        now = self._clock.now_ms()
        for id_ in scan.body.tasks:
            task = await self._board.tasks.get(id_)
            if task is None or task.state == "cancelled":
                continue
            row = retry_row(task, scan, now)
            if not await self._waiting.insert(row):
                there = await self._waiting.get(row.id)
                if there is not None and (there.seq, there.attempt) != (row.seq, row.attempt):
                    await self._waiting.replace(replace(row, rev=there.rev))
            self._heard((row,))

    async def adopt(self, row: Waiting, scan: Scan) -> None:
        """Make a fresh row one of a returned scan's next attempt."""
        adopted = replace(
            row,
            due_at=max(scan.not_before, row.due_at),
            risks=scan.pending,
            attempt=scan.attempt + 1,
            seq=scan.seq,
        )
        await self._waiting.replace(adopted)
        self._heard((adopted,))

    async def postpone(self, row: Waiting, due_at: int) -> None:
        """Have a row looked at again later."""
        later = replace(row, due_at=due_at)
        await self._waiting.replace(later)
        self._heard((later,))

    async def limit(self, row: Waiting) -> bool:
        """Move a re-match's row into a lane with limits; tell whether it was there still.

        It takes on an ordinary scan that waited, which touches its registry.
        """
        moved = replace(row, lane=lane_name("scheduled", row.task, row.registry))
        won = await self._waiting.replace(moved)
        self._heard((moved,))
        return won

    async def take(self, ids: Iterable[str]) -> None:
        """Delete rows that a scan has consumed."""
        await self._waiting.bulk([Delete(id_) for id_ in dict.fromkeys(ids)])

    async def withdraw(self, rows: Iterable[Waiting]) -> None:
        """Delete rows as they were read; those that changed since stay."""
        await self._waiting.bulk([Delete(row.id, row.rev) for row in rows])

    async def take_retries(self, scan: Scan) -> None:
        """Delete what still waits for a further attempt of a scan that ended."""
        ids = [item_id(task, scan.image) for task in scan.body.tasks]
        rows = await self._waiting.get_many(ids)
        await self.withdraw(row for row in rows if row.attempt > 1 and row.seq <= scan.seq)

    def _heard(self, rows: Sequence[Waiting]) -> None:
        for row in rows:
            self._board.lanes.note(row.lane, row.due_at)
        self._board.picks.ring()
