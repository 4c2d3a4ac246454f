"""secdb: in which version of a package what was fixed (Alpine, Wolfi, Chainguard); see feeds.md."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_analyzers.advisories.feeds.bounds import EVERY, until
from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.json_documents import (
    BROKEN,
    bounded,
    listing_of,
    malformed,
)
from scantling_analyzers.advisories.feeds.secdb_yaml import yaml_lines
from scantling_analyzers.advisories.models import Advisory, Coverage, Refused, Statement
from scantling_analyzers.advisories.text import word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_analyzers.advisories.feeds.contract import Document
    from scantling_analyzers.advisories.models import Said

NAME: Final = "secdb"
MAX_PACKAGES: Final = 200_000
MAX_FIXES: Final = 2_000_000
"""How many ids of all packages are read."""

_NEVER: Final = "0"
"""As the version that fixes: the package never was affected."""
_JSON: Final = re.compile(rb"\s*\{")
_KEY: Final = re.compile(
    rb'"(?:apkurl|archs|distroversion|reponame|urlprefix)"\s*:|"packages"\s*:\s*\[\s*\{\s*"pkg"'
)
_YAML: Final = re.compile(rb"(?:---\s*\n)?(?:#[^\n]*\n)*distroversion:", re.ASCII)
_RELEASE: Final = re.compile(r"v?(\d{1,2}\.\d{1,2}|edge)", re.ASCII)
_PUBLISHERS: Final = (
    (re.compile(r"https?://packages\.wolfi\.dev(?:/|$)"), "wolfi"),
    (re.compile(r"https?://(?:packages|apk)\.cgr\.dev(?:/|$)"), "chainguard"),
    (re.compile(r"https?://packages\.mini\.dev(?:/|$)"), "minimos"),
)
REPOSITORIES: Final = ("main", "community")
"""What a release of Alpine is made of; each has a document of its own. An image does not show from
which one a package is."""
_FIRST_COMMUNITY: Final = (3, 3)
_COMMENT: Final = re.compile(r"\([^()]*\)")
_SLIP: Final = re.compile(r"\bCVE[ _](?=\d{4}-)", re.ASCII)
_CVE: Final = re.compile(r"CVE-(\d{4}-\d{4,19})(?:-\d{1,3})?", re.ASCII)
_ID: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{1,30}(?:-[A-Za-z0-9:._]{1,60}){1,8}", re.ASCII)


class _Package(msgspec.Struct):
    name: str = ""
    secfixes: dict[str, list[str] | dict[str, str] | None] = {}


class _Entry(msgspec.Struct):
    pkg: _Package


class _Secdb(msgspec.Struct):
    packages: list[msgspec.Raw] | None = None
    distroversion: str = ""
    urlprefix: str = ""
    reponame: str = ""


_SECDB: Final = msgspec.json.Decoder(_Secdb)
_ENTRY: Final = msgspec.json.Decoder(_Entry)


class SecdbFeed:
    """Reads the JSON of all, and the YAML in which Alpine published until 2020."""

    name = NAME

    def recognises(self, path: str, head: bytes) -> bool:
        """Say whether a document has the fields of a secdb, in JSON or in YAML."""
        del path
        if _YAML.match(head) is not None:
            return True
        return _JSON.match(head) is not None and _KEY.search(head) is not None

    def read(self, document: Document) -> Iterable[Said]:
        """Yield an advisory for each id, with all packages in which it was fixed."""
        data = document.data()
        if _JSON.match(data[:64]) is not None:
            return _of_json(data)
        return _of_yaml(data.decode("utf-8", "backslashreplace"))


class _Fixes:
    """What was fixed in which version, id by id."""

    def __init__(self, stream: str, repository: str) -> None:
        self.stream, self.repository = stream, repository
        self.count = 0
        self.by_id: dict[str, dict[Statement, None]] = {}
        self.related: dict[str, dict[str, None]] = {}

    def add(self, package: str, version: str, text: str) -> Refused | None:
        """Add what an item says, which may name several ids; return why it can't be used."""
        self.count += 1
        if self.count > MAX_FIXES:
            raise FeedUnreadable(f"more than {MAX_FIXES} fixes")
        ids, related = _ids(text)
        fixed = word(version)
        if not ids or not package or not fixed:
            code = "malformed" if len(text) < 1000 else "too_large"  # noqa: PLR2004  # as text.word
            message = f"{package} {fixed}: no id of a vulnerability: {word(text[:100])!r}"
            return Refused(feed=NAME, record=package, code=code, message=message, part=True)
        statement = self._statement(package, fixed)
        for id_ in ids:
            self.by_id.setdefault(id_, {})[statement] = None
            self.related.setdefault(id_, {}).update(dict.fromkeys(related))
        return None

    def _statement(self, package: str, fixed: str) -> Statement:
        never = fixed == _NEVER
        return Statement(
            stream=self.stream,
            name=package,
            name_of="source",
            ranges=(EVERY if never else until(fixed),),
            state="not_affected" if never else "",
        )

    def said(self) -> Iterator[Said]:
        """Say whom the document speaks for, and give an advisory for each id."""
        parts = _repositories(self.stream) if self.repository else ()
        part = self.repository if parts else ""
        yield Coverage(feed=NAME, stream=self.stream, part=part, parts=parts)
        for id_, statements in self.by_id.items():
            yield Advisory(
                id=id_, feed=NAME, related=tuple(self.related[id_]), statements=tuple(statements)
            )


