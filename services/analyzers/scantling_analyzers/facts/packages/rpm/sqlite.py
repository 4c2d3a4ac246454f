"""The table ``Packages`` of an rpm database in SQLite's file format (sqlite.org/fileformat2.html).

Read here rather than by SQLite: the file is hostile, it lies in memory, its schema must not be
run, and what is broken has to be told page by page. Only what rpm writes is understood: table
b-trees, UTF-8, an optional write-ahead log.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.packages.rpm.wal import PAGE_SIZES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.facts.packages.rpm.wal import Log

MAGIC: Final = b"SQLite format 3\0"
HEADER_SIZE: Final = 100
UTF8: Final = 1
INTERIOR_TABLE: Final = 0x05
LEAF_TABLE: Final = 0x0D
MAX_ROW_BYTES: Final = 256 * 1024 * 1024 + 4096
_INTEGER_SIZES: Final = (0, 1, 2, 3, 4, 6, 8)
_FLOAT: Final = 7
_ONE: Final = 9
_FIRST_BLOB: Final = 12
_SCHEMA_COLUMNS: Final = 5

Value = memoryview | int | None


class _Node(NamedTuple):
    page: memoryview
    type: int
    cells: tuple[int, ...]
    right: int


class Database:
    """The pages of a database, those of the log before those of the file.

    Every page is handed out once only: b-trees and overflow chains share none, so a page that
    is asked for twice is a cycle or an attempt to multiply the work. For the same reason the
    rows together may not be larger than the files.
    """

    def __init__(self, main: memoryview, log: Log) -> None:
        """Read the header; :class:`Unreadable` where this is no database that rpm writes."""
        self._newer = log.pages
        first = self._newer.get(1, main)
        if first.nbytes < HEADER_SIZE:
            raise Unreadable(f"the SQLite database has only {first.nbytes} bytes", code="truncated")
        (size,) = struct.unpack_from(">H", first, 16)
        self._page_size = 65_536 if size == 1 else size
        (encoding,) = struct.unpack_from(">I", first, 56)
        if (
            bytes(first[: len(MAGIC)]) != MAGIC
            or self._page_size not in PAGE_SIZES
            or log.page_size not in {0, self._page_size}
            or encoding not in {0, UTF8}
        ):
            raise Unreadable(
                "the file is no SQLite database as rpm writes them", code="unsupported_format"
            )
        self._main = main
        self._usable = self._page_size - first[20]
        self._seen: set[int] = set()
        self._budget = main.nbytes + log.size

    def rows(self, root: int) -> Iterator[tuple[Value, ...] | Unreadable]:
        """Yield the rows of the table whose b-tree starts at page ``root``, in key order."""
        waiting = [root]
        while waiting:
            try:
                node = self._node(waiting.pop())
            except Unreadable as error:
                yield error
                continue
            if node.type == INTERIOR_TABLE:
                children = [self._child(node, cell) for cell in node.cells]
                waiting.extend(reversed([*children, node.right]))
                continue
            for cell in node.cells:
                try:
                    yield _record(self._payload(node.page, cell))
                except Unreadable as error:
                    yield error

    def _child(self, node: _Node, cell: int) -> int:
        """Return a child's page number; 0, which no page has, where the cell is out of place."""
        if cell + 4 > node.page.nbytes:
            return 0
        number: int = struct.unpack_from(">I", node.page, cell)[0]
        return number

    def _page(self, number: int) -> memoryview:
        if number in self._seen:
            raise Unreadable(
                f"page {number} of the SQLite database is linked twice", code="malformed"
            )
        self._seen.add(number)
        if number in self._newer:
            return self._newer[number]
        start = (number - 1) * self._page_size
        if number < 1 or start + self._page_size > self._main.nbytes:
            raise Unreadable(
                f"page {number} lies beyond the end of the SQLite database", code="truncated"
            )
        return self._main[start : start + self._page_size]

    def _node(self, number: int) -> _Node:
        page = self._page(number)
        start = HEADER_SIZE if number == 1 else 0
        type_, count = struct.unpack_from(">B2xH", page, start)
        first = start + (12 if type_ == INTERIOR_TABLE else 8)
        if type_ not in {INTERIOR_TABLE, LEAF_TABLE} or first + 2 * count > self._usable:
            raise Unreadable(
                f"page {number} of the SQLite database is no page of a table", code="malformed"
            )
        cells = struct.unpack_from(f">{count}H", page, first)
        (right,) = struct.unpack_from(">I", page, start + 8) if type_ == INTERIOR_TABLE else (0,)
        return _Node(page, type_, cells, right)

    def _payload(self, page: memoryview, cell: int) -> memoryview:
        size, position = _varint(page, cell)
        _, position = _varint(page, position)
        if size > MAX_ROW_BYTES:
            raise Unreadable(f"a row of the SQLite database claims {size} bytes", code="too_large")
        self._budget -= size
        if self._budget < 0:
            raise Unreadable("the rows of the SQLite database overlap", code="malformed")
        local = self._local_size(size)
        if position + local + (4 if local < size else 0) > self._usable:
            raise Unreadable(
                "a row of the SQLite database reaches beyond its page", code="malformed"
            )
        if local == size:
            return page[position : position + size]
        (number,) = struct.unpack_from(">I", page, position + local)
        content = bytearray(page[position : position + local])
        while number and len(content) < size:
            overflow = self._page(number)
            content += overflow[4 : min(self._usable, 4 + size - len(content))]
            (number,) = struct.unpack_from(">I", overflow)
        if len(content) != size:
            raise Unreadable(
                f"a row of the SQLite database claims {size} bytes and has {len(content)}",
                code="truncated",
            )
        return memoryview(content)

    def _local_size(self, size: int) -> int:
        """Return how much of a payload stands in its leaf (section 1.6)."""
        most = self._usable - 35
        if size <= most:
            return size
        least = (self._usable - 12) * 32 // 255 - 23
        fitting = least + (size - least) % (self._usable - 4)
        return fitting if fitting <= most else least


