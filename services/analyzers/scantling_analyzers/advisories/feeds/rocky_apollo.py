"""Rocky Linux' advisories from its errata service Apollo, API v3; field mapping in feeds.md."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_analyzers.advisories.feeds.bounds import until
from scantling_analyzers.advisories.feeds.json_documents import (
    BROKEN,
    bounded,
    listing_of,
    malformed,
)
from scantling_analyzers.advisories.feeds.links import references
from scantling_analyzers.advisories.feeds.reasons import Reasons
from scantling_analyzers.advisories.feeds.rpm_names import SOURCES, of_nevra
from scantling_analyzers.advisories.feeds.rpm_statements import (
    MAX_STATEMENTS,
    Statements,
    statement,
)
from scantling_analyzers.advisories.models import Advisory, Coverage, Enrichment, Refused, Score
from scantling_analyzers.advisories.text import prose, title, word
from scantling_analyzers.advisories.times import instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_analyzers.advisories.feeds.contract import Document
    from scantling_analyzers.advisories.models import Said, Statement

NAME: Final = "rocky-apollo"
MAX_ADVISORIES: Final = 1_000_000

_HEAD: Final = re.compile(
    rb'\s*\{\s*"(?:advisories"\s*:\s*\[|advisory"\s*:\s*\{)\s*(?:\]|\{?\s*"(?:id|created_at|name)")'
)
_ALONE: Final = re.compile(rb'\s*\{\s*"advisory"')
_PRODUCT: Final = re.compile(r"Rocky Linux (\d{1,2})(?:\.\d{1,2})?(?: .*)?", re.ASCII)
_CVE: Final = re.compile(r"CVE-\d{4}-\d{4,19}", re.ASCII)
_CWE: Final = re.compile(r"CWE-\d{1,6}", re.ASCII)
_VECTOR: Final = re.compile(r"CVSS:3\.[01]/[A-Z:/]{10,100}", re.ASCII)
_PAGE: Final = "https://errata.rockylinux.org/"
"""Where people read advisories; the address is part of the advisory's form, nothing is fetched."""


class _Package(msgspec.Struct, gc=False):
    nevra: str
    product_name: str
    module_name: str | None = None
    module_stream: str | None = None


class _Cve(msgspec.Struct, gc=False):
    cve: str
    cvss3_scoring_vector: str | None = None
    cvss3_base_score: str | float | None = None
    cwe: str | None = None


class _Fix(msgspec.Struct, gc=False):
    source: str | None = None


class _Advisory(msgspec.Struct, gc=False):
    name: str
    packages: list[_Package]
    synopsis: str | None = None
    description: str | None = None
    kind: str | None = None
    severity: str | None = None
    published_at: str | None = None
    updated_at: str | None = None
    cves: list[_Cve] | None = None
    fixes: list[_Fix] | None = None


class _Page(msgspec.Struct, gc=False):
    advisories: list[msgspec.Raw]


class _One(msgspec.Struct, gc=False):
    advisory: msgspec.Raw


_ALL: Final = msgspec.json.Decoder(_Page)
_SINGLE: Final = msgspec.json.Decoder(_One)
_ADVISORY: Final = msgspec.json.Decoder(_Advisory)


class RockyApolloFeed:
    """Reads a page of ``/api/v3/advisories/``, or one advisory."""

    name = NAME

    def recognises(self, path: str, head: bytes) -> bool:
        """Say whether a document begins as a page of the API."""
        del path
        return _HEAD.match(head) is not None

    def read(self, document: Document) -> Iterable[Said]:
        """Yield an advisory for each that is about vulnerabilities, and what is said of those."""
        data = document.data()
        wrong = "no page of advisories"
        if _ALONE.match(data[:1000]) is not None:
            advisories = [listing_of(_SINGLE, data, wrong).advisory]
        else:
            advisories = listing_of(_ALL, data, wrong).advisories
        bounded(advisories, MAX_ADVISORIES, "advisories")
        covered: dict[str, None] = {}
        for number, raw in enumerate(advisories, start=1):
            yield from _said(raw, f"advisory {number}", covered)
        yield from (Coverage(feed=NAME, stream=stream) for stream in covered)


