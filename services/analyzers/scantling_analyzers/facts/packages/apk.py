"""Packages in apk's database of installed packages (apk-package(5), *installed*)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.packages.stanza import StanzaFormat, stanzas
from scantling_analyzers.facts.reading import bounded, located, value, whole_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError

MAX_INSTALLED_BYTES: Final = 256 * 1024 * 1024

_FORMAT: Final = StanzaFormat(b"P", b"V", b"A", b"o", b"L", b"m")


class ApkReader(Reader):
    """Reads ``installed``, which Alpine and Wolfi keep in different places."""

    name = "apk"
    version = 1
    patterns: tuple[str, ...] = ("lib/apk/db/installed", "usr/lib/apk/db/installed")

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the packages of one database."""
        content = whole_text(file, MAX_INSTALLED_BYTES)
        return bounded(parse_installed(content, file.text_path), file.text_path)


def parse_installed(content: bytes, path: str) -> Iterator[Package | LocatedError]:
    """Yield every package; a record without name or version is an error."""
    for stanza in stanzas(content):
        try:
            yield _package(_FORMAT.fields(stanza), path)
        except Unreadable as error:
            yield located(error, path)


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
