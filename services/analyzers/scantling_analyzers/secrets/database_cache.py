"""Compiled databases of patterns on disk, by what they were compiled from and by what.

What is damaged, or was made by another version, counts as not there.
"""

from __future__ import annotations

import hashlib
import platform
from typing import TYPE_CHECKING, Final

from scantling_analyzers.kept_file import keep, kept

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_NAME_LENGTH: Final = 40


class DatabaseCache:
    """A directory of databases, one file each."""

    def __init__(self, folder: Path, made_by: str) -> None:
        """Keep databases in a directory; ``made_by`` names the program and its version."""
        self._folder = folder
        self._made_by = f"{made_by} {platform.machine()}"

    def find(self, patterns: Iterable[str]) -> bytes | None:
        """Return what was compiled from the patterns, None where that is not here."""
        body = kept(self._path(patterns))
        return None if body is None else bytes(body)

    def keep(self, patterns: Iterable[str], database: bytes) -> None:
        """Keep what was compiled; see :mod:`scantling_analyzers.kept_file`."""
        keep(self._path(patterns), (database,))

    def _path(self, patterns: Iterable[str]) -> Path:
        known = hashlib.sha256(self._made_by.encode())
        for pattern in patterns:
            known.update(b"\0" + pattern.encode())
        return self._folder / f"{known.hexdigest()[:_NAME_LENGTH]}.hs"
