"""A verified layer: its index, and what was kept of its content, mapped read-only."""

from __future__ import annotations

import contextlib
import mmap
import tempfile
from itertools import chain
from operator import not_
from typing import TYPE_CHECKING, Final, Self

from scantling_common.layers.entries import Kind
from scantling_common.layers.errors import LayerTooLarge, SpillFailed
from scantling_common.layers.flags import rows_of
from scantling_common.layers.limits import KIB
from scantling_common.layers.sparse import expand

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

    from scantling_common.images.digests import DiffId, Digest
    from scantling_common.layers.errors import LayerError
    from scantling_common.layers.index import LayerIndex
    from scantling_common.layers.limits import LayerLimits

    Kept = tuple[mmap.mmap | None, Mapping[int, int]]
    """A map of what was kept, and by the offset in the plain archive where in it that stands."""

_EMPTY: Final = memoryview(b"")
_PREFIX: Final = "scantling-"
_BUFFER: Final = 64 * KIB
"""How much of small pieces is gathered; larger ones are written as they are."""


class Spill:
    """An unlinked temporary file, written with ``write`` and then mapped.

    ``size`` counts the bytes written. Writing through a map would kill the process when the disk
    is full; writing so is an error. Small pieces are gathered.
    """

    def __init__(self, directory: Path | None) -> None:
        """Open the file in ``directory``, the system's temporary one if None."""
        self.size = 0
        try:
            self._file = tempfile.TemporaryFile(buffering=_BUFFER, dir=directory, prefix=_PREFIX)  # noqa: SIM115
        except OSError as error:
            raise _no_room(error) from error

    def write(self, data: bytes | memoryview) -> None:
        """Append; raises :class:`SpillFailed` where the disk is full, at the latest by ``map``."""
        try:
            self._file.write(data)
        except OSError as error:
            raise _no_room(error) from error
        self.size += len(data)

    def map(self) -> mmap.mmap | None:
        """Map what was written and close the file; None if that is nothing."""
        try:
            with self._file:
                if not self.size:
                    return None
                self._file.flush()
                return mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise _no_room(error) from error

    def close(self) -> None:
        """Drop the file; what was not written by now is not missed."""
        with contextlib.suppress(OSError):
            self._file.close()


class ContentNotKept(ValueError):
    """A row of a layer's index has no content, or none that was kept."""


class KeptFiles:
    """Files of an ``index``, with what was kept of their content."""

    def __init__(
        self,
        index: LayerIndex,
        plain: memoryview,
        places: Mapping[int, int],
        limits: LayerLimits,
    ) -> None:
        """Hold an index, what was kept, and where in that content stands by its offset."""
        self.index = index
        self._plain, self._places, self._limits = plain, places, limits

    def has(self, row: int) -> bool:
        """Say whether the content of a row was kept."""
        index = self.index
        return (
            index.is_file(row)
            and (
                index.offsets[row] in self._places
                or not index.sizes[row]
                # A sparse file may be nothing but holes.
                or not sum(index.sparse.get(row, (0, 1))[1::2])
            )
        )

    def rows(self) -> list[int]:
        """Return the rows of files whose content was kept, or that have none, in order."""
        index = self.index
        kept = rows_of(bytes(map(self._places.__contains__, index.offsets)))
        empty = rows_of(bytes(map(not_, index.sizes)))
        found = {
            row
            for row in chain(kept, empty)
            if index.kinds[row] <= Kind.HARD_LINK and index.offsets[row] >= 0
        }
        return sorted(found.union(row for row in index.sparse if self.has(row)))

    def content(self, row: int) -> memoryview:
        """Return the content of a file by its row in the index; holes of sparse files are zeros.

        Raises :class:`LayerTooLarge` for a sparse file over ``file_bytes``, and
        :class:`ContentNotKept`.
        """
        index = self.index
        at = self._places.get(index.offsets[row])
        if at is None:
            if not self.has(row):
                raise ContentNotKept("this row of the layer index has no content")
            at = 0
        size = index.sizes[row]
        if not size:
            return _EMPTY
        regions = index.sparse.get(row)
        if regions is None:
            return self._plain[at : at + size]
        if size > self._limits.file_bytes:
            raise LayerTooLarge(f"a sparse file has {size:,} bytes")
        return expand(self._plain[at : at + sum(regions[1::2])], regions, size)

    def release(self) -> None:
        """Let go of the content, which can't be had any more."""
        self._plain = _EMPTY


class VerifiedLayer(KeptFiles):
    """One layer whose bytes were hashed on both sides of the compression.

    ``diff_id`` is what the content hashed to, never what a config claims; None where a limit
    ended the reading before the end of the content. ``cut`` is why the index and the content
    end before those of the layer, None where they don't. ``unseen`` are the entries with content
    that the index lacks, see :func:`scantling_common.layers.index.unseen`. ``size`` and
    ``uncompressed_size``, of what was read, are bytes. Close it, or use it as a context manager;
    views of its content are invalid afterwards.
    """

    def __init__(
        self,
        digest: Digest,
        diff_id: DiffId | None,
        size: int,
        uncompressed_size: int,
        kept: Kept,
        index: LayerIndex,
        limits: LayerLimits,
        *,
        unseen: LayerIndex,
        cut: LayerError | None = None,
    ) -> None:
        """Hold what :func:`scantling_common.layers.verify.open_layer` established."""
        self._map, places = kept
        plain = memoryview(self._map) if self._map is not None else _EMPTY
        super().__init__(index, plain, places, limits)
        self.unseen = KeptFiles(unseen, plain, places, limits)
        self.digest = digest
        self.diff_id = diff_id
        self.size = size
        self.uncompressed_size = uncompressed_size
        self.cut = cut

    def forget(self) -> None:
        """Give back the memory of what was looked at; it is read again when it is wanted."""
        if self._map is not None:
            self._map.madvise(mmap.MADV_DONTNEED)

    def close(self) -> None:
        """Release the map; the disk space is free once no view is left."""
        self.release()
        self.unseen.release()
        plain, self._map = self._map, None
        if plain is not None:
            try:
                plain.close()
            except BufferError:
                # A view is still held; the map goes when the view does.
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _no_room(error: OSError) -> SpillFailed:
    return SpillFailed(
        f"the uncompressed layer can't be written: {error.strerror or error}",
        hint="free disk space, or point TMPDIR at a larger disk",
    )
