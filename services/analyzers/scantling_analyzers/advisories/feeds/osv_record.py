"""The OSV record as far as it is used, and what can be saved of a malformed one; pure.

OSV schema 1.7. Only the fields that are named here are decoded. A record with a field of a wrong
type is decoded field by field: what only serves to be shown is left out, and said to be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.json_documents import BROKEN, reason

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")

NOTHING: Final = msgspec.Raw()

Failed = tuple[str, str]
"""A field and why it was left out."""


class OsvEvent(msgspec.Struct, gc=False):
    """A bound; exactly one of the fields is given."""

    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None
    limit: str | None = None


class OsvRange(msgspec.Struct, gc=False):
    """A range: ``SEMVER``, ``ECOSYSTEM`` or ``GIT``."""

    type: str = ""
    events: list[OsvEvent] | None = None


class OsvPackage(msgspec.Struct, gc=False):
    """Which package: the ecosystem may have a suffix, ``Debian:12``."""

    ecosystem: str = ""
    name: str = ""


class OsvSeverity(msgspec.Struct, gc=False):
    """A severity: ``CVSS_V2`` to ``CVSS_V4`` with a vector, ``Ubuntu`` with a word."""

    type: str = ""
    score: str | float | None = None
    source: str | None = None


class OsvReference(msgspec.Struct, gc=False):
    """A link."""

    url: str = ""
    type: str = "WEB"


class OsvAffected(msgspec.Struct, gc=False):
    """What is said of one package."""

    package: OsvPackage | None = None
    ranges: list[OsvRange] | None = None
    versions: list[str] | None = None
    severity: list[OsvSeverity] | None = None
    ecosystem_specific: msgspec.Raw = NOTHING
    database_specific: msgspec.Raw = NOTHING


class OsvRecord(msgspec.Struct, gc=False):
    """A record."""

    id: str = ""
    summary: str | None = None
    details: str | None = None
    aliases: list[str] | None = None
    upstream: list[str] | None = None
    related: list[str] | None = None
    published: str | None = None
    modified: str | None = None
    withdrawn: str | None = None
    severity: list[OsvSeverity] | None = None
    affected: list[OsvAffected] | None = None
    references: list[OsvReference] | None = None
    database_specific: msgspec.Raw = NOTHING


_DECODER: Final = msgspec.json.Decoder(OsvRecord)
_FIELDS: Final = {
    "summary": str | None,
    "details": str | None,
    "published": str | None,
    "modified": str | None,
    "severity": list[OsvSeverity] | None,
    "references": list[OsvReference] | None,
}
"""What only serves to be shown."""
_IDS: Final = ("aliases", "upstream", "related")


def osv_record(data: bytes | msgspec.Raw) -> tuple[OsvRecord, tuple[Failed, ...]]:
    """Return a record, and which of its fields had to be left out.

    Raises :class:`FeedUnreadable` for what is no record: no JSON, nested too deep, no id.
    """
    try:
        return _checked(_DECODER.decode(data)), ()
    except msgspec.ValidationError:
        record, failed = _salvaged(data)
        return _checked(record), failed
    except BROKEN as error:
        raise FeedUnreadable(f"no JSON: {reason(error)}") from error


def _checked(record: OsvRecord) -> OsvRecord:
    if not record.id:
        raise FeedUnreadable("a record without an id")
    return record


def _salvaged(data: bytes | msgspec.Raw) -> tuple[OsvRecord, tuple[Failed, ...]]:
    try:
        raw = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        record = OsvRecord(id=msgspec.json.decode(raw.get("id", b'""'), type=str))
        record.withdrawn = msgspec.json.decode(raw.get("withdrawn", b"null"), type=str | None)
        entries = msgspec.json.decode(raw.get("affected", b"null"), type=list[msgspec.Raw] | None)
    except BROKEN as error:
        raise FeedUnreadable(f"no record: {reason(error)}") from error
    failed: list[Failed] = []
    for field in _FIELDS:
        setattr(record, field, _tried(raw, field, _FIELDS[field], failed))
    for field in _IDS:
        setattr(record, field, _tried(raw, field, list[str] | None, failed))
    record.database_specific = raw.get("database_specific", NOTHING)
    record.affected = []
    for number, entry in enumerate(entries or (), start=1):
        found = _tried({"affected": entry}, "affected", OsvAffected, failed, f" {number}")
        if found is not None:
            record.affected.append(found)
    return record, tuple(failed)


def _tried(
    raw: dict[str, msgspec.Raw], field: str, kind: Any, failed: list[Failed], which: str = ""
) -> Any:
    if field not in raw:
        return None
    try:
        return msgspec.json.decode(raw[field], type=kind)
    except BROKEN as error:
        failed.append((f"{field}{which}", reason(error)))
        return None


def specific(raw: msgspec.Raw, decode: Callable[[msgspec.Raw], _T]) -> _T | None:
    """Return what a database says beyond the schema, None for nothing or another form."""
    if not bytes(raw):
        return None
    try:
        return decode(raw)
    except BROKEN:
        return None
