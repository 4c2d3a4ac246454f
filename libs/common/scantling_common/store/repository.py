"""Typed access to one collection: records in, records out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

import msgspec

from scantling_common.records.record import Record
from scantling_common.store import records
from scantling_common.store.port import (
    Collection,
    Delete,
    Document,
    Insert,
    Key,
    Operation,
    Range,
    Replace,
    SetFields,
    Store,
    key_of,
)
from scantling_common.store.tokens import PageTokenInvalid, decode_token, encode_token

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

__all__ = ["Page", "PageTokenInvalid", "Repository", "decode_token", "encode_token"]

R = TypeVar("R", bound=Record)

BATCH: Final = 1000
"""How many documents the store takes or gives in one call."""


class Page(msgspec.Struct, Generic[R], frozen=True):
    """Records of a range in its order; ``next`` continues behind them, None at the end."""

    records: tuple[R, ...]
    next: Key | None


class Repository(Generic[R]):
    """The records of one collection.

    Reading raises :class:`~scantling_common.records.record.DocumentVersionUnknown` or
    :class:`~scantling_common.store.records.DocumentUnreadable` for a document that is no record;
    all methods raise what the store raises.
    """

    def __init__(self, store: Store, collection: Collection, kind: type[R]) -> None:
        """Bind a kind of record to its collection.

        Raises :class:`StoreMisuse` where a field is neither a scalar nor a ``body``, or an
        indexed field is missing or may be None.
        """
        records.check_kind(collection, kind)
        self._store = store
        self._kind = kind
        self.collection = collection

    async def get(self, id_: str) -> R | None:
        """Return one record."""
        document = await self._store.get(self.collection, id_)
        return None if document is None else self._read(document)

    async def get_many(self, ids: Sequence[str]) -> list[R]:
        """Return those records of any number of ids that exist, in the order asked for."""
        found: list[R] = []
        for first in range(0, len(ids), BATCH):
            documents = await self._store.get_many(self.collection, ids[first : first + BATCH])
            found.extend(self._read(document) for document in documents)
        return found

    async def insert(self, record: R) -> bool:
        """Insert; False where the id, or a unique key, is there already."""
        return await self._store.insert(self.collection, records.document_of(record))

    async def replace(self, record: R) -> bool:
        """Compare-and-set on ``record.rev``; True makes the stored rev ``record.rev + 1``.

        False where the record is gone, has another rev, or a unique key of it is taken.
        """
        document = records.document_of(record)
        return await self._store.replace(self.collection, document, rev=record.rev)

    async def set_fields(self, id_: str, fields: Mapping[str, object]) -> bool:
        """Set fields, ``body`` as a Struct; False where the record does not exist."""
        changes = records.changes_of(self._kind, fields)
        return await self._store.set_fields(self.collection, id_, changes)

    async def delete(self, id_: str, *, rev: int | None = None) -> bool:
        """Delete; False where it is not there or has another revision."""
        return await self._store.delete(self.collection, id_, rev=rev)

    async def page(self, range_: Range, *, limit: int = 100) -> Page[R]:
        """Return at most ``limit`` (≤ 1,000) records of a range."""
        documents = await self._store.page(
            self.collection, range_, limit=min(limit + 1, BATCH) if limit > 0 else limit
        )
        kept = documents[:limit]
        more = len(documents) > limit or len(documents) == BATCH
        last = self._key(range_, kept[-1]) if more else None
        return Page(tuple(self._read(document) for document in kept), last)

    async def each(self, range_: Range, *, batch: int = 500) -> AsyncIterator[R]:
        """Give all records of a range, read in batches; changes behind the position are seen."""
        at: Range | None = range_
        while at is not None:
            page = await self.page(at, limit=batch)
            for record in page.records:
                yield record
            at = msgspec.structs.replace(at, after=page.next) if page.next is not None else None

    async def claim(self, range_: Range, changes: Mapping[str, object]) -> R | None:
        """Change the first record of a range and return it as changed."""
        document = await self._store.claim(
            self.collection, range_, records.changes_of(self._kind, changes)
        )
        return None if document is None else self._read(document)

    async def bulk(self, operations: Sequence[Operation]) -> list[bool]:
        """Carry out any number of operations on different records, 1,000 at a time.

        Each succeeds or not by itself; the answers come in the same order.
        """
        answers: list[bool] = []
        for first in range(0, len(operations), BATCH):
            batch = operations[first : first + BATCH]
            answers.extend(await self._store.bulk(self.collection, batch))
        return answers

    def inserting(self, record: R) -> Insert:
        """Return the operation that :meth:`insert` carries out."""
        return Insert(records.document_of(record))

    def replacing(self, record: R) -> Replace:
        """Return the operation that :meth:`replace` carries out."""
        return Replace(records.document_of(record), record.rev)

    def setting(self, id_: str, fields: Mapping[str, object]) -> SetFields:
        """Return the operation that :meth:`set_fields` carries out."""
        return SetFields(id_, records.changes_of(self._kind, fields))

    def deleting(self, id_: str, *, rev: int | None = None) -> Delete:
        """Return the operation that :meth:`delete` carries out."""
        return Delete(id_, rev)

    def key_of(self, range_: Range, record: R) -> Key:
        """Return the key that continues a range behind a record."""
        return self._key(range_, records.document_of(record))

    def _key(self, range_: Range, document: Document) -> Key:
        return key_of(self.collection.index(range_.index), document, len(range_.prefix))

    def _read(self, document: Document) -> R:
        return records.record_of(self._kind, document)
