"""What `scantling rules test` does: the packs look at files of this machine."""

from __future__ import annotations

import os
import stat
import sys
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from scantling.cli.errors import UsageError
from scantling.rules.commands import directory_of
from scantling.scan.interruption import stoppable
from scantling.scan.left_out import left_out, notices
from scantling.scan.output import to_stdout
from scantling.scan.rules import notices_of_added
from scantling.scan.scratch import scratch_directory
from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.malware_files import MalwareReader
from scantling_analyzers.facts.models import LocatedError, Malware
from scantling_analyzers.limits import DEFAULT_LIMITS
from scantling_analyzers.rule_packs.configured import FOR_MALWARE
from scantling_analyzers.rule_packs.directory import given_rules
from scantling_analyzers.rule_packs.errors import RulesUnusable
from scantling_common.layers.escape import escape
from scantling_reporter.formats.terminal import counted, safe

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

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


class Tally:
    """What was looked at, and what was passed over."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.files = self.others = self.found = self.failed = 0

    def count(self, item: Malware | LocatedError) -> None:
        """Count what was found, or could not be looked at."""
        self.found += isinstance(item, Malware)
        self.failed += isinstance(item, LocatedError)

    @property
    def said(self) -> str:
        """What is said where nothing was found."""
        looked = f"{counted(self.files, 'file')} looked at, nothing found"
        others = counted(self.others, "link or special file", "links or special files")
        return f"{looked}; {others} left out" if self.others else looked


def test_command(arguments: argparse.Namespace) -> int:
    """Look at a file, or at all files below a directory; links in it are not followed."""
    path = _existing(arguments.path)
    tally = Tally()
    with stoppable(), scratch_directory() as cache:
        readers, told, incomplete = _readers(arguments, cache)
        sys.stderr.writelines(f"scantling: {safe(line)}\n" for line in told)
        for item in _all(path, readers, tally):
            tally.count(item)
            _print(item, as_json=arguments.json)
    if not tally.found and not tally.failed:
        sys.stderr.write(f"scantling: {tally.said}\n")
    is_partial = bool(tally.failed) or incomplete
    if not tally.files or (is_partial and not arguments.allow_partial):
        return UNREADABLE
    return FOUND if tally.found else 0


def _existing(path: Path) -> Path:
    """Return what a user names, itself and no link to it; a pipe or a device has no end."""
    if not path.exists():
        raise RulesUnusable(f"{path} is not there")
    if not path.is_file() and not path.is_dir():
        raise UsageError(f"{path} is neither a file nor a directory")
    return path.resolve() if path.is_symlink() else path


def _readers(
    arguments: argparse.Namespace, cache: Path
) -> tuple[list[MalwareReader], list[str], bool]:
    """Return what looks, what is said of rules that can't be used, and whether some lack."""
    if arguments.rules is None:
        directory = directory_of(arguments)
        rules = directory.configured()
        packs = rules.of_kind(*FOR_MALWARE)
        told = notices_of_added(directory.path)
        incomplete = bool(rules.left_out_of(*FOR_MALWARE))
        readers = [MalwareReader()]
    else:
        try:
            rules = given_rules(arguments.rules, cache)
        except RulesUnusable as error:
            raise UsageError(error.message, hint=error.hint) from error
        packs = rules.of_kind(*FOR_MALWARE)
        if not packs:
            raise UsageError(f"{arguments.rules} holds no rules for malware")
        without = left_out(arguments.rules, rules, ("malware",), Path(rules.cache))
        told, readers = notices(without.errors["malware"]), []
        incomplete = bool(told)
    return [*readers, *(MalwareReader(pack, rules.cache) for pack in packs)], told, incomplete


def _all(
    path: Path, readers: Sequence[MalwareReader], tally: Tally
) -> Iterator[Malware | LocatedError]:
    said: set[LocatedError] = set()
    for file in _files(path) if path.is_dir() else [path]:
        found = [file] if isinstance(file, LocatedError) else _one(file, readers, tally)
        for item in found:
            # Each pack says the same of what can't be read, and that it can't be used of each file.
            if isinstance(item, LocatedError):
                if item in said:
                    continue
                said.add(item)
            yield item


def _files(folder: Path) -> Iterator[Path | LocatedError]:
    """Yield what is below a directory and is none, and directories that can't be listed."""
    failed: list[OSError] = []
    for parent, folders, names in os.walk(folder, onerror=failed.append):
        folders.sort()
        links = [name for name in folders if Path(parent, name).is_symlink()]
        yield from (Path(parent, name) for name in sorted([*links, *names]))
    for error in failed:
        where = escape(os.fsencode(error.filename or folder))
        said = error.strerror or "it can't be listed"
        yield LocatedError(path=where, code="unreadable", message=said)


def _one(
    file: Path, readers: Sequence[MalwareReader], tally: Tally
) -> Iterator[Malware | LocatedError]:
    try:
        found = file.lstat()
        if not stat.S_ISREG(found.st_mode):
            tally.others += 1
            return
        tally.files += 1
        if not found.st_size:
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
