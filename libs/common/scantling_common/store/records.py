"""Between records and documents; pure."""

from __future__ import annotations

import functools
import types
from typing import TYPE_CHECKING, Any, Final, TypeVar, Union, cast, get_args, get_origin

import msgspec

from scantling_common.bodies import pack, unpack
from scantling_common.errors import ScantlingError
from scantling_common.records.record import DocumentVersionUnknown, Record
from scantling_common.store.port import Collection, Document, Scalar, StoreMisuse

if TYPE_CHECKING:
    from collections.abc import Mapping

R = TypeVar("R", bound=Record)

BODY: Final = "body"
_SCALARS: Final = (
    msgspec.inspect.StrType,
    msgspec.inspect.IntType,
    msgspec.inspect.FloatType,
    msgspec.inspect.BoolType,
    msgspec.inspect.BytesType,
    msgspec.inspect.LiteralType,
)


class DocumentUnreadable(ScantlingError):
    """A stored document is not the record that it should be."""

    code = "document_unreadable"


def document_of(record: Record) -> Document:
    """Return the document of a record, with its version and without the store's ``rev``."""
    document: Document = {"v": record.V}
    for name in record.__struct_fields__:
        if name != "rev":
            document[name] = _scalar(name, getattr(record, name))
    return document


def record_of(kind: type[R], document: Document) -> R:
    """Return the record of a document.

    Raises :class:`DocumentVersionUnknown`, :class:`DocumentUnreadable` or
    :class:`scantling_common.bodies.BodyUnreadable`.
    """
    version = document.get("v")
    if version == kind.V - 1:
        document = kind.upgrade(document)
    elif version != kind.V:
        message = f"{kind.__name__} {document.get('id')!r} has version {version!r}, not {kind.V}"
        raise DocumentVersionUnknown(message, hint="run the release that wrote it, or a newer one")
    fields: dict[str, object] = dict(document)
    packed = fields.get(BODY)
    shape = body_type(kind)
    if shape is not None and isinstance(packed, bytes):
        fields[BODY] = unpack(packed, shape)
    try:
        return msgspec.convert(fields, kind, builtin_types=(bytes,))
    except msgspec.ValidationError as error:
        message = f"{kind.__name__} {document.get('id')!r}: {error}"
        raise DocumentUnreadable(message) from error


def changes_of(kind: type[Record], fields: Mapping[str, object]) -> Document:
    """Return fields to set; raise :class:`StoreMisuse` for one that the record does not have."""
    unknown = fields.keys() - set(kind.__struct_fields__)
    if unknown or "rev" in fields or "id" in fields:
        message = f"{kind.__name__} has no settable field {', '.join(sorted(unknown)) or 'id, rev'}"
        raise StoreMisuse(message)
    return {name: _scalar(name, value) for name, value in fields.items()}


@functools.cache
def check_kind(collection: Collection, kind: type[Record]) -> None:
    """Raise :class:`StoreMisuse` where records of a kind can't be documents of a collection."""
    info = msgspec.inspect.type_info(kind)
    nullable: dict[str, bool] = {}
    for field in cast("msgspec.inspect.StructType", info).fields:
        plain, nullable[field.name] = _without_none(field.type)
        body = field.name == BODY and isinstance(plain, msgspec.inspect.StructType)
        if not body and not isinstance(plain, _SCALARS):
            message = f"{kind.__name__}.{field.name} is neither a scalar nor the body"
            raise StoreMisuse(message)
    for index in collection.indexes:
        for name in index.fields:
            if nullable.get(name, True):
                message = f"{collection.name}.{name} is indexed, so {kind.__name__} must have it"
                raise StoreMisuse(message)


_body_types: dict[type[Record], type[msgspec.Struct] | None] = {}


def body_type(kind: type[Record]) -> type[msgspec.Struct] | None:
    """Return the Struct of a record's body, None where it has no body or a plain one."""
    if kind not in _body_types:
        hint = msgspec.structs.fields(kind)
        declared = next((field.type for field in hint if field.name == BODY), None)
        _body_types[kind] = _struct_in(declared)
    return _body_types[kind]


def _struct_in(declared: Any) -> type[msgspec.Struct] | None:
    candidates = (
        get_args(declared) if get_origin(declared) in {Union, types.UnionType} else (declared,)
    )
    for candidate in candidates:
        if isinstance(candidate, type) and issubclass(candidate, msgspec.Struct):
            return candidate
    return None


def _without_none(declared: msgspec.inspect.Type) -> tuple[msgspec.inspect.Type, bool]:
    if not isinstance(declared, msgspec.inspect.UnionType):
        return declared, False
    rest = [kind for kind in declared.types if not isinstance(kind, msgspec.inspect.NoneType)]
    return (rest[0] if len(rest) == 1 else declared), len(rest) < len(declared.types)


def _scalar(name: str, value: object) -> Scalar:
    if name == BODY and isinstance(value, msgspec.Struct):
        return pack(value)
    if value is None or isinstance(value, str | int | float | bytes):
        return value
    message = f"field {name} holds a {type(value).__name__}, which no document does"
    raise StoreMisuse(message)
