"""The lists of a directory: one file each, one entry a line, ``#`` begins a comment."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_analyzers.contract import Settings
from scantling_common.errors import ScantlingError

if TYPE_CHECKING:
    from pathlib import Path

LISTS: Final = ("weak-passwords", "unchecked-paths", "disallowed-software", "approved-bases")
MAX_LIST: Final = 4 * 1024 * 1024


class ListUnusable(ScantlingError):
    """A list can't be used."""

    code = "list_unusable"


def read_lists(folder: Path | None) -> Settings:
    """Return the settings that a directory of lists makes.

    Raises :class:`ListUnusable` for a directory that is not there, a file that is no list of
    ours, or one over 4 MiB.
    """
    if folder is None:
        return Settings()
    if not folder.is_dir():
        raise ListUnusable(f"{folder} is not a directory", hint="--lists names a directory")
    unknown = sorted(file.name for file in folder.iterdir() if file.name not in LISTS)
    if unknown:
        hint = f"the lists are: {', '.join(LISTS)}"
        raise ListUnusable(f"{folder / unknown[0]} is not a list", hint=hint)
    lists = {name: _read(folder / name) for name in LISTS if (folder / name).exists()}
    version = hashlib.sha256(msgspec.json.encode(sorted(lists.items()))).hexdigest()
    return Settings(version=version[:16], lists=lists)


def _read(file: Path) -> tuple[str, ...]:
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_LIST + 1)
        text = data.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise ListUnusable(f"{file} can't be read: {error}") from error
    if len(data) > MAX_LIST:
        raise ListUnusable(f"{file} has more than {MAX_LIST} bytes")
    lines = (line.strip() for line in text.splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))
