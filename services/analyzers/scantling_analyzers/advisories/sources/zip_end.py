"""Where the central directory of a zip archive is (PKWARE APPNOTE 6.3, 4.3.14 to 4.3.16)."""

from __future__ import annotations

import struct
from typing import IO, Final, NamedTuple

from scantling_analyzers.advisories.sources.errors import SourceDamaged

_END: Final = struct.Struct("<4s8xLLH")
"""Signature, size and offset of the directory, length of the comment."""
_END_MAGIC: Final = b"PK\x05\x06"
_COMMENT: Final = 0xFFFF
_LOCATOR: Final = struct.Struct("<4s4xQ4x")
_LOCATOR_MAGIC: Final = b"PK\x06\x07"
_END64: Final = struct.Struct("<4s36xQQ")
_END64_MAGIC: Final = b"PK\x06\x06"


class Directory(NamedTuple):
    """Where it begins, how many bytes it has, and what stands before the archive in the file."""

    start: int
    size: int
    shift: int


def directory_of(file: IO[bytes], name: str) -> Directory:
    """Find the directory. Raises :class:`SourceDamaged` where there is none."""
    length = file.seek(0, 2)
    start = max(0, length - _END.size - _COMMENT)
    file.seek(start)
    tail = file.read(_END.size + _COMMENT)
    at = tail.rfind(_END_MAGIC)
    if at < 0 or len(tail) < at + _END.size:
        raise SourceDamaged(f"{name} is cut off: the directory of the zip archive is missing")
    _, size, offset, _ = _END.unpack_from(tail, at)
    # An archive of over 65,535 entries has the longer record, though these numbers fit.
    end, size, offset = _end64(file, start + at, size, offset)
    # The directory stands right before its end, wherever its offset is counted from.
    begun = end - size
    if begun < 0 or offset > begun:
        raise SourceDamaged(f"{name} is broken: the directory of the zip archive is not there")
    return Directory(begun, size, begun - offset)


def _end64(file: IO[bytes], end: int, size: int, offset: int) -> tuple[int, int, int]:
    """Return end, size and offset of the directory by the record before the locator, if any."""
    file.seek(max(0, end - _LOCATOR.size))
    locator = file.read(_LOCATOR.size)
    if end < _LOCATOR.size or not locator.startswith(_LOCATOR_MAGIC):
        return end, size, offset
    stated = _LOCATOR.unpack(locator)[1]
    for at in (stated, end - _LOCATOR.size - _END64.size):
        if 0 <= at <= end - _LOCATOR.size - _END64.size:
            file.seek(at)
            record = file.read(_END64.size)
            if record.startswith(_END64_MAGIC):
                _, size, offset = _END64.unpack(record)
                return at, size, offset
    return end, size, offset
