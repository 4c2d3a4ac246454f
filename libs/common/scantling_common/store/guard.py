"""The rule that each collection has one writing service, enforced where the store is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.store.port import StoreMisuse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scantling_common.store.port import (
        Collection,
        Document,
        Operation,
        Owner,
        Range,
        Scalar,
        Store,
    )


class GuardedStore:
    """A store that refuses to write the collections of other services.

    Raises :class:`StoreMisuse` for such a write; reads pass, and so does :meth:`ensure`, so that
    a reader may start before the writer.
    """

    def __init__(self, store: Store, owner: Owner) -> None:
        """Guard a store for a service."""
        self._store = store
        self._owner = owner

    async def ensure(self, collections: Sequence[Collection]) -> None:
        """Create what is missing."""
        await self._store.ensure(collections)

    async def get(self, collection: Collection, id_: str) -> Document | None:
        """Return one document."""
        return await self._store.get(collection, id_)

    async def get_many(self, collection: Collection, ids: Sequence[str]) -> list[Document]:
        """Return those documents that exist."""
        return await self._store.get_many(collection, ids)

    async def page(self, collection: Collection, range_: Range, *, limit: int) -> list[Document]:
        """Return documents of a range."""
        return await self._store.page(collection, range_, limit=limit)

    async def insert(self, collection: Collection, document: Document) -> bool:
        """Insert into a collection of the owner's."""
        self._own(collection)
        return await self._store.insert(collection, document)

    async def replace(self, collection: Collection, document: Document, *, rev: int) -> bool:
        """Compare-and-set in a collection of the owner's."""
        self._own(collection)
        return await self._store.replace(collection, document, rev=rev)

    async def set_fields(
        self, collection: Collection, id_: str, fields: Mapping[str, Scalar]
    ) -> bool:
        """Set fields in a collection of the owner's."""
        self._own(collection)
        return await self._store.set_fields(collection, id_, fields)

    async def delete(self, collection: Collection, id_: str, *, rev: int | None = None) -> bool:
        """Delete from a collection of the owner's."""
        self._own(collection)
        return await self._store.delete(collection, id_, rev=rev)

    async def claim(
        self, collection: Collection, range_: Range, changes: Mapping[str, Scalar]
    ) -> Document | None:
        """Claim from a collection of the owner's."""
        self._own(collection)
        return await self._store.claim(collection, range_, changes)

    async def bulk(self, collection: Collection, operations: Sequence[Operation]) -> list[bool]:
        """Carry out operations on a collection of the owner's."""
        self._own(collection)
        return await self._store.bulk(collection, operations)

    async def close(self) -> None:
        """Release the connections of the guarded store."""
        await self._store.close()

    def _own(self, collection: Collection) -> None:
        if collection.owner != self._owner:
            message = f"{self._owner} may not write {collection.name}: {collection.owner} does"
            raise StoreMisuse(message)
