"""The lists of a directory: one file each, one entry a line, ``#`` begins a comment."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

from scantling.cli.errors import UsageError
from scantling.scan.given_file import content_of
from scantling_analyzers.contract import Settings

if TYPE_CHECKING:
    from pathlib import Path

LISTS: Final = ("weak-passwords", "unchecked-paths", "disallowed-software", "approved-bases")
MAX_LIST: Final = 4 * 1024 * 1024


class ListUnusable(UsageError):
    """A list can't be used."""

    code = "list_unusable"


def read_lists(folder: Path | None) -> Settings:
    """Return the settings that a directory of lists makes.

    Raises :class:`ListUnusable` for a directory that is not there, a file that is no list of
    ours, one over 4 MiB, or one with a line that can't be understood.
    """
    if folder is None:
        return Settings()
    if not folder.is_dir():
        raise ListUnusable(f"{folder} is not a directory", hint="--lists names a directory")
    try:
        names = {file.name for file in folder.iterdir()}
    except OSError as error:
        raise ListUnusable(f"{folder} can't be read: {error.strerror or error}") from error
    unknown = sorted(names.difference(LISTS))
    if unknown:
        hint = f"the lists are: {', '.join(LISTS)}"
        raise ListUnusable(f"{folder / unknown[0]} is not a list", hint=hint)
    lists: dict[str, tuple[str, ...]] = {
        name: _read(folder / name) for name in LISTS if name in names
    }
    version = hashlib.sha256(msgspec.json.encode(sorted(lists.items()))).hexdigest()
    return Settings(version=version[:16], lists=lists)


def _read(file: Path) -> tuple[str, ...]:
    data = content_of(file, MAX_LIST, ListUnusable)
    if len(data) > MAX_LIST:
        raise ListUnusable(f"{file} has more than {MAX_LIST} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ListUnusable(f"{file} is not UTF-8: byte {error.start}") from error
    # Understanding them takes all kinds of versions, and most scans are given none.
    from scantling.cli.list_lines import entries_of  # noqa: PLC0415  # as said

    return entries_of(file.name, text, ListUnusable, str(file))
