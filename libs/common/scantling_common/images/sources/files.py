"""Named files of an archive or a directory, read in place and within bounds.

No name from inside an image or an archive reaches the host's file system: in a tar, names are
looked up in its index; in a directory, only regular files below it are opened.
"""

from __future__ import annotations

import mmap
import os
import posixpath
import stat
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Protocol

from scantling_common.images.errors import (
    ArchiveInvalid,
    ArchiveUnreadable,
    ManifestTooLarge,
    NotFound,
)
from scantling_common.images.models import LocatedBlob
from scantling_common.layers.decompress import compression, decompress, unsupported_compression
from scantling_common.layers.entries import Kind
from scantling_common.layers.errors import LayerError, SpillFailed
from scantling_common.layers.escape import escape, escape_text
from scantling_common.layers.index import LayerIndex, build
from scantling_common.layers.limits import MIB, LayerLimits
from scantling_common.layers.paths import normalise
from scantling_common.layers.tar import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

ARCHIVE_LIMITS: Final = LayerLimits(entries=100_000)
_MOST_LINKS: Final = 16


class Files(Protocol):
    """Files by their name with ``/``, relative to the root."""

    def locate(self, name: str) -> LocatedBlob:
        """Return where a file's bytes stand; raises :class:`NotFound`."""

    def read(self, name: str, limit: int) -> bytes:
        """Return a file of at most ``limit`` bytes; raises :class:`ManifestTooLarge` above."""

    def has(self, name: str) -> bool:
        """Say whether there is such a file."""

    def close(self) -> None:
        """Let go of what is open."""


class TarFiles:
    """The files of a tar archive, whole or compressed; links inside the archive are followed."""

    def __init__(self, path: Path) -> None:
        """Read the archive's headers.

        Raises :class:`ArchiveUnreadable`, and :class:`ArchiveInvalid` with the reason why it is
        no tar archive. A compressed one is uncompressed into a temporary file first.
        """
        self._temporary: IO[bytes] | None = None
        self._path = path
        self._named = path
        self._terminated = False
        try:
            self._index = self._open(path)
        except OSError as error:
            self.close()
            raise ArchiveUnreadable(f"{path} can't be read: {error.strerror or error}") from error
        except SpillFailed:
            self.close()
            raise
        except LayerError as error:
            self.close()
            raise ArchiveInvalid(
                f"{path} is not an image archive: {error.message}",
                hint="it may be damaged; save the image again",
            ) from error
        except BaseException:
            self.close()
            raise

    def locate(self, name: str) -> LocatedBlob:
        """Return where a member's bytes stand in the archive."""
        row = self._row(name)
        if row is None and not self._terminated:
            raise ArchiveInvalid(
                f"{self._named} is truncated: it lacks {escape_text(name)}",
                hint="save or copy the image again",
            )
        if row is None:
            raise NotFound(f"{self._named} has no file {escape_text(name)}")
        index = self._index
        return LocatedBlob(path=self._path, offset=index.offsets[row], size=index.sizes[row])

    def read(self, name: str, limit: int) -> bytes:
        """Return a member of at most ``limit`` bytes."""
        return read_blob(self.locate(name), limit, name)

    def has(self, name: str) -> bool:
        """Say whether the archive has this member."""
        return self._row(name) is not None

    def close(self) -> None:
        """Remove the temporary file, if there is one."""
        if self._temporary is not None:
            self._temporary.close()
            self._temporary = None

    def _open(self, path: Path) -> LayerIndex:
        # Looked at before it is opened: to open a pipe is to wait for who writes to it.
        if not stat.S_ISREG(path.stat().st_mode):
            raise ArchiveUnreadable(
                f"{path} is not a regular file", hint="save the image to a file first"
            )
        with path.open("rb") as file:
            start = file.read(512)
            if name := unsupported_compression(start):
                raise ArchiveInvalid(
                    f"{path} is compressed with {name}", hint="decompress it first"
                )
            if compression(start) != "plain":
                file.seek(0)
                self._path = self._spill(iter(lambda: file.read(MIB), b""))
        with self._path.open("rb") as file:
            if not os.fstat(file.fileno()).st_size:
                raise ArchiveInvalid(f"{path} is empty")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as plain:
                entries = walk(plain, ARCHIVE_LIMITS)
        self._terminated = entries.terminated
        return build(entries)

    def _spill(self, pieces: Iterator[bytes]) -> Path:
        """Uncompress into a file without a name, which goes with this process however it ends."""
        try:
            self._temporary = file = tempfile.TemporaryFile(prefix="scantling-", buffering=0)  # noqa: SIM115
        except OSError as error:
            raise _no_room(error) from error
        for piece in decompress(pieces, ARCHIVE_LIMITS):
            _write(file, piece)
        # By this name other processes of the same user can open it, too.
        return Path(f"/proc/{os.getpid()}/fd/{file.fileno()}")

    def _row(self, name: str) -> int | None:
        """Return the row of a member with content, following its links."""
        index = self._index
        path = normalise(name.encode("utf-8", "surrogateescape")) or b""
        for _ in range(_MOST_LINKS):
            row = index.row(path)
            if row is None or index.kinds[row] != Kind.SYMLINK:
                return row if row is not None and _is_whole(index, row) else None
            path = posixpath.normpath(posixpath.join(posixpath.dirname(path), index.links[row]))
        raise ArchiveInvalid(f"{escape(path)} is a link that never ends")


