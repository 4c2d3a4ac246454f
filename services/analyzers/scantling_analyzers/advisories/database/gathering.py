"""The middle of a build: which records count, which names are one vulnerability, who says what.

It turns what was staged into tables that only need to be read in order.
"""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from scantling_analyzers.advisories.database.aliases import AliasGraph, subjects
from scantling_analyzers.advisories.database.packing import Packer
from scantling_analyzers.advisories.database.schema import DETAILS, Claim
from scantling_analyzers.advisories.database.staging import digest_of
from scantling_analyzers.advisories.models import Advisory, Enrichment, Exemption, Statement
from scantling_common.versions.ranges import Event

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

SUPERSEDING: Final = frozenset({"osv"})
"""Feeds of which each document has all of a record: of one id only the newest state counts.

The records of other feeds are spread over documents (a release each), and all of them count.
"""
_DETAIL: Final = msgspec.msgpack.Decoder(Advisory)
_STATEMENTS: Final = msgspec.msgpack.Decoder(tuple[Statement, ...])
_ENRICHMENT: Final = msgspec.msgpack.Decoder(Enrichment)
_EXEMPTION: Final = msgspec.msgpack.Decoder(Exemption)
_ENCODER: Final = msgspec.msgpack.Encoder()
_INDEX: Final = "CREATE INDEX by_name ON said (name, feed, detail_digest, digest, modified)"
_IN_ORDER: Final = (
    "SELECT name, feed, detail_digest, modified, rowid FROM said INDEXED BY by_name "
    "ORDER BY name, feed, detail_digest, digest"
)
_KEPT: Final = (
    "SELECT kept.advisory, said.feed, said.detail_digest, said.detail, said.statements "
    "FROM kept JOIN said ON said.rowid = kept.said ORDER BY kept.advisory, kept.said"
)
_BATCH: Final = 2_000
_SAMPLES: Final = 64
_SAMPLE: Final = 1024


class Gathered(NamedTuple):
    """How many advisories there are, how many of them withdrawn or about rejected ids only."""

    advisories: int
    withdrawn: int
    rejected: int


class _Said(NamedTuple):
    name: str
    feed: str
    detail: bytes
    modified: str
    row: int


def gather(stage: sqlite3.Connection, target: sqlite3.Connection) -> tuple[AliasGraph, Gathered]:
    """Fill the tables of the second half of the scratch database, and write the advisories."""
    stage.execute(_INDEX)
    graph = AliasGraph()
    _keep(stage)
    _join(stage, graph)
    _write_names(stage, graph)
    return graph, _spread(stage, target, graph)


def _keep(stage: sqlite3.Connection) -> None:
    """Give a number to each advisory that counts: of one feed, id and detail there is one."""
    rows = map(_Said._make, stage.execute(_IN_ORDER))
    stage.executemany("INSERT INTO kept VALUES (?, ?)", _numbered(rows))


def _numbered(rows: Iterable[_Said]) -> Iterator[tuple[int, int]]:
    number = 0
    for (_, feed), group in groupby(rows, key=itemgetter(0, 1)):
        said = list(group)
        if feed in SUPERSEDING:
            newest = max(each.modified for each in said)
            said = [each for each in said if each.modified == newest]
        for _, same in groupby(said, key=itemgetter(2)):
            number += 1
            yield from ((number, each.row) for each in same)


def _join(stage: sqlite3.Connection, graph: AliasGraph) -> None:
    last = 0
    for number, _, _, detail, _ in stage.execute(_KEPT):
        if number != last:
            advisory = _DETAIL.decode(detail)
            if not advisory.withdrawn:
                graph.add(advisory)
            last = number
    for name, _, body in _enrichments(stage):
        if _ENRICHMENT.decode(body).rejected:
            graph.reject(name)
    for (body,) in stage.execute("SELECT body FROM exemption"):
        exemption = _EXEMPTION.decode(body)
        graph.link(exemption.vulnerability, _one_cve(exemption))
    graph.join()


