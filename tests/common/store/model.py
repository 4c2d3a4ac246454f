"""A store in a dictionary, as the port's documentation describes it: the oracle of the suite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scantling_common.store.port import Delete, Insert, Operation, Replace, SetFields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scantling_common.store.port import Collection, Document, Range, Scalar


class ModelStore:
    """The documents of one collection."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self.documents: dict[str, Document] = {}

    def apply(self, operation: Operation) -> bool:
        """Carry out an operation."""
        match operation:
            case Insert(document):
                return document["id"] not in self.documents and self._put(document, 1)
            case Replace(document, rev):
                present = self.documents.get(str(document["id"]))
                return (
                    present is not None and present["rev"] == rev and self._put(document, rev + 1)
                )
            case SetFields(id_, fields):
                return id_ in self.documents and self._set(id_, fields)
            case Delete(id_, wanted):
                present = self.documents.get(id_)
                if present is None or wanted not in {None, present["rev"]}:
                    return False
                del self.documents[id_]
                return True

    def page(self, range_: Range, limit: int) -> list[Document]:
        """Return the first documents of a range."""
        index = self._collection.index(range_.index)
        size = len(range_.prefix)
        rest = (*index.fields[size:], "id")

        def key(document: Document) -> tuple[object, ...]:
            return tuple(_comparable(document[field]) for field in rest)

        def within(document: Document) -> bool:
            bounded = _comparable(document[rest[0]])
            return (
                tuple(document[field] for field in index.fields[:size]) == range_.prefix
                and (range_.start is None or bounded >= _comparable(range_.start))
                and (range_.end is None or bounded < _comparable(range_.end))
            )

        found = sorted(filter(within, self.documents.values()), key=key)
        if range_.descending:
            found.reverse()
        if range_.after is not None:
            after = tuple(_comparable(value) for value in range_.after)
            found = [
                each
                for each in found
                if (key(each) < after if range_.descending else key(each) > after)
            ]
        return found[:limit]

    def claim(self, range_: Range, changes: Mapping[str, Scalar]) -> Document | None:
        """Change the first document of a range."""
        found = self.page(range_, 1)
        if not found:
            return None
        id_ = str(found[0]["id"])
        self._set(id_, changes)
        return self.documents[id_]

    def _set(self, id_: str, fields: Mapping[str, Scalar]) -> bool:
        present = self.documents[id_]
        rev = present["rev"]
        assert isinstance(rev, int)
        return self._put({**present, **fields}, rev + 1)

    def _put(self, document: Document, rev: int) -> bool:
        for index in self._collection.indexes:
            taken = (
                other["id"] != document["id"]
                and all(other[field] == document[field] for field in index.fields)
                for other in self.documents.values()
            )
            if index.unique and any(taken):
                return False
        self.documents[str(document["id"])] = {**document, "rev": rev}
        return True


def _comparable(value: Scalar) -> Any:
    """Return a value of an indexed field as the port orders it: text by its UTF-8 bytes."""
    if isinstance(value, str):
        return value.encode()
    assert isinstance(value, int | float)
    return value
