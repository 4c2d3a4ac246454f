"""Berkeley DB hash databases, as rpm wrote them until 4.15 (Berkeley DB's ``dbinc/db_page.h``).

Numbers have the byte order of the machine that wrote the file. Page 0 describes the file; hash
pages hold pairs of key and value; a value too big for its page stands in a chain of overflow
pages.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.contract import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

HASH_MAGIC: Final = 0x00061561
PAGE_SIZES: Final = frozenset(2**power for power in range(9, 17))
PAGE_HEADER_SIZE: Final = 26
META_SIZE: Final = 72
UNSORTED_HASH_PAGE: Final = 2
OVERFLOW_PAGE: Final = 7
HASH_PAGE: Final = 13
KEY_DATA: Final = 1
OFF_PAGE: Final = 3
OFF_PAGE_SIZE: Final = 12
_COUNTER: Final = bytes([KEY_DATA, 0, 0, 0, 0])


class _Page(NamedTuple):
    next: int
    entries: int
    content: int
    type: int


class HashDatabase:
    """A view of one file; it never reads an overflow page twice, so no chain can be endless."""

    def __init__(self, database: memoryview) -> None:
        """Read page 0; :class:`Unreadable` where the file is no hash database."""
        if database.nbytes < META_SIZE:
            raise Unreadable(
                f"the Berkeley database has only {database.nbytes} bytes", code="truncated"
            )
        self._database = database
        self._order = _byte_order(database)
        self._page_size, *_ = self._unpack("I", database, 20)
        if self._page_size not in PAGE_SIZES or database[24]:
            raise Unreadable(
                f"the Berkeley database is encrypted or has pages of {self._page_size} bytes",
                code="unsupported_format",
            )
        self._last_page, *_ = self._unpack("I", database, 32)
        self._read: set[int] = set()

    def values(self) -> Iterator[memoryview | Unreadable]:
        """Yield each value but the one of key 0 (rpm's counter), or why it can't be read."""
        for number in range(1, self._last_page + 1):
            if (number + 1) * self._page_size > self._database.nbytes:
                yield Unreadable(
                    (
                        f"the Berkeley database claims {self._last_page + 1} pages of "
                        f"{self._page_size} bytes and has {self._database.nbytes} bytes"
                    ),
                    code="truncated",
                )
                return
            page = self._page(number)
            header = self._header(page)
            if header.type in {HASH_PAGE, UNSORTED_HASH_PAGE}:
                yield from self._values_of(page, header.entries, number)

    def _values_of(
        self, page: memoryview, entries: int, number: int
    ) -> Iterator[memoryview | Unreadable]:
        if entries % 2 or PAGE_HEADER_SIZE + 2 * entries > self._page_size:
            yield Unreadable(
                f"page {number} of the Berkeley database claims {entries} entries", code="malformed"
            )
            return
        offsets = (self._page_size, *self._unpack(f"{entries}H", page, PAGE_HEADER_SIZE))
        for index in range(1, entries, 2):
            end, key, data = offsets[index - 1 : index + 2]
            if not PAGE_HEADER_SIZE <= data < key < end <= self._page_size:
                yield Unreadable(
                    f"page {number} of the Berkeley database has entries out of place",
                    code="malformed",
                )
            elif page[key:end] != _COUNTER:
                try:
                    yield self._value(page[data:key])
                except Unreadable as error:
                    yield error

    def _value(self, item: memoryview) -> memoryview:
        if item[0] == KEY_DATA:
            return item[1:]
        if item[0] != OFF_PAGE or item.nbytes != OFF_PAGE_SIZE:
            raise Unreadable(
                f"the Berkeley database holds a value of the unexpected kind {item[0]}",
                code="unsupported_format",
            )
        number, length = self._unpack("II", item, 4)
        content = bytearray()
        while number:
            page = self._overflow(number)
            header = self._header(page)
            content += page[PAGE_HEADER_SIZE : PAGE_HEADER_SIZE + header.content]
            number = header.next
        if len(content) != length:
            raise Unreadable(
                f"a value of the Berkeley database claims {length} bytes and has {len(content)}",
                code="truncated",
            )
        return memoryview(content)

    def _overflow(self, number: int) -> memoryview:
        if (number + 1) * self._page_size > self._database.nbytes:
            raise Unreadable(
                f"overflow page {number} lies beyond the end of the Berkeley database",
                code="truncated",
            )
        if number in self._read:
            raise Unreadable(
                f"overflow page {number} of the Berkeley database is linked twice", code="malformed"
            )
        self._read.add(number)
        page = self._page(number)
        if self._header(page).type != OVERFLOW_PAGE:
            raise Unreadable(
                f"page {number} of the Berkeley database is no overflow page", code="malformed"
            )
        return page

    def _page(self, number: int) -> memoryview:
        return self._database[number * self._page_size : (number + 1) * self._page_size]

    def _header(self, page: memoryview) -> _Page:
        return _Page(*self._unpack("IHHxB", page, 16))

    def _unpack(self, layout: str, data: memoryview, offset: int) -> tuple[int, ...]:
        return struct.unpack_from(self._order + layout, data, offset)


def header_blobs(database: memoryview) -> Iterator[memoryview | Unreadable]:
    """Yield each package's header, or why it can't be read."""
    yield from HashDatabase(database).values()


def _byte_order(database: memoryview) -> str:
    for order in "<>":
        if struct.unpack_from(f"{order}I", database, 12)[0] == HASH_MAGIC:
            return order
    raise Unreadable("the file is no Berkeley DB hash database", code="unsupported_format")
