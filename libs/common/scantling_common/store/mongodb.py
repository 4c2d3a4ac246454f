"""The store in MongoDB, through motor; nothing outside this package knows which driver it is.

Writes return when a majority has them in its journal (``w=majority, j=true``), reads see what a
majority has, from the primary. An index that is no longer declared stays: during a rolling
upgrade the other release may still need it.
"""

from __future__ import annotations

import secrets
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from bson.codec_options import CodecOptions
from bson.errors import InvalidDocument
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection, AsyncIOMotorDatabase
from pymongo import ASCENDING, DESCENDING, ReturnDocument
from pymongo.errors import (
    DocumentTooLarge,
    DuplicateKeyError,
    InvalidName,
    PyMongoError,
)
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference
from pymongo.write_concern import WriteConcern

from scantling_common.store import checks
from scantling_common.store.mongodb_bulk import carry_out
from scantling_common.store.mongodb_documents import filter_of, from_stored, stored_field, to_stored
from scantling_common.store.port import StoreMisuse, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from scantling_common.store.port import Collection, Document, Index, Operation, Range, Scalar

    Stored = dict[str, Any]

TIMEOUT_MS: Final = 10_000
"""How long one call may take, in milliseconds."""


class MongoStore:
    """Implements :class:`~scantling_common.store.port.Store`; see there for the verbs."""

    def __init__(self, url: str, database: str, *, timeout_ms: int = TIMEOUT_MS) -> None:
        """Connect lazily. ``url`` is a ``mongodb://`` connection string.

        Raises :class:`StoreMisuse` where that is not valid.
        """
        try:
            self._client: AsyncIOMotorClient[Stored] = AsyncIOMotorClient(
                url,
                appname="scantling",
                serverSelectionTimeoutMS=timeout_ms,
                connectTimeoutMS=timeout_ms,
                socketTimeoutMS=timeout_ms,
                tz_aware=False,
            )
            self._database: AsyncIOMotorDatabase[Stored] = self._client.get_database(
                database,
                codec_options=CodecOptions(document_class=dict),
                read_preference=ReadPreference.PRIMARY,
                write_concern=WriteConcern(w="majority", j=True),
                read_concern=ReadConcern("majority"),
            )
        except (PyMongoError, ValueError) as error:
            # The URL may hold a password, and the driver's message may hold the URL.
            raise StoreMisuse(f"not a MongoDB URL: {type(error).__name__}") from None
        self._ensured: dict[str, AsyncIOMotorCollection[Stored]] = {}

    async def ensure(self, collections: Sequence[Collection]) -> None:
        """Create collections and indexes that are missing."""
        async with _errors():
            for collection in collections:
                checks.check_collection(collection)
                target = self._database[collection.name]
                for index in collection.indexes:
                    await _create_index(target, index)
                self._ensured[collection.name] = target

    async def get(self, collection: Collection, id_: str) -> Document | None:
        """Return one document."""
        checks.check_id(id_)
        async with _errors():
            found = await self._of(collection).find_one({"_id": id_})
        return None if found is None else from_stored(found)

    async def get_many(self, collection: Collection, ids: Sequence[str]) -> list[Document]:
        """Return those of at most 1,000 documents that exist, in the order asked for."""
        checks.check_ids(ids)
        async with _errors():
            cursor = self._of(collection).find({"_id": {"$in": list(dict.fromkeys(ids))}})
            found = {document["_id"]: document async for document in cursor}
        return [from_stored(found[id_]) for id_ in ids if id_ in found]

    async def insert(self, collection: Collection, document: Document) -> bool:
        """Insert; False where the id, or a unique key, is there already."""
        checks.check_document(collection, document)
        async with _errors():
            try:
                await self._of(collection).insert_one(to_stored(document, rev=1))
            except DuplicateKeyError:
                return False
        return True

    async def replace(self, collection: Collection, document: Document, *, rev: int) -> bool:
        """Compare-and-set."""
        checks.check_document(collection, document)
        async with _errors():
            try:
                result = await self._of(collection).replace_one(
                    {"_id": document["id"], "rev": rev}, to_stored(document, rev=rev + 1)
                )
            except DuplicateKeyError:
                return False
        return result.matched_count == 1

    async def set_fields(
        self, collection: Collection, id_: str, fields: Mapping[str, Scalar]
    ) -> bool:
        """Set fields whatever the revision."""
        checks.check_fields(collection, id_, fields)
        async with _errors():
            try:
                result = await self._of(collection).update_one(
                    {"_id": id_}, {"$set": dict(fields), "$inc": {"rev": 1}}
                )
            except DuplicateKeyError:
                return False
        return result.matched_count == 1

    async def delete(self, collection: Collection, id_: str, *, rev: int | None = None) -> bool:
        """Delete; False where it is not there or has another revision."""
        checks.check_id(id_)
        query: Stored = {"_id": id_} if rev is None else {"_id": id_, "rev": rev}
        async with _errors():
            result = await self._of(collection).delete_one(query)
        return result.deleted_count == 1

    async def page(self, collection: Collection, range_: Range, *, limit: int) -> list[Document]:
        """Return at most ``limit`` documents of a range."""
        checks.check_limit(limit)
        bound = checks.bind(collection, range_)
        async with _errors():
            found = self._of(collection).find(filter_of(bound), batch_size=limit)
            cursor = found.sort(_sort(bound)).limit(limit)
            return [from_stored(document) async for document in cursor]

    async def claim(
        self, collection: Collection, range_: Range, changes: Mapping[str, Scalar]
    ) -> Document | None:
        """Change the first document of a range and return it as changed."""
        checks.check_changes(collection, changes)
        bound = checks.bind(collection, range_)
        async with _errors():
            try:
                found: Stored | None = await self._of(collection).find_one_and_update(
                    filter_of(bound),
                    {"$set": dict(changes), "$inc": {"rev": 1}},
                    sort=_sort(bound),
                    return_document=ReturnDocument.AFTER,
                )
            except DuplicateKeyError as error:
                raise StoreMisuse(f"claim from {collection.name}: a unique key is taken") from error
        return None if found is None else from_stored(found)

    async def bulk(self, collection: Collection, operations: Sequence[Operation]) -> list[bool]:
        """Carry out at most 1,000 operations on different documents.

        Raises :class:`StoreUnavailable` also where others changed so much of them meanwhile that
        nobody can tell which operations were carried out.
        """
        checks.check_operations(collection, operations)
        target = self._of(collection)
        async with _errors():
            return await carry_out(target, operations, token=secrets.token_hex(8))

    async def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _of(self, collection: Collection) -> AsyncIOMotorCollection[Stored]:
        target = self._ensured.get(collection.name)
        if target is None:
            raise StoreMisuse(f"collection {collection.name} is used before ensure()")
        return target


@asynccontextmanager
async def _errors() -> AsyncIterator[None]:
    try:
        yield
    except (InvalidDocument, DocumentTooLarge, InvalidName) as error:
        raise StoreMisuse(f"MongoDB refuses the document: {error}") from error
    except PyMongoError as error:
        raise StoreUnavailable(f"MongoDB: {type(error).__name__}: {error}") from error


async def _create_index(target: AsyncIOMotorCollection[Stored], index: Index) -> None:
    keys = [(stored_field(field), ASCENDING) for field in checks.order_of(index)]
    if keys != [("_id", ASCENDING)]:
        kind = "u" if index.unique else "n"
        name = f"{kind}__{'__'.join(field for field, _ in keys)}"
        await target.create_index(keys, name=name, unique=index.unique)


def _sort(bound: checks.Bound) -> list[tuple[str, int]]:
    direction = DESCENDING if bound.descending else ASCENDING
    return [(stored_field(field), direction) for field in bound.order]
