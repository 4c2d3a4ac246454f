"""The tar walk: one pass over a memory map, headers only, straight into columns.

Reads V7, ustar, GNU (long names, sparse, base-256 numbers) and pax archives, and nothing by
recursion: each step moves on by at least one block, so no archive keeps it busy for ever.
What only one entry gets wrong (its name, its link) is recorded and not addressable; what
makes the rest unreadable is a :class:`TarError`.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from scantling_common.layers import header
from scantling_common.layers.entries import Entries, Kind
from scantling_common.layers.errors import LayerTooLarge, TarInvalid, TarTruncated
from scantling_common.layers.escape import escape
from scantling_common.layers.extension import Extension
from scantling_common.layers.header import BLOCK, ZERO_BLOCK
from scantling_common.layers.limits import DEFAULT_LIMITS, LayerLimits
from scantling_common.layers.paths import PathProblem, normalise

if TYPE_CHECKING:
    from scantling_common.layers.entries import Row
    from scantling_common.layers.extension import RawEntry
    from scantling_common.layers.header import Buffer, Fields

_PLAIN: Final = {b"0": int(Kind.FILE), b"5": int(Kind.DIRECTORY)}
_EXTENSIONS: Final = frozenset({b"L", b"K", b"x", b"g"})
_MODE: Final = 0o7777
_BATCH: Final = 4096
_HEADERS_PER_ENTRY: Final = 8


def walk(buffer: Buffer, limits: LayerLimits = DEFAULT_LIMITS) -> Entries:
    """Return all entries of a plain tar archive.

    Raises :class:`TarInvalid`, :class:`TarTruncated` and :class:`LayerTooLarge`. An archive may
    end without its two zero blocks at the boundary of an entry; what follows them is ignored.
    """
    return _Walk(buffer, limits).run()


class _Walk:
    def __init__(self, buffer: Buffer, limits: LayerLimits) -> None:
        self.buffer = buffer
        self.limits = limits
        self.entries = Entries(limits)
        self.rows: list[Row] = []
        self.extension = Extension(limits)
        self.extensions = 0

    def run(self) -> Entries:
        """Walk; the common entry (a file or directory in one block) is handled inline."""
        buffer, rows, extension = self.buffer, self.rows, self.extension
        numbers, ids, checksums = header.NumberCache(), header.IdCache(), header.ChecksumCache()
        unpack, adler = header.FIELDS.unpack_from, zlib.adler32
        offset, end, special = 0, len(buffer), False
        while offset + BLOCK <= end:
            block = bytes(buffer[offset : offset + BLOCK])
            fields: Fields = unpack(block)
            name, mode, uid, gid, size_field, mtime, checksum, flag, _, _ = fields
            if not name[0] and block == ZERO_BLOCK:
                self._check_end(offset)
                break
            if (adler(block[:256], 0) & 0xFFFF) + (adler(block[256:], 0) & 0xFFFF) != checksums[
                checksum
            ]:
                header.check(block, checksum, offset)
            kind = _PLAIN.get(flag)
            path = (
                None
                if special or kind is None or block[345]
                else normalise(name.partition(b"\0")[0])
            )
            if not path or not size_field[:11].isdigit():
                offset = self._special(offset, block, fields)
                special = bool(extension)
                continue
            size = 0 if kind else numbers[size_field]
            offset += BLOCK
            if offset + size > end:
                raise truncated(path)
            rows.append(
                (
                    path,
                    kind or 0,
                    numbers[mode] & _MODE,
                    ids[uid],
                    ids[gid],
                    size,
                    numbers[mtime],
                    offset,
                )
            )
            offset += -(-size // BLOCK) * BLOCK
            if len(rows) >= _BATCH:
                self.entries.extend(rows)
        return self._finish(offset)

    def _check_end(self, offset: int) -> None:
        """Check what follows a zero block: another one, or nothing."""
        second = bytes(self.buffer[offset + BLOCK : offset + 2 * BLOCK])
        if len(second) == BLOCK and second != ZERO_BLOCK:
            raise TarInvalid(f"the archive goes on after a single zero block at byte {offset}")
        self.entries.terminated = True

    def _finish(self, offset: int) -> Entries:
        end = len(self.buffer)
        if self.extension.pending:
            raise TarTruncated("the archive ends after an extended header")
        if offset < end < offset + BLOCK:
            raise TarTruncated(f"the archive ends inside the header at byte {offset}")
        self.entries.extend(self.rows)
        return self.entries

    def _special(self, offset: int, block: bytes, fields: Fields) -> int:
        """Handle any header; return the offset of the next one."""
        flag = fields[7]
        if flag in _EXTENSIONS:
            self.extensions += 1
            if self.extensions > self.limits.entries * _HEADERS_PER_ENTRY:
                raise LayerTooLarge("the archive has too many extended headers")
            size = header.number(fields[4])
            self.extension.add(flag, self._read_extension(offset + BLOCK, size))
            return offset + BLOCK + -(-size // BLOCK) * BLOCK
        entry = self.extension.apply(self.buffer, offset, block, fields)
        if entry.data + entry.stored > len(self.buffer):
            raise truncated(entry.name)
        self._add(entry)
        return entry.data + -(-entry.stored // BLOCK) * BLOCK

    def _read_extension(self, at: int, size: int) -> bytes:
        if size < 0:
            raise TarInvalid(f"the extended header at byte {at - BLOCK} states a negative size")
        if size > self.limits.header_bytes:
            raise LayerTooLarge(f"the extended header at byte {at - BLOCK} has {size:,} bytes")
        data = bytes(self.buffer[at : at + size])
        if len(data) < size:
            raise TarTruncated(f"the archive ends inside the extended header at byte {at - BLOCK}")
        return data

    def _add(self, entry: RawEntry) -> None:
        """Make a row of an entry, or record why it can't be one."""
        path = normalise(entry.name)
        problem = self._problem(entry, path)
        if problem or path is None:
            self.entries.refuse(entry.name, problem or PathProblem.TRAVERSAL)
            return
        if not path:
            return
        row = len(self.entries) + len(self.rows)
        if entry.link:
            self.entries.links[row] = entry.link
        if entry.sparse is not None:
            self.entries.sparse[row] = entry.sparse
        if entry.capability:
            self.entries.capabilities[row] = entry.capability
        kind = entry.kind or Kind.FILE
        size = entry.size if kind == Kind.FILE else 0
        self.rows.append(
            (path, kind, entry.mode & _MODE, entry.uid, entry.gid, size, entry.mtime, entry.content)
        )
        if len(self.rows) >= _BATCH:
            self.entries.extend(self.rows)

    def _problem(self, entry: RawEntry, path: bytes | None) -> PathProblem | None:
        link = entry.kind in {Kind.HARD_LINK, Kind.SYMLINK}
        checks = (
            (entry.kind is None, PathProblem.UNKNOWN_TYPE),
            (not entry.name, PathProblem.EMPTY),
            (path is None, PathProblem.TRAVERSAL),
            (b"\0" in entry.name or b"\0" in entry.link, PathProblem.NUL),
            (len(entry.name) > self.limits.name_bytes, PathProblem.TOO_LONG),
            (link and len(entry.link) > self.limits.link_bytes, PathProblem.TOO_LONG),
            (link and not entry.link, PathProblem.BAD_LINK),
            (not path and entry.kind != Kind.DIRECTORY, PathProblem.EMPTY),
            (entry.kind == Kind.HARD_LINK and not normalise(entry.link), PathProblem.BAD_LINK),
        )
        return next((problem for found, problem in checks if found), None)


def truncated(name: bytes) -> TarTruncated:
    """Return the error for an entry whose data is not all there."""
    return TarTruncated(f"the archive ends inside the entry {escape(name[:256])}")
