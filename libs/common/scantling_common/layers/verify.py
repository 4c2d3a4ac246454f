"""From a compressed blob to a verified layer: read once, hashed on both sides, indexed."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from scantling_common.images.digests import DiffId, Digest, new_hash, parse_digest
from scantling_common.images.errors import DigestMismatch
from scantling_common.layers.blob import Spill, VerifiedLayer
from scantling_common.layers.decompress import decompress
from scantling_common.layers.errors import (
    BlobTruncated,
    CompressionInvalid,
    DiffIdMismatch,
    LayerTooLarge,
)
from scantling_common.layers.index import build
from scantling_common.layers.limits import DEFAULT_LIMITS, MIB, LayerLimits
from scantling_common.layers.tar import walk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future
    from mmap import mmap
    from pathlib import Path
    from typing import Protocol

    class HasFileno(Protocol):
        """A file that is open for reading."""

        def fileno(self) -> int:
            """Return the file descriptor."""


_READ: Final = 1 * MIB
_AHEAD: Final = 4
"""How many pieces may wait to be hashed and written; a piece is at most 64 MiB, mostly 1 MiB."""


def open_layer(
    file: HasFileno,
    offset: int,
    size: int,
    digest: Digest,
    *,
    claimed_diff_id: DiffId | None = None,
    limits: LayerLimits = DEFAULT_LIMITS,
    spill_dir: Path | None = None,
) -> VerifiedLayer:
    """Read ``size`` bytes at ``offset`` of ``file``, verify them, and index what they contain.

    Raises :class:`DigestMismatch` if the blob is not ``digest`` (also when it can't be
    decompressed for that reason), :class:`DiffIdMismatch` if the content is not
    ``claimed_diff_id``, :class:`BlobTruncated`, :class:`CompressionInvalid`,
    :class:`LayerTooLarge`, :class:`SpillFailed` and the :class:`TarError` of a broken archive.
    """
    expected = parse_digest(digest)
    if size > limits.compressed_bytes:
        raise LayerTooLarge(f"the blob {digest} has {size:,} bytes")
    blob = _Blob(file.fileno(), offset, size, expected)
    spill = Spill(spill_dir)
    try:
        diff_id = _unpack(blob, spill, limits)
        plain = spill.map()
    finally:
        spill.close()
    try:
        return _indexed(blob, diff_id, claimed_diff_id, plain, limits)
    except BaseException:
        if plain is not None:
            plain.close()
        raise


def hash_blob(file: HasFileno, offset: int, size: int, digest: Digest) -> None:
    """Raise :class:`DigestMismatch` unless the bytes have the digest; nothing else is looked at."""
    blob = _Blob(file.fileno(), offset, size, parse_digest(digest))
    for _ in blob:
        pass
    blob.verify()


class _Blob:
    """The compressed side: reads in order, and hashes what it reads."""

    def __init__(self, fd: int, offset: int, size: int, digest: Digest) -> None:
        self.digest = digest
        self.size = size
        self._fd = fd
        self._offset = offset
        self._left = size
        self._hash = new_hash(digest)

    def __iter__(self) -> Iterator[bytes]:
        while self._left:
            piece = os.pread(self._fd, min(_READ, self._left), self._offset)
            if not piece:
                raise BlobTruncated(f"the blob {self.digest} ends {self._left:,} bytes too early")
            self._offset += len(piece)
            self._left -= len(piece)
            self._hash.update(piece)
            yield piece

    def verify(self) -> None:
        """Read the rest, if anything was left unread, and compare the digest."""
        for _ in self:
            pass
        actual = f"{self._hash.name}:{self._hash.hexdigest()}"
        if actual != self.digest:
            raise DigestMismatch(
                f"the blob {self.digest} has the content of {actual}",
                hint="the registry or the archive is damaged; push or save the image again",
            )


def _unpack(blob: _Blob, spill: Spill, limits: LayerLimits) -> DiffId:
    """Decompress into ``spill``; return the hash of what came out.

    Hashing and writing of the plain side run in a thread beside reading and decompressing:
    both release the interpreter lock.
    """
    content = hashlib.sha256()

    def keep(piece: bytes) -> None:
        content.update(piece)
        spill.write(piece)

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="layer-hash") as thread:
        waiting: deque[Future[None]] = deque()
        try:
            for piece in _gather(decompress(blob, limits)):
                waiting.append(thread.submit(keep, piece))
                if len(waiting) > _AHEAD:
                    waiting.popleft().result()
        except CompressionInvalid:
            blob.verify()
            raise
        for future in waiting:
            future.result()
    blob.verify()
    return DiffId(f"sha256:{content.hexdigest()}")


def _gather(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Join small pieces: a hand-over to the thread costs more than hashing 16 KiB."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= _READ:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def _indexed(
    blob: _Blob, diff_id: DiffId, claimed: DiffId | None, plain: mmap | None, limits: LayerLimits
) -> VerifiedLayer:
    if claimed is not None and claimed != diff_id:
        raise DiffIdMismatch(
            f"the config claims {claimed} for the layer {blob.digest}, its content is {diff_id}"
        )
    index = build(walk(plain if plain is not None else b"", limits))
    return VerifiedLayer(blob.digest, diff_id, blob.size, plain, index, limits)
