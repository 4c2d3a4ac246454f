"""What `scantling rules test` does: the packs look at files of this machine."""

from __future__ import annotations

import stat
import sys
from mmap import ACCESS_READ, mmap
from typing import TYPE_CHECKING, Final

import msgspec

from scantling.rules.commands import directory_of
from scantling.scan.interruption import stoppable
from scantling.scan.output import to_stdout
from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.malware_files import MalwareReader
from scantling_analyzers.facts.models import LocatedError, Malware
from scantling_analyzers.limits import DEFAULT_LIMITS
from scantling_analyzers.rule_packs.configured import FOR_MALWARE
from scantling_analyzers.rule_packs.directory import given_rules
from scantling_analyzers.rule_packs.errors import RulesUnusable
from scantling_common.layers.escape import escape
from scantling_reporter.formats.terminal import safe

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from scantling_analyzers.fact_seal import FactSeal
    from scantling_analyzers.limits import Limits

FOUND: Final = 1
UNREADABLE: Final = 3


class LocalFile:
    """A file of this machine as readers see one of a layer."""

    limits: Limits = DEFAULT_LIMITS

    def __init__(self, path: Path, data: memoryview, mode: int) -> None:
        """Take the content; it is valid for as long as its map."""
        self.path = bytes(path)
        self.text_path = escape(self.path)
        self.data, self.size, self.mode = data, data.nbytes, mode

    @property
    def seal(self) -> FactSeal:
        """What finds malware seals nothing."""
        raise NotImplementedError

    def sibling(self, _name: bytes) -> None:
        """Return no other file: only the one that is named is looked at."""


def test_command(arguments: argparse.Namespace) -> int:
    """Look at a file, or at all files below a directory; links are not followed."""
    if arguments.rules is not None:
        rules = given_rules(arguments.rules, None)
        readers = []
    else:
        rules = directory_of(arguments).configured()
        readers = [MalwareReader()]
    readers += [MalwareReader(pack, rules.cache) for pack in rules.of_kind(*FOR_MALWARE)]
    if not readers:
        raise RulesUnusable(f"{arguments.rules} holds no rules for malware")
    found, failed = 0, 0
    with stoppable():
        for item in _all(arguments.path, readers):
            found += isinstance(item, Malware)
            failed += isinstance(item, LocatedError)
            _print(item, as_json=arguments.json)
    return UNREADABLE if failed else FOUND if found else 0


def _all(path: Path, readers: Sequence[MalwareReader]) -> Iterator[Malware | LocatedError]:
    if not path.exists():
        raise RulesUnusable(f"{path} is not there")
    said: set[LocatedError] = set()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        for item in _one(file, readers):
            # Each pack says the same of what can't be read, and that it can't be used of each file.
            if isinstance(item, LocatedError):
                if item in said:
                    continue
                said.add(item)
            yield item


def _one(file: Path, readers: Sequence[MalwareReader]) -> Iterator[Malware | LocatedError]:
    try:
        found = file.lstat()
        if not stat.S_ISREG(found.st_mode) or not found.st_size:
            return
        with file.open("rb") as opened, mmap(opened.fileno(), 0, access=ACCESS_READ) as mapped:
            data = memoryview(mapped)
            try:
                for reader in readers:
                    yield from _read(reader, LocalFile(file, data, found.st_mode))
            finally:
                data.release()
    except (OSError, ValueError) as error:
        said = (error.strerror if isinstance(error, OSError) else None) or "it can't be mapped"
        yield LocatedError(path=escape(bytes(file)), code="unreadable", message=said)


def _read(reader: MalwareReader, file: LocalFile) -> Iterator[Malware | LocatedError]:
    try:
        for item in reader.read(file):
            if isinstance(item, Malware | LocatedError):
                yield item
    except Unreadable as error:
        yield LocatedError(path=file.text_path, code=error.reason, message=error.message)


def _print(item: Malware | LocatedError, *, as_json: bool) -> None:
    if as_json:
        kind = "malware" if isinstance(item, Malware) else "error"
        line = msgspec.json.encode({"kind": kind, **msgspec.structs.asdict(item)}).decode()
        to_stdout(f"{line}\n")
    elif isinstance(item, Malware):
        to_stdout(
            f"{safe(item.path)}: {safe(item.title)} [{safe(item.pack)}/{safe(item.rule)}, "
            f"{item.severity}, score {item.score}]\n"
        )
    else:
        where = f"{safe(item.path)}: " if item.path else ""
        sys.stderr.write(f"scantling: {where}{safe(item.message)} [{item.code}]\n")
