"""Rows that are written some hundred at a time: each call of SQLite costs more than a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

_ROWS: Final = 1_000


class Batch:
    """Rows for one statement; what waits is written by :meth:`flush`."""

    def __init__(self, connection: sqlite3.Connection, query: str) -> None:
        """Write with ``query``, which has a place for each value of a row."""
        self._connection, self._query = connection, query
        self._rows: list[tuple[object, ...]] = []

    def add(self, *row: object) -> None:
        """Take a row."""
        self._rows.append(row)
        if len(self._rows) >= _ROWS:
            self.flush()

    def extend(self, rows: Iterable[tuple[object, ...]]) -> None:
        """Take some rows."""
        self._rows += rows
        if len(self._rows) >= _ROWS:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        self._connection.executemany(self._query, self._rows)
        self._rows.clear()
