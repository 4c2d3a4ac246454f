"""Python distributions that are one zip archive each (setuptools, *Internal structure of eggs*)."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.archives.budget import Budget
from scantling_analyzers.facts.archives.zip_archive import list_entries
from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.packages.python import parse_metadata
from scantling_analyzers.facts.reading import too_large

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError

_METADATA: Final = b"EGG-INFO/PKG-INFO"
_OWN_TESTS: Final = re.compile(rb"(?:.*/)?lib/python[0-9.]+/test/.*", re.DOTALL)
"""The tests of CPython itself, among whose data eggs are that nothing imports."""
_STARTS: Final = frozenset({b"PK", b"#!"})
"""A zip archive, or one that a script stands before; models of scenes have the suffix too."""


class EggReader(Reader):
    """Reads the metadata inside an egg, from where Python imports without unpacking."""

    name = "egg"
    version = 4
    patterns: tuple[str, ...] = ("**/*.egg",)

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the distribution that the archive is, if it is one."""
        archive = file.data
        if bytes(archive[:2]) not in _STARTS or _OWN_TESTS.fullmatch(file.path):
            return
        limits = file.limits.archive
        if file.size > limits.archive_bytes:
            raise too_large(file.size, limits.archive_bytes)
        listing = list_entries(archive, (_METADATA.lower(),), limits.members)
        entry = next((each for each in listing.entries if each.name == _METADATA), None)
        if entry is None:
            if listing.problem:
                raise listing.problem
            return
        where = f"{file.text_path}!/{_METADATA.decode()}"
        try:
            budget = Budget(limits, time.monotonic)
            content = budget.content(archive, entry, limits.metadata_bytes)
            for item in parse_metadata(bytes(content), where):
                found = isinstance(item, Package)
                yield replace(item, found_by=self.name) if found else item
        except Unreadable as error:
            raise Unreadable(error.message, code=error.reason, where=where) from None
