"""ELF, the form of programs and shared libraries (System V gABI, chapters 4 and 5).

Only headers are read here; what a section or segment holds is a view that its user bounds. The
kernel needs the program headers alone, so a program whose section headers are gone or broken
still runs: its segments are read, and the sections are an error beside them.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.contract import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC: Final = b"\x7fELF"
MAX_SECTIONS: Final = 65_536
"""Programs have a few dozen; only objects with a section for each function have thousands."""
MAX_SEGMENTS: Final = 4096
MAX_NAME_BYTES: Final = 256

EXECUTABLE: Final = 2
SHARED: Final = 3
LOAD: Final = 1
NO_BITS: Final = 8
ALLOCATED: Final = 2
SECTION_CODE: Final = 4
SEGMENT_CODE: Final = 1
SEGMENT_WRITABLE: Final = 2

_IDENT_BYTES: Final = 16
_WORD_BITS: Final = {1: 32, 2: 64}
_ORDERS: Final = {1: "<", 2: ">"}
_NAMES_ELSEWHERE: Final = 0xFFFF
"""The index of the section of names is in the first section header (``SHN_XINDEX``)."""
_KINDS: Final = frozenset({EXECUTABLE, SHARED})


class Section(NamedTuple):
    """One section; ``offset`` and ``size`` are bytes of the file."""

    name: bytes
    kind: int
    flags: int
    address: int
    offset: int
    size: int


class Segment(NamedTuple):
    """One loaded segment; ``size`` is what the file holds of it."""

    flags: int
    offset: int
    address: int
    size: int


class Elf(NamedTuple):
    """The headers of one file; ``damage`` says why the sections are missing where they are."""

    data: memoryview
    order: str
    sections: tuple[Section, ...]
    segments: tuple[Segment, ...]
    damage: Unreadable | None = None

    def section(self, name: bytes) -> Section | None:
        """Return the first section of a name that has content, or None."""
        for section in self.sections:
            if section.name == name and section.size and section.kind != NO_BITS:
                return section
        return None

    def content(self, section: Section) -> memoryview:
        """Return a section's content; :class:`Unreadable` (``truncated``) beyond the file."""
        end = section.offset + section.size
        if end > self.data.nbytes:
            name = section.name.decode("ascii", "replace")
            raise Unreadable(f"the section {name} lies beyond the file's end", code="truncated")
        return self.data[section.offset : end]

    def at(self, address: int) -> memoryview:
        """Return what is loaded from an address to the end of its segment; maybe empty."""
        for segment in self.segments:
            if segment.address <= address < segment.address + segment.size:
                start = segment.offset + address - segment.address
                return self.data[start : segment.offset + segment.size]
        return self.data[:0]


class _Layout(NamedTuple):
    """Where the fields stand in files of one word size."""

    header: struct.Struct
    segment: struct.Struct
    section: struct.Struct
    wide: bool


_FIELDS: Final = {
    32: ("HHIIIIIHHHHHH", "IIIIIIII", "IIIIIIIIII"),
    64: ("HHIQQQIHHHHHH", "IIQQQQQQ", "IIQQQQIIQQ"),
}
"""The fields of the file's header after its first 16 bytes, of a segment, of a section."""

_LAYOUTS: Final = {
    (bits, order): _Layout(
        struct.Struct(order + header),
        struct.Struct(order + segment),
        struct.Struct(order + section),
        bits > min(_FIELDS),
    )
    for bits, (header, segment, section) in _FIELDS.items()
    for order in _ORDERS.values()
}


class _Table(NamedTuple):
    offset: int
    entry: int
    rows: int


def parse(data: memoryview) -> Elf | None:
    """Return the headers of a program or shared library, None where the file is neither.

    Objects, core dumps and files that only begin like ELF are nothing that runs. Raises
    :class:`Unreadable` (``malformed``, ``truncated``, ``too_many``) for a header or segments
    that can't be read.
    """
    if not _is_program(data):
        return None
    order, layout = _layout(data)
    header = layout.header.unpack_from(data, _IDENT_BYTES)
    sections_at, section_size, sections, names = header[5], *header[10:]
    loaded = tuple(_loaded(data, layout))
    try:
        table = _Table(sections_at, section_size, sections)
        found = tuple(_sections(data, layout, table, names)) if sections_at else ()
    except Unreadable as error:
        return Elf(data, order, (), loaded, error)
    return Elf(data, order, found, loaded)


