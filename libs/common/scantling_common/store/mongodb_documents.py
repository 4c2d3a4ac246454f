"""Documents and ranges as MongoDB has them; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bson.int64 import Int64

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scantling_common.store.checks import Bound
    from scantling_common.store.port import Document, Scalar

WRITER: Final = "_w"
"""The token of the last bulk that wrote a document; see :mod:`.mongodb_bulk`."""

Stored = dict[str, Any]


def stored_field(field: str) -> str:
    """Return the name of a field in MongoDB."""
    return "_id" if field == "id" else field


def to_stored(document: Mapping[str, Scalar], *, rev: int) -> Stored:
    """Return a document as it is stored."""
    stored: Stored = {"_id": document["id"], "rev": rev}
    stored.update({name: each for name, each in document.items() if name not in {"id", "rev"}})
    return stored


def from_stored(stored: Mapping[str, Any]) -> Document:
    """Return a stored document as it was given."""
    document: Document = {"id": stored["_id"]}
    for name, value in stored.items():
        if not name.startswith("_"):
            document[name] = int(value) if isinstance(value, Int64) else value
    return document


def filter_of(bound: Bound) -> Stored:
    """Return the query of a range."""
    terms: list[Stored] = [{stored_field(field): value} for field, value in bound.fixed]
    if bound.start is not None:
        terms.append({stored_field(bound.order[0]): {"$gte": bound.start}})
    if bound.end is not None:
        terms.append({stored_field(bound.order[0]): {"$lt": bound.end}})
    if bound.after:
        terms.extend(_after(bound))
    return {"$and": terms} if terms else {}


def _after(bound: Bound) -> list[Stored]:
    """Return what lies behind a position: (a, b) > (x, y) is a > x, or a = x and b > y."""
    beyond = "$lt" if bound.descending else "$gt"
    pairs = [
        (stored_field(field), value) for field, value in zip(bound.order, bound.after, strict=True)
    ]
    choices: list[Stored] = []
    for depth, (field, value) in enumerate(pairs):
        choices.append({**dict(pairs[:depth]), field: {beyond: value}})
    # The first field's bound is implied; said, it lets the index begin in the right place.
    field, value = pairs[0]
    return [{field: {f"{beyond}e": value}}, {"$or": choices}]
