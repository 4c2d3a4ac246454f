"""The store in one SQLite file.

One writer thread commits whatever is waiting as one transaction (group commit), reader threads
answer from snapshots, and the event loop never touches the file. Several processes may open the
same file. A write is in the write-ahead log when it returns and survives ``kill -9``; with
``synchronous="full"`` it is on the disk as well and survives a power cut, with ``"normal"`` a
power cut may lose the last writes, but never harms the file.

``:memory:`` keeps everything in this object, in one thread.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from scantling_common.store import checks
from scantling_common.store.port import StoreMisuse
from scantling_common.store.sqlite_connection import (
    MEMORY,
    Connector,
    Synchronous,
    used_bytes,
)
from scantling_common.store.sqlite_table import Table, create
from scantling_common.store.sqlite_threads import Readers, Writer

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from scantling_common.store.port import Collection, Document, Operation, Range, Scalar

T = TypeVar("T")


class SqliteStore:
    """Implements :class:`~scantling_common.store.port.Store`; see there for the verbs."""

    def __init__(
        self, path: Path | str, *, synchronous: Synchronous = "full", readers: int = 1
    ) -> None:
        """Open nothing yet: the file is made by the first call, mode 0600.

        ``readers`` is the number of reader threads.
        """
        connector = Connector(path, synchronous)
        self._tables: dict[str, Table] = {}
        self._writer = Writer(connector)
        self._readers = Readers(connector, readers) if str(path) != MEMORY else None

    async def ensure(self, collections: Sequence[Collection]) -> None:
        """Create tables, columns and indexes that are missing; drop indexes no longer declared."""
        tables = [Table(collection) for collection in collections]
        await self._writer.submit(partial(create, tables=tables))
        self._tables.update({table.collection.name: table for table in tables})

    async def get(self, collection: Collection, id_: str) -> Document | None:
        """Return one document."""
        checks.check_id(id_)
        table = self._table(collection)
        return await self._read(lambda connection: table.get(connection, id_))

    async def get_many(self, collection: Collection, ids: Sequence[str]) -> list[Document]:
        """Return those of at most 1,000 documents that exist, in the order asked for."""
        checks.check_ids(ids)
        table = self._table(collection)
        return await self._read(lambda connection: table.get_many(connection, ids))

    async def insert(self, collection: Collection, document: Document) -> bool:
        """Insert; False where the id, or a unique key, is there already."""
        checks.check_document(collection, document)
        table = self._table(collection)
        return await self._writer.submit(lambda connection: table.insert(connection, document))

    async def replace(self, collection: Collection, document: Document, *, rev: int) -> bool:
        """Compare-and-set."""
        checks.check_document(collection, document)
        table = self._table(collection)
        return await self._writer.submit(
            lambda connection: table.replace(connection, document, rev)
        )

    async def set_fields(
        self, collection: Collection, id_: str, fields: Mapping[str, Scalar]
    ) -> bool:
        """Set fields whatever the revision."""
        checks.check_fields(collection, id_, fields)
        table = self._table(collection)
        return await self._writer.submit(
            lambda connection: table.set_fields(connection, id_, fields)
        )

    async def delete(self, collection: Collection, id_: str, *, rev: int | None = None) -> bool:
        """Delete; False where it is not there or has another revision."""
        checks.check_id(id_)
        table = self._table(collection)
        return await self._writer.submit(lambda connection: table.delete(connection, id_, rev))

    async def page(self, collection: Collection, range_: Range, *, limit: int) -> list[Document]:
        """Return at most ``limit`` documents of a range."""
        checks.check_limit(limit)
        bound = checks.bind(collection, range_)
        table = self._table(collection)
        return await self._read(
            lambda connection: table.page(connection, range_.index, bound, limit)
        )

    async def claim(
        self, collection: Collection, range_: Range, changes: Mapping[str, Scalar]
    ) -> Document | None:
        """Change the first document of a range and return it as changed."""
        checks.check_changes(collection, changes)
        bound = checks.bind(collection, range_)
        table = self._table(collection)
        return await self._writer.submit(
            lambda connection: table.claim(connection, range_.index, bound, changes)
        )

    async def bulk(self, collection: Collection, operations: Sequence[Operation]) -> list[bool]:
        """Carry out at most 1,000 operations on different documents, in one transaction."""
        checks.check_operations(collection, operations)
        table = self._table(collection)
        return await self._writer.submit(
            lambda connection: [table.carry_out(connection, each) for each in operations]
        )

    async def used_bytes(self) -> int:
        """Return how much of the file holds something; what is free in it is used again."""
        return await self._read(used_bytes)

    async def close(self) -> None:
        """Carry out what is waiting, then close the file."""
        await self._writer.close()
        if self._readers is not None:
            await self._readers.close()

    async def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await (self._writer if self._readers is None else self._readers).submit(work)

    def _table(self, collection: Collection) -> Table:
        table = self._tables.get(collection.name)
        if table is None:
            raise StoreMisuse(f"collection {collection.name} is used before ensure()")
        return table
