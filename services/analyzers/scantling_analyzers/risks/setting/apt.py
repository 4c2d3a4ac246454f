"""Check items about apt: its configuration (apt.conf(5)) and its sources (sources.list(5)); pure.

The statements of apt.conf are told apart by their reader; what counts is the last value of an
option, as far as no later ``#clear`` takes it away. Sources are lines of ``*.list`` and stanzas of
``*.sources`` (deb822); one that is not enabled says nothing.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.facts.models import ConfigurationLine
from scantling_analyzers.risks.setting.verdict import Verdict, failed, not_applicable, passed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.checks.models import AptExamined, AptSourceExamined
    from scantling_analyzers.risks.setting.system import Config, System

PACKAGE: Final = "apt"
MAIN: Final = "etc/apt/apt.conf"
_PARTS: Final = "etc/apt/apt.conf.d/*"
_LISTS: Final = ("etc/apt/sources.list", "etc/apt/sources.list.d/*.list")
_STANZAS: Final = ("etc/apt/sources.list.d/*.sources",)
_PLACES: Final[dict[str, tuple[str, ...]]] = {
    "dir": ("",),
    "dir::etc": ("etc/apt",),
    "dir::etc::main": ("apt.conf", "etc/apt/apt.conf"),
    "dir::etc::parts": ("apt.conf.d", "etc/apt/apt.conf.d"),
    "dir::etc::sourcelist": ("sources.list", "etc/apt/sources.list"),
    "dir::etc::sourceparts": ("sources.list.d", "etc/apt/sources.list.d"),
}
"""Options that say where apt reads, and where that is what is looked at."""

MAX_STATEMENTS: Final = 200_000
"""How many statements are looked at, those of a file as often as it is included."""
MAX_FILES: Final = 10_000
MAX_VALUE: Final = 200
"""How much of a field of several lines is looked at: a switch is one word."""

_STATEMENT: Final = re.compile(r'(\S+) "(.*)"')
_DIRECTIVE: Final = re.compile(r"#(clear|include) (.+)")
_OPTIONS: Final = re.compile(r'deb(?:-src)?\s++\[((?:[^\]"]|"[^"]*+")*+)\]')
_WORD: Final = re.compile(r'(?:[^\s"]|"[^"]*+")++')
_PERCENT: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_ENABLED: Final = "enabled"
_TRUTH: Final = {
    **dict.fromkeys(("yes", "true", "with", "on", "enable", "1", "01", "0x1"), True),
    **dict.fromkeys(("no", "false", "without", "off", "disable", "0", "00", "0x0"), False),
}
"""Words that apt takes for a switch; with any other one the default holds."""


class Option(NamedTuple):
    """An option, named as it is written, and where."""

    name: str
    value: str
    path: str
    line: int
    layer: int

    @property
    def is_on(self) -> bool | None:
        """Say what it switches, None where it is no switch."""
        return _TRUTH.get(self.value.strip().lower())

    @property
    def observed(self) -> str:
        """Return what is shown."""
        return f'{self.name} "{self.value}"'


class Source(NamedTuple):
    """The options of one enabled source, by their name in small letters."""

    options: dict[str, Option]


class Apt:
    """The configuration of apt in an image. Raises :class:`Unreadable` as files are."""

    def __init__(self, system: System) -> None:
        """Look at a system; nothing is read yet."""
        self._system = system
        self.problems: list[str] = []
        """What apt reads and nobody looked at; known once ``options`` is."""

    @cached_property
    def files(self) -> list[Config]:
        """The files, in the order in which they are read."""
        return list(self._system.files((_PARTS, MAIN)))

    @property
    def is_there(self) -> bool:
        """Say whether apt is installed, or has a configuration all the same."""
        return bool(self.files) or PACKAGE in self._system.packages

    @cached_property
    def options(self) -> dict[str, Option]:
        """What is set in the end, by the name in small letters."""
        found: dict[str, tuple[int, Option]] = {}
        cleared: dict[str, int] = {}
        for number, said in enumerate(self._all_said()):
            if isinstance(said, Option):
                found[said.name.lower()] = (number, said)
            else:
                cleared[said.lower()] = number
        options = {
            name: option
            for name, (number, option) in found.items()
            if all(cleared.get(scope, -1) < number for scope in _scopes(name))
        }
        moved = (options[name] for name in _PLACES if name in options)
        self.problems += [
            f"apt reads files elsewhere, which are not looked at: {option.observed}"
            for option in moved
            if option.value.strip("/") not in _PLACES[option.name.lower()]
        ]
        return options

    def _all_said(self) -> Iterator[Option | str]:
        """Yield options, and names that are cleared, with what is included in its place."""
        reading = [_said(file) for file in reversed(self.files)]
        room = MAX_STATEMENTS
        while reading:
            said = next(reading[-1], None)
            room -= 1
            if said is None:
                reading.pop()
            elif room < 0 or len(reading) > MAX_FILES:
                self.problems.append("apt.conf includes more than is looked at")
                return
            elif isinstance(said, Option):
                yield said
            elif match := _DIRECTIVE.fullmatch(said):
                if match[1] == "clear":
                    yield match[2]
                else:
                    reading += [_said(each) for each in reversed(self._included(match[2]))]

    def _included(self, path: str) -> list[Config]:
        path = path.lstrip("/")
        glob = f"{path}*" if path.endswith("/") else path
        files = list(self._system.files([glob]))
        if not files:
            self.problems.append(f"apt.conf includes /{path}, which is not looked at")
        return files

    @cached_property
    def source_files(self) -> list[Config]:
        """The files that name sources."""
        return list(self._system.files((*_LISTS, *_STANZAS)))

    def sources(self) -> Iterator[Source]:
        """Yield the sources that are enabled."""
        for file in self.source_files:
            yield from _stanzas(file) if file.path.endswith(".sources") else _lines(file)


def judge_apt(apt: Apt, examined: AptExamined) -> Verdict:
    """Judge switches of apt: one that is set must be as it is wanted."""
    if not apt.is_there:
        return not_applicable("apt is not installed")
    globs = [name.lower() for name in examined.options]
    for name, option in apt.options.items():
        if option.is_on is not (not examined.wanted):
            continue
        if any(fnmatchcase(name, glob) for glob in globs):
            return failed(option.observed, option.path, option.line, option.layer)
    if apt.problems:
        return Verdict("unknown", apt.problems[0])
    named = ", ".join(examined.options)
    said = f"{'not switched off' if examined.wanted else 'not switched on'}: {named}"
    last = apt.files[-1] if apt.files else None
    return passed(said, last.path, 0, last.layer) if last is not None else passed(said)


def judge_apt_source(apt: Apt, examined: AptSourceExamined) -> Verdict:
    """Judge switches of sources: one that is set must be as it is wanted."""
    _ = apt.options  # which say where else sources are
    if not apt.source_files and not apt.problems:
        return not_applicable("apt has no sources")
    for source in apt.sources():
        for name in examined.options:
            option = source.options.get(name.lower())
            if option is not None and option.is_on is (not examined.wanted):
                return failed(option.observed, option.path, option.line, option.layer)
    if apt.problems:
        return Verdict("unknown", apt.problems[0])
    last = apt.source_files[-1]
    return passed("no such source", last.path, 0, last.layer)


def _said(file: Config) -> Iterator[Option | str]:
    """Yield options and directives."""
    for number, text in file.lines:
        match = _STATEMENT.fullmatch(text)
        yield Option(match[1], match[2], file.path, number, file.layer) if match else text


def _scopes(name: str) -> Iterator[str]:
    """Yield a name, and each scope that it is in."""
    yield name
    at = name.rfind("::")
    while at > 0:
        yield name[:at]
        at = name.rfind("::", 0, at)


def _lines(file: Config) -> Iterator[Source]:
    for number, text in file.lines:
        match = _OPTIONS.match(text)
        options = {}
        for word in _WORD.findall(match[1]) if match else ():
            plain = _PERCENT.sub(lambda found: chr(int(found[1], 16)), word.replace('"', ""))
            name, _, value = plain.partition("=")
            options[name] = Option(name, value, file.path, number, file.layer)
        yield Source(options)


def _stanzas(file: Config) -> Iterator[Source]:
    """Yield what stands between empty lines; of a field that is there twice the last counts."""
    options: dict[str, Option] = {}
    name = ""
    for number, text in (*file.lines, ConfigurationLine(0, "")):
        if not text:
            if options and not (_ENABLED in options and options[_ENABLED].is_on is False):
                yield Source(options)
            options, name = {}, ""
        elif not text.startswith(" "):
            written, _, value = text.partition(":")
            name = written.strip().lower()
            options[name] = Option(written.strip(), value.strip(), file.path, number, file.layer)
        elif name in options and len(options[name].value) < MAX_VALUE:
            before = options[name]
            options[name] = before._replace(value=f"{before.value} {text.strip()}".strip())
