"""rpm: each thing that can be wrong with the form of a database is an error of its own kind."""

from __future__ import annotations

import sqlite3
import struct
from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.facts.packages.rpm.reader import RpmReader
from tests.analyzers.facts.files import Found, read
from tests.builders import rpmdb
from tests.builders.rpmdb import RpmPackage

if TYPE_CHECKING:
    from pathlib import Path

HEADERS = [rpmdb.header(RpmPackage(name, files=9)) for name in ("a", "b")]
PAGE = 4096


def _read(content: bytes | bytearray, path: str) -> Found:
    return read(RpmReader(), bytes(content), path)


def _leaf(database: bytes | bytearray) -> int:
    """Return where the only page with rows is, apart from the schema's."""
    pages = range(PAGE, len(database), PAGE)
    return next(at for at in pages if database[at] == 0x0D and database[at + 3 : at + 5] != b"\0\0")


def _row(database: bytearray) -> int:
    """Return where the first row begins: with the size of its payload."""
    leaf = _leaf(database)
    (cell,) = struct.unpack_from(">H", database, leaf + 8)
    return leaf + int(cell)


def _sqlite(*headers: bytes) -> bytearray:
    return bytearray(rpmdb.sqlite_database(headers or HEADERS[:1]))


def test_a_berkeley_database_that_is_encrypted_or_has_odd_pages_is_not_guessed_at() -> None:
    for at, patch in ((24, b"\1"), (20, struct.pack("<I", 5000))):
        content = bytearray(rpmdb.berkeley_database(HEADERS))
        content[at : at + len(patch)] = patch
        assert _read(content, rpmdb.BERKELEY).codes == ["unsupported_format"]


@pytest.mark.parametrize(
    ("at", "patch"),
    [
        (PAGE + 20, struct.pack("<H", 3)),
        (PAGE + 20, struct.pack("<H", 5000)),
        (PAGE + 26 + 6, struct.pack("<H", 9999)),
    ],
)
def test_entries_of_a_berkeley_page_out_of_place_are_an_error(at: int, patch: bytes) -> None:
    content = bytearray(rpmdb.berkeley_database(HEADERS[:1]))
    content[at : at + 2] = patch
    assert _read(content, rpmdb.BERKELEY).codes[:1] == ["malformed"]


def _overflowing() -> tuple[bytearray, int]:
    """Return a database, and where its first value's reference to its pages stands."""
    content = bytearray(rpmdb.berkeley_database(HEADERS))
    (offset,) = struct.unpack_from("<H", content, PAGE + 26 + 6)
    return content, PAGE + int(offset)


@pytest.mark.parametrize(
    ("shift", "patch", "code"),
    [
        (0, b"\7", "unsupported_format"),
        (4, struct.pack("<I", 1_000_000), "truncated"),
        (4, struct.pack("<I", 1), "malformed"),
        (8, struct.pack("<I", 5), "truncated"),
    ],
)
def test_a_value_of_a_berkeley_database_that_is_not_where_it_should_be_is_an_error(
    shift: int, patch: bytes, code: str
) -> None:
    content, item = _overflowing()
    content[item + shift : item + shift + len(patch)] = patch
    found = _read(content, rpmdb.BERKELEY)
    assert found.codes == [code]
    assert [name for name, _ in found.versions] == ["b"]


@pytest.mark.parametrize(
    ("at", "patch", "code"),
    [
        (4, struct.pack("<I", 1), "unsupported_format"),
        (12, struct.pack("<I", 5000), "too_many"),
        (12, struct.pack("<I", 0), "truncated"),
        (12, struct.pack("<I", 99), "truncated"),
        (32, b"Slut", "malformed"),
        (40, struct.pack("<I", 99_999), "truncated"),
        (40, struct.pack("<I", 3), "malformed"),
        (PAGE + 12, struct.pack("<I", 99_999), "truncated"),
    ],
)
def test_an_ndb_database_with_a_wrong_number_is_an_error(at: int, patch: bytes, code: str) -> None:
    content = bytearray(rpmdb.ndb_database(HEADERS))
    content[at : at + len(patch)] = patch
    assert _read(content, rpmdb.NDB).codes == [code]


def test_headers_without_counts_are_truncated() -> None:
    assert _read(b"RpmP", rpmdb.NDB).codes == ["truncated"]
    assert _read(rpmdb.ndb_database([b"\0" * 7]), rpmdb.NDB).codes == ["truncated"]


