"""The National Vulnerability Database, API 2.0 and its feeds; field mapping in feeds.md."""

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
from scantling_analyzers.advisories.feeds.nvd_products import Configuration, Left, statements_of
from scantling_analyzers.advisories.models import Advisory, Enrichment, Refused, Score
from scantling_analyzers.advisories.text import prose, title, word
from scantling_analyzers.advisories.times import instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_analyzers.advisories.feeds.contract import Document
    from scantling_analyzers.advisories.models import Said, ScoreKind

NAME: Final = "nvd"
LIMIT: Final = 1024 * 1024 * 1024
"""How many bytes a document may have: the feed of a year has 200 MiB."""
MAX_ENTRIES: Final = 1_000_000
MAX_SCORES: Final = 100

_HEAD: Final = re.compile(rb'\s*\{[^{\[]{0,1000}"format"\s*:\s*"NVD_CVE"')
_CWE: Final = re.compile(r"CWE-\d{1,6}", re.ASCII)
_SOURCES: Final = {
    "nvd@nist.gov": NAME,
    "134c704f-9b21-4f2e-91b3-4a467353bcc0": "cisa-adp",
    "security-advisories@github.com": "github-cna",
}
"""Who scores, by the names of the CVE programme; others are named as they are there."""
_TAGS: Final = {
    "Patch": "FIX",
    "Exploit": "EVIDENCE",
    "Vendor Advisory": "ADVISORY",
    "Third Party Advisory": "ADVISORY",
    "Issue Tracking": "REPORT",
}
"""What a link is, in words of the OSV schema, the first that applies."""


class _Text(msgspec.Struct, gc=False):
    lang: str = ""
    value: str = ""


class _Cvss(msgspec.Struct, gc=False, rename="camel"):
    vector_string: str = ""
    base_score: float | None = None


class _Metric(msgspec.Struct, gc=False, rename="camel"):
    source: str = ""
    type: str = ""
    cvss_data: _Cvss | None = None


class _Metrics(msgspec.Struct, gc=False):
    v4: list[_Metric] | None = msgspec.field(name="cvssMetricV40", default=None)
    v31: list[_Metric] | None = msgspec.field(name="cvssMetricV31", default=None)
    v30: list[_Metric] | None = msgspec.field(name="cvssMetricV30", default=None)
    v2: list[_Metric] | None = msgspec.field(name="cvssMetricV2", default=None)


class _Weakness(msgspec.Struct, gc=False):
    description: list[_Text] | None = None


class _Reference(msgspec.Struct, gc=False):
    url: str = ""
    tags: list[str] | None = None


class _Cve(msgspec.Struct, gc=False, rename="camel"):
    id: str
    published: str = ""
    last_modified: str = ""
    vuln_status: str = ""
    descriptions: list[_Text] | None = None
    metrics: _Metrics | None = None
    weaknesses: list[_Weakness] | None = None
    references: list[_Reference] | None = None
    configurations: list[Configuration] | None = None
    cisa_exploit_add: str | None = None
    cisa_action_due: str | None = None
    cisa_vulnerability_name: str | None = None


class _Entry(msgspec.Struct, gc=False):
    cve: _Cve


class _Page(msgspec.Struct, gc=False):
    vulnerabilities: list[msgspec.Raw]


_PAGE: Final = msgspec.json.Decoder(_Page)
_ENTRY: Final = msgspec.json.Decoder(_Entry)


class NvdFeed:
    """Reads pages of the API and the feeds of years, which have one form."""

    name = NAME

    def recognises(self, path: str, head: bytes) -> bool:
        """Say whether a document says that it is of the format ``NVD_CVE``."""
        del path
        return _HEAD.match(head) is not None

    def read(self, document: Document) -> Iterable[Said]:
        """Yield what is known of each CVE, and which products it is in."""
        entries = listing_of(_PAGE, document.data(LIMIT), "no page of the NVD").vulnerabilities
        for number, raw in enumerate(bounded(entries, MAX_ENTRIES, "entries"), start=1):
            yield from _said(raw, f"entry {number}")


def _said(raw: msgspec.Raw, record: str) -> Iterator[Said]:
    try:
        cve = _ENTRY.decode(raw).cve
    except BROKEN as error:
        yield malformed(NAME, record, error)
        return
    if not (id_ := word(cve.id)):
        yield Refused(feed=NAME, record=record, code="malformed", message="an entry without an id")
        return
    rejected = cve.vuln_status == "Rejected"
    yield _enrichment(cve, id_, rejected=rejected)
    if rejected or not cve.configurations:
        return
    left: dict[Left, None] = {}
    statements = statements_of(cve.configurations, left)
    for each in list(left)[:20]:
        yield Refused(feed=NAME, record=id_, code=each.code, message=word(each.message), part=True)
    if statements:
        yield Advisory(
            id=id_,
            feed=NAME,
            published=instant(cve.published),
            modified=instant(cve.last_modified),
            statements=statements,
        )


def _enrichment(cve: _Cve, id_: str, *, rejected: bool) -> Enrichment:
    texts = (each.value for each in cve.descriptions or () if each.lang.startswith("en"))
    weaknesses = (text.value for each in cve.weaknesses or () for text in each.description or ())
    return Enrichment(
        id=id_,
        feed=NAME,
        title=title(cve.cisa_vulnerability_name or ""),
        details=prose(next(texts, "")),
        published=instant(cve.published),
        modified=instant(cve.last_modified),
        rejected=rejected,
        scores=() if rejected else tuple(dict.fromkeys(_scores(cve.metrics or _Metrics()))),
        weaknesses=tuple(dict.fromkeys(filter(_CWE.fullmatch, weaknesses))),
        references=references((_kind(each), each.url) for each in cve.references or ()),
        exploited_since=instant(cve.cisa_exploit_add or "")[:10],
        due=instant(cve.cisa_action_due or "")[:10],
    )


def _scores(metrics: _Metrics) -> Iterator[Score]:
    """Yield the scores, of each version those of the primary source first."""
    versions: tuple[tuple[ScoreKind, list[_Metric] | None], ...] = (
        ("cvss_v4", metrics.v4),
        ("cvss_v3", metrics.v31),
        ("cvss_v3", metrics.v30),
        ("cvss_v2", metrics.v2),
    )
    for kind, given in versions:
        for each in sorted(given or (), key=lambda metric: metric.type != "Primary")[:MAX_SCORES]:
            text = word(each.cvss_data.vector_string) if each.cvss_data is not None else ""
            if each.cvss_data is not None and text:
                source = _SOURCES.get(each.source) or word(each.source) or NAME
                yield Score(source=source, kind=kind, text=text, value=each.cvss_data.base_score)


def _kind(reference: _Reference) -> str:
    tags = reference.tags or ()
    return next((kind for tag, kind in _TAGS.items() if tag in tags), "WEB")
