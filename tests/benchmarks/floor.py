"""The floor under every scan: reading, hashing, decompressing and hashing again, and no more."""

from __future__ import annotations

import hashlib
import json
import tarfile
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from isal import igzip_lib

from tests.benchmarks.engine_images import MIB

if TYPE_CHECKING:
    from pathlib import Path


class Floor(NamedTuple):
    """What all layers of an image take in two threads; ``plain`` is their size, in bytes."""

    seconds: float
    plain: int


def floor_of(archive: Path) -> Floor:
    """Take the floor of a docker archive with gzip layers."""
    with tarfile.open(archive) as tar:
        manifest = tar.extractfile("manifest.json")
        assert manifest is not None
        names = json.load(manifest)[0]["Layers"]
        places = [(tar.getmember(name).offset_data, tar.getmember(name).size) for name in names]
    begun = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        sizes = list(pool.map(lambda place: _unpack(archive, *place), places))
    return Floor(time.perf_counter() - begun, sum(sizes))


def _unpack(archive: Path, offset: int, size: int) -> int:
    packed, plain = hashlib.sha256(), hashlib.sha256()
    member = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
    total = 0
    with archive.open("rb", buffering=0) as file:
        file.seek(offset)
        while size:
            piece = file.read(min(size, MIB))
            size -= len(piece)
            packed.update(piece)
            content = member.decompress(piece)
            total += len(content)
            plain.update(content)
    return total
