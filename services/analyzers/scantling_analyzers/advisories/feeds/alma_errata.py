"""AlmaLinux' errata, ``errata.full.json``, which name modules; field mapping in feeds.md."""

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
from scantling_analyzers.advisories.feeds.loose_times import loose_instant
from scantling_analyzers.advisories.feeds.reasons import Reasons
from scantling_analyzers.advisories.feeds.rpm_names import SOURCES, evr
from scantling_analyzers.advisories.feeds.rpm_statements import (
    MAX_STATEMENTS,
    Statements,
    statement,
)
from scantling_analyzers.advisories.models import Advisory, Coverage, Refused, Score
from scantling_analyzers.advisories.text import prose, title, word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_analyzers.advisories.feeds.contract import Document
    from scantling_analyzers.advisories.models import Said, Statement

NAME: Final = "alma-errata"
MAX_ERRATA: Final = 1_000_000

_HEAD: Final = re.compile(
    rb'\s*\{\s*(?:"schema_version"\s*:\s*"[^"]{0,20}"\s*,\s*)?"data"\s*:\s*\[\s*(?:\]|\{\s*"'
    rb'(?:id|description|issued_date)"\s*:)'
)
_RELEASE: Final = re.compile(r"(?:^|[._])el(\d{1,2})(?=[._+]|$)", re.ASCII)
_CVE: Final = re.compile(r"CVE-\d{4}-\d{4,19}", re.ASCII)
_KINDS: Final = {"self": "ADVISORY", "rhsa": "ADVISORY", "bugzilla": "REPORT"}


class _Package(msgspec.Struct, gc=False):
    name: str
    version: str
    release: str
    arch: str = ""
    epoch: str | int | None = None
    module: str | None = None


class _Reference(msgspec.Struct, gc=False):
    id: str | None = None
    type: str | None = None
    href: str | None = None


class _Erratum(msgspec.Struct, gc=False):
    id: str
    packages: list[_Package]
    type: str = ""
    title: str = ""
    description: str = ""
    severity: str | None = None
    issued_date: int | float | str | None = None
    updated_date: int | float | str | None = None
    references: list[_Reference] | None = None


class _Errata(msgspec.Struct, gc=False):
    data: list[msgspec.Raw]


_ERRATA: Final = msgspec.json.Decoder(_Errata)
_ERRATUM: Final = msgspec.json.Decoder(_Erratum)


class AlmaErrataFeed:
    """Reads the errata of one release."""

    name = NAME

    def recognises(self, path: str, head: bytes) -> bool:
        """Say whether a document begins with a list of errata."""
        del path
        return _HEAD.match(head) is not None

    def read(self, document: Document) -> Iterable[Said]:
        """Yield an advisory for each erratum that is about vulnerabilities."""
        errata = listing_of(_ERRATA, document.data(), "no errata").data
        covered: dict[str, None] = {}
        for number, raw in enumerate(bounded(errata, MAX_ERRATA, "errata"), start=1):
            yield from _said(raw, f"erratum {number}", covered)
        yield from (Coverage(feed=NAME, stream=stream) for stream in covered)


def _said(raw: msgspec.Raw, record: str, covered: dict[str, None]) -> Iterator[Said]:
    try:
        erratum = _ERRATUM.decode(raw)
    except BROKEN as error:
        yield malformed(NAME, record, error)
        return
    if not (id_ := word(erratum.id)):
        yield Refused(feed=NAME, record=record, code="malformed", message="it has no id")
        return
    names = (each.id or "" for each in erratum.references or () if each.type == "cve")
    cves = tuple(dict.fromkeys(filter(_CVE.fullmatch, names)))
    if erratum.type != "security" and not cves:
        message = "an update that mends no vulnerability"
        yield Refused(feed=NAME, record=id_, code="no_vulnerability", message=message)
        return
    reasons = Reasons(NAME, id_)
    statements = _statements(erratum, reasons)
    found = statements.every()
    if not found and not reasons:
        reasons.add("names_no_package", "an erratum without a package")
    yield from reasons.refused(part=bool(found))
    covered.update(dict.fromkeys(each.stream for each in found))
    if found:
        yield _advisory(erratum, id_, cves, found)


def _statements(erratum: _Erratum, reasons: Reasons) -> Statements:
    statements = Statements()
    only_sources = all(each.arch in SOURCES for each in erratum.packages)
    for package in erratum.packages[:MAX_STATEMENTS]:
        name = word(package.name)
        release = _RELEASE.search(package.release)
        version = evr(str(package.epoch or ""), package.version, package.release)
        if package.arch in SOURCES and not only_sources:
            continue
        if not name or not version:
            reasons.add("malformed", "a package without a name or a version", name)
        elif release is None:
            reasons.add("unknown_stream", "a package whose release names no elN", name)
        else:
            module = word(":".join((package.module or "").split(":")[:2]))
            said = statement(
                stream=f"almalinux:{release[1]}",
                name=name,
                ranges=until(version),
                arch=package.arch,
                module=module,
            )
            statements.add(said, (word(package.arch),))
    if len(erratum.packages) > MAX_STATEMENTS:
        reasons.add("too_many", f"more than {MAX_STATEMENTS} packages")
    return statements


def _advisory(
    erratum: _Erratum, id_: str, cves: tuple[str, ...], found: tuple[Statement, ...]
) -> Advisory:
    severity = word(erratum.severity or "")
    links = (
        (_KINDS.get(each.type or "", "WEB"), each.href or "") for each in erratum.references or ()
    )
    return Advisory(
        id=id_,
        feed=NAME,
        vulnerabilities=cves,
        title=title(erratum.title),
        details=prose(erratum.description),
        published=_time(erratum.issued_date),
        modified=_time(erratum.updated_date),
        scores=(Score(source="almalinux", kind="word", text=severity),) if severity else (),
        references=references(links),
        statements=found,
    )


def _time(given: float | str | None) -> str:
    return loose_instant(str(int(given) if isinstance(given, float) else given or ""))
