"""One archive and those within it, from bytes to packages.

What is reported, and why:

* An archive is one package, by the best source that it has (:mod:`.records`, :mod:`.coordinates`),
  with its SHA-1, by which an index of published archives can name it later, and its SHA-256.
* Each further record of Maven in it is an artifact that was merged into it (fat and shaded
  archives): a package too, marked ``shaded:``, at the path of the archive and without hashes,
  for its own archive is gone.
* An archive that nothing names is listed under its file's name, as ``generic`` and without a
  version. Trivy leaves such archives out, Syft makes a Maven artifact of the file's name: the
  first hides what is there, the second names what does not exist.
* Classes say nothing: Spring Boot's loader, which is copied into each of its archives, the
  alternative classes of a multi-release archive and ``module-info.class`` name no artifact with
  a version. The signature files of a signed archive neither.
* Sources and documentation (``-sources.jar``, ``-javadoc.jar``) hold nothing that runs, the
  archives of a Java installation (``rt.jar``, ``jrt-fs.jar``) are no artifacts of Maven; its
  ``release`` file names it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.archives.zip_archive import list_entries
from scantling_analyzers.facts.models import LocatedError, Package
from scantling_analyzers.facts.packages.java import evidence
from scantling_analyzers.facts.packages.java.coordinates import (
    identify,
    is_of_java,
    version_of,
)
from scantling_analyzers.facts.packages.java.manifest import (
    NO_MANIFEST,
    Manifest,
    licenses_of,
    parse_manifest,
    parse_properties,
)
from scantling_analyzers.facts.packages.java.names import split_file_name, version_after
from scantling_analyzers.facts.packages.java.pom import parse_pom
from scantling_analyzers.facts.packages.java.records import (
    POM_NAME,
    PROPERTIES_NAME,
    Record,
    folder_of,
    own_record,
    record_of,
    with_version,
)
from scantling_analyzers.facts.reading import located, value
from scantling_common.layers.escape import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping

    from scantling_analyzers.facts.archives.budget import Budget
    from scantling_analyzers.facts.archives.zip_archive import Entry
    from scantling_analyzers.facts.packages.java.names import FileName
    from scantling_analyzers.facts.packages.java.pom import Pom

KINDS: Final = (*("jar", "war", "ear", "jpi", "hpi", "par", "sar", "nar", "kar", "rar", "lpkg"),)
"""Endings of Java archives; a ``rar`` is a resource adapter, if it is a zip at all."""

_NESTED: Final = tuple(f".{kind}".encode() for kind in KINDS)
_MANIFEST: Final = b"meta-inf/manifest.mf"
_WANTED: Final = (_MANIFEST, b"/" + PROPERTIES_NAME, b"/" + POM_NAME, *_NESTED)

Found = Package | LocatedError
T = TypeVar("T")


class _Waiting(NamedTuple):
    """An archive within one that was read; it is unpacked when its turn comes."""

    parent: memoryview
    entry: Entry
    path: str
    depth: int


class _Digests(NamedTuple):
    """The hex digests of an archive; none of what is merged into another one."""

    sha1: str = ""
    sha256: str = ""


class _Members(NamedTuple):
    manifests: list[Entry]
    records: dict[tuple[bytes, bytes, bytes], dict[bytes, Entry]]
    nested: list[Entry]


def read_archive(
    archive: memoryview, path: str, file_name: bytes, budget: Budget, *, is_box: bool = False
) -> Iterator[Found]:
    """Yield the packages of an archive and of those within it, outer ones first.

    One that ``is_box`` is no archive of Java itself, it only holds some. What can't be read is an
    error at the inner path. Raises nothing for what is in the archive.
    """
    nested = yield from _read_one(archive, path, file_name, budget, is_box=is_box)
    waiting = [_Waiting(archive, entry, path, 1) for entry in reversed(nested)]
    while waiting:
        parent, entry, parent_path, depth = waiting.pop()
        inner_path = _inner(parent_path, entry.name)
        if depth > budget.limits.depth:
            message = f"archives nest deeper than {budget.limits.depth}"
            yield LocatedError(path=inner_path, code="nested_too_deep", message=message)
            continue
        try:
            inner = budget.content(parent, entry, budget.limits.nested_bytes)
        except Unreadable as error:
            yield located(error, inner_path)
            continue
        nested = yield from _read_one(inner, inner_path, entry.name, budget)
        waiting += [_Waiting(inner, each, inner_path, depth + 1) for each in reversed(nested)]


def read_properties(content: bytes, path: bytes, text_path: str) -> Iterator[Found]:
    """Yield the package of a ``pom.properties`` that lies unpacked in a layer."""
    folder = folder_of(path)
    record = record_of(folder[1:], parse_properties(content), None) if folder else None
    if record is not None and record.coordinates.version:
        yield _package(record, text_path, _Digests(), record.found_by)


def _read_one(
    archive: memoryview, path: str, file_name: bytes, budget: Budget, *, is_box: bool = False
) -> Generator[Found, None, list[Entry]]:
    """Yield the packages of one archive and return the entries of those within it."""
    try:
        listing = list_entries(archive, _WANTED, budget.members)
    except Unreadable as error:
        yield located(error, path)
        return []
    budget.count(listing.total)
    if listing.problem is not None:
        yield located(listing.problem, path)
    members = _sorted(listing.entries)
    if is_box:
        return members.nested
    readable = _Readable(archive, path, budget)
    manifest = NO_MANIFEST
    for entry in members.manifests:
        manifest = readable.parsed(entry, parse_manifest) or manifest
    records = list(_records(readable, members))
    yield from readable.errors
    name = split_file_name(file_name)
    if name.has_classes and not is_of_java(manifest):
        yield from _packages(archive, path, manifest, records, name)
    return members.nested


def _sorted(entries: Iterable[Entry]) -> _Members:
    members = _Members([], {}, [])
    for entry in entries:
        lower = entry.name.lower()
        if lower.lstrip(b"/") == _MANIFEST:
            members.manifests.append(entry)
        elif lower.endswith(_NESTED):
            members.nested.append(entry)
        elif folder := folder_of(entry.name):
            kind = entry.name.rpartition(b"/")[2]
            members.records.setdefault(folder, {})[kind] = entry
    return members


class _Readable:
    """The members of one archive; what can't be read is kept as an error at its path."""

    def __init__(self, archive: memoryview, path: str, budget: Budget) -> None:
        self._archive, self._path, self._budget = archive, path, budget
        self.errors: list[LocatedError] = []

    def parsed(self, entry: Entry | None, parse: Callable[[bytes], T]) -> T | None:
        """Return what a member says, None where it is missing or can't be read."""
        if entry is None:
            return None
        try:
            limit = self._budget.limits.metadata_bytes
            return parse(bytes(self._budget.content(self._archive, entry, limit)))
        except Unreadable as error:
            self.errors.append(located(error, _inner(self._path, entry.name)))
            return None


