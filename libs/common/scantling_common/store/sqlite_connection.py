"""Connections to the store's SQLite file."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Final, Literal

import msgspec

from scantling_common.sqlite_file import make_file

Synchronous = Literal["full", "normal"]

MEMORY: Final = ":memory:"
BUSY_SECONDS: Final = 10.0
"""How long a process waits for another one's transaction."""

_CACHE_KIB: Final = 32 * 1024
_RETRY_SECONDS: Final = 0.01
_BEGIN_SECONDS: Final = 0.001


class Connector(msgspec.Struct, frozen=True):
    """Opens connections that are set up alike."""

    path: Path | str
    synchronous: Synchronous

    def open(self, *, write: bool) -> sqlite3.Connection:
        """Return a connection in autocommit mode for use by one thread at a time.

        One that writes begins its transactions with :func:`begin`.
        Raises sqlite3.Error or OSError.
        """
        if str(self.path) != MEMORY:
            make_file(Path(self.path))
        connection = sqlite3.connect(
            str(self.path),
            timeout=BUSY_SECONDS,
            isolation_level=None,
            cached_statements=512,
            check_same_thread=False,
        )
        try:
            _into_wal(connection)
            connection.execute(f"PRAGMA synchronous = {self.synchronous}")
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            connection.execute("PRAGMA temp_store = memory")
            connection.execute("PRAGMA journal_size_limit = 67108864")
            connection.execute("PRAGMA wal_autocheckpoint = 4000")
            connection.execute("PRAGMA trusted_schema = off")
            if write:
                connection.execute("PRAGMA busy_timeout = 0")
            else:
                connection.execute("PRAGMA query_only = on")
        except BaseException:
            connection.close()
            raise
        return connection


def begin(connection: sqlite3.Connection) -> None:
    """Begin a transaction that writes, when no other process has one; raise sqlite3.Error.

    SQLite's own busy handler waits longer each time, up to 0.1 s, so that of several busy
    processes one would starve; this asks every millisecond.
    """
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > until:
                raise
            time.sleep(_BEGIN_SECONDS)
        else:
            return


def used_bytes(connection: sqlite3.Connection) -> int:
    """Return the bytes of the pages that hold something."""
    pages, free, size = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def _into_wal(connection: sqlite3.Connection) -> None:
    """Switch to the write-ahead log; SQLite's busy handler does not cover this switch."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = wal")
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(_RETRY_SECONDS)
        else:
            return
