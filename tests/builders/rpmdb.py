"""rpm databases in every form that rpm has written: SQLite, ndb, Berkeley DB."""

from __future__ import annotations

import sqlite3
import struct
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SQLITE = "var/lib/rpm/rpmdb.sqlite"
NDB = "usr/lib/sysimage/rpm/Packages.db"
BERKELEY = "var/lib/rpm/Packages"

_IMMUTABLE, _BINARY, _CHAR, _INT16, _INT32, _STRING, _STRING_ARRAY = 63, 7, 1, 3, 4, 6, 8
_ALIGNED = {_INT16: 2, _INT32: 4}
_PAGE_HEADER = 26


@dataclass(frozen=True)
class RpmPackage:
    """What the header of an installed package says.

    Without ``paths`` it has so many ``files`` in one folder; ``states`` are theirs, byte by byte.
    """

    name: str
    version: str = "1.0"
    release: str = "1.el9"
    epoch: int | None = None
    arch: str = "x86_64"
    vendor: str = "AlmaLinux"
    licence: str = "GPLv3+"
    source: str = ""
    module: str = ""
    files: int = 3
    paths: tuple[str, ...] = ()
    states: bytes = b""


def header(package: RpmPackage) -> bytes:
    """Return the header as databases hold it, with its immutable region, without a magic."""
    tags: list[tuple[int, int, bytes, int]] = [
        (1000, _STRING, _text(package.name), 1),
        (1001, _STRING, _text(package.version), 1),
        (1002, _STRING, _text(package.release), 1),
        (1011, _STRING, _text(package.vendor), 1),
        (1014, _STRING, _text(package.licence), 1),
        (1022, _STRING, _text(package.arch), 1),
    ]
    if package.epoch is not None:
        tags.append((1003, _INT32, struct.pack(">I", package.epoch), 1))
    if package.source:
        tags.append((1044, _STRING, _text(package.source), 1))
    tags += files(package.paths or [f"/opt/file-{n}" for n in range(package.files)])
    if package.states:
        tags.append((1029, _CHAR, package.states, len(package.states)))
    if package.module:
        tags.append((5096, _STRING, _text(package.module), 1))
    return encode(sorted(tags))


def files(paths: Sequence[str]) -> list[tuple[int, int, bytes, int]]:
    """Return the tags that name files: folders, names, and the folder of each name.

    A path that ends with a slash is a folder.
    """
    modes = [0o40755 if path.endswith("/") else 0o100644 for path in paths]
    parts = [path.removesuffix("/").rpartition("/") for path in paths]
    folders = sorted({folder + slash for folder, slash, _ in parts})
    indexes = [folders.index(folder + slash) for folder, slash, _ in parts]
    return [
        (1030, _INT16, struct.pack(f">{len(parts)}H", *modes), len(parts)),
        (1116, _INT32, struct.pack(f">{len(parts)}I", *indexes), len(parts)),
        (1117, _STRING_ARRAY, b"".join(_text(name) for _, _, name in parts), len(parts)),
        (1118, _STRING_ARRAY, b"".join(_text(folder) for folder in folders), len(folders)),
    ]


def encode(tags: Sequence[tuple[int, int, bytes, int]]) -> bytes:
    """Return a header of (tag, type, content, count), all of them in one immutable region."""
    data = bytearray()
    index = []
    for tag, kind, content, count in tags:
        if kind in _ALIGNED:
            data += bytes(-len(data) % _ALIGNED[kind])
        index.append(struct.pack(">IIII", tag, kind, len(data), count))
        data += content
    region = struct.pack(">IIII", _IMMUTABLE, _BINARY, len(data), 16)
    data += struct.pack(">IIiI", _IMMUTABLE, _BINARY, -16 * (len(index) + 1), 16)
    counts = struct.pack(">II", len(index) + 1, len(data))
    return counts + region + b"".join(index) + bytes(data)


def sqlite_database(headers: Iterable[bytes], *, page_size: int = 4096) -> bytes:
    """Return the database that rpm writes through SQLite."""
    return sqlite_with_log(headers, (), page_size=page_size)[0]