def _records(readable: _Readable, members: _Members) -> Iterator[Record]:
    """Yield Maven's records in the archive, each artifact and version once."""
    for (_, group, artifact), files in members.records.items():
        properties: Mapping[str, bytes] | None = readable.parsed(
            files.get(PROPERTIES_NAME), parse_properties
        )
        pom: Pom | None = readable.parsed(files.get(POM_NAME), parse_pom)
        record = record_of((group, artifact), properties, pom)
        if record is not None:
            yield record


def _packages(
    archive: memoryview, path: str, manifest: Manifest, records: list[Record], name: FileName
) -> Iterator[Found]:
    own = own_record(records, manifest, name)
    main = _main(own, manifest, name)
    digests = _Digests(
        sha1=hashlib.sha1(archive, usedforsecurity=False).hexdigest(),
        sha256=hashlib.sha256(archive).hexdigest(),
    )
    seen = {main.coordinates} if main else set()
    try:
        yield (
            _package(main, path, digests, main.found_by) if main else _unknown(path, digests, name)
        )
    except Unreadable as error:
        yield located(error, path)
    for record in records:
        if record is own or record.coordinates in seen:
            continue
        seen.add(record.coordinates)
        try:
            yield _package(record, path, _Digests(), evidence.SHADED + record.found_by)
        except Unreadable as error:
            yield located(error, path)


def _main(own: Record | None, manifest: Manifest, name: FileName) -> Record | None:
    """Return what the archive itself is, with a version from wherever it can be had."""
    said = licenses_of(manifest)
    if own is not None:
        artifact = own.coordinates.artifact
        after = version_after(name.stem, artifact) or name.version
        own = with_version(own, (after, version_of(manifest)))
        return own._replace(licenses=own.licenses or said)
    identity = identify(manifest, name)
    return Record(identity.coordinates, identity.found_by, said) if identity else None


def _package(record: Record, path: str, digests: _Digests, found_by: str) -> Package:
    group, artifact, version = record.coordinates
    return Package(
        path=path,
        name=f"{value(group, 'a group')}:{value(artifact, 'an artifact')}",
        version=value(version, "a version"),
        type="maven",
        licenses=tuple(value(text, "a licence") for text in record.licenses),
        sha1=digests.sha1,
        sha256=digests.sha256,
        found_by=found_by,
    )


def _unknown(path: str, digests: _Digests, name: FileName) -> Package:
    stem = value(name.stem, "a file's name") or path
    return Package(
        path=path,
        name=stem,
        version="",
        type="generic",
        sha1=digests.sha1,
        sha256=digests.sha256,
        found_by=evidence.UNKNOWN,
    )


def _inner(path: str, name: bytes) -> str:
    return f"{path}!/{escape(name.lstrip(b'/'))}"
