"""Packages in dpkg's database (deb-control(5), dpkg(1) *package states*).

Debian and its kin keep one file of records, distroless images one file a package in
``status.d``. A package counts when its files are there, wholly or in part: every state but
``not-installed`` and ``config-files``. ``half-installed``, ``unpacked``, ``half-configured``
and the two ``triggers-`` states are broken installations, and their files can be run.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.packages.stanza import StanzaFormat, stanzas
from scantling_analyzers.facts.reading import bounded, located, value, whole_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError

MAX_STATUS_BYTES: Final = 64 * 1024 * 1024

_FORMAT: Final = StanzaFormat(
    b"Package", b"Status", b"Version", b"Architecture", b"Source", b"Maintainer", ignore_case=True
)
_WITHOUT_FILES: Final = frozenset({b"not-installed", b"config-files"})
_SOURCE: Final = re.compile(rb"(\S+)(?:\s+\(([^()\s]+)\))?")


class DpkgReader(Reader):
    """Reads ``status`` and the files of ``status.d``, but not their ``*.md5sums``."""

    name = "dpkg"
    version = 1
    patterns: tuple[str, ...] = ("var/lib/dpkg/status", "var/lib/dpkg/status.d/*")

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the packages of one database file."""
        if file.path.endswith(b".md5sums"):
            return ()
        content = whole_text(file, MAX_STATUS_BYTES)
        return bounded(parse_status(content, file.text_path), file.text_path)


def parse_status(content: bytes, path: str) -> Iterator[Package | LocatedError]:
    """Yield the packages whose files are there; a record without name or version is an error."""
    for stanza in stanzas(content):
        fields = _FORMAT.fields(stanza)
        if fields.get(b"Status", b"").rpartition(b" ")[2].lower() in _WITHOUT_FILES:
            continue
        try:
            yield _package(fields, path)
        except Unreadable as error:
            yield located(error, path)


def _package(fields: Mapping[bytes, bytes], path: str) -> Package:
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
        found_by=DpkgReader.name,
    )
