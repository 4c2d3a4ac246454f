"""Installed R packages, by their ``DESCRIPTION`` (*Writing R Extensions*, section 1.1.1).

Only an installation writes the field ``Built``; without it the file is that of a source package.
The packages that belong to R itself (``Priority: base``) have R's version and no CRAN page, and
are listed as R lists them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.reading import MAX_VALUE_BYTES, value, whole_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError

MAX_DESCRIPTION_BYTES: Final = 4 * 1024 * 1024

_WANTED: Final = frozenset({b"Package", b"Version", b"License", b"Built", b"Maintainer"})


class RReader(Reader):
    """Reads the description of each installed package."""

    name = "r"
    version = 1
    patterns: tuple[str, ...] = ("**/DESCRIPTION",)

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the package, if the file is the description of an installed one."""
        fields = parse_fields(whole_text(file, MAX_DESCRIPTION_BYTES))
        if b"Built" not in fields or b"Package" not in fields:
            return
        name = value(fields[b"Package"], "a package name")
        version = value(fields.get(b"Version", b""), "a version")
        if not name or not version:
            raise Unreadable("the description lacks the name or the version", code="malformed")
        license_ = value(fields.get(b"License", b""), "a licence")
        yield Package(
            path=file.text_path,
            name=name,
            version=version,
            type="cran",
            licenses=(license_,) if license_ else (),
            maintainer=value(fields.get(b"Maintainer", b""), "a maintainer"),
            found_by=self.name,
        )


def parse_fields(content: bytes) -> Mapping[bytes, bytes]:
    """Return the wanted fields; lines that continue one are joined by a blank.

    No more is joined than is too long for a value anyway.
    """
    fields: dict[bytes, bytes] = {}
    key = b""
    for line in content.splitlines():
        if line[:1] in {b" ", b"\t"}:
            if key and len(fields[key]) <= MAX_VALUE_BYTES:
                fields[key] += b" " + line.strip()
            continue
        key, colon, text = line.partition(b":")
        if not colon or key not in _WANTED or key in fields:
            key = b""
            continue
        fields[key] = text.strip()
    return fields