@pytest.mark.parametrize(
    ("at", "patch"), [(16, b"\0\3"), (59, b"\2")], ids=["page size", "encoding"]
)
def test_an_sqlite_database_that_rpm_would_not_write_is_not_guessed_at(
    at: int, patch: bytes
) -> None:
    content = _sqlite()
    content[at : at + len(patch)] = patch
    assert _read(content, rpmdb.SQLITE).codes == ["unsupported_format"]


@pytest.mark.parametrize(
    ("patch", "code"),
    [
        (b"\xff\xff\xff\xff\x7f", "too_large"),
        (b"\xff" * 9, "too_large"),
        (b"\xff\xff\x7f", "malformed"),
        (b"\x9f\x7f", "malformed"),
    ],
)
def test_a_row_of_an_impossible_size_is_an_error(patch: bytes, code: str) -> None:
    content = _sqlite()
    row = _row(content)
    content[row : row + len(patch)] = patch
    assert _read(content, rpmdb.SQLITE).codes == [code]


def test_a_row_at_the_end_of_its_page_has_no_size() -> None:
    content = _sqlite()
    leaf = _leaf(content)
    content[leaf + 8 : leaf + 10] = struct.pack(">H", PAGE - 1)
    content[leaf + PAGE - 1] = 0xFF
    assert _read(content, rpmdb.SQLITE).codes == ["truncated"]


def test_a_page_of_another_kind_in_the_tree_is_an_error() -> None:
    for patch in (b"\x0a", b"\x0d\0\0\xff\xff"):
        content = _sqlite()
        leaf = _leaf(content)
        content[leaf : leaf + len(patch)] = patch
        assert _read(content, rpmdb.SQLITE).codes == ["malformed"]


def test_a_chain_of_overflow_pages_that_ends_early_is_truncated() -> None:
    content = _sqlite(rpmdb.header(RpmPackage("a", files=2000)))
    first = next(
        at
        for at in range(PAGE, len(content), PAGE)
        if content[at] == 0 and any(content[at : at + 4])
    )
    content[first : first + 4] = bytes(4)
    assert _read(content, rpmdb.SQLITE).codes == ["truncated"]


def test_a_cell_out_of_place_in_the_tree_is_an_error() -> None:
    content = _sqlite(*[rpmdb.header(RpmPackage(f"p{n}")) for n in range(99)])
    interior = next(at for at in range(PAGE, len(content), PAGE) if content[at] == 0x05)
    content[interior + 12 : interior + 14] = struct.pack(">H", PAGE - 2)
    found = _read(content, rpmdb.SQLITE)
    assert found.codes == ["truncated"]
    assert 50 < len(found.packages) < 99


@pytest.mark.parametrize("stored", [None, 1, 0, 300, -5, 1.5, "text", b""])
def test_a_row_that_holds_no_header_is_an_error(tmp_path: Path, stored: object) -> None:
    path = tmp_path / "rpmdb.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob)")
    connection.execute("CREATE TABLE Other (a, b)")
    connection.execute("CREATE VIEW V AS SELECT 1")
    connection.execute("INSERT INTO Packages (blob) VALUES (?)", (stored,))
    connection.commit()
    connection.close()
    found = _read(path.read_bytes(), rpmdb.SQLITE)
    assert not found.packages
    assert found.codes[0] in {"malformed", "truncated"}


def test_a_schema_that_can_t_be_read_is_an_error() -> None:
    content = _sqlite()
    content[100] = 0x0A
    assert _read(content, rpmdb.SQLITE).codes == ["malformed"]


def test_a_row_whose_column_is_longer_than_the_row_is_truncated() -> None:
    content = _sqlite()
    row = _row(content)
    # Size of the payload in two bytes, row number, size of the record's head, then its columns.
    content[row + 5 : row + 7] = b"\xff\x7f"
    assert _read(content, rpmdb.SQLITE).codes == ["truncated"]


def test_a_table_without_a_root_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "rpmdb.sqlite"
    path.write_bytes(_sqlite())
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA writable_schema=1")
    connection.execute("UPDATE sqlite_master SET rootpage='x' WHERE name='Packages'")
    connection.close()
    assert _read(path.read_bytes(), rpmdb.SQLITE).codes == ["unsupported_format"]