def header_blobs(main: memoryview, log: Log) -> Iterator[memoryview | Unreadable]:
    """Yield the second column of each row of ``Packages``, or why it can't be read."""
    database = Database(main, log)
    for row in database.rows(_root(database)):
        if isinstance(row, Unreadable):
            yield row
        elif len(row) > 1 and isinstance(row[1], memoryview):
            yield row[1]
        else:
            yield Unreadable("a row of the rpm database holds no package header", code="malformed")


def _root(database: Database) -> int:
    for row in database.rows(1):
        if isinstance(row, Unreadable):
            raise row
        if len(row) != _SCHEMA_COLUMNS or not isinstance(row[3], int):
            continue
        if (_text(row[0]), _text(row[1])) == (b"table", b"Packages"):
            return row[3]
    raise Unreadable("the SQLite database has no table Packages", code="unsupported_format")


def _text(column: Value) -> bytes:
    return bytes(column) if isinstance(column, memoryview) else b""


def _record(payload: memoryview) -> tuple[Value, ...]:
    """Decode a record (section 2.1), five columns of it at most, which is all that rpm has.

    Real numbers, which rpm doesn't write, become None.
    """
    end, position = _varint(payload, 0)
    start = end
    values: list[Value] = []
    while position < end and len(values) < _SCHEMA_COLUMNS:
        serial, position = _varint(payload, position)
        value, start = _column(payload, serial, start)
        values.append(value)
    return tuple(values)


def _column(payload: memoryview, serial: int, start: int) -> tuple[Value, int]:
    if serial < len(_INTEGER_SIZES) or serial == _FLOAT:
        size = 8 if serial == _FLOAT else _INTEGER_SIZES[serial]
    else:
        size = (serial - _FIRST_BLOB) // 2 if serial >= _FIRST_BLOB else 0
    end = start + size
    if end > payload.nbytes:
        raise Unreadable(
            "a row of the SQLite database ends before its last column", code="truncated"
        )
    if serial >= _FIRST_BLOB:
        return payload[start:end], end
    if serial in {0, _FLOAT}:
        return None, end
    if serial >= _ONE - 1:
        return serial - (_ONE - 1), end
    return int.from_bytes(payload[start:end], "big", signed=True), end


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    """Return the number and the position after it (section 1.6, *varint*)."""
    number = 0
    for at in range(position, min(position + 8, data.nbytes)):
        number = number << 7 | data[at] & 0x7F
        if data[at] < 0x80:  # noqa: PLR2004 - the bit for "more follows"
            return number, at + 1
    ninth = position + 8
    if ninth >= data.nbytes:
        raise Unreadable("a number of the SQLite database has no end", code="truncated")
    return number << 8 | data[ninth], ninth + 1
