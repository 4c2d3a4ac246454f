"""What a build counts while it reads: documents and records, of each file and feed."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.advisories.models import (
    MALICIOUS,
    Advisory,
    Coverage,
    Enrichment,
    Exemption,
    Refused,
)
from scantling_analyzers.advisories.sources.found import WITHIN
from scantling_analyzers.advisories.streams import family_of

if TYPE_CHECKING:
    from scantling_analyzers.advisories.models import Said
    from scantling_analyzers.advisories.sources.found import Found, Lost

BESIDE: Final = frozenset({"no_vulnerability", "other_platform"})
"""Codes of what was understood, and says nothing of a vulnerability of Linux."""
MAX_NAMED: Final = 20
"""How many paths are named of what can't be read, and of what is of no feed."""


class SourceCount(NamedTuple):
    """What was read as one feed of one archive, or of the files of one directory.

    ``path`` is that of the file where it is a single one. ``records`` are the ``used`` and the
    ``refused`` ones; ``parts`` is how many parts of used records were refused. ``newest`` is the
    latest time that a record names, ``sha256`` a hash over the documents.
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


class RefusalCount(NamedTuple):
    """How many records of a feed were refused for one reason; ``record`` is one of them.

    ``part`` where the rest of the record was used.
    """

    feed: str
    code: str
    part: bool
    records: int
    document: str
    record: str
    message: str


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
    refusals: tuple[RefusalCount, ...]

    @property
    def unused(self) -> int:
        """Return how much could not be used, or not wholly, that might say something.

        Updates that mend no vulnerability are none of that.
        """
        return sum(each.records for each in self.refusals if each.code not in BESIDE)


ARCHIVED: Final = frozenset({"osv"})
"""Feeds that publish an archive for each ecosystem, which names others where records do."""
_NEARLY: Final = 10
"""One in so many records may differ from what all of them should be like."""


class Spoken:
    """What the records of one archive speak of: streams, and families by how they are joined."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.streams: set[str] = set()
        self.together: Counter[frozenset[str]] = Counter()

    def take(self, advisory: Advisory) -> None:
        """Count a record."""
        streams = {each.stream for each in advisory.statements}
        self.streams |= streams
        # Who tells of malicious packages tells of no vulnerabilities.
        if streams and not advisory.id.startswith(MALICIOUS):
            self.together[frozenset(map(family_of, streams))] += 1

    def own(self) -> set[str]:
        """Return the streams that the archive speaks of for their own sake.

        Every record of an ecosystem's archive names that ecosystem. Another one is named by the way
        where nearly all records that name it are among those, and there are more of them.
        """
        joined: dict[str, Counter[str]] = {}
        for families, count in self.together.items():
            for family in families:
                joined.setdefault(family, Counter()).update(dict.fromkeys(families, count))
        own = {
            family
            for family, beside in joined.items()
            if not any(
                joined[other][other] > beside[family]
                and count * _NEARLY >= beside[family] * (_NEARLY - 1)
                for other, count in beside.items()
            )
        }
        return {stream for stream in self.streams if family_of(stream) in own}


class Counts:
    """The counts of one place as one feed."""

    def __init__(self, path: str) -> None:
        """Begin with nothing; ``path`` is where the first document is."""
        self.path = path
        self.digests: list[bytes] = []
        self.used = self.refused = self.parts = 0
        self.newest = ""
        self.spoken = Spoken()

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
            self.spoken.take(said)
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
        self.source = 0
        self._counts: dict[tuple[str, str], Counts] = {}
        self._spoken: dict[tuple[int, str, str], Spoken] = {}

    @property
    def used(self) -> int:
        """Return how many records could be used so far."""
        return sum(each.used for each in self._counts.values())

    def begin(self, found: Found, feed: str) -> Counts:
        """Count a document; return where its records are counted."""
        self.documents += 1
        self.known += 1
        self.file = found.file
        place = _place(found)
        counts = self._counts.setdefault((place, feed), Counts(found.file))
        counts.spoken = self._spoken.setdefault((self.source, place, feed), Spoken())
        counts.digests.append(found.document.sha256)
        return counts

    def incidental(self) -> set[tuple[str, str]]:
        """Return the streams that a feed speaks of only by the way, by (stream, feed).

        An archive of one ecosystem also names packages of others that the same advisories are
        about. That is not all that is known of those: nobody must take them for covered.
        """
        covered: set[tuple[str, str]] = set()
        mentioned: set[tuple[str, str]] = set()
        for (_, _, feed), spoken in self._spoken.items():
            mentioned.update((stream, feed) for stream in spoken.streams)
            own = spoken.own() if feed in ARCHIVED else spoken.streams
            covered.update((stream, feed) for stream in own)
        return mentioned - covered

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
            sorted(
                SourceCount(
                    path=counts.path if len(counts.digests) == 1 else place,
                    feed=feed,
                    sha256=hashlib.sha256(b"".join(sorted(counts.digests))).hexdigest(),
                    documents=len(counts.digests),
                    records=counts.used + counts.refused,
                    used=counts.used,
                    refused=counts.refused,
                    parts=counts.parts,
                    newest=counts.newest,
                )
                for (place, feed), counts in self._counts.items()
            )
        )


def _place(found: Found) -> str:
    """Return an archive's path, or the directory of a file: of some feeds there are thousands."""
    if WITHIN in found.document.path:
        return found.file
    folder = found.file.rpartition("/")[0]
    return f"{folder}/" if folder else "./"
