"""Packages in Portage's database (Gentoo; portage(5) */var/db/pkg*, PMS 3.2 for versions).

One folder a package, ``category/name-version``, with a file for each thing that is known of it.
The folder alone says what is installed: Portage itself goes by it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.packages.ownership import Ownership
from scantling_analyzers.facts.reading import value, whole_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError

MAX_CONTENTS_BYTES: Final = 64 * 1024 * 1024
MAX_VALUE_FILE_BYTES: Final = 64 * 1024

_FOLDER: Final = "var/db/pkg/*/*"
_CONTENTS: Final = b"CONTENTS"
_NAMED: Final = b"PF"
_BESIDE: Final = ("SLOT", "LICENSE", "CHOST")
_VERSION: Final = re.compile(rb"[0-9]+(?:\.[0-9]+)*[a-z]?(?:_(?:alpha|beta|pre|rc|p)[0-9]*)*")
_REVISION: Final = re.compile(rb"r[0-9]+")
_OBJECT: Final = re.compile(rb"^obj ([^\n]+) [0-9a-f]{32} [0-9]+[ \t\r]*$", re.MULTILINE)
_LINK: Final = re.compile(rb"^sym ([^\n]+?) -> [^\n]*$", re.MULTILINE)
_MERGING: Final = b"-MERGING-"
"""What the folder's name begins with as long as the package is being installed."""
_CHOICE: Final = ("||", "(", ")")


class PortageReader(Reader):
    """Reads the folder of each package once: at ``CONTENTS``, or at ``PF`` where that lacks."""

    name = "portage"
    version = 1
    patterns: tuple[str, ...] = (f"{_FOLDER}/CONTENTS", f"{_FOLDER}/PF")
    companions: tuple[str, ...] = tuple(f"{_FOLDER}/{name}" for name in _BESIDE)

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the package and the files that it owns."""
        if file.path.endswith(b"/" + _NAMED):
            if file.sibling(_CONTENTS) is None:
                yield _package(file)
            return
        package = _package(file)
        yield package
        content = whole_text(file, MAX_CONTENTS_BYTES)
        yield from Ownership(file.text_path).of(f"ebuild:{package.name}", contents(content))


def contents(content: bytes) -> Iterator[bytes]:
    """Yield the absolute paths of files and links; folders are left out."""
    for pattern in (_OBJECT, _LINK):
        for found in pattern.finditer(content):
            yield found[1]


def name_and_version(folder: bytes) -> tuple[bytes, bytes]:
    """Split ``openssl-3.0.13-r2`` into name and version, revision included.

    Raises :class:`Unreadable` (``malformed``) for what is no package with a version.
    """
    name, _, version = folder.rpartition(b"-")
    if _REVISION.fullmatch(version):
        name, _, number = name.rpartition(b"-")
        matched, version = _VERSION.fullmatch(number), number + b"-" + version
    else:
        matched = _VERSION.fullmatch(version)
    if not name or not matched:
        raise Unreadable("the name of the folder is no package with a version", code="malformed")
    return name, version


def _package(file: LayerFile) -> Package:
    category, folder = file.path.split(b"/")[-3:-1]
    merging = folder.startswith(_MERGING)
    name, version = name_and_version(folder.removeprefix(_MERGING))
    return Package(
        path=file.text_path,
        name=value(category + b"/" + name, "a package name"),
        version=value(version, "a version"),
        type="ebuild",
        arch=_beside(file, "CHOST").partition("-")[0],
        licenses=_licenses(_beside(file, "LICENSE")),
        module=_beside(file, "SLOT"),
        state="merging" if merging else "",
        found_by=PortageReader.name,
    )


def _beside(file: LayerFile, name: str) -> str:
    """Return the value that a file of the package's folder holds, empty where it isn't there."""
    record = file.sibling(name.encode())
    return "" if record is None else value(whole_text(record, MAX_VALUE_FILE_BYTES), name)


def _licenses(text: str) -> tuple[str, ...]:
    """Return the licences that hold together; where there is a choice, the whole expression."""
    words = text.split()
    if any(word in _CHOICE for word in words):
        return (" ".join(words),)
    return tuple(dict.fromkeys(words))
