"""The end of a build: from gathered tables to the database, in one order.

So the same is said by the same bytes. Two builds are compared by digests that are made here.
The digest of a row of ``statements`` covers all that a finding may show: what is claimed, the
details of the advisories, and of each vulnerability its names, scores, catalogues, exemptions and
what else speaks of it. The probability of EPSS moves each day: it counts in steps of 0.01, its
rank and its day not at all.
"""

from __future__ import annotations

import heapq
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import msgspec

from scantling_analyzers.advisories.database.batches import Batch
from scantling_analyzers.advisories.database.packing import Packer
from scantling_analyzers.advisories.database.schema import Claim, Vulnerability
from scantling_analyzers.advisories.database.staging import DIGEST_BYTES, digest_of
from scantling_analyzers.advisories.models import Enrichment

if TYPE_CHECKING:
    import hashlib
    import sqlite3
    from collections.abc import Iterator

    from scantling_analyzers.advisories.database.aliases import AliasGraph

EPSS_STEPS: Final = 100
"""How many steps of the probability a digest tells apart."""
_ENCODER: Final = msgspec.msgpack.Encoder()
_CLAIM: Final = msgspec.msgpack.Decoder(Claim)
_ENRICHMENT: Final = msgspec.msgpack.Decoder(Enrichment)
_ABOUT: Final = msgspec.msgpack.Decoder(tuple[str, ...])
_ATTACHED: Final = 0
_ENRICHED: Final = 1
_EXEMPTED: Final = 2


