"""Licences of Debian packages, from ``copyright`` files (Debian Policy 12.5, copyright-format 1.0).

dpkg's database has no licences. A machine-readable file names one in each ``License`` field. All
others are prose for people: some of it has such fields, too, where the name of a licence stands
beside sentences, and most of it refers to the texts in ``/usr/share/common-licenses``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Reader
from scantling_analyzers.facts.models import Licenses, LocatedError
from scantling_analyzers.facts.reading import value, whole_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact

MAX_FILE_BYTES: Final = 8 * 1024 * 1024
MAX_LICENSES: Final = 500
MAX_NAME_BYTES: Final = 1024

_MACHINE_READABLE: Final = re.compile(rb"^Format(?:-Specification)?:", re.MULTILINE | re.IGNORECASE)
_FIELD: Final = re.compile(rb"^License:([^\n]*)$", re.MULTILINE | re.IGNORECASE)
_NAME: Final = rb"[A-Za-z0-9][A-Za-z0-9.+_-]*"
_EXPRESSION: Final = re.compile(rb"%b(?:[ \t]+(?:and|or|with)[ \t]+%b)*" % (_NAME, _NAME))
_COMMON: Final = re.compile(rb"/usr/share/common-licenses/([A-Za-z0-9][A-Za-z0-9.+-]*)")


class CopyrightReader(Reader):
    """Reads the ``copyright`` file of each Debian package."""

    name = "debian-copyright"
    version = 1
    patterns: tuple[str, ...] = ("usr/share/doc/*/copyright",)

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the licences of one package, which the name of the folder tells."""
        content = whole_text(file, MAX_FILE_BYTES)
        found = licenses(content)
        if len(found) > MAX_LICENSES:
            message = f"more than {MAX_LICENSES} licences, the further ones were not read"
            yield LocatedError(path=file.text_path, code="too_many", message=message)
        if found:
            package = value(file.path.split(b"/")[-2], "a package name")
            names = tuple(found[:MAX_LICENSES])
            yield Licenses(path=file.text_path, owner=f"deb:{package}", licenses=names)


def licenses(content: bytes) -> list[str]:
    """Return each licence that a file names, once.

    What is too long for a name is the text of a licence on the line where its name belongs.
    """
    names = dict.fromkeys(_names(content))
    return [value(name, "a licence") for name in names if 0 < len(name) <= MAX_NAME_BYTES]


def _names(content: bytes) -> Iterator[bytes]:
    fields = (found[1].strip() for found in _FIELD.finditer(content))
    if _MACHINE_READABLE.search(content):
        yield from fields
        return
    yield from (field for field in fields if _EXPRESSION.fullmatch(field))
    yield from (found[1].rstrip(b".-") for found in _COMMON.finditer(content))
