"""Layers from files: a gzipped tar that is the same whenever and wherever it is made."""

from __future__ import annotations

import gzip
import io
import tarfile
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.images.digests import Digest, digest_of

if TYPE_CHECKING:
    from collections.abc import Mapping

MADE_AT: Final = 1_735_689_600
"""When all files were made: 2025-01-01, in seconds since the epoch."""

_FILE: Final = 0o644
_FOLDER: Final = 0o755


class BuiltLayer(msgspec.Struct, frozen=True):
    """A layer: its compressed bytes, their digest, and that of the tar inside."""

    data: bytes
    digest: Digest
    diff_id: str
    created_by: str


def build_layer(
    files: Mapping[bytes, bytes],
    created_by: str,
    *,
    modes: Mapping[bytes, int] | None = None,
) -> BuiltLayer:
    """Return a layer of files by path; ``modes`` are those that are not 0644.

    Paths are bytes, for not every image's are UTF-8. Folders are made where they are needed.
    """
    modes = modes or {}
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for folder in sorted({folder for path in files for folder in _folders(path)}):
            entry = _entry(folder, modes.get(folder, _FOLDER))
            entry.type = tarfile.DIRTYPE
            archive.addfile(entry)
        for path, data in sorted(files.items()):
            entry = _entry(path, modes.get(path, _FILE))
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    tar = plain.getvalue()
    data = gzip.compress(tar, compresslevel=6, mtime=0)
    return BuiltLayer(data, digest_of(data), digest_of(tar), created_by)


def _entry(path: bytes, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(path.decode("utf-8", "surrogateescape"))
    entry.mode, entry.mtime = mode, MADE_AT
    entry.uname = entry.gname = "root"
    return entry


def _folders(path: bytes) -> list[bytes]:
    parts = path.split(b"/")[:-1]
    return [b"/".join(parts[:count]) for count in range(1, len(parts) + 1)]
