"""From a compressed blob to a verified layer: read once, hashed on both sides, indexed."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_common.images.digests import DiffId, Digest, new_hash, parse_digest
from scantling_common.images.errors import DigestMismatch
from scantling_common.layers.blob import Spill, VerifiedLayer
from scantling_common.layers.capture import EVERYTHING, Capture
from scantling_common.layers.decompress import compression, decompress
from scantling_common.layers.entries import Kind
from scantling_common.layers.errors import (
    BlobTruncated,
    CompressionInvalid,
    DiffIdMismatch,
    LayerError,
    LayerOverdue,
    LayerTooLarge,
    SpillFailed,
)
from scantling_common.layers.header import BLOCK
from scantling_common.layers.index import build, unseen
from scantling_common.layers.limits import DEFAULT_LIMITS, KIB, MIB, LayerLimits
from scantling_common.layers.tar import TarWalk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from hashlib import _Hash
    from pathlib import Path
    from typing import Protocol

    from scantling_common.layers.capture import Selection
    from scantling_common.layers.entries import Entries
    from scantling_common.layers.index import LayerIndex

    class HasFileno(Protocol):
        """A file that is open for reading."""

        def fileno(self) -> int:
            """Return the file descriptor."""


_READ: Final = 256 * KIB
_TOGETHER: Final = 1 * MIB
"""How much is handed over at once to be hashed beside."""
_AHEAD: Final = 4
"""How much of that may wait to be hashed; where a piece is larger (64 MiB at most) that counts."""

_LIMITS: Final = (LayerTooLarge, LayerOverdue)


def _never() -> bool:
    return False


def open_layer(
    file: HasFileno,
    offset: int,
    size: int,
    digest: Digest,
    *,
    claimed_diff_id: DiffId | None = None,
    limits: LayerLimits = DEFAULT_LIMITS,
    spill_dir: Path | None = None,
    selection: Selection = EVERYTHING,
    overlap: bool = False,
    partly: bool = False,
    is_overdue: Callable[[], bool] = _never,
) -> VerifiedLayer:
    """Read ``size`` bytes at ``offset`` of ``file``, verify them, and index what they contain.

    Of the content only what ``selection`` wants is kept. With ``overlap`` hashing runs beside
    decompressing, for a layer that is read while other processors are idle.

    With ``partly`` a limit does not fail the layer: what was read until then is given, with the
    limit as its ``cut``. The blob is hashed to its end all the same; the content only as far as
    it may be decompressed. ``is_overdue`` is asked now and then, and is such a limit, too.

    Raises :class:`DigestMismatch` if the blob is not ``digest`` (also when it can't be
    decompressed for that reason), :class:`DiffIdMismatch` if the content is not
    ``claimed_diff_id``, :class:`BlobTruncated`, :class:`CompressionInvalid`,
    :class:`LayerTooLarge`, :class:`LayerOverdue`, :class:`SpillFailed` and the :class:`TarError`
    of a broken archive.
    """
    expected = parse_digest(digest)
    if size > limits.compressed_bytes:
        raise LayerTooLarge(f"the blob {digest} has {size:,} bytes")

    spill = Spill(spill_dir)
    try:
        capture = Capture(spill, selection)
        blob = partial(_Blob, file.fileno(), offset, size, expected)
        reading = _Reading(blob, limits, overlap, partly, is_overdue)
        plain = reading.read(TarWalk(limits, capture))
        if claimed_diff_id is not None and plain.diff_id not in {None, claimed_diff_id}:
            raise DiffIdMismatch(
                f"the config claims {claimed_diff_id} for the layer {digest}, "
                f"its content is {plain.diff_id}"
            )
        entries = plain.entries()
        index = build(entries, capture.hashes)
        late = _late(index, capture)
        if late:
            recall = Capture(spill, selection, only=late)
            reading.read(TarWalk(limits, recall)).entries()
            capture.kept.update(recall.kept)
        kept = (spill.map(), capture.kept)
    finally:
        spill.close()
    return VerifiedLayer(
        expected,
        plain.diff_id,
        size,
        plain.size,
        kept,
        index,
        limits,
        unseen=unseen(entries, index),
        cut=plain.cut,
    )


def _late(index: LayerIndex, capture: Capture) -> set[int]:
    """Return the offsets of content that is wanted only for the name of a hard link to it."""
    at = index.kinds.find(Kind.HARD_LINK)
    found = set[int]()
    while at >= 0:
        offset = index.offsets[at]
        new = offset >= 0 and index.sizes[at] and offset not in capture.kept
        if new and capture.wants(index.paths[at], index.modes[at], index.sizes[at]):
            found.add(offset)
        at = index.kinds.find(Kind.HARD_LINK, at + 1)
    return found


def hash_blob(file: HasFileno, offset: int, size: int, digest: Digest) -> None:
    """Raise :class:`DigestMismatch` unless the bytes have the digest; nothing else is looked at."""
    blob = _Blob(file.fileno(), offset, size, parse_digest(digest))
    for _ in blob:
        pass
    blob.verify()


class _Blob:
    """The compressed side: reads in order, and hashes what it reads."""

    def __init__(
        self, fd: int, offset: int, size: int, digest: Digest, beside: Executor | None = None
    ) -> None:
        self.digest = digest
        self.size = size
        self._fd = fd
        self._offset = self._begin = offset
        self._left = size
        self._hash = _StreamHash(new_hash(digest), beside)

    def __iter__(self) -> Iterator[bytes]:
        while self._left:
            piece = os.pread(self._fd, min(_READ, self._left), self._offset)
            if not piece:
                raise BlobTruncated(f"the blob {self.digest} ends {self._left:,} bytes too early")
            self._offset += len(piece)
            self._left -= len(piece)
            self._hash.update(piece)
            yield piece

    @property
    def diff_id(self) -> DiffId | None:
        """What an uncompressed blob says by its digest, None for others: it is the content."""
        is_plain = compression(os.pread(self._fd, BLOCK, self._begin)) == "plain"
        return DiffId(self.digest) if is_plain and self._hash.name == "sha256" else None

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


class _Plain:
    """The plain side of a blob; ``diff_id`` is None where it was not read to its end."""

    def __init__(
        self,
        diff_id: DiffId | None,
        size: int,
        walk: TarWalk,
        error: LayerError | None,
        *,
        partly: bool,
    ) -> None:
        self.diff_id, self.size = diff_id, size
        self.cut: LayerError | None = None
        self._walk, self._error, self._partly = walk, error, partly

    def entries(self) -> Entries:
        """Return what the archive holds, up to the limit that is its ``cut`` then.

        Raises where it is broken.
        """
        try:
            if self._error is not None:
                raise self._error
            return self._walk.finish()
        except _LIMITS as over:
            if not self._partly:
                raise
            self.cut = over
            return self._walk.cut()


class _Reading(NamedTuple):
    """How a blob is read; see :func:`open_layer`."""

    blob: Callable[[Executor | None], _Blob]
    limits: LayerLimits
    overlap: bool
    partly: bool
    is_overdue: Callable[[], bool]

    def read(self, walk: TarWalk) -> _Plain:
        """Decompress, hash and walk the blob, whose digest is verified whatever it holds."""
        with _beside(overlap=self.overlap) as beside:
            return self._read(self.blob(beside), _StreamHash(hashlib.sha256(), beside), walk)

    def _read(self, blob: _Blob, content: _StreamHash, walk: TarWalk) -> _Plain:
        size = 0
        error: LayerError | None = None
        try:
            for piece in decompress(blob, self.limits):
                content.update(piece)
                size += len(piece)
                if error is None:
                    error = _feed(walk, piece)
                if self.is_overdue():
                    raise LayerOverdue("reading it takes longer than it may")
            diff_id: DiffId | None = DiffId(f"sha256:{content.hexdigest()}")
        except CompressionInvalid:
            blob.verify()
            raise
        except _LIMITS as over:
            if not self.partly:
                raise
            error = error or over
            diff_id = blob.diff_id
            size = blob.size if diff_id else size
        blob.verify()
        return _Plain(diff_id, size, walk, error, partly=self.partly)


def _feed(walk: TarWalk, piece: bytes) -> LayerError | None:
    """Walk a piece; return what is wrong with the archive."""
    try:
        walk.feed(piece)
    except SpillFailed:
        raise
    except LayerError as error:
        return error
    return None


class _StreamHash:
    """The hash of what streams by, taken here or in a thread beside.

    Both sides release the interpreter lock; but to hand pieces over costs more than it brings
    where all processors are busy with other layers.
    """

    def __init__(self, begun: _Hash, beside: Executor | None) -> None:
        self.name = begun.name
        self._hash, self._beside = begun, beside
        self._held: list[bytes] = []
        self._size = 0
        self._waiting: deque[Future[None]] = deque()

    def update(self, piece: bytes) -> None:
        if self._beside is None:
            self._hash.update(piece)
            return
        self._held.append(piece)
        self._size += len(piece)
        if self._size >= _TOGETHER:
            self._hand_over(self._beside)

    def hexdigest(self) -> str:
        if self._beside is not None:
            self._hand_over(self._beside)
        for future in self._waiting:
            future.result()
        return self._hash.hexdigest()

    def _hand_over(self, beside: Executor) -> None:
        self._waiting.append(beside.submit(self._take, self._held))
        self._held, self._size = [], 0
        if len(self._waiting) > _AHEAD:
            self._waiting.popleft().result()

    def _take(self, pieces: list[bytes]) -> None:
        for piece in pieces:
            self._hash.update(piece)


@contextmanager
def _beside(*, overlap: bool) -> Iterator[Executor | None]:
    """Give a thread to hash in, where hashing is to go on beside."""
    if not overlap:
        yield None
        return
    with ThreadPoolExecutor(1, "layer-hash") as thread:
        try:
            yield thread
        finally:
            thread.shutdown(cancel_futures=True)
