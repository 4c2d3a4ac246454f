# ruff: noqa: S608 - all names were checked against a pattern, all values are bound
"""A collection as a table: indexed fields are columns, the document is one msgpack blob.

The blob holds all fields but ``id`` and ``rev``, the indexed ones too: SQLite's own types would
not bring back what went in. In the columns booleans are blobs of one byte, which order behind all
text, as MongoDB orders them.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Final

import msgspec

from scantling_common.store.checks import Bound, check_collection, indexed_fields, order_of
from scantling_common.store.port import (
    Collection,
    Delete,
    Document,
    Index,
    Insert,
    Operation,
    Replace,
    Scalar,
    SetFields,
    StoreMisuse,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[str, Any]).decode
_OWN: Final = ("id", "rev")


class Table:
    """The SQL of one collection. All names were checked, so none needs escaping."""

    def __init__(self, collection: Collection) -> None:
        check_collection(collection)
        self.collection = collection
        self.name = f"c_{collection.name}"
        self.fields = indexed_fields(collection)
        self._columns = tuple(_column(field) for field in self.fields)
        marks = ", ".join("?" * (len(self._columns) + 3))
        names = "".join(f", {column}" for column in self._columns)
        sets = "".join(f", {column} = ?" for column in self._columns)
        self._insert = f"INSERT INTO {self.name} (id, rev, doc{names}) VALUES ({marks})"
        self._update = f"UPDATE {self.name} SET rev = rev + 1, doc = ?{sets} WHERE id = ?"
        self._select = f"SELECT id, rev, doc FROM {self.name}"

    def get(self, connection: sqlite3.Connection, id_: str) -> Document | None:
        """Return one document."""
        row = connection.execute(f"{self._select} WHERE id = ?", (id_,)).fetchone()
        return None if row is None else _document(row)

    def get_many(self, connection: sqlite3.Connection, ids: Sequence[str]) -> list[Document]:
        """Return those documents that exist, in the order asked for."""
        marks = ", ".join("?" * len(ids))
        rows = connection.execute(f"{self._select} WHERE id IN ({marks})", tuple(ids))
        found = {row[0]: _document(row) for row in rows}
        return [found[id_].copy() for id_ in ids if id_ in found]

    def insert(self, connection: sqlite3.Connection, document: Document) -> bool:
        """Insert."""
        values = (document["id"], 1, _blob(document), *self._indexed(document))
        try:
            connection.execute(self._insert, values)
        except sqlite3.IntegrityError:
            return False
        return True

    def replace(self, connection: sqlite3.Connection, document: Document, rev: int) -> bool:
        """Compare-and-set."""
        values = (_blob(document), *self._indexed(document), document["id"], rev)
        return self._changed(connection, f"{self._update} AND rev = ?", values)

    def set_fields(
        self, connection: sqlite3.Connection, id_: str, fields: Mapping[str, Scalar]
    ) -> bool:
        """Set fields."""
        document = self.get(connection, id_)
        return document is not None and self._put(connection, {**document, **fields}, fields)

    def delete(self, connection: sqlite3.Connection, id_: str, rev: int | None) -> bool:
        """Delete."""
        sql = f"DELETE FROM {self.name} WHERE id = ?"
        if rev is None:
            return self._changed(connection, sql, (id_,))
        return self._changed(connection, f"{sql} AND rev = ?", (id_, rev))

    def page(
        self, connection: sqlite3.Connection, index: str, bound: Bound, limit: int
    ) -> list[Document]:
        """Return the first documents of a range."""
        where, values = _conditions(bound)
        direction = "DESC" if bound.descending else "ASC"
        order = ", ".join(f"{_column(field)} {direction}" for field in bound.order)
        sql = f"{self._select} {self._by(index)} WHERE {where} ORDER BY {order} LIMIT ?"
        rows = connection.execute(sql, (*values, limit))
        return [_document(row) for row in rows]

    def claim(
        self,
        connection: sqlite3.Connection,
        index: str,
        bound: Bound,
        changes: Mapping[str, Scalar],
    ) -> Document | None:
        """Change the first document of a range."""
        first = self.page(connection, index, bound, 1)
        if not first:
            return None
        document = {**first[0], **changes}
        if not self._put(connection, document, changes):
            raise StoreMisuse(f"claim from {self.collection.name}: a unique key is taken")
        rev = first[0]["rev"]
        return {**document, "rev": rev + 1 if isinstance(rev, int) else 1}

    def carry_out(self, connection: sqlite3.Connection, operation: Operation) -> bool:
        """Carry out one operation of a bulk."""
        match operation:
            case Insert(document):
                return self.insert(connection, document)
            case Replace(document, rev):
                return self.replace(connection, document, rev)
            case SetFields(id_, fields):
                return self.set_fields(connection, id_, fields)
            case Delete(id_, rev):
                return self.delete(connection, id_, rev)

    def create(self, connection: sqlite3.Connection) -> None:
        """Create what is missing of the table; drop indexes that are not declared any more."""
        columns = "".join(f"{column}, " for column in self._columns)
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS {self.name} "
            f"(id TEXT PRIMARY KEY NOT NULL, rev INTEGER NOT NULL, {columns}doc BLOB NOT NULL)"
        )
        present = {row[1] for row in connection.execute(f"PRAGMA table_info({self.name})")}
        added = [field for field in self.fields if _column(field) not in present]
        for field in added:
            connection.execute(f"ALTER TABLE {self.name} ADD COLUMN {_column(field)}")
        if added:
            self._fill(connection, added)
        wanted = {self._index(index): index for index in self.collection.indexes}
        for name in self._indexes(connection) - wanted.keys():
            connection.execute(f"DROP INDEX {name}")
        for name, index in wanted.items():
            unique = "UNIQUE " if index.unique else ""
            on = ", ".join(_column(field) for field in order_of(index))
            connection.execute(f"CREATE {unique}INDEX IF NOT EXISTS {name} ON {self.name} ({on})")

    def _fill(self, connection: sqlite3.Connection, added: Sequence[str]) -> None:
        sets = ", ".join(f"{_column(field)} = ?" for field in added)
        for id_, blob in connection.execute(f"SELECT id, doc FROM {self.name}").fetchall():
            document = _decode(blob)
            if any(document.get(field) is None for field in added):
                raise StoreMisuse(f"{self.collection.name} {id_!r} lacks an indexed field")
            values = [_indexed(document[field]) for field in added]
            connection.execute(f"UPDATE {self.name} SET {sets} WHERE id = ?", (*values, id_))

    def _indexes(self, connection: sqlite3.Connection) -> set[str]:
        rows = connection.execute(f"PRAGMA index_list({self.name})")
        return {row[1] for row in rows if row[1].startswith("i_")}

    def _index(self, index: Index) -> str:
        """Return a name that tells what the index is, so that another one gets another name."""
        kind = "u" if index.unique else "n"
        return f"i_{self.collection.name}_{kind}__{'__'.join(order_of(index))}"

    def _by(self, index: str) -> str:
        declared = self.collection.index(index)
        return f"INDEXED BY {self._index(declared)}"

    def _put(
        self, connection: sqlite3.Connection, document: Document, changed: Iterable[str]
    ) -> bool:
        """Write a document back; SQLite renews the entries of each index whose columns it sets."""
        fields = [field for field in changed if field in self.fields]
        sets = "".join(f", {_column(field)} = ?" for field in fields)
        sql = f"UPDATE {self.name} SET rev = rev + 1, doc = ?{sets} WHERE id = ?"
        values = [_indexed(document[field]) for field in fields]
        return self._changed(connection, sql, (_blob(document), *values, document["id"]))

    @staticmethod
    def _changed(connection: sqlite3.Connection, sql: str, values: Iterable[Any]) -> bool:
        try:
            return connection.execute(sql, tuple(values)).rowcount == 1
        except sqlite3.IntegrityError:
            return False

    def _indexed(self, document: Mapping[str, Scalar]) -> list[Scalar]:
        return [_indexed(document[field]) for field in self.fields]


def create(connection: sqlite3.Connection, *, tables: Sequence[Table]) -> None:
    """Create what is missing of several tables."""
    for table in tables:
        table.create(connection)


def _conditions(bound: Bound) -> tuple[str, list[Scalar]]:
    terms = [(f"{_column(field)} = ?", value) for field, value in bound.fixed]
    if bound.start is not None:
        terms.append((f"{_column(bound.order[0])} >= ?", bound.start))
    if bound.end is not None:
        terms.append((f"{_column(bound.order[0])} < ?", bound.end))
    clauses = [clause for clause, _ in terms]
    values = [_indexed(value) for _, value in terms]
    if bound.after:
        names = ", ".join(_column(field) for field in bound.order)
        marks = ", ".join("?" * len(bound.after))
        clauses.append(f"({names}) {'<' if bound.descending else '>'} ({marks})")
        values.extend(_indexed(value) for value in bound.after)
    return " AND ".join(clauses) or "1", values


def _column(field: str) -> str:
    return field if field == "id" else f"f_{field}"


def _indexed(value: Scalar) -> Scalar:
    return (b"\x01" if value else b"\x00") if isinstance(value, bool) else value


def _blob(document: Mapping[str, Scalar]) -> bytes:
    return _encode({field: value for field, value in document.items() if field not in _OWN})


def _document(row: tuple[str, int, bytes]) -> Document:
    document: Document = {"id": row[0], "rev": row[1]}
    document.update(_decode(row[2]))
    return document
