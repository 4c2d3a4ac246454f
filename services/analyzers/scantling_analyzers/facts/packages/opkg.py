"""Packages in opkg's database (OpenWrt, Yocto): a ``status`` file, and one ``control`` a package.

``status`` says what is installed and how far, ``info/*.control`` what it is: licence, source.
Both name the same package; analyzers put them together. ``info/*.list`` has its files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.packages.ownership import Ownership
from scantling_analyzers.facts.packages.stanza import StanzaFormat, installed, lines
from scantling_analyzers.facts.reading import bounded, located, value, whole_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError, OwnedFiles

MAX_FILE_BYTES: Final = 16 * 1024 * 1024

_FOLDERS: Final = ("usr/lib/opkg", "var/lib/opkg")
_LIST: Final = ".list"
_FORMAT: Final = StanzaFormat(
    *(b"Package", b"Status", b"Version", b"Architecture", b"Source", b"SourceName"),
    *(b"License", b"Maintainer"),
    ignore_case=True,
)
_RECIPE: Final = b".bb"


class OpkgReader(Reader):
    """Reads ``status``, ``info/*.control`` and ``info/*.list`` in both places that opkg has."""

    name = "opkg"
    version = 1
    patterns: tuple[str, ...] = tuple(
        f"{folder}/{file}"
        for folder in _FOLDERS
        for file in ("status", "info/*.control", "info/*.list")
    )

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the packages of one database file, or the files that one package owns."""
        content, path = whole_text(file, MAX_FILE_BYTES), file.text_path
        if path.endswith(_LIST):
            return parse_list(content, path)
        return bounded(parse_status(content, path), path)


def parse_status(content: bytes, path: str) -> Iterator[Package | LocatedError]:
    """Yield the packages whose files are there; a record without name or version is an error."""
    for fields, state in installed(content, _FORMAT):
        try:
            yield _package(fields, state, path)
        except Unreadable as error:
            yield located(error, path)


def parse_list(content: bytes, path: str) -> Iterator[OwnedFiles]:
    """Yield what ``libc.list`` says: a path a line; Yocto puts mode and owner behind a tab."""
    package = path.rpartition("/")[2].removesuffix(_LIST)
    paths = (line.partition(b"\t")[0] for line in lines(content))
    yield from Ownership(path).of(f"opkg:{package}", paths)


def _package(fields: Mapping[bytes, bytes], state: bytes, path: str) -> Package:
    name = value(fields.get(b"Package", b""), "a package name")
    version = value(fields.get(b"Version", b""), "a version")
    if not name or not version:
        raise Unreadable(
            f"a record of the opkg database lacks its name or version (name '{name}')",
            code="malformed",
        )
    licence = value(fields.get(b"License", b""), "a licence")
    return Package(
        path=path,
        name=name,
        version=version,
        type="opkg",
        arch=value(fields.get(b"Architecture", b""), "an architecture"),
        source_name=value(_source(fields), "a source name"),
        licenses=(licence,) if licence else (),
        maintainer=value(fields.get(b"Maintainer", b""), "a maintainer"),
        state=value(state, "a state"),
        found_by=OpkgReader.name,
    )


def _source(fields: Mapping[bytes, bytes]) -> bytes:
    """Return the source: its name, else the last part of OpenWrt's folder or Yocto's recipe."""
    if name := fields.get(b"SourceName", b""):
        return name
    source = fields.get(b"Source", b"")
    if source.endswith(_RECIPE):
        return source.rpartition(b"/")[2].removesuffix(_RECIPE).rpartition(b"_")[0]
    if b"/" in source and b":" not in source and b" " not in source:
        return source.rpartition(b"/")[2]
    return b""