class DirectoryFiles:
    """The files below a directory; links may not lead out of it."""

    def __init__(self, path: Path) -> None:
        """Use the directory ``path``."""
        self._path = path.resolve()

    def locate(self, name: str) -> LocatedBlob:
        """Return a file; raises :class:`ArchiveInvalid` for what is no file of this directory."""
        path = self._path / name
        try:
            real = path.resolve(strict=True)
            status = real.stat()
        except (OSError, RuntimeError) as error:
            raise NotFound(f"{self._path} has no file {escape_text(name)}") from error
        if not real.is_relative_to(self._path) or not stat.S_ISREG(status.st_mode):
            raise ArchiveInvalid(f"{escape_text(str(path))} is not a file of this OCI layout")
        return LocatedBlob(path=real, offset=0, size=status.st_size)

    def read(self, name: str, limit: int) -> bytes:
        """Return a file of at most ``limit`` bytes."""
        return read_blob(self.locate(name), limit, name)

    def has(self, name: str) -> bool:
        """Say whether there is such a file."""
        try:
            self.locate(name)
        except NotFound:
            return False
        return True

    def close(self) -> None:
        """Do nothing: no file stays open."""


def read_blob(blob: LocatedBlob, limit: int, name: str) -> bytes:
    """Return a located blob's bytes; raises :class:`ManifestTooLarge` above ``limit``."""
    if blob.size > limit:
        raise ManifestTooLarge(f"{escape_text(name)} has {blob.size:,} bytes, over {limit:,}")
    try:
        with blob.path.open("rb") as file:
            file.seek(blob.offset)
            data = file.read(blob.size)
    except OSError as error:
        raise ArchiveUnreadable(f"{blob.path} can't be read: {error.strerror or error}") from error
    if len(data) < blob.size:
        raise ArchiveInvalid(f"{blob.path} ends inside {escape_text(name)}")
    return data


def _write(file: IO[bytes], piece: bytes) -> None:
    view = memoryview(piece)
    try:
        while view:
            view = view[file.write(view) or 0 :]
    except OSError as error:
        raise _no_room(error) from error


def _no_room(error: OSError) -> SpillFailed:
    return SpillFailed(
        f"the uncompressed archive can't be written: {error.strerror or error}",
        hint="free disk space, or point TMPDIR at a larger disk",
    )


def _is_whole(index: LayerIndex, row: int) -> bool:
    return index.is_file(row) and row not in index.sparse
