"""``updateinfo.xml`` of yum repositories, of any vendor; field mapping in feeds.md."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.advisories.feeds.bounds import until
from scantling_analyzers.advisories.feeds.csaf_texts import link
from scantling_analyzers.advisories.feeds.errata import in_modules, modules_of
from scantling_analyzers.advisories.feeds.hardened_xml import records
from scantling_analyzers.advisories.feeds.loose_times import loose_instant
from scantling_analyzers.advisories.feeds.reasons import Reasons
from scantling_analyzers.advisories.feeds.rpm_names import SOURCES, evr
from scantling_analyzers.advisories.feeds.rpm_statements import (
    MAX_STATEMENTS,
    Statements,
    statement,
)
from scantling_analyzers.advisories.feeds.updateinfo_streams import (
    amazon_line,
    apart,
    of_path,
    of_update,
)
from scantling_analyzers.advisories.models import (
    MAX_REFERENCES,
    Advisory,
    Coverage,
    Refused,
    Score,
)
from scantling_analyzers.advisories.text import prose, title, word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.advisories.feeds.contract import Document
    from scantling_analyzers.advisories.feeds.hardened_xml import Element
    from scantling_analyzers.advisories.models import Reference, Said

NAME: Final = "updateinfo"
SECURITY: Final = "security"
UNUSED: Final = frozenset({"filename", "sum", "rights", "solution", "reboot_suggested"})
"""Elements that say nothing of what is affected; they are half of a document."""
MAX_NAMES: Final = 5_000
"""How many vulnerabilities one update may fix."""
_MARK: Final = re.compile(rb"<(?:\w{1,20}:)?updates(?:\s[^>]{0,1000})?/?>")
_CVE: Final = re.compile(r"CVE-\d{4}-\d{4,19}", re.ASCII)
_WHAT_TO_DO: Final = (
    "it does not tell which release it is for: put the file into a folder with the name of the "
    "stream, as in kylin:V10-SP2/updateinfo.xml"
)


class UpdateinfoFeed:
    """Reads ``updateinfo.xml``; the statements carry the distribution's name."""

    @property
    def name(self) -> str:
        """Return the feed's name."""
        return NAME

    def recognises(self, path: str, head: bytes) -> bool:  # noqa: ARG002  # the content tells
        """Say whether it is XML whose first element is ``updates``."""
        return _MARK.search(head) is not None and head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"

    def read(self, document: Document) -> Iterator[Said]:
        """Yield an advisory for each security update."""
        given = of_path(document.path)
        covered: set[str] = set()
        if given is not None:
            covered.add(given)
            yield Coverage(feed=_feed(given), stream=given)
        for update in records(document.open(), {"update"}, without=UNUSED):
            if update.get("type").strip().lower() == SECURITY:
                yield from _Update(update, given).said(covered)


class _Build(NamedTuple):
    """A package of a list, of any architecture."""

    name: str
    epoch: str
    version: str
    release: str