def _one_cve(exemption: Exemption) -> tuple[str, ...]:
    """Return the aliases of a VEX statement, none where they hold two CVEs."""
    names = {exemption.vulnerability, *exemption.aliases}
    return exemption.aliases if sum(name.startswith("CVE-") for name in names) < 2 else ()  # noqa: PLR2004  # two


def _write_names(stage: sqlite3.Connection, graph: AliasGraph) -> None:
    """Put what is known of vulnerabilities under their canonical ids."""
    stage.executemany(
        "INSERT INTO enriched VALUES (?, ?, ?, ?, ?)",
        (
            (graph.canonical(name), name, *rest)
            for name, *rest in stage.execute("SELECT name, feed, modified, body FROM enrichment")
        ),
    )
    stage.executemany(
        "INSERT INTO exempted VALUES (?, ?)",
        (
            (graph.canonical(name), body)
            for name, body in stage.execute("SELECT name, body FROM exemption")
        ),
    )
    rows = ((name, graph.canonical(name)) for name, _, _ in _enrichments(stage))
    stage.executemany("INSERT INTO named VALUES (?, ?)", rows)


def _enrichments(stage: sqlite3.Connection) -> Iterator[tuple[str, str, bytes]]:
    """Give the newest of what each feed says of each name."""
    last = None
    for name, feed, body in stage.execute(
        "SELECT name, feed, body FROM enrichment ORDER BY name, feed, modified DESC, digest"
    ):
        if (name, feed) != last:
            last = (name, feed)
            yield name, feed, body


def _spread(stage: sqlite3.Connection, target: sqlite3.Connection, graph: AliasGraph) -> Gathered:
    """Write the advisories, and spread what they say over packages and vulnerabilities."""
    packer = Packer(_dictionary(stage, target))
    advisories = withdrawn = rejected = 0
    claims: list[tuple[str, str, int, bytes]] = []
    streams: set[tuple[str, str]] = set()
    matches = False
    for number, feed, detail_digest, detail, statements in stage.execute(_KEPT):
        if number != advisories:
            advisories = number
            advisory = _DETAIL.decode(detail)
            about = _about(advisory, graph)
            alive = tuple(name for name in about if not graph.is_rejected(name))
            matches = bool(alive) and not advisory.withdrawn
            withdrawn += bool(advisory.withdrawn)
            rejected += not alive
            listed = _ENCODER.encode(alive or about)
            target.execute(
                "INSERT INTO advisories VALUES (?, ?, ?, ?)",
                (number, listed, int(bool(advisory.withdrawn)), packer.pack(detail)),
            )
            stage.execute(
                "INSERT INTO speaker VALUES (?, ?, ?)",
                (number, feed, advisory.modified or advisory.published),
            )
            digest = digest_of(detail_digest, listed)
            stage.executemany(
                "INSERT INTO attached VALUES (?, ?, ?)", [(name, number, digest) for name in about]
            )
            stage.executemany(
                "INSERT INTO named VALUES (?, ?)",
                [(each, name) for name in about for each in _names(advisory)],
            )
        spoken = _STATEMENTS.decode(statements)
        # A feed that only took back what it said of a stream speaks for it, too.
        streams.update((each.stream, feed) for each in spoken)
        if matches:
            claims += (
                (each.stream, each.name, number, _ENCODER.encode(_claim(number, each)))
                for each in spoken
            )
            if len(claims) >= _BATCH:
                _flush(stage, claims)
    _flush(stage, claims)
    stage.executemany("INSERT OR IGNORE INTO coverage VALUES (?, ?)", sorted(streams))
    return Gathered(advisories, withdrawn, rejected)


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


def _flush(stage: sqlite3.Connection, claims: list[tuple[str, str, int, bytes]]) -> None:
    stage.executemany("INSERT INTO claim VALUES (?, ?, ?, ?)", claims)
    claims.clear()


def _about(advisory: Advisory, graph: AliasGraph) -> tuple[str, ...]:
    return tuple(dict.fromkeys(graph.canonical(name) for name in subjects(advisory)))


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
