"""Which files a package of the operating system brought, bounded, as facts."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.models import OwnedFiles, owned_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_FILES: Final = 2_000_000
"""How many files one database may list; a full desktop system has half a million."""
MAX_PATH_BYTES: Final = 512 * 1024 * 1024
"""How long the paths of one database may be together."""
BATCH: Final = 1000
"""How many paths are made before they are counted."""


class Ownership:
    """Makes the facts of one database, and ends where it lists more than any system has."""

    def __init__(self, path: str) -> None:
        """Make facts that were read from the file at the escaped ``path``."""
        self._path = path
        self._files = MAX_FILES
        self._bytes = MAX_PATH_BYTES

    def of(self, owner: str, paths: Iterable[bytes], *, claimed: int = 0) -> Iterator[OwnedFiles]:
        """Yield one fact where the package owns anything; ``owner`` is ``type:name``, safe text.

        Paths may have a leading ``/`` or ``./``. ``claimed`` is how many there are, where that is
        known: it counts before the first of them is made. Raises :class:`Unreadable`
        (``too_many``) once, and yields nothing after that.
        """
        if self._files < 0 or self._bytes < 0:
            return
        self._count(claimed, 0)
        keys = bytearray()
        left = iter(paths)
        while batch := list(islice(left, BATCH)):
            self._count(0 if claimed else len(batch), sum(map(len, batch)))
            keys += b"".join([owned_key(inside(path)) for path in batch])
        if keys:
            yield OwnedFiles(path=self._path, owner=owner, keys=bytes(keys))

    def _count(self, files: int, size: int) -> None:
        self._files -= files
        self._bytes -= size
        if self._files < 0 or self._bytes < 0:
            raise Unreadable(
                f"the database lists more than {MAX_FILES} files or {MAX_PATH_BYTES} bytes "
                "of their paths",
                code="too_many",
            )


def inside(path: bytes) -> bytes:
    """Return a path as layers have it: without a leading ``/`` or ``./``."""
    return path.removeprefix(b".").lstrip(b"/") if path.startswith((b"/", b"./")) else path


def without_folders(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the paths of a list that names each folder right before what is in it.

    Folders are never looked for, and a third of such a list. Empty ones stay.
    """
    previous = b""
    for line in lines:
        if previous and not line.startswith(previous + b"/"):
            yield previous
        previous = line
    if previous:
        yield previous
