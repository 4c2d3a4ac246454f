"""Installed Perl distributions, by what cpanm, cpm and Carton leave (*App::cpanminus*).

``.meta/DISTRIBUTION/install.json`` says what was installed and from where, ``MYMETA.json`` beside
it the distribution's own word (CPAN::Meta::Spec). The shell of CPAN.pm leaves a ``.packlist`` of
files only, from which neither the distribution nor its version can be told: it is not read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.packages.json_document import decode, licenses, text
from scantling_analyzers.facts.reading import too_large

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError

MAX_RECORD_BYTES: Final = 4 * 1024 * 1024

_METADATA: Final = b"MYMETA.json"
_AUTHOR: Final = re.compile(r"(?:.*/id/)?[A-Z]/[A-Z][A-Z0-9-]/([A-Z][A-Z0-9-]+)/")
"""The author's id in a distribution's place on CPAN."""


class _Install(msgspec.Struct, frozen=True):
    name: Any = None
    version: Any = None
    pathname: Any = None
    dist: Any = None


class _Metadata(msgspec.Struct, frozen=True):
    name: Any = None
    version: Any = None
    license: Any = None


_INSTALL: Final = msgspec.json.Decoder(_Install)
_MYMETA: Final = msgspec.json.Decoder(_Metadata)


class PerlReader(Reader):
    """Reads the record of each installation, with the metadata beside it."""

    name = "perl"
    version = 1
    patterns: tuple[str, ...] = ("**/.meta/*/install.json",)

    @property
    def companions(self) -> tuple[str, ...]:
        """Return the globs of the metadata."""
        return ("**/.meta/*/MYMETA.json",)

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the distribution; its maintainer is the author's CPAN id."""
        install = decode(_INSTALL, _bounded(file))
        beside = file.sibling(_METADATA)
        metadata = decode(_MYMETA, _bounded(beside)) if beside else _Metadata()
        version = text(metadata.version) or text(install.version)
        dist = text(install.dist).removesuffix(f"-{version}") or text(install.name)
        name = (text(metadata.name) or dist).replace("::", "-")
        author = _AUTHOR.match(text(install.pathname, "a path"))
        if not name or not version:
            raise Unreadable("the record lacks the name or the version", code="malformed")
        yield Package(
            path=file.text_path,
            name=name,
            version=version,
            type="cpan",
            licenses=licenses(metadata.license),
            maintainer=author[1] if author else "",
            found_by=self.name,
        )


def _bounded(file: LayerFile) -> memoryview:
    if file.size > MAX_RECORD_BYTES:
        raise too_large(file.size, MAX_RECORD_BYTES)
    return file.data
