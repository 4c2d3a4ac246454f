"""rpm's own database form *ndb*, as SUSE uses it (rpm's ``lib/backend/ndb/rpmpkg.c``).

All numbers are little-endian. Pages of 4 KiB hold slots of 16 bytes, the first two slots are
the file's header; each used slot points to a blob of whole blocks of 16 bytes.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC: Final = b"RpmP"
SLOT_MAGIC: Final = b"Slot"
BLOB_MAGIC: Final = b"BlbS"
PAGE_SIZE: Final = 4096
BLOCK_SIZE: Final = 16
HEADER: Final = struct.Struct("<4sIII16x")
SLOT: Final = struct.Struct("<4sIII")
BLOB_HEADER: Final = struct.Struct("<4sIII")

MAX_SLOT_PAGES: Final = 2048


def header_blobs(database: memoryview) -> Iterator[memoryview | Unreadable]:
    """Yield each package's header, or why it can't be read.

    Raises :class:`Unreadable` where the slots themselves can't be read, or where the blobs
    together are larger than the file: overlapping ones would multiply the work.
    """
    budget = database.nbytes
    for magic, index, block, _ in SLOT.iter_unpack(_slots(database)):
        if magic != SLOT_MAGIC:
            yield Unreadable("a slot of the ndb database has the wrong magic", code="malformed")
        elif index:
            try:
                blob = _blob(database, index, block * BLOCK_SIZE)
            except Unreadable as error:
                yield error
                continue
            budget -= blob.nbytes
            if budget < 0:
                raise Unreadable("the packages of the ndb database overlap", code="malformed")
            yield blob


def _slots(database: memoryview) -> memoryview:
    if database.nbytes < HEADER.size:
        raise Unreadable(f"the ndb database has only {database.nbytes} bytes", code="truncated")
    magic, version, _, pages = HEADER.unpack_from(database)
    if magic != MAGIC or version != 0:
        raise Unreadable(
            f"the ndb database has version {version} or the wrong magic", code="unsupported_format"
        )
    if pages > MAX_SLOT_PAGES:
        raise Unreadable(
            f"the ndb database claims {pages} pages of slots, {MAX_SLOT_PAGES} are read",
            code="too_many",
        )
    if pages == 0 or database.nbytes < pages * PAGE_SIZE:
        raise Unreadable(
            f"the ndb database claims {pages} pages of slots and has {database.nbytes} bytes",
            code="truncated",
        )
    return database[HEADER.size : pages * PAGE_SIZE]


def _blob(database: memoryview, index: int, start: int) -> memoryview:
    if start + BLOB_HEADER.size > database.nbytes:
        raise Unreadable(
            f"package {index} lies beyond the end of the ndb database", code="truncated"
        )
    magic, stored_index, _, length = BLOB_HEADER.unpack_from(database, start)
    if magic != BLOB_MAGIC or stored_index != index:
        raise Unreadable(
            f"package {index} of the ndb database has no blob where its slot points",
            code="malformed",
        )
    start += BLOB_HEADER.size
    if start + length > database.nbytes:
        raise Unreadable(
            f"package {index} of the ndb database claims {length} bytes", code="truncated"
        )
    return database[start : start + length]