class Writer:
    """Writes the tables of a database, and hashes what it writes."""

    def __init__(
        self,
        stage: sqlite3.Connection,
        target: sqlite3.Connection,
        graph: AliasGraph,
        content: hashlib._Hash,
    ) -> None:
        """Read from ``stage``, write to ``target``; ``content`` hashes what was said."""
        self._stage, self._target, self._graph, self._content = stage, target, graph, content
        self._packer = Packer()
        self._rows = Batch(target, "INSERT INTO vulnerabilities VALUES (?, ?)")
        self._exemptions = Batch(target, "INSERT INTO exemptions VALUES (?, ?, ?)")
        self._packages = Batch(target, "INSERT INTO statements VALUES (?, ?, ?, ?)")
        self._digests: dict[str, bytes] = {}
        self._shown = bytearray()

    def write(self) -> None:
        """Write everything that was gathered."""
        self._vulnerabilities()
        self._advisory_digests()
        self._statements()
        self._names()
        self._repositories()

    def _vulnerabilities(self) -> None:
        """Write one row for each vulnerability, merging what is known of it in order."""
        run = self._stage.execute
        rows: Iterator[tuple[Any, ...]] = heapq.merge(
            run(
                "SELECT vulnerability, 0, advisory, digest FROM attached "
                "ORDER BY vulnerability, advisory"
            ),
            run(
                "SELECT vulnerability, 1, name || char(10) || feed, body FROM enriched "
                "ORDER BY vulnerability, name, feed, modified DESC, body"
            ),
            run("SELECT vulnerability, 2, 0, body FROM exempted ORDER BY vulnerability, body"),
            key=itemgetter(0, 1),
        )
        for name, group in groupby(rows, key=itemgetter(0)):
            self._vulnerability(name, list(group))
        self._rows.flush()
        self._exemptions.flush()

    def _vulnerability(self, name: str, rows: list[tuple[Any, ...]]) -> None:
        attached = {row[2]: row[3] for row in rows if row[1] == _ATTACHED}
        newest: dict[str, bytes] = {}
        for row in rows:
            if row[1] == _ENRICHED:
                newest.setdefault(row[2], row[3])
        enrichments = tuple(_ENRICHMENT.decode(body) for body in newest.values())
        exemptions = sorted({row[3] for row in rows if row[1] == _EXEMPTED})
        if not attached and not exemptions and all(map(_is_only_epss, enrichments)):
            # A probability of what nothing speaks of can be shown nowhere.
            return
        known = Vulnerability(
            id=name,
            aliases=self._graph.aliases(name),
            advisories=tuple(sorted(attached)),
            enrichments=enrichments,
            rejected=self._graph.is_rejected(name),
        )
        self._rows.add(name, self._packer.pack(_ENCODER.encode(known)))
        self._exemptions.extend(
            (name, number, self._packer.pack(body)) for number, body in enumerate(exemptions)
        )
        shown = msgspec.structs.replace(
            known, advisories=(), enrichments=tuple(map(_as_compared, enrichments))
        )
        digest = digest_of(
            _ENCODER.encode(shown), *(attached[each] for each in sorted(attached)), *exemptions
        )
        self._digests[name] = digest
        self._content.update(digest)
        for enrichment in enrichments:
            self._content.update(_ENCODER.encode(enrichment))

    def _advisory_digests(self) -> None:
        """Note for each advisory what it adds to the digest of a row, in the order of their ids."""
        rows = self._stage.execute(
            "SELECT min(digest) FROM attached GROUP BY advisory ORDER BY advisory"
        )
        abouts = self._target.execute("SELECT vulnerabilities FROM advisories ORDER BY id")
        for (digest,), (about,) in zip(rows, abouts, strict=True):
            self._shown += digest_of(digest, *map(self._digests.__getitem__, _ABOUT.decode(about)))
        self._digests.clear()

    def _statements(self) -> None:
        """Write one row for each package of each stream."""
        rows = self._stage.execute(
            "SELECT stream, name, advisory, body FROM claim ORDER BY stream, name, advisory, body"
        )
        for (stream, name), group in groupby(rows, key=itemgetter(0, 1)):
            parts: list[bytes] = []
            bodies: list[bytes] = []
            last = b""
            for _, _, advisory, body in group:
                if body == last:
                    continue
                last = body
                bodies.append(body)
                # Ids of advisories change from build to build: they are no part of the digest.
                parts += (self._shown_of(advisory), _without_id(body))
            packed = self._packer.pack(_array_of(bodies))
            digest = digest_of(*parts)
            self._packages.add(stream, name, packed, digest)
            self._content.update(digest_of(stream.encode(), name.encode(), digest))
        self._packages.flush()

    def _shown_of(self, advisory: int) -> bytes:
        """Return the digest of what is shown of an advisory; ids begin with 1."""
        return bytes(self._shown[(advisory - 1) * DIGEST_BYTES : advisory * DIGEST_BYTES])

    def _names(self) -> None:
        """Write which vulnerabilities each name stands for that is no vulnerability's own id."""
        rows = self._stage.execute(
            "SELECT DISTINCT name, vulnerability FROM named WHERE name <> vulnerability "
            "ORDER BY name, vulnerability"
        )
        self._target.executemany("INSERT INTO names VALUES (?, ?)", rows)

    def _repositories(self) -> None:
        rows = self._stage.execute("SELECT name, cpe FROM repository ORDER BY name, cpe")
        for name, group in groupby(rows, key=itemgetter(0)):
            cpes = _ENCODER.encode([cpe for _, cpe in group])
            self._target.execute("INSERT INTO repositories VALUES (?, ?)", (name, cpes))
            self._content.update(digest_of(name.encode(), cpes))


def _array_of(bodies: list[bytes]) -> bytes:
    """Return a msgpack array of items that are encoded already."""
    return _ENCODER.encode([msgspec.Raw(body) for body in bodies])


def _without_id(body: bytes) -> bytes:
    return _ENCODER.encode(msgspec.structs.replace(_CLAIM.decode(body), advisory=0))


def _is_only_epss(enrichment: Enrichment) -> bool:
    return enrichment == Enrichment(
        id=enrichment.id,
        feed=enrichment.feed,
        epss=enrichment.epss,
        epss_percentile=enrichment.epss_percentile,
        epss_date=enrichment.epss_date,
        modified=enrichment.modified,
    )


def _as_compared(enrichment: Enrichment) -> Enrichment:
    if enrichment.epss is None:
        return enrichment
    step = int(enrichment.epss * EPSS_STEPS) / EPSS_STEPS
    modified = "" if _is_only_epss(enrichment) else enrichment.modified
    return msgspec.structs.replace(
        enrichment, epss=step, epss_percentile=None, epss_date="", modified=modified
    )
