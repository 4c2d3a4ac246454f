"""What every adapter refuses, so that nothing unportable is written; pure.

All functions raise :class:`StoreMisuse`.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.store.port import (
    Collection,
    Delete,
    Index,
    Insert,
    Operation,
    Range,
    Replace,
    Scalar,
    SetFields,
    StoreMisuse,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_BATCH: Final = 1000
"""The most documents of one call."""

MAX_DOCUMENT: Final = 15 * 1024 * 1024
"""The largest document in bytes, by the size of its values."""

MAX_INDEXED: Final = 4096
"""The longest indexed string, and the longest id, in UTF-8 bytes."""

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
_RESERVED: Final = frozenset({"rev"})
_INTEGERS: Final = range(-(2**63), 2**63)
_SCALAR: Final = (str, int, float, bytes)


class Bound(msgspec.Struct, frozen=True):
    """A range in terms of fields: what is fixed, the order behind it, and the limits in it."""

    fixed: tuple[tuple[str, Scalar], ...]
    order: tuple[str, ...]
    start: Scalar
    end: Scalar
    after: tuple[Scalar, ...]
    descending: bool


def check_collection(collection: Collection) -> None:
    """Refuse names that some store would quote, fold or cut."""
    fields = {field for index in collection.indexes for field in index.fields}
    names = {collection.name, *fields, *(index.name for index in collection.indexes)}
    for name in names:
        if not _NAME.fullmatch(name):
            raise StoreMisuse(f"collection {collection.name}: {name!r} is no name")
    for index in collection.indexes:
        repeated = len(set(index.fields)) < len(index.fields)
        if not index.fields or repeated or _RESERVED & set(index.fields):
            raise StoreMisuse(f"index {collection.name}.{index.name} has unusable fields")
    if len({index.name for index in collection.indexes}) < len(collection.indexes):
        raise StoreMisuse(f"collection {collection.name} declares an index twice")


def indexed_fields(collection: Collection) -> tuple[str, ...]:
    """Return the fields of all indexes without ``id``, each once, sorted."""
    return tuple(sorted({f for index in collection.indexes for f in index.fields} - {"id"}))


def order_of(index: Index) -> tuple[str, ...]:
    """Return the fields that order an index completely."""
    if index.unique or "id" in index.fields:
        return index.fields
    return (*index.fields, "id")


def check_id(id_: object) -> None:
    """Refuse an id that is no text or too long."""
    if not isinstance(id_, str) or not id_:
        raise StoreMisuse(f"{id_!r} is no id")
    _check_indexed("id", id_)


def check_document(collection: Collection, document: Mapping[str, Scalar]) -> None:
    """Refuse a document without id or an indexed field, too large, or not storable."""
    check_id(document.get("id"))
    for field in indexed_fields(collection):
        if document.get(field) is None:
            raise StoreMisuse(f"{collection.name} {document['id']!r} lacks the indexed {field}")
    _check_values(collection, document)


def check_fields(collection: Collection, id_: str, fields: Mapping[str, Scalar]) -> None:
    """Refuse changes to id, rev, or of an indexed field to None."""
    check_id(id_)
    check_changes(collection, fields)


def check_changes(collection: Collection, fields: Mapping[str, Scalar]) -> None:
    """Refuse changes that no document of the collection can have."""
    if not fields or "id" in fields or "rev" in fields:
        raise StoreMisuse(f"{collection.name}: neither nothing, nor id, nor rev can be set")
    for field in indexed_fields(collection):
        if field in fields and fields[field] is None:
            raise StoreMisuse(f"{collection.name}: the indexed {field} can't be None")
    _check_values(collection, fields)


def check_limit(limit: int) -> None:
    """Refuse a page of nothing or of more than 1,000 documents."""
    if not 1 <= limit <= MAX_BATCH:
        raise StoreMisuse(f"a page of {limit} documents; 1 to {MAX_BATCH} can be read")


def check_ids(ids: Sequence[str]) -> None:
    """Refuse more than 1,000 ids, or what is no id."""
    if len(ids) > MAX_BATCH:
        raise StoreMisuse(f"{len(ids)} documents in one call; at most {MAX_BATCH} can be read")
    for id_ in ids:
        check_id(id_)


def check_operations(collection: Collection, operations: Sequence[Operation]) -> None:
    """Refuse more than 1,000 operations, two of them on one document, or an unusable one."""
    if len(operations) > MAX_BATCH:
        raise StoreMisuse(f"{len(operations)} operations in one call; at most {MAX_BATCH}")
    for operation in operations:
        match operation:
            case Insert(document) | Replace(document):
                check_document(collection, document)
            case SetFields(id_, fields):
                check_fields(collection, id_, fields)
            case Delete(id_):
                check_id(id_)
    if len({target(operation) for operation in operations}) < len(operations):
        raise StoreMisuse(f"{collection.name}: two operations on one document in one call")


def target(operation: Operation) -> str:
    """Return the id of the document that an operation is about."""
    match operation:
        case Insert(document) | Replace(document):
            return str(document["id"])
        case SetFields(id_) | Delete(id_):
            return id_


def bind(collection: Collection, range_: Range) -> Bound:
    """Return a range in terms of fields."""
    index = collection.index(range_.index)
    order = order_of(index)
    size = len(range_.prefix)
    where = f"range of {collection.name}.{index.name}"
    if size > len(index.fields):
        raise StoreMisuse(f"{where}: {size} values for {len(index.fields)} fields")
    rest = order[size:] or ("id",)
    after = range_.after or ()
    if range_.after is not None:
        if len(after) != len(index.fields) - size + 1:
            raise StoreMisuse(f"{where}: {len(after)} values are no position in it")
        after = after[: len(rest)]
    fixed = tuple(zip(index.fields, range_.prefix, strict=False))
    for field, value in (*fixed, *zip(rest, after, strict=False)):
        _check_indexed(field, value)
    for value in (range_.start, range_.end):
        if value is not None:
            _check_indexed(rest[0], value)
    return Bound(fixed, rest, range_.start, range_.end, after, range_.descending)


def _check_values(collection: Collection, values: Mapping[str, Scalar]) -> None:
    indexed = indexed_fields(collection)
    size = 0
    for field, value in values.items():
        if not _NAME.fullmatch(field):
            raise StoreMisuse(f"{collection.name}: {field!r} is no field name")
        if field in indexed:
            _check_indexed(field, value)
        size += len(field) + _size(field, value)
    if size > MAX_DOCUMENT:
        raise StoreMisuse(f"{collection.name}: a document of {size} bytes; {MAX_DOCUMENT} at most")


def _size(field: str, value: object) -> int:
    if isinstance(value, str):
        try:
            return len(value.encode())
        except UnicodeEncodeError as error:
            raise StoreMisuse(f"{field} is not Unicode text: escape it first") from error
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, int) and value not in _INTEGERS:
        raise StoreMisuse(f"{field} is beyond 64 bits")
    if value is not None and not isinstance(value, _SCALAR):
        raise StoreMisuse(f"{field} holds a {type(value).__name__}, which is no scalar")
    return 8


def _check_indexed(field: str, value: object) -> None:
    """Refuse values that stores order differently: bytes, nothing, not-a-number."""
    if value is None or isinstance(value, bytes) or not isinstance(value, _SCALAR):
        raise StoreMisuse(f"{field}: {type(value).__name__} can't be indexed")
    if isinstance(value, float) and not math.isfinite(value):
        raise StoreMisuse(f"{field}: {value} can't be indexed")
    if _size(field, value) > MAX_INDEXED:
        raise StoreMisuse(f"{field}: over {MAX_INDEXED} bytes can't be indexed")