def loaded_end(data: memoryview) -> int:
    """Return where what the kernel loads of a program ends: what stands behind is not run.

    That is the end of the file where it is no program, or can't be read as one.
    """
    try:
        if _is_program(data):
            ends = (each.offset + each.size for each in _loaded(data, _layout(data)[1]))
            return max(ends, default=data.nbytes)
    except Unreadable:
        return data.nbytes
    return data.nbytes


def _layout(data: memoryview) -> tuple[str, _Layout]:
    bits, order = _WORD_BITS.get(data[4], 0), _ORDERS.get(data[5], "")
    layout = _LAYOUTS.get((bits, order))
    if layout is None:
        raise Unreadable("the ELF header has no known word size and byte order", code="malformed")
    if data.nbytes < _IDENT_BYTES + layout.header.size:
        raise Unreadable("the ELF header lies beyond the file's end", code="truncated")
    return order, layout


def _loaded(data: memoryview, layout: _Layout) -> Iterator[Segment]:
    header = layout.header.unpack_from(data, _IDENT_BYTES)
    return _segments(data, layout, _Table(header[4], header[8], header[9]))


def _is_program(data: memoryview) -> bool:
    """Say whether the file claims to be a program, in either byte order.

    Whether class and order are valid is not asked: the kernel doesn't look at them.
    """
    if data.nbytes < _IDENT_BYTES + 2 or bytes(data[: len(MAGIC)]) != MAGIC:
        return False
    return bool(_KINDS & {data[16] | data[17] << 8, data[17] | data[16] << 8})


def _rows(
    data: memoryview, row: struct.Struct, table: _Table, what: str
) -> Iterator[tuple[int, ...]]:
    if table.rows and table.entry < row.size:
        raise Unreadable(f"the {what} headers have {table.entry} bytes each", code="malformed")
    if table.offset + table.rows * table.entry > data.nbytes:
        raise Unreadable(f"the {what} headers lie beyond the file's end", code="truncated")
    for number in range(table.rows):
        yield row.unpack_from(data, table.offset + number * table.entry)


def _segments(data: memoryview, layout: _Layout, table: _Table) -> Iterator[Segment]:
    if table.rows > MAX_SEGMENTS:
        raise _too_many(table.rows, "segments", MAX_SEGMENTS)
    for kind, *rest in _rows(data, layout.segment, table, "program"):
        if layout.wide:
            flags, offset, address, _, size, _, _ = rest
        else:
            offset, address, _, size, _, flags, _ = rest
        if kind == LOAD and size:
            yield Segment(flags, offset, address, size)


def _sections(data: memoryview, layout: _Layout, table: _Table, names: int) -> Iterator[Section]:
    """Yield the sections; counts that don't fit the header stand in the first one (gABI)."""
    if not table.rows or names == _NAMES_ELSEWHERE:
        first = next(_rows(data, layout.section, table._replace(rows=1), "section"))
        table = table._replace(rows=table.rows or first[5])
        names = first[6] if names == _NAMES_ELSEWHERE else names
    if table.rows > MAX_SECTIONS:
        raise _too_many(table.rows, "sections", MAX_SECTIONS)
    rows = list(_rows(data, layout.section, table, "section"))
    if names >= len(rows):
        raise Unreadable("the ELF header points to no section of names", code="malformed")
    start, end = rows[names][4], rows[names][4] + rows[names][5]
    if end > data.nbytes and rows[names][1] != NO_BITS:
        raise Unreadable("the names of sections lie beyond the file's end", code="truncated")
    texts = data[start:end]
    for name, kind, flags, address, offset, size, *_ in rows:
        text, _, _ = bytes(texts[name : name + MAX_NAME_BYTES]).partition(b"\0")
        yield Section(text, kind, flags, address, offset, size)


def _too_many(count: int, what: str, limit: int) -> Unreadable:
    return Unreadable(f"the file claims {count} {what}, {limit} are read", code="too_many")
