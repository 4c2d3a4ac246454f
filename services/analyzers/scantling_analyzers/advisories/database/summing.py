"""What a database says of itself: streams, sources, refusals, counts, and its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.advisories.database.schema import MAX_REFUSALS
from scantling_analyzers.advisories.database.sealing import SEAL, unsealed
from scantling_analyzers.advisories.database.staging import digest_of
from scantling_analyzers.advisories.database.tally import Build, RefusalCount

if TYPE_CHECKING:
    import hashlib
    import sqlite3
    from collections.abc import Set as AbstractSet

    from scantling_analyzers.advisories.database.spreading import Gathered
    from scantling_analyzers.advisories.database.tally import Tally

REFUSED: Final = """\
SELECT * FROM (
    SELECT counts.feed, counts.code, counts.part, counts.count,
        coalesce(document, '') AS document, coalesce(record, '') AS record,
        coalesce(message, '') AS message
    FROM refusal_counts AS counts LEFT JOIN refusals AS one
        ON one.feed = counts.feed AND one.code = counts.code AND one.number = (
            SELECT min(number) FROM refusals AS named WHERE named.feed = counts.feed
                AND named.code = counts.code AND named.part = counts.part)
    WHERE counts.feed <> 'vendor-table'
    UNION ALL
    SELECT feed, code, part, 1, document, record, message
    FROM refusals WHERE feed = 'vendor-table'
    UNION ALL
    SELECT feed, code, 1, sum(count) - kept, '', '', 'further ones'
    FROM refusal_counts
    JOIN (SELECT feed, code, count(*) AS kept FROM refusals GROUP BY feed, code) USING (feed, code)
    WHERE feed = 'vendor-table' GROUP BY feed, code HAVING sum(count) > kept
) ORDER BY feed, code, part, document, length(record), record, message"""
"""What was refused, by feed and reason, with the first of each: see :class:`RefusalCount`.

What is wrong with a vendor table is named one by one, as somebody has written it by hand.
"""

OF_ITS_OWN: Final = "all but mentions"
"""What is missing of a stream that is only spoken of by the way."""


def write_summary(
    stage: sqlite3.Connection,
    target: sqlite3.Connection,
    tally: Tally,
    gathered: Gathered,
    content: hashlib._Hash,
) -> Build:
    """Write the tables that ``status`` shows, and return what the build is."""
    _coverage(stage, target, content, tally.incidental())
    refusals = _refusals(stage, target)
    sources = tally.sources()
    target.executemany("INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", sources)
    for feed, sha256 in stage.execute("SELECT feed, sha256 FROM document ORDER BY feed, sha256"):
        content.update(digest_of(feed.encode(), sha256))
    finished = Build(
        id=content.hexdigest(),
        sources=sources,
        lost=tuple(sorted(tally.lost_paths)),
        lost_count=tally.lost_count,
        unknown=tuple(sorted(tally.unknown_paths)),
        unknown_count=tally.unknown_count,
        advisories=gathered.advisories,
        withdrawn=gathered.withdrawn,
        rejected=gathered.rejected,
        vulnerabilities=_count(target, "vulnerabilities"),
        packages=_count(target, "statements"),
        refusals=refusals,
    )
    meta = {
        "build": finished.id,
        "newest": max((source.newest for source in sources), default=""),
        "advisories": finished.advisories,
        "withdrawn": finished.withdrawn,
        "rejected": finished.rejected,
        "vulnerabilities": finished.vulnerabilities,
        "packages": finished.packages,
        "unknown": finished.unknown_count,
        SEAL: unsealed(finished.id),
    }
    target.executemany("INSERT INTO meta VALUES (?, ?)", sorted(meta.items()))
    return finished


def _coverage(
    stage: sqlite3.Connection,
    target: sqlite3.Connection,
    content: hashlib._Hash,
    incidental: AbstractSet[tuple[str, str]],
) -> None:
    """Write which feed speaks for which stream, in how many statements, how late, how fully."""
    rows = stage.execute(
        "SELECT stream, feed, max(statements), max(newest) FROM ("
        "SELECT stream, feed, count(*) AS statements, max(newest) AS newest "
        "FROM claim JOIN speaker USING (advisory) GROUP BY stream, feed "
        "UNION ALL SELECT stream, feed, 0, '' FROM coverage) "
        "GROUP BY stream, feed ORDER BY stream, feed"
    ).fetchall()
    for stream, feed, *counted in rows:
        speaks, missing = _fully(stage, stream, feed)
        if (stream, feed) in incidental:
            speaks, missing = False, OF_ITS_OWN
        row = (stream, feed, *counted, int(speaks), missing)
        target.execute("INSERT INTO coverage VALUES (?, ?, ?, ?, ?, ?)", row)
        content.update(digest_of(stream.encode(), feed.encode(), missing.encode()))


def _fully(stage: sqlite3.Connection, stream: str, feed: str) -> tuple[bool, str]:
    """Return whether a feed speaks for a stream, and which parts of it are missing."""
    rows = stage.execute(
        "SELECT part, parts FROM coverage WHERE stream = ? AND feed = ? AND parts <> ''",
        (stream, feed),
    ).fetchall()
    loaded = {part for part, _ in rows}
    parts = list(dict.fromkeys(each for _, parts in rows for each in parts.split()))
    missing = [each for each in parts if each not in loaded]
    return not parts or parts[0] in loaded, " ".join(missing)


def _refusals(stage: sqlite3.Connection, target: sqlite3.Connection) -> tuple[RefusalCount, ...]:
    target.executemany(
        "INSERT INTO refusal_counts VALUES (?, ?, ?, ?)",
        stage.execute(
            "SELECT feed, code, part, count(*) FROM refusal GROUP BY feed, code, part "
            "ORDER BY feed, code, part"
        ),
    )
    target.executemany(
        "INSERT INTO refusals VALUES (?, ?, ?, ?, ?, ?, ?)",
        stage.execute(
            "SELECT feed, code, number, document, record, message, part FROM ("
            "SELECT *, row_number() OVER (PARTITION BY feed, code "
            "ORDER BY document, record, message, part) AS number FROM refusal) "
            "WHERE number <= ? ORDER BY feed, code, number",
            (MAX_REFUSALS,),
        ),
    )
    rows = target.execute(REFUSED)
    return tuple(RefusalCount(feed, code, bool(part), *rest) for feed, code, part, *rest in rows)


def _count(target: sqlite3.Connection, table: str) -> int:
    (count,) = target.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608  # ours
    return int(count)
