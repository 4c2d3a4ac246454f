"""The events of the local bus: append, read on, ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.bus.feed import Place, Record, Room
from scantling_common.bus.local_schema import offset_of, row_of
from scantling_common.bus.port import Fenced
from scantling_common.events.attributes import Headers

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from scantling_common.events.codec import Encoded

_HEADERS: Final = msgspec.msgpack.Decoder(Headers)


class Stretch(msgspec.Struct, frozen=True):
    """What to read of a queue: from a position to an end."""

    queue: int
    place: Place
    position: int
    end: int


def append(
    connection: sqlite3.Connection, events: Iterable[tuple[int, Encoded]], at: int
) -> dict[int, int]:
    """Append events to their queues; return the new ends of these."""
    ends: dict[int, int] = {}
    for queue, event in events:
        end = ends.get(queue)
        if end is None:
            row = connection.execute("SELECT next FROM queues WHERE id = ?", (queue,)).fetchone()
            end = row[0]
        connection.execute(
            "INSERT INTO events (id, at, key, headers, value) VALUES (?, ?, ?, ?, ?)",
            (
                row_of(queue, end),
                at,
                event.key,
                msgspec.msgpack.encode(event.headers),
                event.value,
            ),
        )
        ends[queue] = end + 1
    connection.executemany(
        "UPDATE queues SET next = ? WHERE id = ?", [(end, queue) for queue, end in ends.items()]
    )
    return ends


def take_epoch(connection: sqlite3.Connection, name: str) -> int:
    """Begin as the producer of a name, and fence the one before; return the epoch."""
    connection.execute(
        "INSERT INTO producers (name, epoch) VALUES (?, 1)"
        " ON CONFLICT (name) DO UPDATE SET epoch = epoch + 1",
        (name,),
    )
    row = connection.execute("SELECT epoch FROM producers WHERE name = ?", (name,)).fetchone()
    return int(row[0])


def check_epoch(connection: sqlite3.Connection, name: str, epoch: int) -> None:
    """Raise :class:`Fenced` where another producer of the name has begun."""
    row = connection.execute("SELECT epoch FROM producers WHERE name = ?", (name,)).fetchone()
    if row is None or row[0] != epoch:
        raise Fenced(f"another producer {name!r} has taken over")


def read(
    connection: sqlite3.Connection, stretches: Sequence[Stretch], room: Room
) -> tuple[list[Record], dict[int, int]]:
    """Return the next records of queues within a room, and each queue's position after them.

    Retention and compaction leave gaps; a position passes them. The first record is returned
    whatever its size.
    """
    records: list[Record] = []
    positions: dict[int, int] = {}
    count, size = room.count, room.size
    for stretch in stretches:
        if count <= 0 or (records and size <= 0):
            break
        positions[stretch.queue] = stretch.end
        rows = connection.execute(
            "SELECT id, key, headers, value FROM events WHERE id >= ? AND id < ?"
            " ORDER BY id LIMIT ?",
            (row_of(stretch.queue, stretch.position), row_of(stretch.queue, stretch.end), count),
        )
        for row, key, headers, value in rows:
            record = Record(stretch.place, offset_of(row), key, _HEADERS.decode(headers), value)
            if records and record.size > size:
                positions[stretch.queue] = record.offset
                count = 0
                break
            records.append(record)
            count -= 1
            size -= record.size
            positions[stretch.queue] = stretch.end if count else record.offset + 1
    return records, positions


def ends(connection: sqlite3.Connection, queues: Iterable[int]) -> dict[int, int]:
    """Return the ends of queues."""
    found = dict(connection.execute("SELECT id, next FROM queues"))
    return {queue: found[queue] for queue in queues}
