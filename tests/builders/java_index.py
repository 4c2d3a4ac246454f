"""An index of Java archives in the schema of trivy-java-db."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SCHEMA = """
CREATE TABLE artifacts(id INTEGER PRIMARY KEY, group_id TEXT, artifact_id TEXT);
CREATE TABLE indices(artifact_id INTEGER, version TEXT, sha1 BLOB, archive_type TEXT,
    foreign key (artifact_id) references artifacts(id));
CREATE UNIQUE INDEX artifacts_idx ON artifacts(artifact_id, group_id);
CREATE INDEX indices_artifact_idx ON indices(artifact_id);
CREATE UNIQUE INDEX indices_sha1_idx ON indices(sha1);
"""


def java_index(path: Path, archives: Iterable[tuple[str, str, str, str]]) -> Path:
    """Write an index of ``(sha1, group, artifact, version)`` and return its path."""
    with closing(sqlite3.connect(path)) as database:
        database.executescript(SCHEMA)
        for number, (sha1, group, artifact, version) in enumerate(archives, start=1):
            database.execute("INSERT INTO artifacts VALUES (?, ?, ?)", (number, group, artifact))
            row = (number, version, bytes.fromhex(sha1), "jar")
            database.execute("INSERT INTO indices VALUES (?, ?, ?, ?)", row)
        database.commit()
    return path
