"""Zip archives, entry by entry, stored or deflated.

The directory is bounded before any of it is read.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from typing import IO, TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.advisories.sources.errors import (
    SourceDamaged,
    SourceError,
    SourceTooLarge,
    SourceUnsafe,
)
from scantling_analyzers.advisories.sources.limits import MIB
from scantling_analyzers.advisories.sources.naming import problem_of
from scantling_analyzers.advisories.text import title

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.advisories.sources.limits import SourceLimits

MAGIC: Final = (b"PK\x03\x04", b"PK\x05\x06")
_END: Final = b"PK\x05\x06"
_END_BYTES: Final = 22
_END_AT_MOST: Final = _END_BYTES + 65_535
_LOCATOR: Final = b"PK\x06\x07"
_LOCATOR_BYTES: Final = 20
_END64: Final = b"PK\x06\x06"
_END64_BYTES: Final = 56
_ENCRYPTED: Final = 0x1
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""No feed uses others, whose decompressors here know no bound for what comes out at once."""
_LINK: Final = 0o120000
_KIND: Final = 0o170000
_PIECE: Final = 1 * MIB
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    UnicodeError,
    OverflowError,
)
"""What :mod:`zipfile` raises for archives that it can't make sense of."""


class ZipEntry(NamedTuple):
    """A file in an archive, or why it can't be read."""

    name: str
    size: int
    error: SourceError | None
    content: IO[bytes] | None


def entries(file: IO[bytes], name: str, limits: SourceLimits) -> Iterator[ZipEntry]:
    """Give the files of an archive in the order of their names.

    Raises :class:`SourceDamaged` and :class:`SourceTooLarge` for the archive as a whole.
    """
    _check_directory(file, name, limits)
    try:
        archive = zipfile.ZipFile(file)
    except _BROKEN as error:
        raise SourceDamaged(
            f"{name} is no zip archive that can be read: {title(str(error))}"
        ) from error
    with archive:
        infos = archive.infolist()
        if len(infos) > limits.entries:
            raise SourceTooLarge(f"{name} has {len(infos):,} entries, {limits.entries:,} are read")
        for info in sorted(infos, key=lambda each: each.filename):
            if info.filename.endswith("/"):
                continue
            yield from _entry(archive, info, limits)


def pieces(entry: ZipEntry) -> Iterator[bytes]:
    """Read an entry to its end, which checks its sum. Raises :class:`SourceDamaged`."""
    content = entry.content
    try:
        while content is not None and (piece := content.read(_PIECE)):
            yield piece
    except _BROKEN as error:
        raise SourceDamaged(f"the entry is broken: {title(str(error))}") from error
    except OSError as error:
        if error.errno is not None:
            raise  # the disk's, and not bz2's word for broken data
        raise SourceDamaged(f"the entry is broken: {title(str(error))}") from error


def _entry(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, limits: SourceLimits
) -> Iterator[ZipEntry]:
    error: SourceError | None = _refusal(info, limits)
    if error is None:
        try:
            with archive.open(info) as content:
                yield ZipEntry(info.filename, info.file_size, None, content)
        except _BROKEN as broken:
            error = SourceDamaged(f"the entry is broken: {title(str(broken))}")
    if error is not None:
        yield ZipEntry(info.filename, info.file_size, error, None)


def _refusal(info: zipfile.ZipInfo, limits: SourceLimits) -> SourceError | None:
    if problem := problem_of(info.filename):
        return SourceUnsafe(f"the entry {problem}")
    if info.external_attr >> 16 & _KIND == _LINK:
        return SourceUnsafe("the entry is a link, which is not followed")
    if info.compress_type not in _METHODS:
        return SourceDamaged("the entry is packed by a method that is not read")
    if info.flag_bits & _ENCRYPTED:
        return SourceDamaged("the entry is encrypted")
    if info.file_size > max(limits.ratio_floor, info.compress_size * limits.ratio):
        return SourceTooLarge(
            f"the entry expands more than {limits.ratio} times (decompression bomb)"
        )
    return None


def _check_directory(file: IO[bytes], name: str, limits: SourceLimits) -> None:
    """Raise where the central directory says that it is larger than any is.

    :mod:`zipfile` reads it at once. APPNOTE 4.3.14 to 4.3.16.
    """
    end = file.seek(0, 2)
    start = max(0, end - _END_AT_MOST)
    file.seek(start)
    tail = file.read(_END_AT_MOST)
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + _END_BYTES:
        raise SourceDamaged(f"{name} is cut off: the directory of the zip archive is missing")
    size = int.from_bytes(tail[at + 12 : at + 16], "little")
    locator = tail[max(0, at - _LOCATOR_BYTES) : at]
    if locator.startswith(_LOCATOR) and len(locator) == _LOCATOR_BYTES:
        place = int.from_bytes(locator[8:16], "little")
        # What zipfile looks at: the record right before the locator.
        for offset in {place, start + at - _LOCATOR_BYTES - _END64_BYTES}:
            if 0 <= offset <= end - _END64_BYTES:
                file.seek(offset)
                record = file.read(_END64_BYTES)
                if record.startswith(_END64):
                    size = max(size, int.from_bytes(record[40:48], "little"))
    file.seek(0)
    if size > min(limits.directory_bytes, end):
        raise SourceTooLarge(
            f"the directory of the zip archive {name} has {size:,} bytes of {end:,}"
        )
