"""The middle of a build, second half: what is said of which package, and of which vulnerability."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from scantling_analyzers.advisories.database.aliases import subjects
from scantling_analyzers.advisories.database.batches import Batch
from scantling_analyzers.advisories.database.packing import Packer
from scantling_analyzers.advisories.database.schema import DETAILS, Claim
from scantling_analyzers.advisories.database.staging import digest_of
from scantling_analyzers.advisories.models import Advisory, Statement
from scantling_common.versions.ranges import Event

if TYPE_CHECKING:
    import sqlite3

    from scantling_analyzers.advisories.database.aliases import AliasGraph

KEPT: Final = (
    "SELECT kept.advisory, said.feed, said.detail_digest, said.detail, said.statements "
    "FROM kept JOIN said ON said.rowid = kept.said ORDER BY kept.advisory, kept.said"
)
"""The advisories that count, in order; one of several documents comes once for each."""
_DETAIL: Final = msgspec.msgpack.Decoder(Advisory)
_STATEMENTS: Final = msgspec.msgpack.Decoder(tuple[Statement, ...])
_ENCODER: Final = msgspec.msgpack.Encoder()
_SAMPLES: Final = 64
_SAMPLE: Final = 1024


class Gathered(NamedTuple):
    """How many advisories there are, how many of them withdrawn or about rejected ids only."""

    advisories: int
    withdrawn: int
    rejected: int


class Spreading:
    """Writes the advisories, and spreads what they say over packages and vulnerabilities."""

    def __init__(
        self, stage: sqlite3.Connection, target: sqlite3.Connection, graph: AliasGraph
    ) -> None:
        """Read from ``stage``; write there and to ``target``."""
        self._stage, self._graph = stage, graph
        self._packer = Packer(_dictionary(stage, target))
        self._advisories = Batch(target, "INSERT INTO advisories VALUES (?, ?, ?, ?)")
        self._speakers = Batch(stage, "INSERT INTO speaker VALUES (?, ?, ?)")
        self._attached = Batch(stage, "INSERT INTO attached VALUES (?, ?, ?)")
        self._named = Batch(stage, "INSERT INTO named VALUES (?, ?)")
        self._claims = Batch(stage, "INSERT INTO claim VALUES (?, ?, ?, ?)")
        self._streams: set[tuple[str, str]] = set()
        self._withdrawn = self._rejected = 0

    def spread(self) -> Gathered:
        """Do so with all advisories that count."""
        count, matches = 0, False
        for number, feed, detail_digest, detail, statements in self._stage.execute(KEPT):
            if number != count:
                count = number
                matches = self._take(number, feed, detail_digest, detail)
            spoken = _STATEMENTS.decode(statements)
            # A feed that only took back what it said of a stream speaks for it, too.
            self._streams.update((each.stream, feed) for each in spoken)
            if matches:
                self._claims.extend(
                    (each.stream, each.name, number, _ENCODER.encode(_claim(number, each)))
                    for each in spoken
                )
        for batch in (self._advisories, self._speakers, self._attached, self._named, self._claims):
            batch.flush()
        self._stage.executemany(
            "INSERT OR IGNORE INTO coverage VALUES (?, ?, '', '')", sorted(self._streams)
        )
        return Gathered(count, self._withdrawn, self._rejected)

    def _take(self, number: int, feed: str, detail_digest: bytes, detail: bytes) -> bool:
        """Write an advisory; return whether it matches anything."""
        graph, advisory = self._graph, _DETAIL.decode(detail)
        about = tuple(dict.fromkeys(graph.canonical(name) for name in subjects(advisory)))
        alive = tuple(name for name in about if not graph.is_rejected(name))
        withdrawn = bool(advisory.withdrawn)
        self._withdrawn += withdrawn
        self._rejected += not alive
        listed = _ENCODER.encode(alive or about)
        self._advisories.add(number, listed, int(withdrawn), self._packer.pack(detail))
        self._speakers.add(number, feed, advisory.modified or advisory.published)
        digest = digest_of(detail_digest, listed)
        self._attached.extend((name, number, digest) for name in about)
        self._named.extend((each, name) for name in about for each in _names(advisory))
        return bool(alive) and not withdrawn


def _dictionary(stage: sqlite3.Connection, target: sqlite3.Connection) -> bytes:
    """Write and return what bodies of advisories are packed with: beginnings of some of them.

    Training one on samples gains a tenth more and takes a second.
    """
    (count,) = stage.execute("SELECT coalesce(max(advisory), 0) FROM kept").fetchone()
    rows = stage.execute(
        "SELECT substr(detail, 1, ?) FROM kept JOIN said ON said.rowid = kept.said "
        "WHERE advisory % ? = 0 AND length(detail) > ? ORDER BY advisory, digest LIMIT ?",
        (_SAMPLE, max(1, count // _SAMPLES), _SAMPLE // 4, _SAMPLES),
    )
    dictionary = b"".join(body for (body,) in rows)
    target.execute("INSERT INTO dictionaries VALUES (?, ?)", (DETAILS, dictionary))
    return dictionary


def _names(advisory: Advisory) -> tuple[str, ...]:
    """Return the names under which a record is found; those of its CVEs are their own."""
    if advisory.vulnerabilities:
        return (advisory.id,)
    return (advisory.id, *(name for name in advisory.aliases if not name.startswith("CVE-")))


def _claim(number: int, statement: Statement) -> Claim:
    return Claim(
        advisory=number,
        ranges=tuple(
            tuple(Event(kind, version) for kind, version in bounds) for bounds in statement.ranges
        ),
        versions=statement.versions,
        state=statement.state,
        name_of=statement.name_of,
        arches=statement.arches,
        module=statement.module,
        repositories=statement.repositories,
        severity=statement.severity,
    )
