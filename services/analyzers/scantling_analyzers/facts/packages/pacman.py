"""Packages in pacman's local database (Arch Linux; alpm's ``lib/libalpm/be_local.c``).

One folder a package, named after name and version. Its files have sections: a line ``%NAME%``,
then one value a line, then an empty line. ``desc`` says what the package is, ``files`` what it
owns.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.packages.ownership import Ownership
from scantling_analyzers.facts.reading import value, whole_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError, OwnedFiles

MAX_DESC_BYTES: Final = 1024 * 1024
MAX_FILES_BYTES: Final = 32 * 1024 * 1024

_SECTION: Final = re.compile(rb"%([A-Z0-9]+)%")
_DESC: Final = b"desc"
_FILES: Final = "/files"


class PacmanReader(Reader):
    """Reads ``desc`` and ``files`` of each package."""

    name = "pacman"
    version = 1
    patterns: tuple[str, ...] = ("var/lib/pacman/local/*/desc", "var/lib/pacman/local/*/files")

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the package, or the files that it owns."""
        path = file.text_path
        if path.endswith(_FILES):
            content = whole_text(file, MAX_FILES_BYTES)
            return parse_files(content, path, _package_of_files(file))
        return (parse_desc(whole_text(file, MAX_DESC_BYTES), path),)


def parse_desc(content: bytes, path: str) -> Package:
    """Return the package; :class:`Unreadable` (``malformed``, ``too_large``)."""
    found = sections(content)
    name = value(_first(found, b"NAME"), "a package name")
    version = value(_first(found, b"VERSION"), "a version")
    if not name or not version:
        raise Unreadable(
            f"a record of the pacman database lacks its name or version (name '{name}')",
            code="malformed",
        )
    return Package(
        path=path,
        name=name,
        version=version,
        type="alpm",
        arch=value(_first(found, b"ARCH"), "an architecture"),
        source_name=value(_first(found, b"BASE"), "a source name") or name,
        source_version=version,
        licenses=tuple(value(line, "a licence") for line in found.get(b"LICENSE", ())),
        maintainer=value(_first(found, b"PACKAGER"), "a maintainer"),
        found_by=PacmanReader.name,
    )


def parse_files(content: bytes, path: str, package: str) -> Iterator[OwnedFiles]:
    """Yield what ``files`` says: relative paths, folders with a slash at the end."""
    files = (line for section, line in values(content) if section == b"FILES" and line[-1:] != b"/")
    yield from Ownership(path).of(f"alpm:{package}", files)


def values(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield each value with the section that it stands in."""
    section: bytes | None = None
    for raw in io.BytesIO(content):
        line = raw.strip()
        if not line:
            section = None
        elif section is not None:
            yield section, line
        elif named := _SECTION.fullmatch(line):
            section = named[1]


def sections(content: bytes) -> dict[bytes, list[bytes]]:
    """Return the values of each section; those of one that occurs twice come together."""
    found: dict[bytes, list[bytes]] = {}
    for section, line in values(content):
        found.setdefault(section, []).append(line)
    return found


def _first(found: dict[bytes, list[bytes]], section: bytes) -> bytes:
    return next(iter(found.get(section, ())), b"")


def _package_of_files(file: LayerFile) -> str:
    """Return the name that ``desc`` beside it has, else what the folder's name begins with."""
    record = file.sibling(_DESC)
    if record is not None:
        named = _first(sections(whole_text(record, MAX_DESC_BYTES)), b"NAME")
        if named:
            return value(named, "a package name")
    return value(file.path.split(b"/")[-2].rsplit(b"-", 2)[0], "a package name")
