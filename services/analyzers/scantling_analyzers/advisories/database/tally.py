"""What a build counts while it reads: documents and records, of each file and feed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.advisories.models import (
    Advisory,
    Coverage,
    Enrichment,
    Exemption,
    Refused,
)

if TYPE_CHECKING:
    from scantling_analyzers.advisories.models import Said
    from scantling_analyzers.advisories.sources.found import Found, Lost

MAX_NAMED: Final = 20
"""How many are named of the files that can't be read, and of those that are of no feed."""


class SourceCount(NamedTuple):
    """What was read of one file as one feed.

    ``records`` are ``used`` and ``refused`` ones; of ``parts`` used records something was refused.
    ``newest`` is the latest time that a record names, ``sha256`` a hash over the documents.
    """

    path: str
    feed: str
    sha256: str
    documents: int
    records: int
    used: int
    refused: int
    parts: int
    newest: str


class Build(NamedTuple):
    """A database that was built: its id, what went in, and what it holds."""

    id: str
    sources: tuple[SourceCount, ...]
    lost: tuple[str, ...]
    lost_count: int
    unknown: tuple[str, ...]
    unknown_count: int
    advisories: int
    withdrawn: int
    rejected: int
    vulnerabilities: int
    packages: int

    @property
    def refused(self) -> int:
        """Return how many records, files and archive entries could not be used, or not wholly."""
        return self.lost_count + sum(each.refused + each.parts for each in self.sources)


class Counts:
    """The counts of one file as one feed."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.digests: list[bytes] = []
        self.used = self.refused = self.parts = 0
        self.newest = ""

    def take(self, said: Said) -> None:
        """Count one item."""
        if isinstance(said, Refused):
            if said.part:
                self.parts += 1
            else:
                self.refused += 1
            return
        if not isinstance(said, Coverage):
            self.used += 1
        if isinstance(said, Advisory):
            when = said.modified or said.published
        elif isinstance(said, Enrichment):
            when = max(said.modified, said.published, said.exploited_since, said.epss_date)
        elif isinstance(said, Exemption):
            when = said.timestamp
        else:
            return
        self.newest = max(self.newest, when)


class Tally:
    """The counts of a build that is under way."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.documents = self.known = 0
        self.file = ""
        self.lost_paths: list[str] = []
        self.lost_count = 0
        self.unknown_paths: list[str] = []
        self.unknown_count = 0
        self._counts: dict[tuple[str, str], Counts] = {}

    @property
    def used(self) -> int:
        """Return how many records could be used so far."""
        return sum(each.used for each in self._counts.values())

    def begin(self, found: Found, feed: str) -> Counts:
        """Count a document; return where its records are counted."""
        self.documents += 1
        self.known += 1
        self.file = found.file
        counts = self._counts.setdefault((found.file, feed), Counts())
        counts.digests.append(found.document.sha256)
        return counts

    def unknown(self, found: Found) -> None:
        """Count a document that is of no feed."""
        self.documents += 1
        self.file = found.file
        self.unknown_count += 1
        if len(self.unknown_paths) < MAX_NAMED:
            self.unknown_paths.append(found.document.path)

    def lost(self, lost: Lost) -> None:
        """Count what could not be read."""
        self.file = lost.file
        self.lost_count += 1
        if len(self.lost_paths) < MAX_NAMED:
            self.lost_paths.append(lost.path)

    def sources(self) -> tuple[SourceCount, ...]:
        """Return what was counted, in order."""
        return tuple(
            SourceCount(
                path=path,
                feed=feed,
                sha256=hashlib.sha256(b"".join(sorted(counts.digests))).hexdigest(),
                documents=len(counts.digests),
                records=counts.used + counts.refused,
                used=counts.used,
                refused=counts.refused,
                parts=counts.parts,
                newest=counts.newest,
            )
            for (path, feed), counts in sorted(self._counts.items())
        )
