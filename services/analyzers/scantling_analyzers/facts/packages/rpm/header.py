"""The header of an installed package as rpm databases hold it (rpm's *format_v4*, section header).

There it has no magic: number of index entries and of data bytes, the entries (tag, type,
offset, count), the data; all of it big-endian, whatever machine wrote the database.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.packages.rpm.source import source_of
from scantling_analyzers.facts.reading import MAX_VALUE_BYTES, value

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_HEADER_BYTES: Final = 256 * 1024 * 1024
MAX_ENTRIES: Final = 65_535

NAME: Final = 1000
VERSION: Final = 1001
RELEASE: Final = 1002
EPOCH: Final = 1003
VENDOR: Final = 1011
LICENSE: Final = 1014
ARCH: Final = 1022
OLDFILENAMES: Final = 1027
FILESTATES: Final = 1029
FILEMODES: Final = 1030
SOURCERPM: Final = 1044
DIRINDEXES: Final = 1116
BASENAMES: Final = 1117
DIRNAMES: Final = 1118
MODULARITYLABEL: Final = 5096
_VALUES: Final = frozenset(
    {NAME, VERSION, RELEASE, EPOCH, VENDOR, LICENSE, ARCH, SOURCERPM, MODULARITYLABEL}
)
_WANTED: Final = _VALUES | {OLDFILENAMES, FILESTATES, FILEMODES, DIRINDEXES, BASENAMES, DIRNAMES}

INT32: Final = 4
STRING: Final = 6
STRING_ARRAY: Final = 8
I18N_STRING: Final = 9
_TYPES: Final = frozenset({INT32, STRING, STRING_ARRAY, I18N_STRING})

_COUNTS: Final = struct.Struct(">II")
_ENTRY: Final = struct.Struct(">IIII")
_NOT_SET: Final = b"(none)"
_PUBLIC_KEY: Final = "gpg-pubkey"


class Entry(NamedTuple):
    """Where the content of one tag stands in a header's data, and how much there is."""

    type: int
    offset: int
    items: int


class Header(NamedTuple):
    """A header taken apart: the wanted tags, and the data that they point into.

    Of a tag that occurs twice (rpm appends what it changes) the last counts.
    """

    entries: Mapping[int, Entry]
    data: memoryview


def split(blob: memoryview) -> Header:
    """Take a header apart; :class:`Unreadable` (``truncated``, ``too_large``)."""
    if blob.nbytes < _COUNTS.size:
        raise Unreadable(f"an rpm header has only {blob.nbytes} bytes", code="truncated")
    count, size = _COUNTS.unpack_from(blob)
    if count > MAX_ENTRIES or size > MAX_HEADER_BYTES:
        raise Unreadable(
            f"an rpm header claims {count} entries and {size} bytes of data", code="too_large"
        )
    start = _COUNTS.size + count * _ENTRY.size
    if blob.nbytes < start + size:
        raise Unreadable(
            f"an rpm header claims {start + size} bytes and has {blob.nbytes}", code="truncated"
        )
    entries = {
        tag: Entry(type_, offset, items)
        for tag, type_, offset, items in _ENTRY.iter_unpack(blob[_COUNTS.size : start])
        if tag in _WANTED
    }
    return Header(entries, blob[start : start + size])


def package_of(header: Header, path: str, found_by: str) -> Package | None:
    """Return the package that a header describes, or None for a public key of rpm's key ring.

    Raises :class:`Unreadable` (``truncated``, ``malformed``, ``too_large``).
    """
    tags = read_tags(header)
    name = value(tags.get(NAME, b""), "a package name")
    version, release = (value(tags.get(tag, b""), "a version") for tag in (VERSION, RELEASE))
    if not name or not version:
        raise Unreadable(
            f"an rpm header lacks its name or version (name '{name}')", code="malformed"
        )
    if name == _PUBLIC_KEY:
        return None
    source_name, source_version = source_of(value(tags.get(SOURCERPM, b""), "a source package"))
    licence = value(tags.get(LICENSE, b""), "a licence")
    epoch = tags.get(EPOCH, b"").decode("ascii")
    return Package(
        path=path,
        name=name,
        version=(f"{epoch}:" if epoch else "") + version + (f"-{release}" if release else ""),
        type="rpm",
        arch=value(tags.get(ARCH, b""), "an architecture"),
        source_name=source_name,
        source_version=source_version,
        licenses=(licence,) if licence else (),
        module=value(tags.get(MODULARITYLABEL, b""), "a module label"),
        maintainer=value(tags.get(VENDOR, b""), "a vendor"),
        found_by=found_by,
    )


def read_tags(header: Header) -> Mapping[int, bytes]:
    """Return the values that are set, numbers as decimal text, of a list the first item."""
    tags: dict[int, bytes] = {}
    for tag in _VALUES.intersection(header.entries):
        content = _content(tag, header.entries[tag], header.data)
        if content != _NOT_SET:
            tags[tag] = content
    return tags


def _content(tag: int, entry: Entry, data: memoryview) -> bytes:
    if entry.items == 0 or entry.offset >= data.nbytes:
        raise Unreadable(f"tag {tag} of an rpm header points out of its data", code="malformed")
    if (tag == EPOCH) != (entry.type == INT32) or entry.type not in _TYPES:
        raise Unreadable(
            f"tag {tag} of an rpm header has the unexpected type {entry.type}", code="malformed"
        )
    if entry.type == INT32:
        return b"%d" % int.from_bytes(data[entry.offset : entry.offset + 4], "big")
    window = bytes(data[entry.offset : entry.offset + MAX_VALUE_BYTES + 1])
    text, end, _ = window.partition(b"\0")
    if not end:
        code = "too_large" if len(window) > MAX_VALUE_BYTES else "truncated"
        raise Unreadable(
            f"tag {tag} of an rpm header has no end within {len(window)} bytes", code=code
        )
    return text