def _said(raw: msgspec.Raw, record: str, covered: dict[str, None]) -> Iterator[Said]:
    try:
        advisory = _ADVISORY.decode(raw)
    except BROKEN as error:
        yield malformed(NAME, record, error)
        return
    if not (id_ := word(advisory.name)):
        yield Refused(feed=NAME, record=record, code="malformed", message="it has no name")
        return
    cves = {each.cve: each for each in advisory.cves or () if _CVE.fullmatch(each.cve)}
    if advisory.kind != "Security" and not cves:
        message = "an update that mends no vulnerability"
        yield Refused(feed=NAME, record=id_, code="no_vulnerability", message=message)
        return
    reasons = Reasons(NAME, id_)
    found = _statements(advisory, reasons).every()
    if not found and not reasons:
        reasons.add("names_no_package", "an advisory without a package")
    yield from reasons.refused(part=bool(found))
    covered.update(dict.fromkeys(each.stream for each in found))
    if found:
        yield _made(advisory, id_, tuple(cves), found)
        yield from _enrichments(cves)


def _statements(advisory: _Advisory, reasons: Reasons) -> Statements:
    statements = Statements()
    named = [(each, of_nevra(each.nevra)) for each in advisory.packages[:MAX_STATEMENTS]]
    only_sources = all(rpm is None or rpm.arch in SOURCES for _, rpm in named)
    for package, rpm in named:
        product = _PRODUCT.fullmatch(package.product_name)
        if rpm is None:
            reasons.add("malformed", "no name of a package with its version", package.nevra[:200])
        elif product is None:
            reasons.add("unknown_stream", "another product", package.product_name[:200])
        elif only_sources or rpm.arch not in SOURCES:
            module = f"{package.module_name or ''}:{package.module_stream or ''}"
            said = statement(
                stream=f"rocky:{product[1]}",
                name=rpm.name,
                ranges=until(rpm.evr),
                arch=rpm.arch,
                module=word(module) if package.module_name and package.module_stream else "",
            )
            statements.add(said, (rpm.arch,))
    if len(advisory.packages) > MAX_STATEMENTS:
        reasons.add("too_many", f"more than {MAX_STATEMENTS} packages")
    return statements


def _made(
    advisory: _Advisory, id_: str, cves: tuple[str, ...], found: tuple[Statement, ...]
) -> Advisory:
    severity = word(advisory.severity or "")
    links = [("ADVISORY", f"{_PAGE}{id_}")]
    links += [("REPORT", each.source or "") for each in advisory.fixes or ()]
    return Advisory(
        id=id_,
        feed=NAME,
        vulnerabilities=cves,
        title=title(advisory.synopsis or ""),
        details=prose(advisory.description or ""),
        published=instant(advisory.published_at or ""),
        modified=instant(advisory.updated_at or ""),
        scores=(Score(source="rocky", kind="word", text=severity),) if severity else (),
        references=references(links),
        statements=found,
    )


def _enrichments(cves: dict[str, _Cve]) -> Iterator[Enrichment]:
    """Yield what is said of each vulnerability apart: its vector, and its kind of weakness."""
    for id_, cve in cves.items():
        vector = cve.cvss3_scoring_vector or ""
        weaknesses = tuple(dict.fromkeys(_CWE.findall((cve.cwe or "")[:1000])))
        if _VECTOR.fullmatch(vector) or weaknesses:
            value = _number(cve.cvss3_base_score)
            score = Score(source="rocky", kind="cvss_v3", text=vector, value=value)
            yield Enrichment(
                id=id_,
                feed=NAME,
                scores=(score,) if _VECTOR.fullmatch(vector) else (),
                weaknesses=weaknesses,
            )


def _number(given: str | float | None) -> float | None:
    """Return a score, None for what is none (``UNKNOWN``)."""
    try:
        value = float(given) if given is not None else -1.0
    except ValueError:
        return None
    return value if 0 <= value <= 10 else None  # noqa: PLR2004  # the scale of CVSS
