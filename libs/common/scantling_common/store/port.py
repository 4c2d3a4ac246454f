"""The store: few verbs over collections of flat documents.

What the product needs and no more, so that nothing unportable can be written: no aggregation,
no multi-document transaction, no count over a large collection, no multikey index, no
conditional upsert. A document is a flat mapping of scalars with a string ``id``; text that no
query reads goes into one ``body`` (see :mod:`scantling_common.bodies`). ``rev`` belongs to the
store: it is 1 after the insert and grows by one with every change, which is what
compare-and-set compares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

from scantling_common.errors import ScantlingError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Scalar = str | int | float | bool | bytes | None
Document = dict[str, Scalar]
Key = tuple[Scalar, ...]
"""A position in an index: the values of the index' fields after the prefix, then the id."""

Owner = Literal["sync", "dispatcher", "extractor", "reporter"]


class StoreUnavailable(ScantlingError):
    """The store does not answer; the same call may succeed later."""

    code = "store_unavailable"


class StoreMisuse(ScantlingError):
    """A call that the store's contract does not allow: a defect of the caller."""

    code = "store_misuse"


class Index(msgspec.Struct, frozen=True):
    """A declared index; every indexed field must be present and not None in every document.

    Strings compare by their UTF-8 bytes. All pages of equal keys are ordered by ``id``.
    """

    name: str
    fields: tuple[str, ...]
    unique: bool = False


class Collection(msgspec.Struct, frozen=True):
    """A named set of documents with its indexes and the one service that writes it."""

    name: str
    owner: Owner
    indexes: tuple[Index, ...] = ()

    def index(self, name: str) -> Index:
        """Return the index of that name; raise :class:`StoreMisuse` where there is none."""
        for index in self.indexes:
            if index.name == name:
                return index
        message = f"collection {self.name} declares no index {name}"
        raise StoreMisuse(message)


class Insert(msgspec.Struct, frozen=True):
    """Insert a document unless its id, or a unique key of it, is there."""

    document: Document


class Replace(msgspec.Struct, frozen=True):
    """Replace the document of the same id where its ``rev`` is the given one."""

    document: Document
    rev: int


class SetFields(msgspec.Struct, frozen=True):
    """Set fields of a document that exists."""

    id: str
    fields: Document


class Delete(msgspec.Struct, frozen=True):
    """Delete a document; with ``rev`` only where it is still that revision."""

    id: str
    rev: int | None = None


Operation = Insert | Replace | SetFields | Delete


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of an index to read, in its order.

    ``prefix`` fixes the first fields; ``start`` (inclusive) and ``end`` (exclusive) bound the
    field after them; ``after`` continues behind a key that :func:`key_of` returned.
    """

    index: str
    prefix: tuple[Scalar, ...] = ()
    start: Scalar = None
    end: Scalar = None
    after: Key | None = None
    descending: bool = False


class Store(Protocol):
    """The port. All methods may raise :class:`StoreUnavailable`; writes are durable on return."""

    async def ensure(self, collections: Sequence[Collection]) -> None:
        """Create what is missing; idempotent, safe from several processes at once."""

    async def get(self, collection: Collection, id_: str) -> Document | None:
        """Return one document."""

    async def get_many(self, collection: Collection, ids: Sequence[str]) -> list[Document]:
        """Return those of at most 1,000 documents that exist, in the order asked for."""

    async def insert(self, collection: Collection, document: Document) -> bool:
        """Insert; False where the id, or a unique key, is there already."""

    async def replace(self, collection: Collection, document: Document, *, rev: int) -> bool:
        """Compare-and-set: replace where the stored ``rev`` is the given one; else False."""

    async def set_fields(
        self, collection: Collection, id_: str, fields: Mapping[str, Scalar]
    ) -> bool:
        """Set fields whatever the revision; False where the document does not exist."""

    async def delete(self, collection: Collection, id_: str, *, rev: int | None = None) -> bool:
        """Delete; False where it is not there or has another revision."""

    async def page(self, collection: Collection, range_: Range, *, limit: int) -> list[Document]:
        """Return at most ``limit`` (≤ 1,000) documents of a range, in index order."""

    async def claim(
        self, collection: Collection, range_: Range, changes: Mapping[str, Scalar]
    ) -> Document | None:
        """Change the first document of a range and return it as changed.

        Of several claimants at once each gets another document. ``changes`` must take the
        document out of the range, or every claim returns the same one.
        """

    async def bulk(self, collection: Collection, operations: Sequence[Operation]) -> list[bool]:
        """Carry out at most 1,000 operations on different documents.

        Each succeeds or not by itself, as the single verbs would, in any order; the answers come
        in the order of the operations.
        """

    async def close(self) -> None:
        """Release connections."""


def key_of(index: Index, document: Document, prefix: int = 0) -> Key:
    """Return a document's key in an index: the fields after ``prefix`` of them, then the id."""
    return (*(document[field] for field in index.fields[prefix:]), document["id"])
