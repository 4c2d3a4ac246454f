"""Packages in apk's database of installed packages (apk-package(5), *installed*)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.packages.ownership import Ownership
from scantling_analyzers.facts.packages.stanza import StanzaFormat, stanzas
from scantling_analyzers.facts.reading import bounded, located, value, whole_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError

MAX_INSTALLED_BYTES: Final = 64 * 1024 * 1024

_FORMAT: Final = StanzaFormat(b"P", b"V", b"A", b"o", b"L", b"m")
_FILE: Final = re.compile(rb"^([FR]):([^\n]*)$", re.MULTILINE)


class ApkReader(Reader):
    """Reads ``installed``, which Alpine and Wolfi keep in different places."""

    name = "apk"
    version = 2
    patterns: tuple[str, ...] = ("lib/apk/db/installed", "usr/lib/apk/db/installed")

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the packages of one database and the files that each owns."""
        content = whole_text(file, MAX_INSTALLED_BYTES)
        return bounded(parse_installed(content, file.text_path), file.text_path)


def parse_installed(content: bytes, path: str) -> Iterator[AnyFact | LocatedError]:
    """Yield every package and its files; a record without name or version is an error."""
    ownership = Ownership(path)
    for stanza in stanzas(content):
        try:
            package = _package(_FORMAT.fields(stanza), path)
            yield package
            yield from ownership.of(f"apk:{package.name}", _files(stanza))
        except Unreadable as error:
            yield located(error, path)


def _files(stanza: bytes) -> Iterator[bytes]:
    """Yield the paths of a record: ``R:`` names a file in the folder of the last ``F:``."""
    folder = b""
    for found in _FILE.finditer(stanza):
        if found[1] == b"F":
            folder = found[2].strip(b"/ \t\r")
        else:
            name = found[2].strip()
            yield folder + b"/" + name if folder else name


def _package(fields: Mapping[bytes, bytes], path: str) -> Package:
    name = value(fields.get(b"P", b""), "a package name")
    version = value(fields.get(b"V", b""), "a version")
    if not name or not version:
        raise Unreadable(
            f"a record of the apk database lacks its name or version (name '{name}')",
            code="malformed",
        )
    licence = value(fields.get(b"L", b""), "a licence")
    return Package(
        path=path,
        name=name,
        version=version,
        type="apk",
        arch=value(fields.get(b"A", b""), "an architecture"),
        source_name=value(fields.get(b"o", b""), "an origin") or name,
        source_version=version,
        licenses=(licence,) if licence else (),
        maintainer=value(fields.get(b"m", b""), "a maintainer"),
        found_by=ApkReader.name,
    )
