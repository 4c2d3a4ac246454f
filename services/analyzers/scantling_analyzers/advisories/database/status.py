"""What an advisory database says of itself: what is loaded, how old, for which releases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from scantling_analyzers.advisories.database.summing import REFUSED
from scantling_analyzers.advisories.database.tally import RefusalCount, SourceCount

if TYPE_CHECKING:
    from scantling_analyzers.advisories.database.reader import AdvisoryDatabase


class StreamStatus(NamedTuple):
    """That a feed speaks for a stream: in how many statements, and how late the newest is."""

    stream: str
    feed: str
    statements: int
    newest: str


class Status(NamedTuple):
    """All of it; ``built_ms`` is when the file was written, in milliseconds since the epoch."""

    path: str
    build: str
    newest: str
    built_ms: int
    size: int
    advisories: int
    withdrawn: int
    rejected: int
    vulnerabilities: int
    packages: int
    exemptions: int
    repositories: int
    unknown_documents: int
    sources: tuple[SourceCount, ...]
    streams: tuple[StreamStatus, ...]
    refusals: tuple[RefusalCount, ...]


def status_of(database: AdvisoryDatabase) -> Status:
    """Return what a database holds. Raises :class:`AdvisoriesUnusable`."""
    meta: dict[str, Any] = dict(database.rows("SELECT key, value FROM meta"))
    file = database.path.stat()
    counts = {
        table: int(database.rows(f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608  # ours
        for table in ("exemptions", "repositories")
    }
    return Status(
        path=str(database.path),
        build=database.build,
        newest=database.newest,
        built_ms=file.st_mtime_ns // 1_000_000,
        size=file.st_size,
        advisories=meta["advisories"],
        withdrawn=meta["withdrawn"],
        rejected=meta["rejected"],
        vulnerabilities=meta["vulnerabilities"],
        packages=meta["packages"],
        exemptions=counts["exemptions"],
        repositories=counts["repositories"],
        unknown_documents=meta["unknown"],
        sources=tuple(
            SourceCount(*row)
            for row in database.rows("SELECT * FROM sources ORDER BY path, feed, sha256")
        ),
        streams=tuple(
            StreamStatus(*row)
            for row in database.rows("SELECT * FROM coverage ORDER BY stream, feed")
        ),
        refusals=tuple(
            RefusalCount(feed, code, bool(part), *rest)
            for feed, code, part, *rest in database.rows(REFUSED)
        ),
    )
