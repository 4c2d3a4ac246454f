"""The reader of rpm databases: which files, and which form each has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.models import LocatedError
from scantling_analyzers.facts.packages.ownership import Ownership
from scantling_analyzers.facts.packages.rpm import berkeley, ndb, sqlite
from scantling_analyzers.facts.packages.rpm.files import claimed, files_of
from scantling_analyzers.facts.packages.rpm.header import package_of, split
from scantling_analyzers.facts.packages.rpm.manifest import parse_manifest
from scantling_analyzers.facts.packages.rpm.wal import NO_LOG, committed_pages
from scantling_analyzers.facts.reading import MAX_FACTS, bounded, located, too_large, whole_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact
    from scantling_analyzers.facts.packages.rpm.wal import Log

MAX_DATABASE_BYTES: Final = 512 * 1024 * 1024
MAX_LOG_BYTES: Final = 128 * 1024 * 1024
MAX_MANIFEST_BYTES: Final = 64 * 1024 * 1024

_FOLDERS: Final = ("var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm")
_SQLITE: Final = "rpmdb.sqlite"
_LOG: Final = f"{_SQLITE}-wal"
_JOURNAL: Final = f"{_SQLITE}-journal"
_FILES: Final = ("Packages", "Packages.db", _SQLITE, _LOG)
_MANIFEST: Final = "var/lib/rpmmanifest/container-manifest-2"


class RpmReader(Reader):
    """Reads ``Packages`` (Berkeley DB), ``Packages.db`` (ndb) and ``rpmdb.sqlite``.

    The form is told by the content. An SQLite database is read together with the log beside it
    in the same layer; a log whose database lies in a lower layer is an error, because the
    packages it adds can't be seen from one layer. Azure Linux's images without rpm have a list
    of packages in place of a database.
    """

    name = "rpm"
    version = 2
    patterns: tuple[str, ...] = (
        *(f"{folder}/{file}" for folder in _FOLDERS for file in _FILES),
        _MANIFEST,
    )
    companions: tuple[str, ...] = tuple(f"{folder}/{_JOURNAL}" for folder in _FOLDERS)

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the packages of one database and the files that each owns."""
        if file.path == _MANIFEST.encode():
            content = whole_text(file, MAX_MANIFEST_BYTES)
            return bounded(parse_manifest(content, file.text_path, self.name), file.text_path)
        if file.size > MAX_DATABASE_BYTES:
            raise too_large(file.size, MAX_DATABASE_BYTES)
        if file.path.endswith(_LOG.encode()):
            return _lone_log(file)
        return bounded(_found(file), file.text_path)


def parse_database(
    database: memoryview, path: str, log: Log = NO_LOG
) -> Iterator[AnyFact | LocatedError]:
    """Yield the packages of a database of any form, and their files; only SQLite's has a log."""
    ownership = Ownership(path)
    for number, blob in enumerate(_header_blobs(database, log)):
        if number >= MAX_FACTS:
            raise Unreadable(
                f"more than {MAX_FACTS} packages, the further ones were not read", code="too_many"
            )
        try:
            if isinstance(blob, Unreadable):
                raise blob
            header = split(blob)
            package = package_of(header, path, RpmReader.name)
            if package:
                yield package
                owner, files = f"rpm:{package.name}", files_of(header)
                yield from ownership.of(owner, files, claimed=claimed(header))
        except Unreadable as error:
            yield located(error, path)


def _header_blobs(database: memoryview, log: Log) -> Iterator[memoryview | Unreadable]:
    magic = bytes(database[: len(sqlite.MAGIC)])
    if magic.startswith(ndb.MAGIC):
        return ndb.header_blobs(database)
    if log.pages or magic == sqlite.MAGIC:
        return sqlite.header_blobs(database, log)
    return berkeley.header_blobs(database)


def _found(file: LayerFile) -> Iterator[AnyFact | LocatedError]:
    log = NO_LOG
    if file.path.endswith(_SQLITE.encode()):
        yield from _unfinished(file.sibling(_JOURNAL.encode()))
        beside = file.sibling(_LOG.encode())
        try:
            log = _committed(beside) if beside else NO_LOG
        except Unreadable as error:
            yield located(error, beside.text_path if beside else file.text_path)
    yield from parse_database(file.data, file.text_path, log)


def _committed(log: LayerFile) -> Log:
    if log.size > MAX_LOG_BYTES:
        raise too_large(log.size, MAX_LOG_BYTES)
    return committed_pages(log.data)


def _unfinished(journal: LayerFile | None) -> Iterator[LocatedError]:
    """Tell of a rollback journal, whose first bytes are zero once its transaction is over."""
    if journal and any(journal.data[:8]):
        yield LocatedError(
            path=journal.text_path,
            code="unfinished_transaction",
            message="a transaction of the rpm database was not finished, it may show half of it",
        )


def _lone_log(file: LayerFile) -> Iterator[LocatedError]:
    if file.sibling(_SQLITE.encode()) is None and _committed(file).pages:
        yield LocatedError(
            path=file.text_path,
            code="base_file_missing",
            message="the rpm database of this log lies in another layer, its changes are not read",
        )
