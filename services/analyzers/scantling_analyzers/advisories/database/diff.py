"""What a new build changes: the packages of which something else is said, and the streams."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from scantling_analyzers.advisories.database.errors import AdvisoriesUnusable
from scantling_analyzers.advisories.database.reader import AdvisoryDatabase, address_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Change = Literal["added", "removed", "changed"]
Kind = Literal["package", "stream", "repository"]

_STREAMS: Final = (
    "SELECT stream AS one, '' AS two, min(missing) AS body FROM {}.coverage WHERE speaks "
    "GROUP BY stream"
)
_TABLES: Final[tuple[tuple[Kind, str], ...]] = (
    ("stream", _STREAMS),
    ("repository", "SELECT name AS one, '' AS two, cpes AS body FROM {}.repositories"),
    ("package", "SELECT stream AS one, name AS two, digest AS body FROM {}.statements"),
)
"""What is compared: two words that name a row, and what tells it from another."""
_BOTH: Final = (
    "SELECT new.one, new.two, CASE WHEN old.one IS NULL THEN 'added' ELSE 'changed' END "
    "FROM ({new}) AS new LEFT JOIN ({old}) AS old ON old.one = new.one AND old.two = new.two "
    "WHERE old.body IS NOT new.body OR old.one IS NULL ORDER BY 1, 2"
)
_GONE: Final = (
    "SELECT old.one, old.two, 'removed' "
    "FROM ({old}) AS old LEFT JOIN ({new}) AS new ON old.one = new.one AND old.two = new.two "
    "WHERE new.one IS NULL ORDER BY 1, 2"
)


class Difference(NamedTuple):
    """One thing of which something else is said.

    A *package* by stream and name, a *stream* by its key: whether a feed speaks for it fully, or a
    *repository* of a Red Hat image by name: which products it is of.
    """

    kind: Kind
    stream: str
    name: str
    change: Change


def differences(old: Path, new: Path) -> Iterator[Difference]:
    """Give what differs between two builds, one after the other, in order; nothing is kept.

    Raises :class:`AdvisoriesUnusable` and :class:`AdvisoriesNewer`.
    """
    with AdvisoryDatabase(old) as before, AdvisoryDatabase(new) as after:
        if before.build == after.build:
            return
    try:
        with closing(sqlite3.connect("file::memory:", uri=True)) as connection:
            connection.execute("ATTACH ? AS old", (address_of(old),))
            connection.execute("ATTACH ? AS new", (address_of(new),))
            for kind, rows in _TABLES:
                sides = {"old": rows.format("old"), "new": rows.format("new")}
                for query in (_BOTH, _GONE):
                    for one, two, change in connection.execute(query.format(**sides)):
                        stream, name = ("", one) if kind == "repository" else (one, two)
                        yield Difference(kind, stream, name, change)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise AdvisoriesUnusable(f"{old} and {new} can't be compared: {error}") from error
