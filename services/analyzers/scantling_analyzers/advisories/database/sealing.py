"""The seal of an advisory database: a hash over every byte of its file, kept in the file itself.

Where the seal stands, what it was before is hashed: a text that follows from the build, which
nobody can have put into an advisory, as the build follows from the advisories.
"""

from __future__ import annotations

import hashlib
import mmap
from typing import TYPE_CHECKING, Final

from scantling_analyzers.advisories.database.errors import AdvisoriesUnusable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scantling_analyzers.advisories.database.reader import AdvisoryDatabase

SEAL: Final = "seal"
_PIECE: Final = 16 * 1024 * 1024


def unsealed(build: str) -> str:
    """Return what stands in a database of a build where its seal will be."""
    return hashlib.sha256(f"scantling-advisories seal {build}".encode()).hexdigest()


def seal(path: Path, build: str) -> None:
    """Put the seal into a file that nobody has open. Raises :class:`OSError`."""
    before = unsealed(build).encode()
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as content:
        places = list(_places(content, before))
        made = _hash(content, places, before).encode()
        for place in places:
            content[place : place + len(made)] = made
        content.flush()


def check_seal(database: AdvisoryDatabase) -> None:
    """Raise :class:`AdvisoriesUnusable` where a byte of a file is not what it was when it was made.

    All of the file is read.
    """
    rows = dict(database.rows("SELECT key, value FROM meta WHERE key = 'seal'"))
    made = str(rows.get(SEAL, ""))
    path = database.path
    if made:
        try:
            found = _found(path, made.encode(), unsealed(database.build).encode())
        except OSError as error:
            raise AdvisoriesUnusable(f"{path} can't be read: {error.strerror}") from error
        if found == made:
            return
    raise AdvisoriesUnusable(
        f"{path} is damaged: its content is not what was built",
        hint="make it again: scantling advisories update, or scantling advisories build SOURCE…",
    )


def _found(path: Path, made: bytes, before: bytes) -> str:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return _hash(content, list(_places(content, made)), before)


def _places(content: mmap.mmap, text: bytes) -> Iterator[int]:
    """Yield where a text stands: SQLite may leave copies of a row in pages that it rearranges."""
    place = content.find(text)
    while place >= 0:
        yield place
        place = content.find(text, place + len(text))


def _hash(content: mmap.mmap, places: list[int], instead: bytes) -> str:
    hashed = hashlib.sha256()
    start = 0
    for place in [*places, len(content)]:
        for first in range(start, place, _PIECE):
            hashed.update(content[first : min(first + _PIECE, place)])
        if place < len(content):
            hashed.update(instead)
        start = place + len(instead)
    return hashed.hexdigest()
