"""Tar archives as they stream by, entry by entry: V7, ustar, GNU long names, pax.

Links, devices and names that lead out of the archive are told of and not followed; nothing is
ever written. Each step moves on by at least one block.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.advisories.sources.errors import (
    SourceDamaged,
    SourceError,
    SourceTooLarge,
    SourceUnsafe,
)
from scantling_analyzers.advisories.sources.limits import MIB
from scantling_analyzers.advisories.sources.naming import problem_of, shown
from scantling_common.layers import header, pax
from scantling_common.layers.errors import TarError
from scantling_common.layers.header import BLOCK, ZERO_BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.advisories.sources.limits import SourceLimits

_FILES: Final = (b"0", b"\0", b"7")
_DIRECTORY: Final = b"5"
_LINKS: Final = (b"1", b"2")
_LONG_NAME: Final = b"L"
_LONG_LINK: Final = b"K"
_PAX: Final = b"x"
_PAX_GLOBAL: Final = b"g"
_PIECE: Final = 1 * MIB


class TarEntry(NamedTuple):
    """A file in an archive with its content, or why it is not taken; the name is as it stands."""

    name: str
    size: int
    error: SourceError | None
    content: Iterator[bytes]


class Stream:
    """Bytes that come in pieces, read in portions that are asked for."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        """Read from an iterator."""
        self._pieces = pieces
        self._held = b""
        self._at = 0

    def peek(self, size: int) -> bytes:
        """Return what comes next without passing it; less than ``size`` bytes only at the end."""
        missing = size - (len(self._held) - self._at)
        if missing > 0:
            held = [self._held[self._at :]]
            while missing > 0 and (piece := next(self._pieces, b"")):
                held.append(piece)
                missing -= len(piece)
            self._held, self._at = b"".join(held), 0
        return self._held[self._at : self._at + size]

    def read(self, size: int) -> bytes:
        """Return what comes next; less than ``size`` bytes only at the end."""
        found = self.peek(size)
        self._at += len(found)
        return found

    def some(self, most: int) -> bytes:
        """Return some of what comes next, at most so many bytes, nothing at the end."""
        if self._at == len(self._held):
            self._held, self._at = next(self._pieces, b""), 0
        return self.read(min(most, len(self._held) - self._at))

    def rest(self) -> Iterator[bytes]:
        """Give all that is left."""
        while piece := self.some(_PIECE):
            yield piece


def is_tar(start: bytes) -> bool:
    """Tell whether content is a tar archive, by the sum of its first header."""
    if len(start) < BLOCK or start.startswith(b"\0"):
        return False
    block = start[:BLOCK]
    try:
        return header.byte_sum(block) == header.ChecksumCache()[block[148:156]]
    except TarError:
        return False


def entries(stream: Stream, name: str, limits: SourceLimits) -> Iterator[TarEntry]:
    """Give the entries of an archive in its order; what of an entry was not read is passed over.

    Raises :class:`SourceDamaged` and :class:`SourceTooLarge`, after the entries before.
    """
    long_name = b""
    records: pax.Records = []
    for _ in range(limits.entries):
        block = stream.read(BLOCK)
        if not block or block == ZERO_BLOCK:
            return
        flag, raw, size = _fields(block, name)
        if flag in {_LONG_NAME, _LONG_LINK, _PAX, _PAX_GLOBAL}:
            data = _extension(stream, size, name, limits)
            if flag == _LONG_NAME:
                long_name = data.rstrip(b"\0")
            elif flag == _PAX:
                records = _records(data, name)
            continue
        said = dict(records)
        size = _pax_size(said, size, name)
        entry_name = (said.get(b"path") or long_name or raw).decode("utf-8", "surrogateescape")
        long_name, records = b"", []
        if flag == _DIRECTORY:
            continue
        has_content = flag not in _LINKS
        content = _Content(stream, size if has_content else 0, entry_name)
        yield TarEntry(entry_name, size, _refusal(flag, said, entry_name), iter(content))
        content.finish()
    raise SourceTooLarge(f"{name} has more than {limits.entries:,} entries")


class _Content:
    """The content of an entry; it moves the stream on."""

    def __init__(self, stream: Stream, size: int, name: str) -> None:
        self._stream, self._left, self._name = stream, size, name
        self._padding = -size % BLOCK

    def __iter__(self) -> Iterator[bytes]:
        while self._left:
            piece = self._stream.some(min(self._left, _PIECE))
            if not piece:
                raise SourceDamaged(f"the archive ends inside the entry {shown(self._name)}")
            self._left -= len(piece)
            yield piece

    def finish(self) -> None:
        """Pass over what was not read."""
        for _ in self:
            pass
        self._stream.read(self._padding)


def _fields(block: bytes, name: str) -> tuple[bytes, bytes, int]:
    """Return type, name and size of a header."""
    if len(block) < BLOCK:
        raise SourceDamaged(f"{name} ends inside a header")
    fields = header.FIELDS.unpack_from(block)
    try:
        if header.byte_sum(block) != header.ChecksumCache()[fields[6]]:
            header.check(block, fields[6], 0)
        size = header.number(fields[4])
    except TarError as error:
        raise SourceDamaged(f"{name} has a broken header: {error.message}") from error
    if size < 0:
        raise SourceDamaged(f"{name} has an entry of negative size")
    return fields[7], header.path(block), size


def _extension(stream: Stream, size: int, name: str, limits: SourceLimits) -> bytes:
    if size > limits.header_bytes:
        raise SourceTooLarge(f"{name} has an extended header of {size:,} bytes")
    data = stream.read(size)
    if len(data) < size:
        raise SourceDamaged(f"{name} ends inside an extended header")
    stream.read(-size % BLOCK)
    return data


def _records(data: bytes, name: str) -> pax.Records:
    try:
        return pax.parse(data)
    except TarError as error:
        raise SourceDamaged(f"{name} has a broken header: {error.message}") from error


def _pax_size(said: dict[bytes, bytes], size: int, name: str) -> int:
    if b"size" not in said:
        return size
    try:
        size = pax.integer(said[b"size"])
    except TarError as error:
        raise SourceDamaged(f"{name} has a broken header: {error.message}") from error
    if size < 0:
        raise SourceDamaged(f"{name} has an entry of negative size")
    return size


def _refusal(flag: bytes, said: dict[bytes, bytes], name: str) -> SourceError | None:
    if problem := problem_of(name):
        return SourceUnsafe(f"the entry {problem}")
    if flag in _LINKS:
        return SourceUnsafe("the entry is a link, which is not followed")
    if flag not in _FILES or any(key.startswith(b"GNU.sparse.") for key in said):
        return SourceUnsafe("the entry is no plain file")
    return None
