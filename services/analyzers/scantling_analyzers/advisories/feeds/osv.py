"""OSV records of any ecosystem and distribution (OSV schema 1.7); field mapping in feeds.md."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.errata import (
    earliest_builds,
    in_modules,
    modules_of,
    severity_of,
)
from scantling_analyzers.advisories.feeds.json_documents import BROKEN, reason
from scantling_analyzers.advisories.feeds.links import references
from scantling_analyzers.advisories.feeds.osv_affected import Problem, is_system, statement_of
from scantling_analyzers.advisories.feeds.osv_record import osv_record, specific
from scantling_analyzers.advisories.models import MALICIOUS, Advisory, Refused, Score
from scantling_analyzers.advisories.text import prose, title, word
from scantling_analyzers.advisories.times import instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_analyzers.advisories.feeds.contract import Document
    from scantling_analyzers.advisories.feeds.osv_record import Failed, OsvRecord, OsvSeverity
    from scantling_analyzers.advisories.models import Said, ScoreKind, Statement

NAME: Final = "osv"
MAX_STATEMENTS: Final = 200_000
"""How many entries of packages a record may have."""
MAX_IDS: Final = 10_000
"""How many ids a record may name in one of its lists."""

_STRING: Final = rb'"(?:[^"\\]|\\.)*"'
_KEYS: Final = re.compile(
    rb'\s*(?:\{\s*"vulns"\s*:\s*)?(?:\[\s*)?\{\s*"(\w{1,40})"\s*:\s*'
    rb"(?:(?:" + _STRING + rb'|null)\s*,\s*"(\w{1,40})")?'
)
_FIRST: Final = frozenset(
    {b"id", b"schema_version", b"modified", b"published", b"withdrawn", b"summary", b"details"}
    | {b"aliases", b"upstream", b"related", b"severity", b"credits"}
)
_SECOND: Final = _FIRST | {b"affected", b"references", b"database_specific"}
_OBJECT: Final = (b"{", b"[")
_CVE: Final = re.compile(r"CVE-\d{4}-\d{4,19}", re.ASCII)
_GHSA: Final = re.compile(r"GHSA(?:-[0-9a-z]{4}){3}")
_OF_A_CVE: Final = re.compile(r"[A-Z]{1,30}-(CVE-\d{4}-\d{4,19})", re.ASCII)
_CWE: Final = re.compile(r"CWE-\d{1,6}", re.ASCII)
_ERRATUM: Final = re.compile(
    r"(?:(?:AL|RH|RL|RX|EL)[SBE]A|OESA|D[SL]A|DTSA|ELA|USN|LSN|CLSA|MGASA|"
    r"(?:open)?SUSE-[A-Z]U|KYSA|HCE\d?-SA)-"
)
"""Ids of announcements of fixes, which are not names of vulnerabilities."""
_NO_SECURITY: Final = re.compile(r"(?:AL|RH|RL|RX|EL)[BE]A-|(?:open)?SUSE-[RFO]U-")
"""Ids of errata that mend defects or bring new things."""
_KINDS: Final[dict[str, ScoreKind]] = {
    "CVSS_V2": "cvss_v2",
    "CVSS_V3": "cvss_v3",
    "CVSS_V4": "cvss_v4",
    "Ubuntu": "word",
}
_LINES: Final = re.compile(rb"\}[ \t\r]*\n[ \t\r\n]*\{")


class _Shown(msgspec.Struct, gc=False):
    """What databases say beyond the schema that is shown: the GitHub Advisory Database, OESA."""

    severity: str | None = None
    cwe_ids: list[str] | None = None


_SHOWN: Final = msgspec.json.Decoder(_Shown)
_RAW_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])


class _Wrapped(msgspec.Struct, gc=False):
    vulns: list[msgspec.Raw]


class OsvFeed:
    """Reads one record, a list of them, ``{"vulns": […]}``, or one record on each line."""

    name = NAME

    def recognises(self, path: str, head: bytes) -> bool:
        """Say whether a document begins as an OSV record, or as a list of them."""
        del path
        found = _KEYS.match(head)
        if found is None:
            return False
        return found[1] == b"affected" or (found[1] in _FIRST and found[2] in _SECOND)

    def read(self, document: Document) -> Iterable[Said]:
        """Yield an advisory for each record, and what could not be used of it."""
        for number, data in enumerate(_records(document.data()), start=1):
            yield from _said(data, number)


def _records(data: bytes) -> Iterator[bytes | msgspec.Raw]:
    head = data[:4096].lstrip()
    if not head.startswith(_OBJECT):
        raise FeedUnreadable("neither a record nor a list of records")
    try:
        if head.startswith(b"["):
            yield from _RAW_LIST.decode(data)
        elif re.match(rb'\{\s*"vulns"', head):
            yield from msgspec.json.decode(data, type=_Wrapped).vulns
        elif _LINES.search(data) and _is_lines(data):
            yield from (line for line in data.split(b"\n") if line.strip())
        else:
            yield data
    except BROKEN as error:
        raise FeedUnreadable(f"no list of records: {reason(error)}") from error


def _is_lines(data: bytes) -> bool:
    """Say whether the first line is a whole value: there is one record on each line."""
    first = data.lstrip().partition(b"\n")[0]
    try:
        msgspec.json.decode(first, type=msgspec.Raw)
    except BROKEN:
        return False
    return True


def _said(data: bytes | msgspec.Raw, number: int) -> Iterator[Said]:
    try:
        record, failed = osv_record(data)
    except FeedUnreadable as error:
        yield Refused(feed=NAME, record=f"record {number}", code="malformed", message=str(error))
        return
    id_ = word(record.id)
    for code, message in _unusable(record, id_, failed):
        yield Refused(feed=NAME, record=id_ or f"record {number}", code=code, message=message)
        return
    problems = [Problem("malformed", f"{field}: {why}") for field, why in failed]
    statements = _statements(record, problems)
    for problem in problems:
        yield Refused(
            feed=NAME, record=id_, code=problem.code, message=word(problem.message), part=True
        )
    yield _advisory(record, id_, statements)


def _unusable(record: OsvRecord, id_: str, failed: tuple[Failed, ...]) -> Iterator[tuple[str, str]]:
    """Yield why a record says nothing at all, if so."""
    if not id_:
        yield "too_large", "its id is too long"
    elif not record.affected and not record.withdrawn and failed:
        yield "malformed", "; ".join(f"{field}: {why}" for field, why in failed[:3])
    elif not record.affected and not record.withdrawn:
        yield "names_no_package", "it names no package"
    elif len(record.affected or ()) > MAX_STATEMENTS:
        yield "too_many", f"it has more than {MAX_STATEMENTS} entries of packages"
    elif any(
        len(each or ()) > MAX_IDS for each in (record.aliases, record.upstream, record.related)
    ):
        yield "too_many", f"it names more than {MAX_IDS} others"
    elif _NO_SECURITY.match(id_) and not _vulnerabilities(record, id_):
        yield "no_vulnerability", "an update that mends no vulnerability"


def _statements(record: OsvRecord, problems: list[Problem]) -> tuple[Statement, ...]:
    found: dict[Statement, None] = {}
    modules = modules_of(record.summary or "")
    by_github = record.id.startswith("GHSA-")
    for affected in record.affected or ():
        own: list[Problem] = []
        try:
            statement = statement_of(affected, own, by_github=by_github)
            found.update(dict.fromkeys(in_modules(statement, modules)))
        except Problem as problem:
            own.append(problem)
        problems.extend(own)
    return earliest_builds(found)


def _advisory(record: OsvRecord, id_: str, statements: tuple[Statement, ...]) -> Advisory:
    shown = specific(record.database_specific, _SHOWN.decode) or _Shown()
    vulnerabilities = _vulnerabilities(record, id_, statements)
    published = instant(record.published or "")
    dropped = {id_, *vulnerabilities} if _ERRATUM.match(id_) else {id_}
    return Advisory(
        id=id_,
        feed=NAME,
        vulnerabilities=vulnerabilities,
        aliases=tuple(each for each in _ids(record.aliases) if each not in dropped),
        upstream=_ids(record.upstream),
        related=_ids(record.related),
        title=title(record.summary or ""),
        details=prose(record.details or ""),
        published=published,
        modified=instant(record.modified or "") or published,
        withdrawn=_withdrawn(record.withdrawn),
        scores=tuple(dict.fromkeys(_scores(record, id_, shown))),
        weaknesses=tuple(dict.fromkeys(filter(_CWE.fullmatch, shown.cwe_ids or ()))),
        references=references((each.type, each.url) for each in record.references or ()),
        statements=statements,
    )


def _vulnerabilities(
    record: OsvRecord, id_: str, statements: tuple[Statement, ...] = ()
) -> tuple[str, ...]:
    """Return what a record speaks of, where that is not itself.

    An erratum names its vulnerabilities as what it stems from (``upstream``); older ones name
    them as related or even as aliases. What a distribution, or whoever rebuilds a project, says of
    another's vulnerability (``UBUNTU-CVE-…``, ``AZL-…``) is about that one, unless it has a CVE
    name of its own.
    """
    aliases, upstream = _ids(record.aliases), _ids(record.upstream)
    if _ERRATUM.match(id_):
        for ids in (upstream, _ids(record.related), aliases):
            if found := _known(ids):
                return found
        return ()
    if _CVE.fullmatch(id_) or any(map(_CVE.fullmatch, aliases)):
        return ()
    if found := _known(upstream):
        return found
    if (of_a_cve := _OF_A_CVE.fullmatch(id_)) is not None:
        return (of_a_cve[1],)
    return _known(aliases) if any(is_system(each.stream) for each in statements) else ()


def _known(ids: tuple[str, ...]) -> tuple[str, ...]:
    """Return the CVE names among ids, else those of the GitHub Advisory Database."""
    return tuple(filter(_CVE.fullmatch, ids)) or tuple(filter(_GHSA.fullmatch, ids))


def _ids(given: list[str] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(id_ for each in given or () if (id_ := word(each))))


def _withdrawn(text: str | None) -> str:
    """Return when it was withdrawn; a time that can't be read is none the less one."""
    return (instant(text) or word(text) or "unknown") if text else ""


def _scores(record: OsvRecord, id_: str, shown: _Shown) -> Iterator[Score]:
    source = id_.partition("-")[0].lower()
    title_ = record.summary or ""
    affected = (each for entry in record.affected or () for each in entry.severity or ())
    for given in (record.severity or (), affected):
        yield from _given(given, source)
    if own := word(shown.severity or "") or (severity_of(title_) if _ERRATUM.match(id_) else ""):
        yield Score(source=source, kind="word", text=own)
    elif id_.startswith(MALICIOUS):
        # Its records have no severity: there is only one for what does harm by intent.
        yield Score(source=source, kind="word", text="malicious")


def _given(severities: Iterable[OsvSeverity], source: str) -> Iterator[Score]:
    for each in severities:
        kind = _KINDS.get(each.type)
        text = word(each.score) if isinstance(each.score, str) else ""
        if kind is not None and text:
            said_by = "ubuntu" if each.type == "Ubuntu" else word(each.source or "").lower()
            yield Score(source=said_by or source, kind=kind, text=text)
