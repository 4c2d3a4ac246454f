"""Packages in dpkg's database (deb-control(5), dpkg(1) *package states*, dpkg-divert(1)).

Debian and its kin keep one file of records, distroless images one file a package in
``status.d``. A package counts when its files are there, wholly or in part: every state but
``not-installed`` and ``config-files``. ``half-installed``, ``unpacked``, ``half-configured``
and the two ``triggers-`` states are broken installations, and their files can be run.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.models import Diversions, Package, owned_key
from scantling_analyzers.facts.packages.ownership import Ownership, inside, without_folders
from scantling_analyzers.facts.packages.stanza import StanzaFormat, installed, lines
from scantling_analyzers.facts.reading import bounded, located, value, whole_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError, OwnedFiles

MAX_STATUS_BYTES: Final = 64 * 1024 * 1024
MAX_LIST_BYTES: Final = 16 * 1024 * 1024
MAX_DIVERSIONS_BYTES: Final = 4 * 1024 * 1024
MAX_DIVERSIONS: Final = 10_000

_FORMAT: Final = StanzaFormat(
    b"Package", b"Status", b"Version", b"Architecture", b"Source", b"Maintainer", ignore_case=True
)
_SOURCE: Final = re.compile(rb"(\S+)(?:\s+\(([^()\s]+)\))?")
_CHECKSUM: Final = re.compile(rb"^[0-9A-Fa-f]{32} [ *]([^\n]+)$", re.MULTILINE)
_SUMS: Final = ".md5sums"
_LIST: Final = ".list"
_LOCAL: Final = b":"
_DIVERSION_LINES: Final = 3


class DpkgReader(Reader):
    """Reads ``status``, the files of ``status.d``, and which files packages own.

    The latter stand in ``info/*.list``, beside ``status.d/*`` in ``*.md5sums``, and are moved
    by ``diversions``.
    """

    name = "dpkg"
    version = 2
    patterns: tuple[str, ...] = (
        "var/lib/dpkg/status",
        "var/lib/dpkg/status.d/*",
        "var/lib/dpkg/info/*.list",
        "var/lib/dpkg/diversions",
    )

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the packages of one database file, or the files that one package owns."""
        path = file.text_path
        if path.endswith("/diversions"):
            return parse_diversions(whole_text(file, MAX_DIVERSIONS_BYTES), path)
        if path.endswith(_LIST) and "/info/" in path:
            return parse_list(whole_text(file, MAX_LIST_BYTES), path)
        if path.endswith(_SUMS):
            return parse_sums(whole_text(file, MAX_LIST_BYTES), path, _package_of_sums(file))
        return bounded(parse_status(whole_text(file, MAX_STATUS_BYTES), path), path)


def parse_status(content: bytes, path: str) -> Iterator[Package | LocatedError]:
    """Yield the packages whose files are there; a record without name or version is an error."""
    for fields, state in installed(content, _FORMAT):
        try:
            yield _package(fields, state, path)
        except Unreadable as error:
            yield located(error, path)


def parse_list(content: bytes, path: str) -> Iterator[OwnedFiles]:
    """Yield what ``libc6:amd64.list`` says: absolute paths, one a line, folders included."""
    package = path.rpartition("/")[2].removesuffix(_LIST).partition(":")[0]
    paths = (line for line in lines(content) if line != b"/.")
    yield from Ownership(path).of(f"deb:{package}", without_folders(paths))


def parse_sums(content: bytes, path: str, package: str) -> Iterator[OwnedFiles]:
    """Yield what a file of checksums says: a digest and a relative path, one a line."""
    files = (found[1] for found in _CHECKSUM.finditer(content))
    yield from Ownership(path).of(f"deb:{package}", files)


def parse_diversions(content: bytes, path: str) -> Iterator[Diversions]:
    """Yield the diversions: three lines each, name, name that it is moved to, package or ``:``.

    Raises :class:`Unreadable` (``malformed``, ``too_many``, ``too_large``).
    """
    found = list(islice(lines(content), MAX_DIVERSIONS * _DIVERSION_LINES + 1))
    if len(found) > MAX_DIVERSIONS * _DIVERSION_LINES:
        raise Unreadable(f"more than {MAX_DIVERSIONS} diversions", code="too_many")
    if len(found) % _DIVERSION_LINES:
        raise Unreadable("the diversions end within one of them", code="malformed")
    records = zip(*[iter(found)] * _DIVERSION_LINES, strict=True)
    moved = tuple(
        (
            owned_key(inside(name)),
            owned_key(inside(other)),
            "" if owner == _LOCAL else f"deb:{value(owner, 'a package name')}",
        )
        for name, other, owner in records
    )
    if moved:
        yield Diversions(path=path, moved=moved)


def _package_of_sums(file: LayerFile) -> str:
    """Return the package that checksums in ``status.d`` belong to.

    Its record lies beside them under the same name, which isn't always the package's.
    """
    stem = file.path.rpartition(b"/")[2].removesuffix(_SUMS.encode())
    record = file.sibling(stem)
    if record is not None:
        named = _FORMAT.fields(whole_text(record, MAX_STATUS_BYTES)).get(b"Package", b"")
        if named:
            return value(named, "a package name")
    return value(stem, "a package name")


def _package(fields: Mapping[bytes, bytes], state: bytes, path: str) -> Package:
    name = value(fields.get(b"Package", b""), "a package name")
    version = value(fields.get(b"Version", b""), "a version")
    if not name or not version:
        raise Unreadable(
            f"a record of the dpkg database lacks its name or version (name '{name}')",
            code="malformed",
        )
    source = _SOURCE.fullmatch(fields.get(b"Source", b""))
    return Package(
        path=path,
        name=name,
        version=version,
        type="deb",
        arch=value(fields.get(b"Architecture", b""), "an architecture"),
        source_name=value(source[1], "a source name") if source else name,
        source_version=value(source[2], "a source version") if source and source[2] else version,
        maintainer=value(fields.get(b"Maintainer", b""), "a maintainer"),
        state=value(state, "a state"),
        found_by=DpkgReader.name,
    )
