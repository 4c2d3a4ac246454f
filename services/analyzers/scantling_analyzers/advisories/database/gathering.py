"""The middle of a build, first half: which records count, which names are one vulnerability."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from scantling_analyzers.advisories.database.aliases import AliasGraph
from scantling_analyzers.advisories.database.spreading import KEPT
from scantling_analyzers.advisories.models import Advisory, Enrichment, Exemption

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

WHOLE: Final = frozenset({"alma-errata", "nvd", "osv", "rocky-apollo"})
"""Feeds of which each document has all of a record: of one id only the newest state counts.

The records of other feeds are spread over documents (a release each), and all of them count.
"""
WHOLE_FORMS: Final = ("-csaf", "-cvrf")
"""How the names of further ones end, whoever publishes them."""
AUTHORITY: Final = "nvd"
"""Whose word it is whether an id was taken back, where it speaks of it."""
_DETAIL: Final = msgspec.msgpack.Decoder(Advisory)
_ENRICHMENT: Final = msgspec.msgpack.Decoder(Enrichment)
_EXEMPTION: Final = msgspec.msgpack.Decoder(Exemption)
_INDEX: Final = "CREATE INDEX by_name ON said (name, feed, detail_digest, digest, modified)"
_IN_ORDER: Final = (
    "SELECT name, feed, detail_digest, modified, rowid FROM said INDEXED BY by_name "
    "ORDER BY name, feed, detail_digest, digest"
)


class _Said(NamedTuple):
    name: str
    feed: str
    detail: bytes
    modified: str
    row: int


def gather(stage: sqlite3.Connection) -> AliasGraph:
    """Find what of the staged counts; return which of its names stand for the same."""
    stage.execute(_INDEX)
    graph = AliasGraph()
    _keep(stage)
    _join(stage, graph)
    _put_under_canonical_ids(stage, graph)
    return graph


def _keep(stage: sqlite3.Connection) -> None:
    """Give a number to each advisory that counts: of one feed, id and detail there is one."""
    rows = map(_Said._make, stage.execute(_IN_ORDER))
    stage.executemany("INSERT INTO kept VALUES (?, ?)", _numbered(rows))


def _numbered(rows: Iterable[_Said]) -> Iterator[tuple[int, int]]:
    number = 0
    for (_, feed), group in groupby(rows, key=itemgetter(0, 1)):
        said = list(group)
        if feed in WHOLE or feed.endswith(WHOLE_FORMS):
            newest = max(each.modified for each in said)
            said = [each for each in said if each.modified == newest]
        for _, same in groupby(said, key=itemgetter(2)):
            number += 1
            yield from ((number, each.row) for each in same)


def _join(stage: sqlite3.Connection, graph: AliasGraph) -> None:
    last = 0
    for number, _, _, detail, _ in stage.execute(KEPT):
        if number != last:
            advisory = _DETAIL.decode(detail)
            if not advisory.withdrawn:
                graph.add(advisory)
            last = number
    for name, group in groupby(_enrichments(stage), key=itemgetter(0)):
        rejected = {feed: _ENRICHMENT.decode(body).rejected for _, feed, body in group}
        if rejected.get(AUTHORITY, any(rejected.values())):
            graph.reject(name)
    for (body,) in stage.execute("SELECT body FROM exemption"):
        exemption = _EXEMPTION.decode(body)
        graph.link(exemption.vulnerability, _one_cve(exemption))
    graph.join()


def _one_cve(exemption: Exemption) -> tuple[str, ...]:
    """Return the aliases of a VEX statement, none where they hold two CVEs."""
    names = {exemption.vulnerability, *exemption.aliases}
    return exemption.aliases if sum(name.startswith("CVE-") for name in names) < 2 else ()  # noqa: PLR2004  # two


def _put_under_canonical_ids(stage: sqlite3.Connection, graph: AliasGraph) -> None:
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
