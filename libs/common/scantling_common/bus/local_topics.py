"""Topics of the local bus: their creation, and the numbers of their partitions' queues."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.bus.errors import TopicMismatch, TopicMissing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from scantling_common.bus.local_database import Database
    from scantling_common.events.topics import Topic


class Topics:
    """Knows the queues of topics; a queue is a partition of a topic."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queues: dict[str, tuple[int, ...]] = {}

    async def ensure(self, topics: Sequence[Topic]) -> None:
        """Create what is missing; raises :class:`TopicMismatch`."""
        await self._database.write(lambda connection: _create(connection, topics))

    async def queues(self, topic: Topic) -> tuple[int, ...]:
        """Return the queues of a topic by partition; raises :class:`TopicMissing`."""
        found = self._queues.get(topic.name)
        if found is None:
            found = await self._database.read(lambda connection: _find(connection, topic.name))
            if not found:
                raise TopicMissing(
                    f"topic {topic.name} does not exist", hint="create the topics first"
                )
            _check(topic, len(found))
            self._queues[topic.name] = found
        return found


def _create(connection: sqlite3.Connection, topics: Iterable[Topic]) -> None:
    for topic in topics:
        found = _find(connection, topic.name)
        if found:
            _check(topic, len(found))
        connection.execute(
            "INSERT INTO topics (name, partitions, retention, compacted) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (name) DO UPDATE"
            " SET retention = excluded.retention, compacted = excluded.compacted",
            (topic.name, topic.partitions, topic.retention * 1000, topic.compacted),
        )
        if not found:
            connection.executemany(
                "INSERT INTO queues (topic, partition, next, compacted_to) VALUES (?, ?, 0, 0)",
                [(topic.name, partition) for partition in range(topic.partitions)],
            )


def _find(connection: sqlite3.Connection, name: str) -> tuple[int, ...]:
    rows = connection.execute("SELECT id FROM queues WHERE topic = ? ORDER BY partition", (name,))
    return tuple(row[0] for row in rows)


def _check(topic: Topic, partitions: int) -> None:
    if partitions != topic.partitions:
        raise TopicMismatch(
            f"topic {topic.name} has {partitions} partitions, not {topic.partitions}",
            hint="partition counts are fixed; another count needs another topic",
        )
