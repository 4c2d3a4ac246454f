"""What sudoers(5) says: rules, aliases and defaults, through what it includes; pure.

``@include`` takes in a file and ``@includedir`` the files of a folder where they stand, those of a
folder without a dot in their names and a tilde at their end. A line that ends in a backslash goes
on in the next. Of a list of commands each has the tags and the users of the one before, unless it
has others. Whom a rule is for on this host is not asked: any host may be that of a container.
"""

from __future__ import annotations

import re
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.risks.setting.sudoers_grammar import (
    Command,
    Setting,
    aliases_of,
    commands_of,
    members_of,
    settings_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.risks.setting.system import Config, System

PATHS: Final = ("etc/sudoers", "usr/etc/sudoers")
"""Where the rules stand; the second one where there is no first (SUSE)."""
FOLDERS: Final = ("etc/sudoers.d", "usr/etc/sudoers.d")
"""The folders of which every file is read."""
MAX_DEPTH: Final = 16
MAX_CHARACTERS: Final = 4 * 1024 * 1024
"""How much is read of all files together: includes can be repeated."""
MAX_INCLUDES: Final = 256
MAX_RULES: Final = 20_000
"""How many commands of rules are looked at."""
MAX_MEMBERS: Final = 1000
"""How many members of aliases stand in for one name."""
ALL: Final = "ALL"

_INCLUDE: Final = re.compile(r"[@#]include(dir)?\s++(.+)")
_ALIAS: Final = re.compile(r"(User|Runas|Host|Cmnd|Cmd)_Alias\s++(.*)")
_DEFAULTS: Final = re.compile(r"Defaults(?=[\s@:!>\"]|$)(.*)")
_READ: Final = re.compile(r"(?:usr/)?etc/sudoers(?:\.d/[^/%]+)?|etc/sudoers\.[^/%]+")
"""What is read of all that could be included; ``%h`` is the name of the host."""
_COMMENT: Final = re.compile(r"(?<!\\)(?<!^)#(?!-?\d).*")
"""A comment behind a rule; a number behind the sign is that of a user or a group."""
_SKIPPED: Final = re.compile(r"\.|~$")


class Line(NamedTuple):
    """A line of the rules, those that it goes on in with it, and where it begins."""

    text: str
    path: str
    line: int
    layer: int


class Rule(NamedTuple):
    """Who may run a command, on which hosts."""

    users: tuple[str, ...]
    hosts: tuple[str, ...]
    command: Command
    place: Line


class Default(NamedTuple):
    """A setting of ``Defaults``, and for whom it holds: ``:alice``; empty for everybody."""

    scope: str
    setting: Setting
    place: Line


class Sudoers:
    """The rules of one image. Raises :class:`Unreadable` where a file of them can't be read."""

    def __init__(self, system: System) -> None:
        """Look at a system; nothing is read yet."""
        self._system = system
        self.problems: list[str] = []
        self._aliases: dict[tuple[str, str], tuple[str, ...]] = {}
        self._resolved: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}
        self._room, self._includes = MAX_CHARACTERS, MAX_INCLUDES

    @cached_property
    def file(self) -> Config | None:
        """The file that sudo reads first, None where there is none."""
        return next((found for path in PATHS if (found := self._system.file(path))), None)

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """All lines in the order in which they are read, aliases of them noted."""
        found = tuple(self._read(self.file, 0)) if self.file is not None else ()
        for line in found:
            if match := _ALIAS.fullmatch(line.text):
                kind = "Cmnd" if match[1] == "Cmd" else match[1]
                for name, members in aliases_of(match[2]):
                    self._aliases[kind, name] = members
        return found

    @cached_property
    def defaults(self) -> tuple[Default, ...]:
        """The settings that count: of the same scope and name the last one."""
        last: dict[tuple[str, str], Default] = {}
        for line in self.lines:
            if match := _DEFAULTS.fullmatch(line.text):
                scope, settings = settings_of(match[1])
                for each in settings:
                    last.pop((scope, each.key), None)
                    last[scope, each.key] = Default(scope, each, line)
        return tuple(last.values())

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """What each rule allows, command by command."""
        found = list(islice(self._commands(), MAX_RULES + 1))
        if len(found) > MAX_RULES:
            self._miss(f"there are more than {MAX_RULES} commands in rules")
        return tuple(found[:MAX_RULES])

    def _commands(self) -> Iterator[Rule]:
        for line in self.lines:
            if not (_ALIAS.match(line.text) or _DEFAULTS.match(line.text)):
                for users, hosts, command in commands_of(line.text):
                    yield Rule(users, hosts, command, line)

    def resolved(self, kind: str, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return names with the members of aliases in their place; negated ones are left out."""
        if (kind, names) not in self._resolved:
            self._resolved[kind, names] = self._members(kind, names)
        return self._resolved[kind, names]

    def _members(self, kind: str, names: tuple[str, ...]) -> tuple[str, ...]:
        found: list[str] = []
        waiting, seen = list(reversed(names)), set[str]()
        while waiting and len(found) < MAX_MEMBERS:
            name = waiting.pop()
            if name.startswith("!") or name in seen:
                continue
            seen.add(name)
            members = self._aliases.get((kind, name))
            if members is None:
                found.append(name)
            else:
                waiting.extend(reversed(members))
        return tuple(found)

    def _read(self, file: Config, depth: int) -> Iterator[Line]:
        """Yield the lines of a file and of what it includes; the depth is bounded."""
        if depth > MAX_DEPTH:
            self._miss(f"/{file.path} is included too deep")
            return
        for line in _joined(file):
            self._room -= len(line.text)
            if self._room < 0:
                self._miss(f"more than {MAX_CHARACTERS} characters are included")
                return
            match = _INCLUDE.fullmatch(line.text)
            if match is None:
                yield line
                continue
            for each in self._included(members_of(match[2])[0], file, is_folder=bool(match[1])):
                yield from self._read(each, depth + 1)

    def _included(self, name: str, file: Config, *, is_folder: bool) -> Iterator[Config]:
        self._includes -= 1
        if self._includes < 0:
            self._miss(f"more than {MAX_INCLUDES} files and folders are included")
            return
        base = "" if name.startswith("/") else file.path.rpartition("/")[0] + "/"
        path = (base + name).strip("/")
        if not (path in FOLDERS if is_folder else _READ.fullmatch(path)):
            self._miss(f"/{path} is included, and not read")
            return
        if not is_folder:
            found = self._system.file(path)
            yield from () if found is None else (found,)
            return
        for each in self._system.files([f"{path}/*"]):
            if not _SKIPPED.search(each.path.rpartition("/")[2]):
                yield each

    def _miss(self, problem: str) -> None:
        if problem not in self.problems:
            self.problems.append(problem)


def _joined(file: Config) -> Iterator[Line]:
    """Yield lines without comments, those that end in a backslash with the next."""
    parts: list[str] = []
    start = last = 0
    for number, raw in file.lines:
        # The escape wrote the backslash as it writes what is not printable.
        text = raw.replace("\\x5c", "\\")
        if parts and (number != last + 1 or _INCLUDE.match(text)):
            # An empty line, or a comment, is between.
            yield _line(parts, file, start)
            parts = []
        start, last = (start if parts else number), number
        parts.append(text.removesuffix("\\"))
        if not text.endswith("\\"):
            yield _line(parts, file, start)
            parts = []
    if parts:
        yield _line(parts, file, start)


def _line(parts: list[str], file: Config, start: int) -> Line:
    text = _COMMENT.sub("", " ".join(" ".join(parts).split()))
    return Line(text.strip(), file.path, start, file.layer)
