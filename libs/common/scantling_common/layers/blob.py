"""A verified layer: the plain tar in an unlinked file, mapped read-only, and its index."""

from __future__ import annotations

import mmap
import os
import tempfile
from typing import TYPE_CHECKING, Final, Self

from scantling_common.layers.errors import LayerTooLarge, SpillFailed
from scantling_common.layers.sparse import expand

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from scantling_common.images.digests import DiffId, Digest
    from scantling_common.layers.index import LayerIndex
    from scantling_common.layers.limits import LayerLimits

_EMPTY: Final = memoryview(b"")


class Spill:
    """An unlinked temporary file, written with ``write`` and then mapped.

    Writing through a map would kill the process when the disk is full; writing so is an error.
    """

    def __init__(self, directory: Path | None) -> None:
        """Open the file in ``directory``, the system's temporary one if None."""
        try:
            self._file = tempfile.TemporaryFile(dir=directory, prefix="scantling-", buffering=0)  # noqa: SIM115
        except OSError as error:
            raise _no_room(error) from error

    def write(self, data: bytes) -> None:
        """Append; raises :class:`SpillFailed` where the disk is full."""
        view = memoryview(data)
        try:
            while view:
                view = view[self._file.write(view) or 0 :]
        except OSError as error:
            raise _no_room(error) from error

    def map(self) -> mmap.mmap | None:
        """Map what was written and close the file; None if that is nothing."""
        with self._file:
            if not os.fstat(self._file.fileno()).st_size:
                return None
            return mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)

    def close(self) -> None:
        """Drop the file."""
        self._file.close()


class VerifiedLayer:
    """One layer whose bytes were hashed on both sides of the compression.

    ``diff_id`` is what the content hashed to, never what a config claims. ``size`` and
    ``uncompressed_size`` are bytes. Close it, or use it as a context manager; views of its
    content are invalid afterwards.
    """

    def __init__(
        self,
        digest: Digest,
        diff_id: DiffId,
        size: int,
        plain: mmap.mmap | None,
        index: LayerIndex,
        limits: LayerLimits,
    ) -> None:
        """Hold what :func:`scantling_common.layers.verify.open_layer` established."""
        self.digest = digest
        self.diff_id = diff_id
        self.size = size
        self.index = index
        self.plain = memoryview(plain) if plain is not None else _EMPTY
        self.uncompressed_size = len(self.plain)
        self._map = plain
        self._limits = limits

    def content(self, row: int) -> memoryview:
        """Return the content of a file by its row in the index; holes of sparse files are zeros.

        Raises :class:`LayerTooLarge` for a sparse file over ``file_bytes``, ``ValueError`` for
        a row without content.
        """
        index = self.index
        if not index.is_file(row):
            raise ValueError("this row of the layer index has no content")
        size, offset = index.sizes[row], index.offsets[row]
        regions = index.sparse.get(row)
        if regions is None:
            return self.plain[offset : offset + size]
        if size > self._limits.file_bytes:
            raise LayerTooLarge(f"a sparse file has {size:,} bytes")
        return expand(self.plain[offset : offset + sum(regions[1::2])], regions, size)

    def close(self) -> None:
        """Release the map; the disk space is free once no view is left."""
        self.plain = _EMPTY
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
