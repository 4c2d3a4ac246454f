"""What an advisory database holds: one read-only SQLite file, found by key.

A package is judged by one row: ``statements`` has under (stream, name) all that is said of it, as
an array of :class:`Claim`. What is only shown of a hit (``advisories``, ``vulnerabilities``) is
apart. Integer ids of advisories hold within one build only.
"""

from __future__ import annotations

from typing import Final

import msgspec

from scantling_analyzers.advisories.models import Enrichment, FixState, NameOf
from scantling_common.versions.ranges import Event

APPLICATION_ID: Final = 0x5343_4144
"""``SCAD`` in the header of the file (SQLite file format, 1.3.17)."""
VERSION: Final = 2
"""Of the schema: a reader opens no other one."""
BUILDER: Final = 3
"""Raised where the builder makes another database of the same input."""

TABLES: Final = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
CREATE TABLE dictionaries (name TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE statements (
    stream TEXT NOT NULL, name TEXT NOT NULL, body BLOB NOT NULL, digest BLOB NOT NULL,
    PRIMARY KEY (stream, name)
) WITHOUT ROWID;
CREATE TABLE advisories (
    id INTEGER PRIMARY KEY, vulnerabilities BLOB NOT NULL, withdrawn INTEGER NOT NULL,
    body BLOB NOT NULL
);
CREATE TABLE vulnerabilities (id TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE names (
    name TEXT NOT NULL, vulnerability TEXT NOT NULL, PRIMARY KEY (name, vulnerability)
) WITHOUT ROWID;
CREATE TABLE exemptions (
    vulnerability TEXT NOT NULL, number INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (vulnerability, number)
) WITHOUT ROWID;
CREATE TABLE repositories (name TEXT PRIMARY KEY, cpes BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE coverage (
    stream TEXT NOT NULL, feed TEXT NOT NULL, statements INTEGER NOT NULL, newest TEXT NOT NULL,
    speaks INTEGER NOT NULL, missing TEXT NOT NULL, PRIMARY KEY (stream, feed)
) WITHOUT ROWID;
CREATE TABLE sources (
    path TEXT NOT NULL, feed TEXT NOT NULL, sha256 TEXT NOT NULL, documents INTEGER NOT NULL,
    records INTEGER NOT NULL, used INTEGER NOT NULL, refused INTEGER NOT NULL,
    parts INTEGER NOT NULL, newest TEXT NOT NULL, PRIMARY KEY (path, feed, sha256)
) WITHOUT ROWID;
CREATE TABLE refusals (
    feed TEXT NOT NULL, code TEXT NOT NULL, number INTEGER NOT NULL, document TEXT NOT NULL,
    record TEXT NOT NULL, message TEXT NOT NULL, part INTEGER NOT NULL,
    PRIMARY KEY (feed, code, number)
) WITHOUT ROWID;
CREATE TABLE refusal_counts (
    feed TEXT NOT NULL, code TEXT NOT NULL, part INTEGER NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (feed, code, part)
) WITHOUT ROWID;
"""

DETAILS: Final = "advisories"
"""The name of the dictionary that bodies of advisories are packed with."""
MAX_REFUSALS: Final = 1000
"""How many refusals of one feed with one code are kept by name; the others are counted."""


UNREAD: Final = (
    *("source_damaged", "source_too_large", "source_nested", "source_unreadable"),
    *("feed_unreadable", "feed_reader_failed"),
)
"""Codes of refusals that cost whole documents, and what they say of whatever package."""


class Claim(msgspec.Struct, frozen=True, array_like=True):
    """What one advisory says of the package of a row; see :class:`models.Statement`.

    ``advisory`` is the advisory's id in this build: which vulnerabilities it is about and all
    else of it is read where the claim holds.
    """

    advisory: int
    ranges: tuple[tuple[Event, ...], ...] = ()
    versions: tuple[str, ...] = ()
    state: FixState = ""
    name_of: NameOf = "binary"
    arches: tuple[str, ...] = ()
    module: str = ""
    repositories: tuple[str, ...] = ()
    severity: str = ""


class Vulnerability(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything known of one vulnerability, under the one id that all its names stand for.

    ``aliases`` are its other names, ``advisories`` the ids of what speaks of it (withdrawn ones,
    too), ``enrichments`` one for each feed and name. ``rejected`` where each of its names was
    taken back by who numbers them: it matches nothing.
    """

    id: str
    aliases: tuple[str, ...] = ()
    advisories: tuple[int, ...] = ()
    enrichments: tuple[Enrichment, ...] = ()
    rejected: bool = False
