"""Compressed layer blobs on this node's disk: bounded, shared by processes, least used out first.

Blobs are published by rename, so a file under its digest is always complete. While one is in
use its file is locked shared (``flock``), and only what can be locked exclusively is evicted;
a process that dies lets go of its locks. Nothing here is trusted: who reads a blob hashes it,
and drops it from the cache where the hash is wrong.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Self

from scantling_common.images.digests import Digest, parse_digest
from scantling_common.layers.errors import BlobTruncated, SpillFailed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

_PARTIAL: Final = ".partial-"
_NAME_LENGTH: Final = 2


class CachedBlob:
    """A blob that is open and pinned. Close it, or use it as a context manager.

    ``kept`` is false for a blob over the cap, which goes when it is closed.
    """

    def __init__(self, file: IO[bytes], digest: Digest, size: int, path: Path | None) -> None:
        """Hold an open file; ``path`` is where the cache keeps it, None if it doesn't."""
        self.file = file
        self.digest = digest
        self.size = size
        self.path = path

    @property
    def kept(self) -> bool:
        """Say whether the cache keeps this blob."""
        return self.path is not None

    def fileno(self) -> int:
        """Return the descriptor, for :func:`scantling_common.layers.verify.open_layer`."""
        return self.file.fileno()

    def discard(self) -> None:
        """Drop the blob from the cache because it is not what its name says."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Close the file, which unpins it."""
        self.file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class BlobWriter:
    """A blob on its way into the cache. Without :meth:`publish` nothing stays behind."""

    def __init__(self, cache: BlobCache, digest: Digest, size: int) -> None:
        """Begin a blob of exactly ``size`` bytes."""
        self._cache = cache
        self._digest = digest
        self._size = size
        self._written = 0
        self._published = False
        try:
            self._file, self._name = cache.reserve(size)
        except OSError as error:
            raise _no_room(error) from error

    def write(self, data: bytes) -> None:
        """Append; raises :class:`SpillFailed` where the disk is full."""
        try:
            self._written += self._file.write(data)
        except OSError as error:
            raise _no_room(error) from error

    def publish(self) -> CachedBlob:
        """Put the blob under its digest and return it pinned.

        The caller has verified the digest, or hashes the blob when it reads it. Raises
        :class:`BlobTruncated` unless exactly ``size`` bytes were written.
        """
        if self._written != self._size:
            raise BlobTruncated(
                f"{self._digest} came with {self._written:,} of {self._size:,} bytes"
            )
        path = self._cache.path(self._digest) if self._name is not None else None
        try:
            self._file.flush()
            if self._name is not None and path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._name.rename(path)
        except OSError as error:
            raise _no_room(error) from error
        self._published = True
        return CachedBlob(self._file, self._digest, self._size, path)

    def close(self) -> None:
        """Remove what was written, unless it was published."""
        if self._published:
            return
        self._file.close()
        if self._name is not None:
            self._name.unlink(missing_ok=True)


class BlobCache:
    """The blobs in one directory, at most ``max_bytes`` of them."""

    def __init__(self, directory: Path, max_bytes: int) -> None:
        """Use ``directory``, which is made where it is missing; other processes may use it too."""
        self.directory = directory
        self.max_bytes = max_bytes
        directory.mkdir(parents=True, exist_ok=True)

    def path(self, digest: Digest) -> Path:
        """Return where a blob stands when the cache has it."""
        algorithm, _, name = parse_digest(digest).partition(":")
        return self.directory / algorithm / name[:_NAME_LENGTH] / name

    def get(self, digest: Digest, size: int) -> CachedBlob | None:
        """Return a blob pinned and marked as just used, or None.

        A file of another size is corrupt: it is dropped.
        """
        path = self.path(digest)
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return None
        fcntl.flock(file.fileno(), fcntl.LOCK_SH)
        status = os.fstat(file.fileno())
        blob = CachedBlob(file, digest, size, path)
        if not status.st_nlink:
            blob.close()
            return None
        if status.st_size != size:
            blob.discard()
            return None
        os.utime(file.fileno())
        return blob

    @contextlib.contextmanager
    def writer(self, digest: Digest, size: int) -> Iterator[BlobWriter]:
        """Write a blob; leaving without :meth:`BlobWriter.publish` removes it."""
        writer = BlobWriter(self, digest, size)
        try:
            yield writer
        finally:
            writer.close()

    def reserve(self, size: int) -> tuple[IO[bytes], Path | None]:
        """Return a new file of ``size`` bytes to write, and its name.

        A blob over the cap gets a file without a name. Otherwise the least recently used blobs
        that nobody uses are evicted until it fits; where too much is in use the cache stays
        over its bound until that is let go.
        """
        if size > self.max_bytes:
            return tempfile.TemporaryFile(dir=self.directory), None
        with self._exclusive():
            self._make_room(size)
            fd, name = tempfile.mkstemp(prefix=_PARTIAL, dir=self.directory)
            # Its lock says that its writer lives, its length what room it needs.
            fcntl.flock(fd, fcntl.LOCK_SH)
            os.truncate(fd, size)
        return os.fdopen(fd, "w+b"), Path(name)

    def size(self) -> int:
        """Return how many bytes of blobs there are, partial ones included."""
        return sum(stored for _, stored, _ in self._stored())

    def discard_unused(self, before: int) -> int:
        """Remove blobs last used before an instant (milliseconds since the epoch); count them."""
        with self._exclusive():
            old = [path for used, _, path in self._stored() if used < before * 1_000_000]
            return sum(map(_evict, old))

    def _make_room(self, size: int) -> None:
        found = sorted(self._stored())
        total = sum(stored for _, stored, _ in found)
        for _, stored, path in found:
            if total + size <= self.max_bytes:
                break
            total -= stored if _evict(path) else 0

    def _stored(self) -> Iterator[tuple[int, int, Path]]:
        """Return (last use in ns, size, path) of each blob; partial ones of the dead come first."""
        paths = [*self.directory.glob(f"{_PARTIAL}*"), *self.directory.glob("sha*/*/*")]
        for path in paths:
            with contextlib.suppress(FileNotFoundError):
                status = path.stat()
                partial = path.name.startswith(_PARTIAL)
                yield (0 if partial else status.st_mtime_ns), status.st_size, path

    @contextlib.contextmanager
    def _exclusive(self) -> Iterator[None]:
        with (self.directory / ".lock").open("ab") as lock:
            fcntl.flock(lock.fileno(), fcntl.LOCK_EX)
            yield


def _evict(path: Path) -> bool:
    """Remove a blob unless somebody uses it."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
    return True


def _no_room(error: OSError) -> SpillFailed:
    return SpillFailed(
        f"a blob can't be written to the cache: {error.strerror or error}",
        hint="free disk space, or give the cache a larger disk",
    )
