"""What an advisory database says of itself: what is loaded, how old, for which releases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from scantling_analyzers.advisories.database.reader import AdvisoryDatabase


class SourceStatus(msgspec.Struct, frozen=True):
    """What was read of one file as one feed; see :class:`tally.SourceCount`."""

    path: str
    feed: str
    sha256: str
    documents: int
    records: int
    used: int
    refused: int
    parts: int
    newest: str


class StreamStatus(msgspec.Struct, frozen=True):
    """That a feed speaks for a stream: in how many statements, and how late the newest is."""

    stream: str
    feed: str
    statements: int
    newest: str


class RefusalStatus(msgspec.Struct, frozen=True):
    """How many records of a feed were refused for one reason, with an example.

    ``part`` where the rest of the record was used.
    """

    feed: str
    code: str
    part: bool
    count: int
    document: str
    record: str
    message: str


class Status(msgspec.Struct, frozen=True):
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
    sources: tuple[SourceStatus, ...]
    streams: tuple[StreamStatus, ...]
    refusals: tuple[RefusalStatus, ...]


def status_of(database: AdvisoryDatabase) -> Status:
    """Return what a database holds. Raises :class:`AdvisoriesUnusable`."""
    meta: dict[str, Any] = dict(database.rows("SELECT key, value FROM meta"))
    file = database.path.stat()
    counts = {
        table: int(database.rows(f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608  # ours
        for table in ("exemptions", "repositories")
    }
    refusals = database.rows(
        "SELECT counts.feed, counts.code, counts.part, counts.count, coalesce(document, ''), "
        "coalesce(record, ''), coalesce(message, '') FROM refusal_counts AS counts "
        "LEFT JOIN refusals AS one ON one.feed = counts.feed AND one.code = counts.code "
        "AND one.number = (SELECT min(number) FROM refusals AS first WHERE "
        "first.feed = counts.feed AND first.code = counts.code AND first.part = counts.part) "
        "ORDER BY counts.feed, counts.code, counts.part"
    )
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
            SourceStatus(*row)
            for row in database.rows("SELECT * FROM sources ORDER BY path, feed, sha256")
        ),
        streams=tuple(
            StreamStatus(*row)
            for row in database.rows("SELECT * FROM coverage ORDER BY stream, feed")
        ),
        refusals=tuple(
            RefusalStatus(feed, code, bool(part), *rest) for feed, code, part, *rest in refusals
        ),
    )