def sqlite_with_log(
    headers: Iterable[bytes], logged: Iterable[bytes], *, page_size: int = 4096
) -> tuple[bytes, bytes]:
    """Return a database and the live write-ahead log that holds the ``logged`` packages."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rpmdb.sqlite")
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute(f"PRAGMA page_size={page_size}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA wal_autocheckpoint=0")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS 'Packages' "
            "(hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)"
        )
        connection.execute("CREATE TABLE 'Name' (key TEXT NOT NULL, hnum INTEGER NOT NULL)")
        insert = "INSERT INTO Packages (blob) VALUES (?)"
        connection.executemany(insert, [(blob,) for blob in headers])
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for blob in logged:
            connection.execute(insert, (blob,))
        result = path.read_bytes(), Path(f"{path}-wal").read_bytes()
        connection.close()
    return result


def ndb_database(headers: Sequence[bytes]) -> bytes:
    """Return the database that SUSE's rpm writes."""
    pages = (len(headers) + 2) // 256 + 1
    slots = [struct.pack("<4sIII16x", b"RpmP", 0, 1, pages)]
    blobs = bytearray()
    for index, blob in enumerate(headers, 1):
        offset = (pages * 4096 + len(blobs)) // 16
        checksum = zlib.adler32(blob)
        body = struct.pack("<4sIII", b"BlbS", index, checksum, len(blob)) + blob
        body += bytes(-(len(body) + 12) % 16)
        body += struct.pack("<III", checksum, len(blob), int.from_bytes(b"BlbE", "little"))
        blobs += body
        slots.append(struct.pack("<4sIII", b"Slot", index, offset, len(body) // 16))
    free = struct.pack("<4sIII", b"Slot", 0, 0, 0)
    used = b"".join(slots)
    return used + free * ((pages * 4096 - len(used)) // 16) + bytes(blobs)


def berkeley_database(
    headers: Sequence[bytes],
    *,
    order: Literal["<", ">"] = "<",
    page_size: int = 4096,
    inline: bool = False,
) -> bytes:
    """Return the hash database that rpm wrote on a machine of that byte order.

    ``inline`` puts the values into the hash page, as Berkeley DB does with small ones.
    """
    values = [b"\1" + blob if inline else bytes(12) for blob in headers]
    groups = _groups([5 + len(value) for value in values], page_size)
    overflow: list[bytes] = []
    pages: list[bytes] = []
    for group in groups:
        items = [b"\1" + bytes(4), b"\1" + struct.pack(f"{order}I", len(headers))] * (not pages)
        for index in group:
            first, blob = 1 + len(groups) + len(overflow), headers[index]
            items.append(b"\1" + struct.pack(f"{order}I", index + 1))
            if inline:
                items.append(b"\1" + blob)
            else:
                items.append(struct.pack(f"{order}B3xII", 3, first, len(blob)))
                overflow += _chain(blob, first, order, page_size)
        pages.append(_hash_page(items, len(pages) + 1, order, page_size))
    meta = struct.pack(
        *(f"{order}8xIIIIBBBxII36x", 0, 0x061561, 9, page_size),
        *(0, 8, 0, 0, len(groups) + len(overflow)),
    )
    return b"".join([meta.ljust(page_size, b"\0"), *pages, *overflow])


def _groups(sizes: Sequence[int], page_size: int) -> list[list[int]]:
    """Distribute key-value pairs over hash pages; the first holds rpm's counter too."""
    groups: list[list[int]] = [[]]
    room = page_size - _PAGE_HEADER - 14
    for index, size in enumerate(sizes):
        if size + 4 > room:
            groups.append([])
            room = page_size - _PAGE_HEADER
        room -= size + 4
        groups[-1].append(index)
    return groups


def _chain(blob: bytes, first: int, order: str, page_size: int) -> list[bytes]:
    room = page_size - _PAGE_HEADER
    parts = [blob[at : at + room] for at in range(0, len(blob), room)]
    pages: list[bytes] = []
    for index, part in enumerate(parts):
        following = first + index + 1 if index + 1 < len(parts) else 0
        previous = first + index - 1 if index else 0
        head = struct.pack(
            f"{order}8xIIIHHBB", first + index, previous, following, 1, len(part), 0, 7
        )
        pages.append((head + part).ljust(page_size, b"\0"))
    return pages


def _hash_page(items: Sequence[bytes], number: int, order: str, page_size: int) -> bytes:
    page = bytearray(page_size)
    end = page_size
    for index, item in enumerate(items):
        end -= len(item)
        page[end : end + len(item)] = item
        struct.pack_into(f"{order}H", page, _PAGE_HEADER + 2 * index, end)
    struct.pack_into(f"{order}8xIIIHHBB", page, 0, number, 0, 0, len(items), end, 0, 13)
    return bytes(page)


def _text(content: str) -> bytes:
    return content.encode("utf-8", "surrogateescape") + b"\0"
