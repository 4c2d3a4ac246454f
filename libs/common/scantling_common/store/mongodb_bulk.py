"""Bulk writes with an answer for each operation.

MongoDB before 8.0 tells of a bulk only how many documents it matched. Where all did, that is the
answer. Where some did not, they are read back: each write of a bulk leaves the bulk's token in
the document, so a document with the token was written. What is left without it was not written,
provided that as many are left as were missed; otherwise someone overwrote them meanwhile, and
then nobody knows: the caller hears that the store is unavailable, and does it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pymongo import DeleteOne, InsertOne, ReplaceOne, UpdateOne
from pymongo.errors import BulkWriteError

from scantling_common.store.checks import target
from scantling_common.store.mongodb_documents import WRITER, to_stored
from scantling_common.store.port import (
    Delete,
    Insert,
    Operation,
    Replace,
    SetFields,
    StoreUnavailable,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from motor.motor_asyncio import AsyncIOMotorCollection

    Stored = dict[str, Any]

DUPLICATE_KEY: Final = 11000

_Request = InsertOne[dict[str, Any]] | ReplaceOne[dict[str, Any]] | UpdateOne | DeleteOne


async def carry_out(
    collection: AsyncIOMotorCollection[Stored], operations: Sequence[Operation], *, token: str
) -> list[bool]:
    """Carry out operations on different documents; ``token`` is unique to this call."""
    absent = await _absent(collection, [each.id for each in operations if isinstance(each, Delete)])
    sent = [each for each in operations if target(each) not in absent]
    done = dict.fromkeys(absent, False)
    if sent:
        counts, refused = await _send(collection, sent, token)
        done.update(dict.fromkeys(refused, False))
        left = [each for each in sent if target(each) not in refused]
        done.update({target(each): True for each in left if isinstance(each, Insert)})
        changes = [target(each) for each in left if isinstance(each, Replace | SetFields)]
        deletes = [target(each) for each in left if isinstance(each, Delete)]
        done.update(await _written(collection, changes, counts["nMatched"], token))
        done.update(await _deleted(collection, deletes, counts["nRemoved"]))
    return [done[target(each)] for each in operations]


async def _send(
    collection: AsyncIOMotorCollection[Stored], operations: Sequence[Operation], token: str
) -> tuple[Mapping[str, int], set[str]]:
    """Return the counts, and the ids of operations refused for a key that is taken."""
    requests = [_request(each, token) for each in operations]
    try:
        result = await collection.bulk_write(requests, ordered=False)
    except BulkWriteError as error:
        details = error.details
        errors = details["writeErrors"]
        if details.get("writeConcernErrors") or any(e["code"] != DUPLICATE_KEY for e in errors):
            raise
        return details, {target(operations[each["index"]]) for each in errors}
    return result.bulk_api_result, set()


def _request(operation: Operation, token: str) -> _Request:
    match operation:
        case Insert(document):
            return InsertOne(to_stored(document, rev=1))
        case Replace(document, rev):
            stored = {**to_stored(document, rev=rev + 1), WRITER: token}
            return ReplaceOne({"_id": document["id"], "rev": rev}, stored)
        case SetFields(id_, fields):
            return UpdateOne({"_id": id_}, {"$set": {**fields, WRITER: token}, "$inc": {"rev": 1}})
        case Delete(id_, None):
            return DeleteOne({"_id": id_})
        case Delete(id_, rev):
            return DeleteOne({"_id": id_, "rev": rev})


async def _absent(collection: AsyncIOMotorCollection[Stored], ids: Sequence[str]) -> set[str]:
    """Return which documents are not there: deleting them is answered by that."""
    present = (
        {each["_id"] async for each in collection.find(_among(ids), {"_id": 1})} if ids else ()
    )
    return set(ids) - set(present)


async def _written(
    collection: AsyncIOMotorCollection[Stored], ids: Sequence[str], matched: int, token: str
) -> dict[str, bool]:
    if matched == len(ids):
        return dict.fromkeys(ids, True)
    cursor = collection.find({**_among(ids), WRITER: token}, {"_id": 1})
    ours = {each["_id"] async for each in cursor}
    if len(ours) != matched:
        raise _unknown(len(ids) - len(ours))
    return {id_: id_ in ours for id_ in ids}


async def _deleted(
    collection: AsyncIOMotorCollection[Stored], ids: Sequence[str], removed: int
) -> dict[str, bool]:
    if removed == len(ids):
        return dict.fromkeys(ids, True)
    gone = await _absent(collection, ids)
    if len(gone) != removed:
        raise _unknown(len(gone))
    return {id_: id_ in gone for id_ in ids}


def _among(ids: Iterable[str]) -> Stored:
    return {"_id": {"$in": list(ids)}}


def _unknown(count: int) -> StoreUnavailable:
    message = f"others changed {count} documents during a bulk: whether it did is unknown"
    return StoreUnavailable(message, hint="the same call may succeed later")
