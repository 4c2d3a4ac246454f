"""What is kept of a layer while it streams by: the content of wanted files, and hashes.

Most of a layer is never looked at again once it is hashed. What readers want is written to an
unlinked file; of every larger file a fast hash is taken, which tells equal content.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final, Protocol

import xxhash

from scantling_common.layers.limits import GIB

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from scantling_common.layers.header import Buffer

HASHED_BYTES: Final = 4096
"""From which size on the content of a file is hashed: smaller ones are not worth storing once."""

LARGE_BYTES: Final = 2 * GIB
"""A larger file is not kept for those who want every file, whatever it is."""

START_BYTES: Final = 8
"""How much of a file is shown to a selection."""

EXECUTABLE: Final = 0o111


class Wish(IntEnum):
    """Whether a file is wanted: no, if it begins as executable ones or as others may, yes."""

    NO = 0
    START = 1
    DATA = 2
    YES = 3


class Selection(Protocol):
    """Says which files of a layer are wanted."""

    @property
    def looks_inside(self) -> bool:
        """Say whether some files are wanted for how they begin."""

    def wants(self, path: bytes, /) -> bool:
        """Say whether a file is wanted for its path."""

    def wants_large(self, path: bytes, /) -> bool:
        """Say whether a wanted file is wanted although it has over ``LARGE_BYTES``."""

    def wants_start(self, start: bytes, /) -> bool:
        """Say whether an executable file is wanted that begins with these eight bytes."""

    def wants_data(self, start: bytes, /) -> bool:
        """Say whether any other file is wanted that begins so, of those that are hashed."""


class Sink(Protocol):
    """Takes content that is kept; ``size`` is how many bytes it has taken."""

    size: int

    def write(self, data: memoryview, /) -> None:
        """Append."""


class _Nowhere:
    size = 0

    def write(self, _data: memoryview) -> None:
        return


class _Flat:
    """Wants every file, or none."""

    looks_inside = False

    def __init__(self, *, wanted: bool) -> None:
        self._wanted = wanted

    def wants(self, _path: bytes) -> bool:
        return self._wanted

    def wants_large(self, _path: bytes) -> bool:
        return self._wanted

    def wants_start(self, _start: bytes) -> bool:
        return self._wanted

    def wants_data(self, _start: bytes) -> bool:
        return self._wanted


EVERYTHING: Final[Selection] = _Flat(wanted=True)


class Capture:
    """Takes the content of files as it comes.

    ``kept`` maps the offset of a file's data in the plain archive to its place in the spill,
    ``hashes`` maps it to the xxh3 hash (64 bits) of the content. The hash is no proof against
    one who wants to deceive about an image of his own.
    """

    def __init__(
        self,
        spill: Sink,
        selection: Selection,
        *,
        only: AbstractSet[int] | None = None,
        least: int = HASHED_BYTES,
    ) -> None:
        """Keep in ``spill`` what ``selection`` wants, and hash files from ``least`` bytes on.

        With ``only`` nothing but the content at these offsets is kept, as in a second pass over
        the same archive, and nothing is hashed.
        """
        self.kept: dict[int, int] = {}
        self.hashes: dict[int, int] = {}
        self.least = least if only is None else 0
        self._spill, self._selection, self._only = spill, selection, only
        self._peeks = selection.looks_inside
        self._part: _Part | None = None

    def wants(self, path: bytes, mode: int, size: int) -> Wish:
        """Return whether a file of this size in bytes is wanted."""
        if self._only is not None:
            return Wish.NO
        if self._selection.wants(path) and (
            size <= LARGE_BYTES or self._selection.wants_large(path)
        ):
            return Wish.YES
        return Wish.START if mode & EXECUTABLE and self._peeks else Wish.NO

    def take(
        self, offset: int, wish: Wish, size: int, buffer: Buffer, at: int, *, hashed: bool = True
    ) -> None:
        """Take the content of a file that begins at ``at``; the rest comes by :meth:`more`.

        ``offset`` is where it stands in the archive, ``size`` is in bytes.
        """
        if self._only is not None:
            wish, hashed = (Wish.YES if offset in self._only else Wish.NO), False
        content = memoryview(buffer)[at : at + size]
        hashed = hashed and size >= self.least
        if hashed and not wish and self._peeks:
            wish = Wish.DATA
        if content.nbytes < size:
            self._part = _Part(self, offset, wish, size, hashed=hashed)
            self._part.add(content)
            return
        if Wish.NO < wish < Wish.YES and size >= START_BYTES:
            wish = self.judge(wish, bytes(content[:START_BYTES]))
        if wish is Wish.YES:
            self.keep(offset)
            self.write(content)
        if hashed:
            self.hashes[offset] = xxhash.xxh3_64_intdigest(content)

    def more(self, buffer: Buffer, at: int, end: int) -> None:
        """Take more of the file that was begun last."""
        if self._part is not None and self._part.add(memoryview(buffer)[at:end]):
            self._part = None

    def end(self) -> int | None:
        """Say that no more comes; return where content stands of which not all has come.

        It is not kept.
        """
        part, self._part = self._part, None
        if part is None:
            return None
        self.kept.pop(part.offset, None)
        return part.offset

    def judge(self, wish: Wish, start: bytes) -> Wish:
        """Return whether a file is wanted that begins so."""
        selection = self._selection
        wanted = selection.wants_start if wish is Wish.START else selection.wants_data
        return Wish.YES if wanted(start) else Wish.NO

    def keep(self, offset: int) -> None:
        """Note that the content of a file comes next into the spill."""
        self.kept[offset] = self._spill.size

    def write(self, content: memoryview) -> None:
        """Append to the spill."""
        self._spill.write(content)


NOTHING: Final = Capture(_Nowhere(), _Flat(wanted=False), least=1 << 63)
"""For a walk of which only the headers count."""


class _Part:
    """A file of which not all has come yet."""

    def __init__(
        self, capture: Capture, offset: int, wish: Wish, size: int, *, hashed: bool
    ) -> None:
        self.offset = offset
        self._capture, self._left = capture, size
        self._wish = Wish.NO if wish < Wish.YES and size < START_BYTES else wish
        self._hash = xxhash.xxh3_64() if hashed else None
        self._start = b""
        if self._wish is Wish.YES:
            capture.keep(offset)

    def add(self, content: memoryview) -> bool:
        """Take what comes next; return whether that was all."""
        self._left -= content.nbytes
        if self._hash is not None:
            self._hash.update(content)
            if not self._left:
                self._capture.hashes[self.offset] = self._hash.intdigest()
        if Wish.NO < self._wish < Wish.YES:
            self._start += bytes(content)
            if len(self._start) < START_BYTES:
                return not self._left
            self._wish = self._capture.judge(self._wish, self._start[:START_BYTES])
            content = memoryview(self._start)
            if self._wish is Wish.YES:
                self._capture.keep(self.offset)
        if self._wish is Wish.YES:
            self._capture.write(content)
        return not self._left
