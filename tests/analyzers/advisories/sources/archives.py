"""Archives of a few files, and what a source makes of them."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

import zstandard

from scantling_analyzers.advisories.sources.found import Found, Lost
from scantling_analyzers.advisories.sources.limits import LIMITS, SourceLimits
from scantling_analyzers.advisories.sources.paths import PathSource

if TYPE_CHECKING:
    from pathlib import Path

Packer = Callable[[bytes], bytes]
Archiver = Callable[[Mapping[str, bytes]], bytes]
FILES: Final = {"a.json": b'{"a": 1}', "dir/b.json": b'{"b": 2}'}
PACKERS: Final[dict[str, Packer]] = {
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".bz2": bz2.compress,
    ".zst": zstandard.ZstdCompressor().compress,
}


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def tarred(files: Mapping[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=form) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def tar_of(*entries: tarfile.TarInfo) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for entry in entries:
            archive.addfile(entry, io.BytesIO(b"x" * entry.size) if entry.size else None)
    return packed.getvalue()


def entry(
    name: str, kind: bytes = tarfile.REGTYPE, link: str = "", size: int = 0
) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.size = kind, link, size
    return made


def read(path: Path, limits: SourceLimits = LIMITS) -> tuple[dict[str, bytes], list[Lost]]:
    documents, lost = {}, []
    for each in PathSource(path, limits):
        if isinstance(each, Found):
            content = each.document.data()
            assert each.document.sha256 == hashlib.sha256(content).digest()
            assert each.document.size == len(content)
            documents[each.document.path] = content
        else:
            lost.append(each)
    return documents, lost


def written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
