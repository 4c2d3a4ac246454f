"""What is fuzzed: functions of bytes that may only end as they promise, and what they start from.

A target returns, or raises what its parser documents; anything else that it raises is a finding,
as is a run of more than some seconds or more memory than a worker may have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.contract import Unreadable, kind_of
from scantling_analyzers.facts.catalogue import READERS
from scantling_common.layers import codec
from scantling_common.layers.capture import EVERYTHING, Capture
from scantling_common.layers.decompress import decompress
from scantling_common.layers.errors import LayerError
from scantling_common.layers.escape import escape, unescape
from scantling_common.layers.index import build
from scantling_common.layers.limits import MIB, LayerLimits
from scantling_common.layers.tar import TarWalk
from tests.analyzers.facts.files import MemoryFile
from tests.analyzers.facts.seeds import READER_OF, SEEDS
from tests.builders.image import compress
from tests.builders.layer import END, archive, entry, executable, hard_link, pax_header, symlink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scantling_common.layers.entries import Entries

LIMITS: Final = LayerLimits(
    uncompressed_bytes=16 * MIB, ratio_floor=MIB, entries=100_000, sparse_segments=10_000
)


class Target(NamedTuple):
    """A function of bytes, and inputs from which fuzzing starts."""

    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]


class _Counting:
    """Takes what is kept, and forgets it."""

    def __init__(self) -> None:
        self.size = 0

    def write(self, data: memoryview) -> None:
        self.size += data.nbytes


def _walk(pieces: Iterable[bytes]) -> None:
    """Walk an archive, and store its index and load it again."""
    kept = _Counting()
    capture = Capture(kept, EVERYTHING)
    walk = TarWalk(LIMITS, capture)
    try:
        for piece in pieces:
            walk.feed(piece)
        index = build(walk.finish(), capture.hashes)
    except LayerError:
        return
    assert kept.size <= LIMITS.uncompressed_bytes
    assert codec.encode(codec.decode(codec.encode(index))) == codec.encode(index)


def tar(data: bytes) -> None:
    """Walk a tar archive, cut where its first byte says."""
    cut = 1 + data[0] if data else 1
    _walk([data[:cut], data[cut:]])


def blob(data: bytes) -> None:
    """Unpack a layer blob and walk what comes out."""
    _walk(decompress([data], LIMITS))


def stored_index(data: bytes) -> None:
    """Load a stored layer index."""
    try:
        codec.decode(data, 16 * MIB)
    except LayerError:
        return


class DefectFound(Exception):
    """What the target ``defect`` is made to raise."""


def defect(data: bytes) -> None:
    """Raise for what only coverage leads to: the proof that fuzzing finds something."""
    if data[:1] == b"b" and data[1:2] == b"a" and data[2:3] == b"d":
        raise DefectFound


def reader(name: str) -> Callable[[bytes], None]:
    """Return the target of one reader: the file at each of its places has these bytes."""
    (found,) = (each for each in READERS if kind_of(each.name) == name)
    paths = [path for path, reader_name in READER_OF.items() if reader_name == name]

    def run(data: bytes) -> None:
        for path in paths:
            try:
                for item in found.read(MemoryFile({path: data}, path)):
                    assert escape(unescape(item.path)) == item.path
            except Unreadable:
                continue

    return run


def _archives() -> tuple[bytes, ...]:
    sparse = (b"GNU.sparse.major", b"1"), (b"GNU.sparse.realsize", b"9")
    return (
        archive([("a/b", b"c" * 600), ("x", executable()), ("l", hard_link("x"))]),
        archive([("n" * 300, b"long"), ("s", symlink("n")), (".wh.gone", b"")]),
        pax_header(*sparse) + entry(b"s", b"1\n0\n1\n".ljust(512, b"\0") + b"x") + END,
    )


def targets() -> dict[str, Target]:
    """Return all targets by name: the layer's, and one for each reader.

    ``defect`` is not among them: it would always find something.
    """
    plain = _archives()
    found = {
        "tar": Target(tar, plain),
        "blob": Target(blob, (compress(plain[0]), compress(plain[0], "zstd"), plain[0])),
        "index": Target(stored_index, tuple(codec.encode(build(_entries(each))) for each in plain)),
    }
    for each in READERS:
        kind = kind_of(each.name)
        seeds = tuple(SEEDS[path] for path, name in READER_OF.items() if name == kind)
        found[kind] = Target(reader(kind), seeds)
    return found


def _entries(plain: bytes) -> Entries:
    walk = TarWalk(LIMITS)
    walk.feed(plain)
    return walk.finish()
