"""The lists of Debian's security tracker (DSA, DLA, DTSA, ELA, CVE); field mapping in feeds.md."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.advisories.codenames import UNSTABLE
from scantling_analyzers.advisories.feeds.bounds import EVERY, until
from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.debian_lines import KINDS, entries
from scantling_analyzers.advisories.feeds.debian_releases import (
    LISTS,
    lists_of,
    statement,
    stream_of,
)
from scantling_analyzers.advisories.models import Advisory, Coverage, Enrichment, Refused
from scantling_analyzers.advisories.text import title, word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scantling_analyzers.advisories.feeds.contract import Document
    from scantling_analyzers.advisories.feeds.debian_lines import Entry, PackageLine
    from scantling_analyzers.advisories.models import FixState, Said, Statement

NAME: Final = "debian-lists"
TRACKED: Final = ("bullseye", "bookworm", "trixie", "forky", "duke")
"""Releases of which the CVE list says by its lines for unstable what it does not say apart."""

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun")
_MORE_MONTHS: Final = ("Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH: Final = {name: number for number, name in enumerate(_MONTHS + _MORE_MONTHS, start=1)}
_ANNOUNCEMENT: Final = re.compile(
    r"\[(?P<day>\d\d) (?P<month>[A-Z][a-z][a-z]) (?P<year>\d{4})\] "
    r"(?P<id>(?P<kind>DSA|DLA|DTSA|ELA)-\d{1,6}(?:-\d{1,4})?)\s+(?P<title>.*)",
    re.ASCII,
)
_CVE: Final = re.compile(r"(?P<id>CVE-\d{4}-(?:\d{4,19}|XXXX))(?:\s+(?P<about>[(\[].*))?", re.ASCII)
_CVE_NAME: Final = re.compile(r"CVE-\d{4}-\d{4,19}", re.ASCII)
_HEAD: Final = re.compile(
    rb"\s*(?:\[\d\d [A-Z][a-z][a-z] \d{4}\] (?:DSA|DLA|DTSA|ELA)-|CVE-\d{4}-(?:\d{4}|XXXX))"
)
_STATES: Final[dict[str, FixState]] = {
    "unfixed": "not_fixed",
    "removed": "not_fixed",
    "undetermined": "under_investigation",
    "not-affected": "not_affected",
    "no-dsa": "deferred",
    "postponed": "deferred",
    "ignored": "will_not_fix",
    "end-of-life": "end_of_life",
}
_WITHOUT_FIX: Final = frozenset({"no-dsa", "postponed", "ignored"})
"""Kinds that tell why there is no fix of a release's own; what mends unstable mends it, too."""
_NO_SECURITY: Final = re.compile(
    r"regression|bug ?fix|crash fix|end[- ]of[- ]life|announcement|database|new upstream",
    re.IGNORECASE,
)
"""What titles say of announcements that mend defects, or bring new data."""


class _Head(NamedTuple):
    id: str
    distribution: str
    title: str
    published: str
    is_cve: bool


class DebianListsFeed:
    """Reads ``data/DSA/list``, ``data/DLA/list``, ``data/CVE/list`` and lists of that form."""

    name = NAME

    def recognises(self, path: str, head: bytes) -> bool:
        """Say whether a document begins with an announcement or a CVE in the tracker's form."""
        del path
        return _HEAD.match(head) is not None

    def read(self, document: Document) -> Iterable[Said]:
        """Yield an advisory for each entry that speaks of packages, and what lists it is of."""
        text = document.data().decode("utf-8", "backslashreplace")
        if "\0" in text:
            raise FeedUnreadable("a list was expected, this holds NUL bytes")
        spoken: dict[tuple[str, str], None] = {}
        newest = ""
        for entry in entries(text.split("\n")):
            for said in _said(entry):
                yield said
                if isinstance(said, Advisory) and (kind := said.id.partition("-")[0]) in LISTS:
                    newest = max(newest, said.published)
                    spoken.update(dict.fromkeys((each.stream, kind) for each in said.statements))
        for stream, kind in spoken:
            parts = lists_of(stream, kind, newest)
            yield Coverage(feed=NAME, stream=stream, part=kind, parts=parts)


