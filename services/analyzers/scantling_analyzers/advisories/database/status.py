"""What an advisory database says of itself: what is loaded, how old, for which releases."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from scantling_analyzers.advisories.database.errors import AdvisoriesUnusable
from scantling_analyzers.advisories.database.summing import REFUSED
from scantling_analyzers.advisories.database.tally import RefusalCount, SourceCount

if TYPE_CHECKING:
    from scantling_analyzers.advisories.database.reader import AdvisoryDatabase


class StreamStatus(NamedTuple):
    """What a feed says of a stream: in how many statements, and how late the newest is.

    It ``speaks`` for the stream, or only mentions it; ``missing`` is what of it was not loaded.
    """

    stream: str
    feed: str
    statements: int
    newest: str
    speaks: bool
    missing: str


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


class _Meta(msgspec.Struct, frozen=True):
    newest: str
    advisories: int
    withdrawn: int
    rejected: int
    vulnerabilities: int
    packages: int
    unknown: int


def status_of(database: AdvisoryDatabase) -> Status:
    """Return what a database holds. Raises :class:`AdvisoriesUnusable`."""
    rows = dict(database.rows("SELECT key, value FROM meta"))
    try:
        meta = msgspec.convert(rows, _Meta)
    except msgspec.ValidationError as error:
        message = f"{database.path} is damaged: what it says of itself makes no sense"
        raise AdvisoriesUnusable(message) from error
    file = database.path.stat()
    return Status(
        path=str(database.path),
        build=database.build,
        newest=meta.newest,
        built_ms=file.st_mtime_ns // 1_000_000,
        size=file.st_size,
        advisories=meta.advisories,
        withdrawn=meta.withdrawn,
        rejected=meta.rejected,
        vulnerabilities=meta.vulnerabilities,
        packages=meta.packages,
        exemptions=database.rows("SELECT count(*) FROM exemptions")[0][0],
        repositories=database.rows("SELECT count(*) FROM repositories")[0][0],
        unknown_documents=meta.unknown,
        sources=database.converted(
            "SELECT * FROM sources ORDER BY path, feed, sha256", SourceCount
        ),
        streams=database.converted("SELECT * FROM coverage ORDER BY stream, feed", StreamStatus),
        refusals=database.converted(REFUSED, RefusalCount),
    )
