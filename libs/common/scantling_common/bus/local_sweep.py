"""Retention and compaction of the local bus, in steps short enough for its one writer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.bus.local_schema import row_of
from scantling_common.events.topics import DAY

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from scantling_common.bus.local_database import Database

_STEP: Final = 500
_TOMBSTONES_KEPT: Final = DAY * 1000
_PAGES: Final = 2000


class Queue(msgspec.Struct, frozen=True):
    """A partition and its topic's policy; ``retention`` in milliseconds, 0 for ever."""

    id: int
    end: int
    compacted_to: int
    retention: int
    compacted: bool


async def sweep(database: Database, now_ms: int) -> int:
    """Delete what retention and compaction say, in all topics; return how many events."""
    deleted = 0
    for queue in await database.read(_queues):
        if queue.retention:
            deleted += await _expire(database, queue, now_ms - queue.retention)
        if queue.compacted:
            deleted += await _compact(database, queue, now_ms - _TOMBSTONES_KEPT)
    if deleted:
        await database.write(_shrink, durable=False)
    return deleted


async def _expire(database: Database, queue: Queue, before: int) -> int:
    """Delete the oldest events of a queue up to the first that is young enough."""
    deleted = 0
    while True:
        rows = await database.read(lambda connection: _oldest(connection, queue))
        old: list[int] = []
        for row, at in rows:
            if at >= before:
                break
            old.append(row)
        deleted += await _delete(database, old)
        if len(old) < _STEP:
            return deleted


async def _compact(database: Database, queue: Queue, before: int) -> int:
    """Keep of each key the newest event, and a tombstone for a day."""
    if queue.end == queue.compacted_to:
        return 0
    rows = await database.read(lambda connection: _rows(connection, queue))
    newest = {key: row for row, key, _, _ in rows}
    superfluous = [
        row for row, key, at, tombstone in rows if newest[key] != row or (tombstone and at < before)
    ]
    for start in range(0, len(superfluous), _STEP):
        await _delete(database, superfluous[start : start + _STEP])
    if not any(tombstone and at >= before for _, _, at, tombstone in rows):
        await database.write(
            lambda connection: connection.execute(
                "UPDATE queues SET compacted_to = ? WHERE id = ?", (queue.end, queue.id)
            ),
            durable=False,
        )
    return len(superfluous)


async def _delete(database: Database, rows: Sequence[int]) -> int:
    if rows:
        await database.write(
            lambda connection: connection.executemany(
                "DELETE FROM events WHERE id = ?", [(row,) for row in rows]
            ),
            durable=False,
        )
    return len(rows)


def _queues(connection: sqlite3.Connection) -> list[Queue]:
    rows = connection.execute(
        "SELECT id, next, compacted_to, retention, compacted FROM queues"
        " JOIN topics ON topics.name = queues.topic WHERE next > 0 ORDER BY id"
    )
    return [Queue(row[0], row[1], row[2], row[3], bool(row[4])) for row in rows]


def _oldest(connection: sqlite3.Connection, queue: Queue) -> list[tuple[int, int]]:
    return connection.execute(
        "SELECT id, at FROM events WHERE id >= ? AND id < ? ORDER BY id LIMIT ?",
        (row_of(queue.id, 0), row_of(queue.id, queue.end), _STEP),
    ).fetchall()


def _rows(connection: sqlite3.Connection, queue: Queue) -> list[tuple[int, bytes, int, int]]:
    return connection.execute(
        "SELECT id, key, at, value IS NULL FROM events WHERE id >= ? AND id < ? ORDER BY id",
        (row_of(queue.id, 0), row_of(queue.id, queue.end)),
    ).fetchall()


def _shrink(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA incremental_vacuum({_PAGES})").fetchall()
