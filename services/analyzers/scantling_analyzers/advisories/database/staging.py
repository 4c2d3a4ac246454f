"""Where a build keeps what feeds say until all of it is there: a scratch database on disk.

Memory holds none of it, however large the feeds are. What was said twice is there once.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_analyzers.advisories.database.batches import Batch
from scantling_analyzers.advisories.matching.cvss_score import base_score
from scantling_analyzers.advisories.models import (
    Advisory,
    Coverage,
    Enrichment,
    Exemption,
    Refused,
    RepositoryCpe,
)

if TYPE_CHECKING:
    import sqlite3

    from scantling_analyzers.advisories.models import Said, Score

TABLES: Final = """
CREATE TABLE said (
    digest BLOB PRIMARY KEY, feed TEXT, name TEXT, modified TEXT, detail_digest BLOB, detail BLOB,
    statements BLOB
);
CREATE TABLE enrichment (digest BLOB PRIMARY KEY, name TEXT, feed TEXT, modified TEXT, body BLOB);
CREATE TABLE exemption (digest BLOB PRIMARY KEY, name TEXT, body BLOB);
CREATE TABLE coverage (
    stream TEXT, feed TEXT, part TEXT, parts TEXT, PRIMARY KEY (stream, feed, part)
) WITHOUT ROWID;
CREATE TABLE repository (name TEXT, cpe TEXT, PRIMARY KEY (name, cpe)) WITHOUT ROWID;
CREATE TABLE refusal (
    feed TEXT, code TEXT, document TEXT, record TEXT, message TEXT, part INTEGER
);
CREATE TABLE document (feed TEXT, sha256 BLOB, PRIMARY KEY (feed, sha256)) WITHOUT ROWID;
-- Filled when everything was said:
CREATE TABLE kept (advisory INTEGER, said INTEGER, PRIMARY KEY (advisory, said)) WITHOUT ROWID;
CREATE TABLE speaker (advisory INTEGER PRIMARY KEY, feed TEXT, newest TEXT);
CREATE TABLE claim (stream TEXT, name TEXT, advisory INTEGER, body BLOB);
CREATE TABLE attached (vulnerability TEXT, advisory INTEGER, digest BLOB);
CREATE TABLE enriched (vulnerability TEXT, name TEXT, feed TEXT, modified TEXT, body BLOB);
CREATE TABLE exempted (vulnerability TEXT, body BLOB);
CREATE TABLE named (name TEXT, vulnerability TEXT);
"""
DIGEST_BYTES: Final = 16
_ENCODER: Final = msgspec.msgpack.Encoder()


def digest_of(*parts: bytes) -> bytes:
    """Return some bytes by which content is told from other content; parts never run together."""
    hashed = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for part in parts:
        hashed.update(len(part).to_bytes(8, "little"))
        hashed.update(part)
    return hashed.digest()


class Staging:
    """Takes what feeds say."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Keep it in an empty database."""
        self.connection = connection
        connection.executescript(TABLES)
        self._advisories = Batch(
            connection, "INSERT OR IGNORE INTO said VALUES (?, ?, ?, ?, ?, ?, ?)"
        )
        self._enrichments = Batch(
            connection, "INSERT OR IGNORE INTO enrichment VALUES (?, ?, ?, ?, ?)"
        )

    def document(self, feed: str, sha256: bytes) -> None:
        """Note that a document was read as one of a feed."""
        self.connection.execute("INSERT OR IGNORE INTO document VALUES (?, ?)", (feed, sha256))

    def take(self, said: Said, document: str) -> None:
        """Take one item that a reader yields; ``document`` is where it stands."""
        run = self.connection.execute
        if isinstance(said, Advisory):
            self._take_advisory(said)
        elif isinstance(said, Enrichment):
            body = _ENCODER.encode(msgspec.structs.replace(said, scores=_scored(said.scores)))
            when = said.modified or said.epss_date
            self._enrichments.add(digest_of(body), said.id, said.feed, when, body)
        elif isinstance(said, Exemption):
            body = _ENCODER.encode(said)
            run(
                "INSERT OR IGNORE INTO exemption VALUES (?, ?, ?)",
                (digest_of(body), said.vulnerability, body),
            )
        elif isinstance(said, Coverage):
            run(
                "INSERT OR IGNORE INTO coverage VALUES (?, ?, ?, ?)",
                (said.stream, said.feed, said.part, " ".join(said.parts)),
            )
        elif isinstance(said, RepositoryCpe):
            rows = ((said.repository, cpe) for cpe in said.cpes)
            self.connection.executemany("INSERT OR IGNORE INTO repository VALUES (?, ?)", rows)
        else:
            self.refuse(said, document)

    def refuse(self, refused: Refused, document: str) -> None:
        """Take what could not be used."""
        self.connection.execute(
            "INSERT INTO refusal VALUES (?, ?, ?, ?, ?, ?)",
            (
                refused.feed,
                refused.code,
                document,
                refused.record,
                refused.message,
                int(refused.part),
            ),
        )

    def flush(self) -> None:
        """Write what waits."""
        self._advisories.flush()
        self._enrichments.flush()

    def _take_advisory(self, advisory: Advisory) -> None:
        statements = _ENCODER.encode(advisory.statements)
        scores = _scored(advisory.scores)
        detail = _ENCODER.encode(msgspec.structs.replace(advisory, statements=(), scores=scores))
        detail_digest = digest_of(detail)
        self._advisories.add(
            digest_of(detail, statements),
            advisory.feed,
            advisory.id,
            advisory.modified,
            detail_digest,
            detail,
            statements,
        )


def _scored(scores: tuple[Score, ...]) -> tuple[Score, ...]:
    """Return scores with what their vectors stand for: to compute it takes longer than to match."""
    return tuple(
        each
        if each.value is not None
        else msgspec.structs.replace(each, value=base_score(each.kind, each.text))
        for each in scores
    )
