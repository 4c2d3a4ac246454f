"""The tar walk: one pass over the archive as it streams by, straight into columns.

Reads V7, ustar, GNU (long names, sparse, base-256 numbers) and pax archives, and nothing by
recursion: each step moves on by at least one block, so no archive keeps it busy for ever.
What only one entry gets wrong (its name, its link) is recorded and not addressable; what
makes the rest unreadable is a :class:`TarError`.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from scantling_common.layers import header
from scantling_common.layers.capture import NOTHING
from scantling_common.layers.entries import Entries, Kind
from scantling_common.layers.errors import (
    LayerTooLarge,
    TarError,
    TarGoesOn,
    TarInvalid,
    TarTruncated,
)
from scantling_common.layers.escape import escape
from scantling_common.layers.extension import Extension
from scantling_common.layers.header import BLOCK, ZERO_BLOCK
from scantling_common.layers.limits import DEFAULT_LIMITS, MIB, LayerLimits
from scantling_common.layers.paths import PathProblem, normalise

if TYPE_CHECKING:
    from scantling_common.layers.capture import Capture
    from scantling_common.layers.entries import Row
    from scantling_common.layers.extension import RawEntry
    from scantling_common.layers.header import Buffer, Fields

_PLAIN: Final = {b"0": int(Kind.FILE), b"5": int(Kind.DIRECTORY)}
_EXTENSIONS: Final = frozenset({b"L", b"K", b"x", b"g"})
_SOLARIS: Final = frozenset({b"X"})
"""The extended headers of Solaris, which have the records of pax."""
_MODE: Final = 0o7777
_SIZE: Final = slice(124, 135)
"""Where the digits of a size stand."""
_BATCH: Final = 4096
_HEADERS_PER_ENTRY: Final = 8
_SPARSE_MAP_BYTES: Final = 64 * MIB


def walk(buffer: Buffer, limits: LayerLimits = DEFAULT_LIMITS) -> Entries:
    """Return all entries of a plain tar archive that is at hand as a whole.

    Raises what :class:`TarWalk` raises.
    """
    walking = TarWalk(limits)
    walking.feed(buffer)
    return walking.finish()


class TarWalk:
    """A walk that is fed an archive piece by piece; pieces may be cut anywhere.

    ``capture`` is shown the content of files. The extended headers of Solaris are read only if
    ``solaris`` is set: container runtimes refuse them. Raises :class:`TarInvalid`,
    :class:`TarTruncated` and :class:`LayerTooLarge`. An archive may end without its two zero blocks
    at the boundary of an entry; what follows them is ignored.
    """

    def __init__(
        self,
        limits: LayerLimits = DEFAULT_LIMITS,
        capture: Capture = NOTHING,
        *,
        solaris: bool = False,
    ) -> None:
        """Begin before the first header."""
        self.limits = limits
        self.entries = Entries(limits)
        self.rows: list[Row] = []
        self.extension = Extension(limits)
        self.extensions = 0
        self._extension_flags = _EXTENSIONS | _SOLARIS if solaris else _EXTENSIONS
        self._capture = capture
        self._caches = header.NumberCache(), header.OwnerCache(), header.ChecksumCache()
        self._base = 0  # where in the archive the piece at hand begins
        self._held = b""  # what of the last piece could not be understood alone
        self._skip = 0  # how much is still to come of the entry at hand, and how much of it
        self._padding = 0  # is no content
        self._name = b""
        self._last = self._zero = self._done = False

    @property
    def end(self) -> int:
        """Return how much of a finished archive was read: what stands behind was ignored."""
        return self._base

    def feed(self, piece: Buffer) -> None:
        """Take the next piece."""
        buffer: Buffer = self._held + bytes(piece) if self._held else piece
        self._held = b""
        end = len(buffer)
        at = self._pass_over(buffer) if self._skip else 0
        if at < end and not self._done:
            at = self._headers(buffer, at)
        self._base += min(at, end)
        if at < end and not self._done:
            self._held = bytes(buffer[at:])
        elif at > end:
            self._skip = at - end

    def finish(self) -> Entries:
        """Say that the archive ends here; return all its entries."""
        self._last = True
        if self._held:
            self.feed(b"")
        if self._skip > self._padding:
            raise truncated(self._name)
        if self.extension.pending:
            raise TarTruncated("the archive ends after an extended header")
        if self._held and not self._zero:
            raise TarTruncated(f"the archive ends inside the header at byte {self._base}")
        self.entries.terminated = self._zero
        self.entries.extend(self.rows)
        return self.entries

    def cut(self) -> Entries:
        """Say that the rest of the archive is not read; return the entries that came whole."""
        with suppress(LayerTooLarge):
            self.entries.extend(self.rows)
        self.entries.end_before(self._capture.end())
        return self.entries

    def _pass_over(self, buffer: Buffer) -> int:
        """Pass over content and padding of the entry at hand; return where they end."""
        content = self._skip - self._padding
        if content > 0:
            self._capture.more(buffer, 0, min(content, len(buffer)))
        at, self._skip = self._skip, 0
        return at

    def _headers(self, buffer: Buffer, at: int) -> int:
        """Read headers; the common entry (a file or directory in one block) is handled inline.

        Returns where it stopped: beyond the end of the buffer, where content is still to come.
        """
        rows, extension, base = self.rows, self.extension, self._base
        numbers, owners, checksums = self._caches
        unpack, byte_sum = header.COMMON.unpack, header.byte_sum
        end, special = len(buffer), bool(extension)
        while at + BLOCK <= end:
            block = bytes(buffer[at : at + BLOCK])
            name, owner, size_field, mtime, checksum, flag, split = unpack(block)
            if self._zero or (not name[0] and block == ZERO_BLOCK):
                at = self._end_mark(block, at)
                if self._done:
                    break
                continue
            if byte_sum(block) != checksums[checksum]:
                header.check(block, checksum, base + at)
            kind = _PLAIN.get(flag)
            if special or kind is None:
                path = None if kind is None else self._extended_path(block)
                special = bool(extension)
            else:
                path = normalise(header.path(block) if split else name.partition(b"\0")[0])
            if not path or not size_field[:11].isdigit():
                moved = self._special(buffer, at, block)
                if moved is None:
                    break
                at = moved
                special = bool(extension)
                continue
            size = 0 if kind else numbers[size_field]
            mode, uid, gid = owners[owner]
            at += BLOCK
            rows.append((path, kind or 0, mode, uid, gid, size, numbers[mtime], base + at))
            if size:
                at = self._content(buffer, at, size, path, mode)
            if len(rows) >= _BATCH:
                self.entries.extend(rows)
        return at

    def _content(self, buffer: Buffer, at: int, size: int, path: bytes, mode: int) -> int:
        """Show the content of a file; return where its blocks end."""
        wish = self._capture.wants(path, mode, size)
        if wish or size >= self._capture.least:
            self._capture.take(self._base + at, wish, size, buffer, at)
        self._padding, self._name = -size % BLOCK, path
        return at + size + self._padding

    def _extended_path(self, block: bytes) -> bytes | None:
        """Return a path that extended headers gave, None where they gave more than that."""
        name = self.extension.only_name()
        if not name or len(name) > self.limits.name_bytes or b"\0" in name:
            return None
        path = normalise(name)
        if path and block[_SIZE].isdigit():
            self.extension.clear()
            return path
        return None

    def _end_mark(self, block: bytes, at: int) -> int:
        """Take a zero block; after the first only another one may come."""
        if not self._zero:
            self._zero = True
            return at + BLOCK
        if block != ZERO_BLOCK:
            raise TarGoesOn(self._base + at - BLOCK, self._base + at)
        self._done = True
        return at

    def _special(self, buffer: Buffer, at: int, block: bytes) -> int | None:
        """Handle any header; return where the next one is, None where more must be at hand."""
        fields: Fields = header.FIELDS.unpack_from(block)
        flag, start = fields[7], self._base + at
        if flag in self._extension_flags:
            size = header.number(fields[4])
            if size < 0:
                raise TarInvalid(f"the extended header at byte {start} states a negative size")
            if size > self.limits.header_bytes:
                raise LayerTooLarge(f"the extended header at byte {start} has {size:,} bytes")
            data = bytes(buffer[at + BLOCK : at + BLOCK + size])
            if len(data) < size:
                if not self._last:
                    return None
                raise TarTruncated(f"the archive ends inside the extended header at byte {start}")
            self.extensions += 1
            if self.extensions > self.limits.entries * _HEADERS_PER_ENTRY:
                raise LayerTooLarge("the archive has too many extended headers")
            self.extension.add(flag, data)
            return at + BLOCK + -(-size // BLOCK) * BLOCK
        try:
            entry = self.extension.apply(buffer, at, block, fields)
        except TarError:
            # The map of a sparse file may go on in the next piece.
            may_grow = not self._last and len(buffer) - at < _SPARSE_MAP_BYTES
            if may_grow and (flag == b"S" or self.extension.is_sparse):
                return None
            raise
        return self._take(entry, buffer)

    def _take(self, entry: RawEntry, buffer: Buffer) -> int:
        """Add an entry; return where the next header is."""
        at = entry.content
        entry.content += self._base
        path = self._add(entry)
        packed = entry.data + entry.stored - at
        if path and entry.kind == Kind.FILE and packed > 0:
            wish = self._capture.wants(path, entry.mode & _MODE, packed)
            whole = entry.sparse is None
            if wish or (whole and packed >= self._capture.least):
                self._capture.take(entry.content, wish, packed, buffer, at, hashed=whole)
        self._padding, self._name = -entry.stored % BLOCK, entry.name
        return entry.data + -(-entry.stored // BLOCK) * BLOCK

    def _add(self, entry: RawEntry) -> bytes:
        """Make a row of an entry and return its path, or record why it can't be one."""
        path = normalise(entry.name)
        problem = self._problem(entry, path)
        if problem or path is None:
            self.entries.refuse(entry.name, problem or PathProblem.TRAVERSAL)
            return b""
        if not path:
            return b""
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
        return path

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