def _of_json(data: bytes) -> Iterator[Said]:
    secdb = listing_of(_SECDB, data, "no secdb")
    if secdb.packages is None:
        raise FeedUnreadable("a secdb without packages")
    packages = bounded(secdb.packages, MAX_PACKAGES, "packages")
    stream = _stream(secdb.distroversion, secdb.urlprefix)
    fixes = _Fixes(stream, word(secdb.reponame))
    for number, raw in enumerate(packages, start=1):
        try:
            package = _ENTRY.decode(raw).pkg
        except BROKEN as error:
            yield malformed(NAME, f"package {number}", error)
            continue
        name = word(package.name)
        if not name:
            message = "a package without a name, or with one that is too long"
            yield Refused(feed=NAME, record=f"package {number}", code="malformed", message=message)
            continue
        for version, texts in package.secfixes.items():
            for refused in (fixes.add(name, version, text) for text in texts or ()):
                if refused is not None:
                    yield refused
    yield from fixes.said()


def _of_yaml(text: str) -> Iterator[Said]:
    lines = list(yaml_lines(text))
    fields = {line.key: line.text for line in lines if line.kind == "top"}
    stream = _stream(fields.get("distroversion", ""), fields.get("urlprefix", ""))
    fixes = _Fixes(stream, word(fields.get("reponame", "")))
    name = version = ""
    for line in lines:
        refused = None
        if line.kind == "package":
            name = version = ""
        elif line.kind == "name":
            name, version = word(line.text), ""
        elif line.kind == "version":
            version = line.text
        elif line.kind == "item":
            refused = fixes.add(name, version, line.text)
        elif line.kind == "broken":
            message = f"not of the form of a secdb: {word(line.text)}"
            refused = Refused(
                feed=NAME, record=f"line {line.number}", code="malformed", message=message
            )
        if refused is not None:
            yield refused
    yield from fixes.said()


def _stream(release: str, prefix: str) -> str:
    """Return the stream by the release, or by who publishes; raises :class:`FeedUnreadable`."""
    for pattern, stream in _PUBLISHERS:
        if pattern.match(prefix):
            return stream
    if (found := _RELEASE.fullmatch(release)) is not None:
        return f"alpine:{found[1]}"
    raise FeedUnreadable(
        f"nobody knows the distribution of {word(release)!r} at {word(prefix)!r}",
        hint="a secdb names its release (distroversion) or a known publisher (urlprefix)",
    )


def _repositories(stream: str) -> tuple[str, ...]:
    """Return the repositories of which a release has a document each, none for other publishers."""
    id_, _, release = stream.partition(":")
    if id_ != "alpine":
        return ()
    number = tuple(map(int, release.split("."))) if release != "edge" else _FIRST_COMMUNITY
    return REPOSITORIES if number >= _FIRST_COMMUNITY else REPOSITORIES[:1]


def _ids(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the vulnerabilities that an item names, and further names beside CVE names.

    ``CVE-2016-9377 XSA-196`` is one vulnerability that its project announced with others; what is
    in brackets explains.
    """
    if len(text) > 1_000:  # noqa: PLR2004  # as long as a word may be
        return (), ()
    cves: dict[str, None] = {}
    others: dict[str, None] = {}
    for token in _SLIP.sub("CVE-", _COMMENT.sub(" ", text)).replace(",", " ").split():
        if (found := _CVE.fullmatch(token)) is not None:
            cves[f"CVE-{found[1]}"] = None
        elif _ID.fullmatch(token):
            others[token] = None
    return (tuple(cves), tuple(others)) if cves else (tuple(others), ())
