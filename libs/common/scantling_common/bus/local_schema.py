"""The tables of the local bus, and how its file is opened."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Final

from scantling_common.sqlite_file import make_file

if TYPE_CHECKING:
    from pathlib import Path

OFFSET_BITS: Final = 40
"""An event's row id is its queue's number, then 40 bits of offset: rows lie in offset order."""

BUSY: Final = 10.0
"""Seconds to wait for SQLite's own lock; writers queue on a file lock before they get there."""

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS topics (
    name TEXT PRIMARY KEY, partitions INTEGER NOT NULL, retention INTEGER NOT NULL,
    compacted INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS queues (
    id INTEGER PRIMARY KEY, topic TEXT NOT NULL, partition INTEGER NOT NULL,
    next INTEGER NOT NULL, compacted_to INTEGER NOT NULL, UNIQUE (topic, partition)
);
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, key BLOB NOT NULL, headers BLOB NOT NULL,
    value BLOB
);
CREATE TABLE IF NOT EXISTS producers (
    name TEXT PRIMARY KEY, epoch INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS groups (
    name TEXT PRIMARY KEY, version INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS members (
    id TEXT PRIMARY KEY, grp TEXT NOT NULL, instance TEXT NOT NULL, bell TEXT NOT NULL,
    topics TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS claims (
    grp TEXT NOT NULL, queue INTEGER NOT NULL, owner TEXT, wanted TEXT,
    PRIMARY KEY (grp, queue)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS committed (
    grp TEXT NOT NULL, queue INTEGER NOT NULL, next INTEGER NOT NULL,
    PRIMARY KEY (grp, queue)
) WITHOUT ROWID;
"""


def connect(path: Path) -> sqlite3.Connection:
    """Open the file, readable by its owner only; made where it is missing."""
    make_file(path)
    connection = sqlite3.connect(path, timeout=BUSY, isolation_level=None)
    for pragma in ("auto_vacuum = INCREMENTAL", "journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(f"PRAGMA journal_size_limit = {64 * 1024 * 1024}")
    return connection


def create_tables(connection: sqlite3.Connection) -> None:
    """Create what is missing."""
    for statement in _TABLES.split(";"):
        if statement.strip():
            connection.execute(statement)


def row_of(queue: int, offset: int) -> int:
    """Return the row id of an event."""
    return queue << OFFSET_BITS | offset


def offset_of(row: int) -> int:
    """Return the offset of a row."""
    return row & ((1 << OFFSET_BITS) - 1)
