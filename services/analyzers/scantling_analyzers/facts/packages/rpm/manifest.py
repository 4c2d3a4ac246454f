"""The list of packages in images of Mariner and Azure Linux that have no rpm database.

One line a package, its columns separated by tabs: name, version with release, times of
installation and build, vendor, epoch as text, size, architecture, epoch as a number, source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.packages.rpm.source import source_of
from scantling_analyzers.facts.packages.stanza import lines
from scantling_analyzers.facts.reading import located, value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.facts.models import LocatedError

COLUMNS: Final = 10
_NOT_SET: Final = b"(none)"
_PUBLIC_KEY: Final = b"gpg-pubkey"


def parse_manifest(content: bytes, path: str, found_by: str) -> Iterator[Package | LocatedError]:
    """Yield every package; a line of another form is an error."""
    for line in lines(content):
        if not line.strip() or line.startswith(_PUBLIC_KEY + b"\t"):
            continue
        try:
            yield _package(line, path, found_by)
        except Unreadable as error:
            yield located(error, path)


def _package(line: bytes, path: str, found_by: str) -> Package:
    columns = [
        b"" if column.strip() == _NOT_SET else column.strip()
        for column in line.split(b"\t", COLUMNS)
    ]
    if len(columns) < COLUMNS or not columns[0] or not columns[1]:
        raise Unreadable(
            f"a line of the list of packages has no {COLUMNS} columns", code="malformed"
        )
    name, version, vendor = columns[0], columns[1], columns[4]
    arch, epoch, source = columns[7], columns[8], columns[9]
    if epoch and not epoch.isdigit():
        raise Unreadable("a line of the list of packages has no number as epoch", code="malformed")
    if epoch.strip(b"0"):
        version = epoch + b":" + version
    source_name, source_version = source_of(value(source, "a source package"))
    return Package(
        path=path,
        name=value(name, "a package name"),
        version=value(version, "a version"),
        type="rpm",
        arch=value(arch, "an architecture"),
        source_name=source_name,
        source_version=source_version,
        maintainer=value(vendor, "a vendor"),
        found_by=found_by,
    )
