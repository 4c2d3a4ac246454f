"""Reading an advisory database: by key, by several threads, without loading anything ahead."""

from __future__ import annotations

import os
import sqlite3
import threading
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from scantling_analyzers.advisories.database.errors import AdvisoriesNewer, AdvisoriesUnusable
from scantling_analyzers.advisories.database.packing import BodyDamaged, Unpacker
from scantling_analyzers.advisories.database.schema import (
    APPLICATION_ID,
    DETAILS,
    UNREAD,
    VERSION,
    Claim,
    Vulnerability,
)
from scantling_analyzers.advisories.models import Advisory, Exemption
from scantling_analyzers.advisories.times import instant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

"""How the database is called in a data directory."""
_HEADER_BYTES: Final = 100
_MAGIC: Final = b"SQLite format 3\0"
_LARGEST_PAGE: Final = 65_536
_HINT: Final = "make one: scantling advisories update, or scantling advisories build SOURCE…"
_CLAIMS: Final = msgspec.msgpack.Decoder(tuple[Claim, ...])
_ADVISORY: Final = msgspec.msgpack.Decoder(Advisory)
_VULNERABILITY: Final = msgspec.msgpack.Decoder(Vulnerability)
_EXEMPTION: Final = msgspec.msgpack.Decoder(Exemption)
_NAMES: Final = msgspec.msgpack.Decoder(tuple[str, ...])
_T = TypeVar("_T")


