"""Compiled databases of patterns on disk, by what they were compiled from and by what.

What is damaged, or was made by another version, counts as not there.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_HASH_BYTES: Final = 32
_NAME_LENGTH: Final = 40


class DatabaseCache:
    """A directory of databases, one file each."""

    def __init__(self, folder: Path, made_by: str) -> None:
        """Keep databases in a directory; ``made_by`` names the program and its version."""
        self._folder = folder
        self._made_by = f"{made_by} {platform.machine()}"

    def find(self, patterns: Iterable[str]) -> bytes | None:
        """Return what was compiled from the patterns, None where that is not here."""
        try:
            content = self._path(patterns).read_bytes()
        except OSError:
            return None
        body = content[_HASH_BYTES:]
        return body if hashlib.sha256(body).digest() == content[:_HASH_BYTES] else None

    def keep(self, patterns: Iterable[str], database: bytes) -> None:
        """Keep what was compiled, whole or not at all; a disk that is full is no error."""
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, draft = tempfile.mkstemp(dir=self._folder, prefix=".draft-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(hashlib.sha256(database).digest())
                    file.write(database)
                Path(draft).replace(self._path(patterns))
            except BaseException:
                Path(draft).unlink(missing_ok=True)
                raise

    def _path(self, patterns: Iterable[str]) -> Path:
        known = hashlib.sha256(self._made_by.encode())
        for pattern in patterns:
            known.update(b"\0" + pattern.encode())
        return self._folder / f"{known.hexdigest()[:_NAME_LENGTH]}.hs"
