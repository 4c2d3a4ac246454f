"""What was fetched, and how it can be asked for again: ``fetched.json`` beside the files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from pathlib import Path

FILE: Final = "fetched.json"
_MOST: Final = 16 * 1024 * 1024


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One file: ``etag`` and ``modified`` as the server sent them, SHA-256, when it was fetched.

    ``checked_at`` is when the server last said that it is the newest; both in milliseconds since
    the epoch.
    """

    url: str
    size: int
    sha256: str
    etag: str = ""
    modified: str = ""
    fetched_at: int = 0
    checked_at: int = 0


class Ledger:
    """The entries by path below the directory; written after each file, as one step."""

    def __init__(self, folder: Path) -> None:
        """Read what is there; a damaged ledger is an empty one, so that all is fetched again."""
        self._path = folder / FILE
        self.entries: dict[str, Entry] = {}
        try:
            if self._path.stat().st_size <= _MOST:
                self.entries = msgspec.json.decode(self._path.read_bytes(), type=dict[str, Entry])
        except (OSError, msgspec.DecodeError):
            self.entries = {}

    def set(self, path: str, entry: Entry) -> None:
        """Keep an entry."""
        self.entries[path] = entry
        encoded = msgspec.json.format(msgspec.json.encode(self.entries, order="sorted"))
        temporary = self._path.with_suffix(".new")
        temporary.write_bytes(encoded)
        os.replace(temporary, self._path)  # noqa: PTH105 - Path.replace says the same, less plainly