class AdvisoryDatabase:
    """A database that is open; several threads may ask it, one after the other.

    Nobody may change the file while it is open: a new build is renamed to its place. What can't
    be read raises :class:`AdvisoriesUnusable`, whenever that shows.
    """

    def __init__(self, path: Path) -> None:
        """Open a file. Raises :class:`AdvisoriesUnusable` and :class:`AdvisoriesNewer`."""
        self.path = path
        self._lock = threading.Lock()
        self._plain = Unpacker()
        _check_header(path)
        try:
            self._connection = sqlite3.connect(address_of(path), uri=True, check_same_thread=False)
        except sqlite3.Error as error:
            raise _unusable(path, error) from error
        try:
            self.build: str = self._meta("build")
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def newest(self) -> str:
        """Return the latest time that a record of it names, and now where that is to come."""
        return min(self._meta("newest"), instant(datetime.now(UTC).isoformat()))

    def statements(self, stream: str, name: str) -> tuple[Claim, ...]:
        """Return all that is said of a package in a stream."""
        query = "SELECT body FROM statements WHERE stream = ? AND name = ?"
        found = self._one(query, (stream, name))
        return () if found is None else self._decoded(_CLAIMS, found[0])

    @cached_property
    def unread(self) -> int:
        """Return how many documents and archives the build could not read."""
        marks = ", ".join("?" * len(UNREAD))
        query = f"SELECT total(count) FROM refusal_counts WHERE code IN ({marks})"  # noqa: S608  # marks
        found = self._one(query, UNREAD)
        return int(found[0]) if found else 0

    @cached_property
    def streams(self) -> frozenset[str]:
        """Return the streams that some feed speaks for."""
        query = "SELECT DISTINCT stream FROM coverage WHERE speaks"
        return frozenset(row[0] for row in self.rows(query))

    @cached_property
    def incomplete(self) -> dict[str, str]:
        """Return which parts are missing of streams that no feed speaks for fully."""
        query = (
            "SELECT stream, min(missing) FROM coverage WHERE speaks GROUP BY stream "
            "HAVING min(missing) <> ''"
        )
        return dict(self.rows(query))

    def covers(self, stream: str) -> bool:
        """Tell whether a feed speaks for a stream, be it that nothing is wrong in it."""
        return stream in self.streams

    def advisory(self, number: int) -> Advisory:
        """Return an advisory as its feed wrote it, without its statements, by its id in claims."""
        found = self._one("SELECT body FROM advisories WHERE id = ?", (number,))
        if found is None:
            raise self._damaged(f"there is no advisory {number}")
        return self._decoded(_ADVISORY, found[0], self._details)

    def vulnerabilities_of(self, number: int) -> tuple[str, ...]:
        """Return the canonical ids of what an advisory is about, rejected ones left out."""
        found = self._one("SELECT vulnerabilities FROM advisories WHERE id = ?", (number,))
        if found is None:
            raise self._damaged(f"there is no advisory {number}")
        return self._decoded(_NAMES, found[0])

    def vulnerability(self, name: str) -> Vulnerability | None:
        """Return what is known of a vulnerability, by its canonical id or a name of it alone.

        None where it is unknown, and where the name stands for several: an announcement of fixes
        (see :meth:`named`).
        """
        found = self._one("SELECT body FROM vulnerabilities WHERE id = ?", (name,))
        if found is None:
            others = self.named(name)
            if len(others) != 1:
                return None
            found = self._one("SELECT body FROM vulnerabilities WHERE id = ?", others)
        return None if found is None else self._decoded(_VULNERABILITY, found[0])

    def named(self, name: str) -> tuple[str, ...]:
        """Return the canonical ids of all that a name stands for."""
        if self._one("SELECT 1 FROM vulnerabilities WHERE id = ?", (name,)) is not None:
            return (name,)
        query = "SELECT vulnerability FROM names WHERE name = ? ORDER BY vulnerability"
        return tuple(row[0] for row in self.rows(query, (name,)))

    def exemptions(self, vulnerability: str) -> tuple[Exemption, ...]:
        """Return what VEX documents say of a vulnerability, by its canonical id."""
        query = "SELECT body FROM exemptions WHERE vulnerability = ? ORDER BY number"
        return tuple(
            self._decoded(_EXEMPTION, row[0]) for row in self.rows(query, (vulnerability,))
        )

    def repositories(self, content_set: str) -> tuple[str, ...]:
        """Return the CPE names of the products that a repository is of, none if unknown."""
        found = self._one("SELECT cpes FROM repositories WHERE name = ?", (content_set,))
        return () if found is None else self._decoded(_NAMES, found[0])

    def rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query of ours."""
        try:
            with self._lock:
                return self._connection.execute(query, values).fetchall()
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise _unusable(self.path, error) from error

    def converted(self, query: str, kind: type[_T]) -> tuple[_T, ...]:
        """Return the rows of a query of ours as named tuples of a kind."""
        try:
            return tuple(msgspec.convert(row, kind, strict=False) for row in self.rows(query))
        except msgspec.ValidationError as error:
            raise self._damaged(f"a row makes no sense: {error}") from error

    def _one(self, query: str, values: Sequence[object]) -> tuple[Any, ...] | None:
        try:
            with self._lock:
                found: tuple[Any, ...] | None = self._connection.execute(query, values).fetchone()
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise _unusable(self.path, error) from error
        return found

    def _meta(self, key: str) -> str:
        found = self._one("SELECT value FROM meta WHERE key = ?", (key,))
        if found is None:
            raise self._damaged(f"it does not say its {key}")
        return str(found[0])

    @cached_property
    def _details(self) -> Unpacker:
        found = self._one("SELECT body FROM dictionaries WHERE name = ?", (DETAILS,))
        if found is None or not isinstance(found[0], bytes):
            raise self._damaged("what its advisories are packed with is gone")
        return Unpacker(found[0])

    def _decoded(
        self, decoder: msgspec.msgpack.Decoder[_T], stored: bytes, unpacker: Unpacker | None = None
    ) -> _T:
        try:
            with self._lock:
                plain = (unpacker or self._plain).unpack(stored)
            return decoder.decode(plain)
        except (
            BodyDamaged,
            msgspec.DecodeError,
            UnicodeDecodeError,
            TypeError,
            AttributeError,
        ) as error:
            raise self._damaged("a body can't be decoded") from error

    def _damaged(self, what: str) -> AdvisoriesUnusable:
        return AdvisoriesUnusable(f"{self.path} is damaged: {what}", hint=_HINT)


def address_of(path: Path) -> str:
    """Return how SQLite opens a file that nobody changes: without locks, journal or any write."""
    return f"{path.absolute().as_uri()}?mode=ro&immutable=1"


def _check_header(path: Path) -> None:
    """Raise unless a file is an advisory database of this schema and as long as it says."""
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise _unusable(path, error) from error
    if (
        len(header) < _HEADER_BYTES
        or not header.startswith(_MAGIC)
        or _id_of(header) != (APPLICATION_ID)
    ):
        raise AdvisoriesUnusable(f"{path} is not an advisory database", hint=_HINT)
    version = int.from_bytes(header[60:64], "big")
    if version != VERSION:
        raise AdvisoriesNewer(
            f"{path} has schema {version}, and this release reads {VERSION}",
            hint="update Scantling, or build the database with this release",
        )
    page = int.from_bytes(header[16:18], "big")
    pages = int.from_bytes(header[28:32], "big")
    if (_LARGEST_PAGE if page == 1 else page) * pages != size:
        raise AdvisoriesUnusable(f"{path} is damaged: it has {size:,} bytes", hint=_HINT)


def _id_of(header: bytes) -> int:
    return int.from_bytes(header[68:72], "big")


def _unusable(path: Path, error: Exception) -> AdvisoriesUnusable:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return AdvisoriesUnusable(f"{path} can't be read: {reason}", hint=_HINT)
