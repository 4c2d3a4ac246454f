"""The JSON of Debian's security tracker: package → issue → release; field mapping in feeds.md."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from scantling_analyzers.advisories.feeds.bounds import EVERY, until
from scantling_analyzers.advisories.feeds.debian_releases import statement, stream_of
from scantling_analyzers.advisories.feeds.json_documents import (
    BROKEN,
    bounded,
    listing_of,
    malformed,
)
from scantling_analyzers.advisories.models import Advisory, Coverage, Refused
from scantling_analyzers.advisories.text import prose, word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_analyzers.advisories.feeds.contract import Document
    from scantling_analyzers.advisories.models import FixState, Said, Statement

NAME: Final = "debian-tracker"
MAX_PACKAGES: Final = 200_000
MAX_ISSUES: Final = 100_000
"""How many issues a package may have."""

_HEAD: Final = re.compile(
    rb'\s*\{\s*"[a-z0-9][a-z0-9+.-]{0,100}"\s*:\s*\{\s*"(?:CVE|TEMP|DSA|DLA)-'
)
_NOT_AFFECTED: Final = "0"
"""As the fixed version: it never was affected."""
_STATES: Final[dict[str, FixState]] = {"ignored": "will_not_fix", "postponed": "deferred"}


class _Release(msgspec.Struct, gc=False):
    status: str
    fixed_version: str = ""
    urgency: str = ""
    nodsa: str | None = None
    nodsa_reason: str | None = None


class _Issue(msgspec.Struct, gc=False):
    releases: dict[str, _Release]
    description: str = ""


_PACKAGES: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ISSUES: Final = msgspec.json.Decoder(dict[str, _Issue])


class DebianTrackerFeed:
    """Reads ``tracker/data/json``, also frozen copies of it."""

    name = NAME

    def recognises(self, path: str, head: bytes) -> bool:
        """Say whether a document begins with a package that has an issue."""
        del path
        return _HEAD.match(head) is not None

    def read(self, document: Document) -> Iterable[Said]:
        """Yield an advisory for each issue of each package, and which releases are covered."""
        packages = listing_of(_PACKAGES, document.data(), "no JSON of the tracker")
        bounded(packages, MAX_PACKAGES, "packages")
        covered: dict[str, None] = {}
        unknown: dict[str, int] = {}
        for package, raw in packages.items():
            yield from _package(package, raw, covered, unknown)
        yield from (Coverage(feed=NAME, stream=stream) for stream in covered)
        for codename, count in sorted(unknown.items()):
            message = f"{count} statements about a release that is not known"
            yield Refused(feed=NAME, record=word(codename), code="unknown_stream", message=message)


def _package(
    package: str, raw: msgspec.Raw, covered: dict[str, None], unknown: dict[str, int]
) -> Iterator[Said]:
    if not (name := word(package)):
        yield _refused("a package", "too_large", "the name of a package is empty or too long")
        return
    try:
        issues: dict[str, Any] = _ISSUES.decode(raw)
    except BROKEN:
        try:
            issues = dict(_PACKAGES.decode(raw))
        except BROKEN as error:
            yield malformed(NAME, name, error)
            return
    if len(issues) > MAX_ISSUES:
        yield _refused(name, "too_many", f"more than {MAX_ISSUES} issues")
        return
    for id_, issue in issues.items():
        yield from _issue(name, id_, issue, covered, unknown)


def _issue(
    package: str,
    id_: str,
    issue: _Issue | msgspec.Raw,
    covered: dict[str, None],
    unknown: dict[str, int],
) -> Iterator[Said]:
    record = f"{package} {word(id_)}"
    if not (name := word(id_)):
        yield _refused(record, "too_large", "the id of an issue is empty or too long")
        return
    if isinstance(issue, msgspec.Raw):
        try:
            issue = msgspec.json.decode(issue, type=_Issue)
        except BROKEN as error:
            yield malformed(NAME, record, error)
            return
    statements: list[Statement] = []
    for codename, release in issue.releases.items():
        stream = stream_of(codename)
        if stream is None:
            unknown[codename[:100]] = unknown.get(codename[:100], 0) + 1
            continue
        covered[stream] = None
        found = _statement(stream, package, release)
        if found is None:
            message = f"{word(codename)}: no state {word(release.status)!r}, or no fixed version"
            yield _refused(record, "malformed", message, part=True)
        else:
            statements.append(found)
    if statements:
        details = prose(issue.description)
        yield Advisory(id=name, feed=NAME, details=details, statements=tuple(statements))


def _statement(stream: str, package: str, release: _Release) -> Statement | None:
    """Return what the tracker says, None where it is not one of the things that it can say."""
    urgency = release.urgency.rstrip("*")
    if release.status == "resolved":
        if not (version := word(release.fixed_version)):
            return None
        if version == _NOT_AFFECTED:
            return statement(stream, package, EVERY, "not_affected", urgency)
        return statement(stream, package, until(version), "", urgency)
    if release.status == "undetermined":
        return statement(stream, package, EVERY, "under_investigation", urgency)
    if release.status != "open":
        return None
    return statement(stream, package, EVERY, _open(release), urgency)


def _open(release: _Release) -> FixState:
    if release.urgency == "end-of-life":
        return "end_of_life"
    if release.nodsa is None and release.nodsa_reason is None:
        return "not_fixed"
    return _STATES.get(release.nodsa_reason or "", "deferred")


def _refused(record: str, code: str, message: str, *, part: bool = False) -> Refused:
    return Refused(feed=NAME, record=record, code=code, message=word(message), part=part)
