"""Python distributions that are one zip archive each (setuptools, *Internal structure of eggs*)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.packages.java import zip_archive
from scantling_analyzers.facts.packages.python import MAX_HEADERS_BYTES, parse_metadata

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError

MAX_MEMBERS: Final = 100_000

_METADATA: Final = b"EGG-INFO/PKG-INFO"
_STARTS: Final = frozenset({b"PK", b"#!"})
"""A zip archive, or one that a script stands before; models of scenes have the suffix too."""


class EggReader(Reader):
    """Reads the metadata inside an egg, from where Python imports without unpacking."""

    name = "egg"
    version = 1
    patterns: tuple[str, ...] = ("**/*.egg",)

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the distribution that the archive is, if it is one."""
        archive = file.data
        if bytes(archive[:2]) not in _STARTS:
            return
        listing = zip_archive.list_entries(archive, (_METADATA.lower(),), MAX_MEMBERS)
        entry = next((each for each in listing.entries if each.name == _METADATA), None)
        if entry is None:
            if listing.problem:
                raise listing.problem
            return
        where = f"{file.text_path}!/{_METADATA.decode()}"
        try:
            zip_archive.check(entry, MAX_HEADERS_BYTES)
            for item in parse_metadata(bytes(zip_archive.content(archive, entry)), where):
                found = isinstance(item, Package)
                yield replace(item, found_by=self.name) if found else item
        except Unreadable as error:
            raise Unreadable(error.message, code=error.reason, where=where) from None
