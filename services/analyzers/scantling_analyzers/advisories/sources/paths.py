"""Documents of a file or a directory of this machine, and of the archives in it.

An archive may lie in an archive, once; links are followed for the source itself only.
"""

from __future__ import annotations

import errno
import os
from contextlib import closing
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from scantling_analyzers.advisories.sources import tar
from scantling_analyzers.advisories.sources import zip as zip_archive
from scantling_analyzers.advisories.sources.document import (
    StoredDocument,
    of_bytes,
    of_file,
    pieces_of,
    stored,
)
from scantling_analyzers.advisories.sources.errors import (
    SourceError,
    SourceNested,
    SourceTooLarge,
    SourceUnsafe,
)
from scantling_analyzers.advisories.sources.found import WITHIN, Found, Lost
from scantling_analyzers.advisories.sources.limits import IN_MEMORY, LIMITS, NESTED, SourceLimits
from scantling_analyzers.advisories.sources.naming import shown
from scantling_analyzers.advisories.sources.unpacking import is_compressed, unpacked
from scantling_analyzers.advisories.streams import type_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_START: Final = 512
_SUFFIXES: Final = (".gz", ".xz", ".bz2", ".zst", ".zstd")
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.ENOMEM, errno.EMFILE, errno.ENFILE})
"""What is wrong with this machine and not with a file."""


class PathSource:
    """A file or directory that a user names."""

    def __init__(self, path: Path, limits: SourceLimits = LIMITS) -> None:
        """Read below ``path``, which may be a link itself."""
        self._path, self._limits = path, limits

    @property
    def name(self) -> str:
        """Return the path as it was named."""
        return shown(str(self._path))

    def __iter__(self) -> Iterator[Found | Lost]:
        """Give all documents, file by file in the order of their names.

        Raises :class:`SourceError` where the source itself can't be read.
        """
        if self._path.is_dir():
            within = _stream(self._path)
            for path, label in self._files():
                if isinstance(path, Lost):
                    yield path
                else:
                    yield from self._opened(path, within + label)
        elif self._path.exists():
            within = _stream(self._path.absolute().parent)
            yield from self._opened(self._path, within + shown(self._path.name))
        else:
            raise SourceError(f"{self.name} is not there")

    def _files(self) -> Iterator[tuple[Path | Lost, str]]:
        """Give the files below the directory."""
        root, count = self._path, 0

        def complain(error: OSError) -> None:
            raise SourceError(f"{error.filename} can't be read: {error.strerror}") from error

        for folder, folders, files in os.walk(root, onerror=complain):
            folders.sort()
            inside = Path(folder).relative_to(root)
            if len(inside.parts) >= self._limits.depth and folders:
                nested = SourceNested(f"directories are nested over {self._limits.depth} deep")
                yield _lost(nested, shown(inside.as_posix())), ""
                folders.clear()
            links = [name for name in folders if Path(folder, name).is_symlink()]
            for name in sorted([*files, *links]):
                path, label = Path(folder, name), shown((inside / name).as_posix())
                count += 1
                if count > self._limits.files:
                    raise SourceTooLarge(f"{self.name} has more than {self._limits.files:,} files")
                if path.is_symlink():
                    yield _lost(SourceUnsafe("a link in a directory is not followed"), label), label
                elif path.is_file():
                    yield path, label
                else:
                    yield _lost(SourceUnsafe("what is no plain file is not read"), label), label

    def _opened(self, path: Path, label: str) -> Iterator[Found | Lost]:
        try:
            with path.open("rb") as file:
                yield from _Unfolding(label, self._limits).of_file(file)
        except OSError as error:
            if error.errno in _FULL:
                raise
            unreadable = SourceError(f"the file can't be read: {error.strerror or error}")
            yield _lost(unreadable, label)


