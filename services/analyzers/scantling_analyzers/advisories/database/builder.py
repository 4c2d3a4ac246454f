"""Building an advisory database: from sources and feeds to one file that appears whole or not.

The build is named by its content: a hash over the feed and the hash of each document that was
read, over all that was made of them, and the version of the builder. Neither the order of the
sources nor the time nor the place of the build changes a byte of it.
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final, Protocol

from scantling_analyzers.advisories.database.bounds import incomparable
from scantling_analyzers.advisories.database.errors import BuildEmpty, BuildUnwritable
from scantling_analyzers.advisories.database.gathering import gather
from scantling_analyzers.advisories.database.placing import placed
from scantling_analyzers.advisories.database.schema import (
    APPLICATION_ID,
    BUILDER,
    TABLES,
    VERSION,
)
from scantling_analyzers.advisories.database.sealing import seal
from scantling_analyzers.advisories.database.spreading import Spreading
from scantling_analyzers.advisories.database.staging import Staging
from scantling_analyzers.advisories.database.summing import write_summary
from scantling_analyzers.advisories.database.tally import Build, Tally
from scantling_analyzers.advisories.database.writing import Writer
from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.models import Refused
from scantling_analyzers.advisories.sources.errors import SourceUnknown
from scantling_analyzers.advisories.sources.found import Lost

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from scantling_analyzers.advisories.feeds.contract import Feed
    from scantling_analyzers.advisories.sources.found import Found, Source

NO_FEED: Final = "source"
"""What refusals stand under that are of no feed: archives and files that can't be read."""
READER_FAILED: Final = "feed_reader_failed"
_PRAGMAS: Final = (
    "PRAGMA page_size = 4096",
    # The file is thrown away unless all of it was written and synced.
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
    "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA cache_size = -32768",
    "PRAGMA temp_store = FILE",
)


class Progress(Protocol):
    """Is told after each document how far it is."""

    def __call__(self, tally: Tally) -> None:
        """Take what was counted so far."""


class Check(Protocol):
    """Is told of a build before it takes the place of the old one."""

    def __call__(self, built: Build) -> None:
        """Raise for what is not wanted."""


def build(
    sources: Iterable[Source],
    feeds: Sequence[Feed],
    target: Path,
    progress: Progress | None = None,
    check: Check | None = None,
) -> Build:
    """Build the database of all documents and put it at ``target``; until then the old one stays.

    ``check`` may raise for a build that is not wanted.
    Raises :class:`BuildEmpty` where nothing could be used, :class:`SourceUnknown` where one source
    holds nothing that a feed recognises, :class:`BuildUnwritable`.
    """
    try:
        with placed(target) as draft:
            built = _build(sources, feeds, draft.stage, draft.file, progress or _silent)
            seal(draft.file, built.id)
            if check is not None:
                check(built)
            return built
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise BuildUnwritable(
            f"{target} can't be written: {reason or error}",
            hint="is the directory writable, and has it room for several times the feeds' size?",
        ) from error


def _build(
    sources: Iterable[Source],
    feeds: Sequence[Feed],
    stage_file: Path,
    target_file: Path,
    progress: Progress,
) -> Build:
    with closing(_connect(stage_file)) as stage, closing(_connect(target_file)) as target:
        staging, tally = Staging(stage), Tally()
        stage.execute("BEGIN")
        for source in sources:
            _read_all(source, feeds, staging, tally, progress)
        staging.flush()
        if not tally.used:
            raise BuildEmpty(
                f"nothing could be used of {tally.documents} documents{_why(stage)}",
                hint="name files, directories or archives of feeds that Scantling reads",
            )
        target.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        target.execute(f"PRAGMA user_version = {VERSION}")
        target.executescript(TABLES)
        target.execute("BEGIN")
        content = hashlib.sha256(b"scantling-advisories %d" % BUILDER)
        graph = gather(stage)
        gathered = Spreading(stage, target, graph).spread()
        Writer(stage, target, graph, content).write()
        finished = write_summary(stage, target, tally, gathered, content)
        target.execute("COMMIT")
        stage.execute("ROLLBACK")
        return finished


def _read_all(
    source: Source, feeds: Sequence[Feed], staging: Staging, tally: Tally, progress: Progress
) -> None:
    known, lost = tally.known, tally.lost_count
    tally.source += 1
    for each in source:
        if isinstance(each, Lost):
            tally.lost(each)
            refused = Refused(feed=NO_FEED, record="", code=each.code, message=each.message)
            staging.refuse(refused, each.path)
        else:
            _read(each, feeds, staging, tally)
        progress(tally)
    if tally.known == known:
        staging.flush()
        why = _why(staging.connection) if tally.lost_count > lost else ""
        raise SourceUnknown(
            f"{source.name} holds nothing that is known as advisories{why}",
            hint="which feeds are read, and in which form, is in docs/how-to/build-advisories.md",
        )


def _read(found: Found, feeds: Sequence[Feed], staging: Staging, tally: Tally) -> None:
    """Stage what the first feed that recognises a document makes of it."""
    document = found.document
    feed = next((e for e in feeds if e.recognises(document.path, document.head())), None)
    if feed is None:
        tally.unknown(found)
        return
    staging.document(feed.name, document.sha256)
    counts = tally.begin(found, feed.name)
    try:
        for said in feed.read(document):
            counts.take(said)
            staging.take(said, document.path)
            for doubt in incomparable(said):
                counts.take(doubt)
                staging.refuse(doubt, document.path)
    except FeedUnreadable as error:
        refused = Refused(feed=feed.name, record="", code=error.code, message=error.message)
    except (OSError, sqlite3.Error):
        raise
    except Exception as error:  # noqa: BLE001  # a defect of a reader must not cost the other feeds
        message = f"the reader failed, a defect of ours: {type(error).__name__}"
        refused = Refused(feed=feed.name, record="", code=READER_FAILED, message=message)
    else:
        return
    counts.take(refused)
    staging.refuse(refused, document.path)


def _why(stage: sqlite3.Connection) -> str:
    """Return why the last record or file was refused, empty where none was."""
    found = stage.execute(
        "SELECT document, message FROM refusal ORDER BY rowid DESC LIMIT 1"
    ).fetchone()
    return "" if found is None else f": {found[0]}: {found[1]}"


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    return connection


def _silent(tally: Tally) -> None:
    del tally
