"""From what a user names to the files of a pack: a directory, a file, or an archive of them.

Archives are unpacked in memory, within limits; names in them never become paths.
"""

from __future__ import annotations

import re
import time
from mmap import ACCESS_READ, mmap
from typing import TYPE_CHECKING, Final

from scantling_analyzers.facts.archives.budget import Budget
from scantling_analyzers.facts.archives.contents import Content, contents
from scantling_analyzers.facts.archives.formats import format_of
from scantling_analyzers.limits import ArchiveLimits
from scantling_analyzers.rule_packs.content import MANIFEST, MAX_FILES, files_below, kind_of_file
from scantling_analyzers.rule_packs.errors import RulesUnusable

if TYPE_CHECKING:
    from pathlib import Path

_LIMITS: Final = ArchiveLimits(depth=4, members=1_000_000)
_OTHERS: Final = re.compile(r"[^A-Za-z0-9._-]")
_LONGEST: Final = 80


def gather(source: Path, folder: Path) -> None:
    """Copy the files of rules that ``source`` holds into a folder.

    Raises :class:`RulesUnusable` where it can't be read.
    """
    if source.is_file():
        gather_file(source, source.name, folder)
        return
    for file in files_below(source):
        if kind_of_file(file.name) is not None:
            target = folder / file.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())


def gather_file(file: Path, name: str, folder: Path) -> None:
    """Copy a file of rules, or those in an archive, into a folder; ``name`` is what it is called.

    Raises :class:`RulesUnusable` for an archive of which something can't be read.
    """
    if not file.stat().st_size:
        return
    with file.open("rb") as opened, mmap(opened.fileno(), 0, access=ACCESS_READ) as mapped:
        data = memoryview(mapped)
        try:
            if format_of(data) is None:
                _write(folder, 0, name, data)
            else:
                _unpack(data, name, folder)
        finally:
            data.release()


def _unpack(data: memoryview, name: str, folder: Path) -> None:
    count = 0
    for each in contents(data, name, Budget(_LIMITS, time.monotonic)):
        if not isinstance(each, Content):
            raise RulesUnusable(f"{each.path}: {each.message}")
        if each.path != name and kind_of_file(each.path) is not None:
            count += 1
            if count > MAX_FILES:
                raise RulesUnusable(f"{name} holds more than {MAX_FILES} files")
            _write(folder, count, each.path, each.data)


def _write(folder: Path, count: int, path: str, data: memoryview) -> None:
    """Write a file under a name made of the last part of its path, which is never trusted."""
    if path.rpartition("/")[2] == MANIFEST:
        (folder / MANIFEST).write_bytes(data)
        return
    last = _OTHERS.sub("_", path.rpartition("/")[2])[-_LONGEST:].lstrip(".") or "rules"
    (folder / (f"{count:05}-{last}" if count else last)).write_bytes(data)