def _said(entry: Entry) -> Iterator[Said]:
    head = _head(entry)
    if head is None:
        message = f"neither an announcement nor a CVE: {entry.head[:100]}"
        yield _refused(f"line {entry.number}", "malformed", message)
        return
    for number, text in entry.broken[:10]:
        message = f"line {number} says nothing that is known: {text[:100]}"
        yield _refused(head.id, "malformed", message, part=True)
    if len(entry.broken) > 10:  # noqa: PLR2004  # as many as are shown
        message = f"{len(entry.broken) - 10} further lines say nothing that is known"
        yield _refused(head.id, "malformed", message, part=True)
    if "REJECTED" in entry.flags and head.is_cve:
        yield Enrichment(id=head.id, feed=NAME, rejected=True)
        return
    fixes = tuple(each for each in entry.xrefs if _CVE_NAME.fullmatch(each))
    if not head.is_cve and not fixes and _NO_SECURITY.search(head.title):
        yield _refused(head.id, "no_vulnerability", "an update that mends no vulnerability")
        return
    unknown: dict[str, None] = {}
    statements = tuple(dict.fromkeys(_statements(entry, head, unknown)))
    for codename in unknown:
        message = f"the release {codename} is not known"
        yield _refused(head.id, "unknown_stream", message, part=True)
    if statements:
        yield _advisory(entry, head, fixes, statements)
    elif not head.is_cve and not unknown:
        yield _refused(head.id, "names_no_package", "it names no package")


def _advisory(
    entry: Entry, head: _Head, fixes: tuple[str, ...], statements: tuple[Statement, ...]
) -> Advisory:
    others = (word(each) for each in entry.xrefs if head.is_cve or each not in fixes)
    return Advisory(
        id=head.id,
        feed=NAME,
        vulnerabilities=() if head.is_cve else fixes,
        related=tuple(each for each in others if each),
        title=title(head.title),
        published=head.published,
        statements=statements,
    )


def _head(entry: Entry) -> _Head | None:
    if found := _ANNOUNCEMENT.fullmatch(entry.head):
        month = _MONTH.get(found["month"])
        published = f"{found['year']}-{month:02}-{found['day']}" if month else ""
        distribution = "debian-elts" if found["kind"] == "ELA" else "debian"
        return _Head(found["id"], distribution, found["title"], published, is_cve=False)
    if (found := _CVE.fullmatch(entry.head)) is None:
        return None
    about = (found["about"] or "")[1:].removesuffix(")").removesuffix("]")
    id_ = found["id"]
    if id_.endswith("XXXX"):
        bug = next((each.bug for each in entry.packages if each.bug), 0)
        id_ = _temporary(bug, about)
    return _Head(id_, "debian", about, "", is_cve=True)


def _temporary(bug: int, about: str) -> str:
    """Return the name that the tracker gives to what has no CVE name yet."""
    digest = hashlib.md5(about.encode("utf-8", "surrogatepass"), usedforsecurity=False)
    return f"TEMP-{bug:07}-{digest.hexdigest()[:6].upper()}"


def _statements(entry: Entry, head: _Head, unknown: dict[str, None]) -> Iterator[Statement]:
    by_name: dict[str, list[PackageLine]] = {}
    for line in entry.packages:
        by_name.setdefault(word(line.name), []).append(line)
    for name, lines in by_name.items():
        general = next((each for each in lines if not each.release), None)
        spoken: set[str] = set()
        for line in lines:
            if not line.release:
                continue
            stream = stream_of(line.release, head.distribution)
            if stream is None:
                unknown[word(line.release)] = None
            elif (found := _of_release(stream, name, line, general)) is not None:
                spoken.add(line.release)
                yield found
        if general is not None:
            yield from _of_all(name, general, spoken)


def _of_release(
    stream: str, name: str, line: PackageLine, general: PackageLine | None
) -> Statement | None:
    """Return what a line for one release says, by what is said of unstable beside it."""
    urgency = line.urgency or (general.urgency if general is not None else "")
    if line.version:
        return statement(stream, name, until(line.version), "", urgency)
    if line.kind not in KINDS or line.kind == "itp":
        return None
    bounds = EVERY
    if line.kind in _WITHOUT_FIX and general is not None and general.version:
        bounds = until(general.version, here=False)
    return statement(stream, name, bounds, _STATES[line.kind], urgency)


def _of_all(name: str, line: PackageLine, spoken: set[str]) -> Iterator[Statement]:
    """Yield what a line for unstable says of it, and of the releases with no line of their own."""
    if line.kind == "itp" or (not line.version and line.kind not in KINDS):
        return
    state = _STATES.get(line.kind, "")
    here = until(line.version) if line.version else EVERY
    yield statement(f"debian:{UNSTABLE}", name, here, state, line.urgency)
    bounds, left = here, state
    if line.version:
        bounds, left = until(line.version, here=False), "not_fixed"
    for codename in _without(TRACKED, spoken):
        stream = stream_of(codename) or ""
        yield statement(stream, name, bounds, left, line.urgency)


def _without(codenames: Sequence[str], spoken: set[str]) -> Iterator[str]:
    return (each for each in codenames if each not in spoken)


def _refused(record: str, code: str, message: str, *, part: bool = False) -> Refused:
    return Refused(feed=NAME, record=record, code=code, message=word(message), part=part)