class _Update:
    """One update."""

    def __init__(self, update: Element, given: str | None) -> None:
        self._update = update
        self._given = given
        self._id = word(update.said("id"))
        self._title = title(update.said("title"))
        self._reasons = Reasons(_feed(given or ""), self._id)
        self._packages: dict[str, Statements] = {}
        self._modules = modules_of(self._title)
        self._names_release = f"{self._title} {update.said('release')}"
        self._count = 0

    def said(self, covered: set[str]) -> Iterator[Said]:
        """Yield an advisory for each distribution that the update has packages for."""
        update = self._update
        if not self._id:
            yield Refused(
                feed=_feed(self._given or ""),
                record="",
                code="malformed",
                message="a security update without an id, or with one too long",
            )
            return
        if update.cut:
            self._reasons.add("too_many", "a part of the update was not read, it is too large")
        for collection in update.every("pkglist", "collection"):
            self._collect(collection)
        if not self._packages and not self._reasons:
            self._reasons.add("names_no_package", "a security update without a package")
        for feed, statements in self._packages.items():
            found = statements.every()
            for stream in sorted({each.stream for each in found} - covered):
                covered.add(stream)
                yield Coverage(feed=feed, stream=stream)
            yield Advisory(
                id=self._id,
                feed=feed,
                vulnerabilities=self._names(),
                title=self._title,
                details=prose(update.said("description") or update.said("summary")),
                published=_time(update, "issued"),
                modified=_time(update, "updated") or _time(update, "issued"),
                withdrawn=self._withdrawn(),
                scores=self._scores(feed),
                references=tuple(self._links())[:MAX_REFERENCES],
                statements=found,
            )
        yield from self._reasons.refused(part=bool(self._packages))

    def _collect(self, collection: Element) -> None:
        short = collection.get("short") or collection.said("name")
        module = next(collection.every("module"), None)
        label = ""
        if module is not None and module.get("name") and module.get("stream"):
            label = word(f"{module.get('name')}:{module.get('stream')}")
        builds: dict[_Build, set[str]] = {}
        for package in collection.every("package"):
            given = package.attributes.get
            build = _Build(*(given(field, "") for field in _Build._fields))
            builds.setdefault(build, set()).add(given("arch", ""))
        only_sources = all(arches <= SOURCES for arches in builds.values())
        for build, arches in builds.items():
            # The binaries that a source package was built into are all listed.
            if only_sources or not arches <= SOURCES:
                self._package(build, arches if only_sources else arches - SOURCES, short, label)

    def _package(self, build: _Build, arches: set[str], short: str, module: str) -> None:
        name = word(build.name)
        version = evr(build.epoch, build.version, build.release)
        if not name or not version:
            self._reasons.add("malformed", "a package without a name or a version", name)
            return
        stream = self._given or of_update(self._id, self._names_release, short, build.release)
        if stream is None:
            self._reasons.add("unknown_stream", _WHAT_TO_DO, name)
            return
        self._count += len(arches)
        if self._count > MAX_STATEMENTS:
            self._reasons.add("too_many", f"more than {MAX_STATEMENTS} packages")
            return
        stream = apart(stream, version)
        ranges = until(version)
        if line := amazon_line(self._id, version):
            ranges = (("introduced", line), ranges[1])
        arch = "src" if arches <= SOURCES else ""
        said = statement(stream=stream, name=name, ranges=ranges, arch=arch, module=module)
        found = self._packages.setdefault(_feed(stream), Statements())
        # Not every vendor has an element for the module: then the title names it.
        for each in in_modules(said, () if module else self._modules):
            found.add(each, tuple(map(word, arches)))

    def _names(self) -> tuple[str, ...]:
        """Return the CVEs: of the references by their type, else where any text names them."""
        references = list(self._update.every("references", "reference"))
        named = [
            found
            for each in references
            for text in (each.get("id"), each.get("title"))
            for found in _CVE.findall(text[:10_000])
        ]
        if not named:
            texts = (self._title, self._update.said("description"), self._update.said("summary"))
            named = [found for text in texts for found in _CVE.findall(text)]
        names = tuple(dict.fromkeys(named))
        if len(names) > MAX_NAMES:
            self._reasons.add("too_many", f"more than {MAX_NAMES} vulnerabilities")
        return names[:MAX_NAMES] if names != (self._id,) else ()

    def _scores(self, feed: str) -> tuple[Score, ...]:
        text = word(self._update.said("severity"))
        source = feed.removesuffix(f"-{NAME}")
        return (Score(source=source, kind="word", text=text),) if text else ()

    def _links(self) -> Iterator[Reference]:
        seen = set()
        for each in self._update.every("references", "reference"):
            found = link(each.get("href"), is_self=each.get("type") == "self")
            if found is not None and found.url not in seen:
                seen.add(found.url)
                yield found

    def _withdrawn(self) -> str:
        if self._update.get("status").lower() != "retracted":
            return ""
        return _time(self._update, "updated") or _time(self._update, "issued") or "1970-01-01"


def _feed(stream: str) -> str:
    distribution = stream.partition(":")[0]
    return f"{distribution}-{NAME}" if distribution else NAME


def _time(update: Element, name: str) -> str:
    """Return a date: in an attribute as a rule, as text or in seconds with some vendors."""
    element = update.find(name)
    if element is None:
        return ""
    return loose_instant(element.get("date") or element.text)