class _Unfolding:
    """The documents of one file."""

    def __init__(self, label: str, limits: SourceLimits) -> None:
        self._label, self._limits = label, limits
        self._total, self._most = 0, limits.total_bytes

    def of_file(self, file: IO[bytes]) -> Iterator[Found | Lost]:
        """Give the documents of the file; entries that share content make them no more."""
        size = os.fstat(file.fileno()).st_size
        self._most = min(self._most, max(self._limits.ratio_floor, size * self._limits.ratio))
        yield from self._content(file, self._label, 0)

    def _content(self, file: IO[bytes], path: str, level: int) -> Iterator[Found | Lost]:
        """Give the documents of content that can be sought in."""
        try:
            start = file.read(_START)
            file.seek(0)
            if level > NESTED and _is_archive(start):
                raise SourceNested("the archive is nested too deep in others")
            if start.startswith(zip_archive.MAGIC):
                yield from self._zip(file, path, level)
            elif is_compressed(start):
                yield from self._compressed(file, start, path, level)
            elif tar.is_tar(start):
                yield from self._tar(tar.Stream(iter(pieces_of(file))), path, level)
            else:
                yield from self._found(self._plain(file, path))
        except SourceError as error:
            yield Lost(self._label, path, error.code, error.message)

    def _zip(self, file: IO[bytes], path: str, level: int) -> Iterator[Found | Lost]:
        for entry in zip_archive.entries(file, path, self._limits):
            place = _within(path, entry.name)
            yield from self._entry(place, zip_archive.pieces(file, entry), entry.error, level)

    def _tar(self, stream: tar.Stream, path: str, level: int) -> Iterator[Found | Lost]:
        for entry in tar.entries(stream, path, self._limits):
            place = _within(path, entry.name)
            yield from self._entry(place, entry.content, entry.error, level)

    def _compressed(
        self, file: IO[bytes], start: bytes, path: str, level: int
    ) -> Iterator[Found | Lost]:
        stream = tar.Stream(unpacked(file, start, path, self._limits))
        if tar.is_tar(stream.peek(_START)):
            yield from self._tar(stream, path, level)
        else:
            yield from self._entry(_without_suffix(path), stream.rest(), None, level)

    def _entry(
        self, path: str, pieces: Iterable[bytes], error: SourceError | None, level: int
    ) -> Iterator[Found | Lost]:
        """Give an entry of an archive, or what is in it."""
        if error is not None:
            yield Lost(self._label, path, error.code, error.message)
            return
        try:
            document = stored(path, pieces, self._limits.document_bytes)
        except SourceError as damaged:
            yield Lost(self._label, path, damaged.code, damaged.message)
            return
        self._count(document)
        if _is_archive(document.head()[:_START]):
            with closing(document):
                yield from self._content(document.open(), path, level + 1)
        else:
            yield from self._found(document)

    def _plain(self, file: IO[bytes], path: str) -> StoredDocument:
        """Return a file as a document, which is read where it is."""
        size = os.fstat(file.fileno()).st_size
        if size > self._limits.document_bytes:
            raise SourceTooLarge(f"{path} has {size:,} bytes")
        document = of_bytes(path, file.read()) if size <= IN_MEMORY else of_file(path, file)
        self._count(document)
        return document

    def _count(self, document: StoredDocument) -> None:
        """Count a document; over the limit the rest of the file is not read."""
        self._total += document.size
        if self._total > self._most:
            document.close()
            raise SourceTooLarge(f"{self._label} holds over {self._most:,} bytes")

    def _found(self, document: StoredDocument) -> Iterator[Found]:
        with closing(document):
            yield Found(self._label, document)


def _is_archive(start: bytes) -> bool:
    return start.startswith(zip_archive.MAGIC) or is_compressed(start) or tar.is_tar(start)


def _stream(folder: Path) -> str:
    """Return the beginning of paths below a folder that is named after a stream, else nothing.

    Readers of some feeds are told by it whose the documents are.
    """
    name = folder.absolute().name
    return f"{shown(name)}/" if ":" in name and type_of(name) is not None else ""


def _within(path: str, name: str) -> str:
    """Return the path of an archive's entry; that of the archive is escaped already."""
    return f"{path}{WITHIN}{shown(name)}"


def _without_suffix(path: str) -> str:
    """Return the path of what a compressed file holds: ``updateinfo.xml.gz`` an XML file."""
    for suffix in _SUFFIXES:
        if path.lower().endswith(suffix):
            return path[: -len(suffix)]
    return path


def _lost(error: SourceError, label: str) -> Lost:
    return Lost(label, label, error.code, error.message)
