"""The reader of Java archives, and of the archives within them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.packages.java.archive import KINDS, read_archive, read_properties
from scantling_analyzers.facts.packages.java.budget import Budget
from scantling_analyzers.facts.packages.java.zip_archive import list_entries
from scantling_analyzers.facts.reading import bounded, too_large, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError

_ENDINGS: Final = tuple(f".{kind}".encode() for kind in KINDS)
_PROPERTIES: Final = b"/pom.properties"
_RESOURCE_ADAPTER: Final = b".rar"
_ZIP: Final = b"PK"
_MANIFEST: Final = (b"meta-inf/manifest.mf",)
_OVER_A_LIMIT: Final = frozenset({"too_many", "too_large"})


class JavaReader(Reader):
    """Reads every Java archive: Maven's own record first, then the manifest and the file's name.

    An archive within an archive is addressed as ``outer.war!/WEB-INF/lib/inner.jar``. A program
    may be an archive too, with or without a script before it, whatever it is called: such a file
    is read where it holds a manifest, else it is no Java archive, which is no error. The record
    of an unpacked archive is read where it lies.
    """

    name = "java"
    version = 4
    patterns: tuple[str, ...] = (
        *(f"**/*.{kind}" for kind in (*KINDS, *map(str.upper, KINDS))),
        "**/META-INF/maven/*/*/pom.properties",
    )
    magics: tuple[bytes, ...] = (b"PK\x03\x04", b"#!/bin/b", b"#!/bin/s", b"#!/usr/b")

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Measure the limit of time by ``now``, a monotonic clock in seconds."""
        self._now = now

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the packages of an archive and of those within it."""
        limits = file.limits.archive
        if file.path.endswith(_PROPERTIES):
            content = whole(file, limits.metadata_bytes)
            return read_properties(content, file.path, file.text_path)
        data = file.data
        by_name = file.path.lower().endswith(_ENDINGS)
        if not by_name and not _has_manifest(data, limits.members):
            return ()
        if file.path.lower().endswith(_RESOURCE_ADAPTER) and bytes(data[:2]) != _ZIP:
            return ()  # the other kind of rar: an archive, but not of Java
        if file.size > limits.archive_bytes:
            raise too_large(file.size, limits.archive_bytes)
        budget = Budget(limits, self._now)
        found = read_archive(data, file.text_path, file.path, budget)
        return bounded(found, file.text_path)


def _has_manifest(data: memoryview, limit: int) -> bool:
    """Say whether a file is an archive with a manifest; raises where a limit hides that."""
    try:
        listing = list_entries(data, _MANIFEST, limit)
    except Unreadable as error:
        if error.reason in _OVER_A_LIMIT:
            raise
        return False
    if not listing.entries and listing.problem and listing.problem.reason in _OVER_A_LIMIT:
        raise listing.problem
    return bool(listing.entries)
