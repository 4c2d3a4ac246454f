"""The reader of Java archives, and of the archives within them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.packages.java import coordinates
from scantling_analyzers.facts.packages.java.manifest import parse_manifest, parse_properties
from scantling_analyzers.facts.packages.java.zip_archive import Entry, check, content, entries
from scantling_analyzers.facts.reading import bounded, located, too_large, value
from scantling_common.layers.escape import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError
    from scantling_analyzers.facts.packages.java.coordinates import Coordinates

MAX_ARCHIVE_BYTES: Final = 2 * 1024 * 1024 * 1024
MAX_NESTED_BYTES: Final = 256 * 1024 * 1024
MAX_METADATA_BYTES: Final = 4 * 1024 * 1024
MAX_INFLATED_BYTES: Final = 1024 * 1024 * 1024
MAX_DEPTH: Final = 4
MAX_MEMBERS: Final = 1_000_000

_KINDS: Final = ("jar", "war", "ear", "jpi", "hpi", "par", "sar", "nar", "kar", "lpkg")
_NESTED: Final = re.compile(rb".*\.(?:%s)" % "|".join(_KINDS).encode(), re.DOTALL | re.IGNORECASE)
_MANIFEST: Final = b"META-INF/MANIFEST.MF"
_POM: Final = re.compile(rb"/?META-INF/maven/([^/]+)/([^/]+)/pom\.properties", re.DOTALL)


class JavaReader(Reader):
    """Reads every Java archive: Maven's own record first, then the manifest and the file's name.

    An archive within an archive is addressed as ``outer.war!/WEB-INF/lib/inner.jar``.
    """

    name = "java"
    version = 1
    patterns: tuple[str, ...] = tuple(f"**/*.{kind}" for kind in _KINDS)

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the packages of an archive and of those within it."""
        if file.size > MAX_ARCHIVE_BYTES:
            raise too_large(file.size, MAX_ARCHIVE_BYTES)
        return bounded(parse_archive(file.data, file.text_path, file.path), file.text_path)


class _Budget:
    """What one file of the layer may cost, however its archives nest."""

    def __init__(self) -> None:
        self._bytes = MAX_INFLATED_BYTES
        self._members = MAX_MEMBERS

    def inflate(self, archive: memoryview, entry: Entry, limit: int) -> memoryview:
        """Return a member's content; :class:`Unreadable` once too much was inflated."""
        check(entry, limit)
        self._bytes -= max(entry.size, entry.compressed)
        if self._bytes < 0:
            raise Unreadable(f"more than {MAX_INFLATED_BYTES} bytes to inflate", code="too_large")
        return content(archive, entry)

    def count(self) -> None:
        """Count a member; :class:`Unreadable` once there were too many."""
        self._members -= 1
        if self._members < 0:
            raise Unreadable(f"more than {MAX_MEMBERS} members", code="too_many")


class _Members(NamedTuple):
    manifests: list[Entry]
    poms: list[Entry]
    nested: list[Entry]


def parse_archive(
    archive: memoryview, path: str, file_name: bytes
) -> Iterator[Package | LocatedError]:
    """Yield the packages of an archive and of those within it; ``file_name`` may name it."""
    yield from _archive(archive, path, file_name, _Budget(), 0)


def _archive(
    archive: memoryview, path: str, file_name: bytes, budget: _Budget, depth: int
) -> Iterator[Package | LocatedError]:
    members = _Members([], [], [])
    try:
        _sort(archive, members, budget)
    except Unreadable as error:
        yield located(error, path)
    yield from _packages(archive, members, path, file_name, budget)
    for entry in members.nested:
        inner_path = f"{path}!/{escape(entry.name.lstrip(b'/'))}"
        if depth >= MAX_DEPTH:
            deeper = Unreadable(f"archives nest deeper than {MAX_DEPTH}", code="nested_too_deep")
            yield located(deeper, inner_path)
            continue
        try:
            inner = budget.inflate(archive, entry, MAX_NESTED_BYTES)
        except Unreadable as error:
            yield located(error, inner_path)
        else:
            yield from _archive(inner, inner_path, entry.name, budget, depth + 1)


def _sort(archive: memoryview, members: _Members, budget: _Budget) -> None:
    for entry in entries(archive):
        budget.count()
        if entry.name.lstrip(b"/").upper() == _MANIFEST:
            members.manifests.append(entry)
        elif _POM.fullmatch(entry.name):
            members.poms.append(entry)
        elif _NESTED.fullmatch(entry.name):
            members.nested.append(entry)


def _packages(
    archive: memoryview, members: _Members, path: str, file_name: bytes, budget: _Budget
) -> Iterator[Package | LocatedError]:
    poms: list[Coordinates] = []
    attributes: Mapping[str, bytes] = {}
    for entry in (*members.poms, *members.manifests):
        try:
            text = bytes(budget.inflate(archive, entry, MAX_METADATA_BYTES))
            if match := _POM.fullmatch(entry.name):
                poms.append(coordinates.from_properties(parse_properties(text), match.groups()))
            else:
                attributes = parse_manifest(text)
        except Unreadable as error:
            yield located(error, f"{path}!/{escape(entry.name.lstrip(b'/'))}")
    main = coordinates.main_of(poms, file_name)
    if main is None and members.manifests:
        main = coordinates.from_manifest(attributes, file_name)
    for found in dict.fromkeys((main, *poms) if main else poms):
        own = attributes if found == main else {}
        try:
            yield _package(found, own, path, "pom.properties" if found in poms else "manifest")
        except Unreadable as error:
            yield located(error, path)


def _package(
    found: Coordinates, attributes: Mapping[str, bytes], path: str, found_by: str
) -> Package:
    licence = value(attributes.get("Bundle-License", b""), "a licence")
    return Package(
        path=path,
        name=f"{value(found.group, 'a group')}:{value(found.artifact, 'an artifact')}",
        version=value(found.version, "a version"),
        type="maven",
        licenses=(licence,) if licence else (),
        found_by=found_by,
    )
