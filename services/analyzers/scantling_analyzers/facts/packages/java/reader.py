"""The reader of Java archives, and of the archives within them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.archives.budget import Budget
from scantling_analyzers.facts.archives.zip_archive import list_entries
from scantling_analyzers.facts.packages.java.archive import KINDS, read_archive, read_properties
from scantling_analyzers.facts.reading import bounded, too_large, whole
from scantling_common.layers.capture import EXECUTABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError

_ENDINGS: Final = tuple(f".{kind}".encode() for kind in KINDS)
_PROPERTIES: Final = b"/pom.properties"
_RESOURCE_ADAPTER: Final = b".rar"
_ZIP: Final = b"PK"
_MANIFEST: Final = (b"meta-inf/manifest.mf",)
_CLASSES: Final = (b".class",)
_OVER_A_LIMIT: Final = frozenset({"too_many", "too_large"})


class JavaReader(Reader):
    """Reads every Java archive: Maven's own record first, then the manifest and the file's name.

    An archive within an archive is addressed as ``outer.war!/WEB-INF/lib/inner.jar``. A program
    may be an archive too, with or without a script before it, whatever it is called: such a file
    is read where it holds a manifest. Any other zip is read where it holds a manifest and classes,
    or Java archives, of which it is but the box. What is neither is no error. The record of an
    unpacked archive is read where it lies.
    """

    name = "java"
    version = 8
    patterns: tuple[str, ...] = (
        *(f"**/*.{kind}" for kind in (*KINDS, *map(str.upper, KINDS))),
        "**/META-INF/maven/*/*/pom.properties",
    )
    magics: tuple[bytes, ...] = (b"PK\x03\x04", b"#!/bin/b", b"#!/bin/s", b"#!/usr/b")
    data_magics: tuple[bytes, ...] = (b"PK\x03\x04",)

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Measure the limit of time by ``now``, a monotonic clock in seconds."""
        self._now = now

    def expects(self, path: bytes, /) -> tuple[str, ...]:
        """Return the name of the reader for what is called as an archive of Java."""
        return (self.name,) if path.lower().endswith((*_ENDINGS, _PROPERTIES)) else ()

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the packages of an archive and of those within it."""
        limits = file.limits.archive
        if file.path.endswith(_PROPERTIES):
            content = whole(file, limits.metadata_bytes)
            return read_properties(content, file.path, file.text_path)
        data = file.data
        by_name = file.path.lower().endswith(_ENDINGS)
        is_box = False
        if not by_name and not _is_archive(data, file.mode, limits.members):
            is_box = _holds(data, _ENDINGS, limits.members)
            if not is_box:
                return ()
        if file.path.lower().endswith(_RESOURCE_ADAPTER) and bytes(data[:2]) != _ZIP:
            return ()  # the other kind of rar: an archive, but not of Java
        if file.size > limits.archive_bytes:
            raise too_large(file.size, limits.archive_bytes)
        budget = Budget(limits, self._now)
        found = read_archive(data, file.text_path, file.path, budget, is_box=is_box)
        return bounded(found, file.text_path)


def _is_archive(data: memoryview, mode: int, limit: int) -> bool:
    """Say whether a file is a Java archive that its name does not tell.

    Of what is not executable a manifest alone proves nothing: extensions of browsers have one.
    """
    if not _holds(data, _MANIFEST, limit):
        return False
    return bool(mode & EXECUTABLE) or _holds(data, _CLASSES, limit)


def _holds(data: memoryview, endings: tuple[bytes, ...], limit: int) -> bool:
    """Say whether a file is a zip with such members; raises where a limit hides that."""
    try:
        listing = list_entries(data, endings, limit)
    except Unreadable as error:
        if error.reason in _OVER_A_LIMIT:
            raise
        return False
    if not listing.entries and listing.problem and listing.problem.reason in _OVER_A_LIMIT:
        raise listing.problem
    return bool(listing.entries)
