"""CISA's catalogue of known exploited vulnerabilities; field mapping in feeds.md."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_analyzers.advisories.feeds.json_documents import (
    BROKEN,
    bounded,
    listing_of,
    malformed,
)
from scantling_analyzers.advisories.feeds.links import references
from scantling_analyzers.advisories.models import Enrichment, Refused
from scantling_analyzers.advisories.text import prose, title, word
from scantling_analyzers.advisories.times import instant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_analyzers.advisories.feeds.contract import Document
    from scantling_analyzers.advisories.models import Said

NAME: Final = "kev"
MAX_ENTRIES: Final = 200_000

_HEAD: Final = re.compile(rb'\s*\{[^{\[]{0,2000}"catalogVersion"\s*:')
_CWE: Final = re.compile(r"CWE-\d{1,6}", re.ASCII)
_KNOWN: Final = "Known"


class _Entry(msgspec.Struct, gc=False, rename="camel"):
    date_added: str
    cve_id: str = msgspec.field(name="cveID")
    vulnerability_name: str = ""
    short_description: str = ""
    due_date: str | None = None
    known_ransomware_campaign_use: str | None = None
    notes: str | None = None
    cwes: list[str] | None = None


class _Catalogue(msgspec.Struct, gc=False):
    vulnerabilities: list[msgspec.Raw]


_CATALOGUE: Final = msgspec.json.Decoder(_Catalogue)
_ENTRY: Final = msgspec.json.Decoder(_Entry)


class KevFeed:
    """Reads ``known_exploited_vulnerabilities.json``."""

    name = NAME

    def recognises(self, path: str, head: bytes) -> bool:
        """Say whether a document begins as the catalogue does."""
        del path
        return _HEAD.match(head) is not None

    def read(self, document: Document) -> Iterable[Said]:
        """Yield since when each vulnerability is exploited."""
        entries = listing_of(_CATALOGUE, document.data(), "no catalogue").vulnerabilities
        for number, raw in enumerate(bounded(entries, MAX_ENTRIES, "entries"), start=1):
            yield _said(raw, f"entry {number}")


def _said(raw: msgspec.Raw, record: str) -> Said:
    try:
        entry = _ENTRY.decode(raw)
    except BROKEN as error:
        return malformed(NAME, record, error)
    id_, since = word(entry.cve_id), instant(entry.date_added)
    if not id_ or not since:
        message = "no id, or no date since when it is exploited"
        return Refused(feed=NAME, record=id_ or record, code="malformed", message=message)
    return Enrichment(
        id=id_,
        feed=NAME,
        title=title(entry.vulnerability_name),
        details=prose(entry.short_description),
        weaknesses=tuple(dict.fromkeys(filter(_CWE.fullmatch, entry.cwes or ()))),
        references=references(("WEB", each) for each in (entry.notes or "").split()),
        exploited_since=since[:10],
        due=instant(entry.due_date or "")[:10],
        ransomware=entry.known_ransomware_campaign_use == _KNOWN,
    )
