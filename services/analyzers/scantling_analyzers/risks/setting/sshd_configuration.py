"""What sshd_config(5) says, as the server reads it: the first value of an option counts; pure.

``Include`` takes files in the order of their names, at the place where it stands; what a file says
inside a ``Match`` block holds for whom it matches only. A block in an included file ends with that
file.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.risks.setting.system import Config, System

MAX_DEPTH: Final = 16
"""How deep includes nest; sshd stops there, too."""
MAX_LINES: Final = 100_000
"""How many lines are read of all files together: includes can be repeated."""
MAX_INCLUDES: Final = 256
"""How many lines may include others, all together."""
FOLDER: Final = "etc/ssh"
PATHS: Final = ("etc/ssh/sshd_config", "usr/etc/ssh/sshd_config")
"""Where the configuration stands; the second one where there is no first (SUSE)."""

REPEATED: Final = frozenset(
    {
        *("acceptenv", "allowgroups", "allowusers", "denygroups", "denyusers"),
        *("hostkey", "hostcertificate", "listenaddress", "port", "setenv", "subsystem"),
    }
)
"""Options of which every line counts."""
_ALIASES: Final = {
    "keepalive": "tcpkeepalive",
    "challengeresponseauthentication": "kbdinteractiveauthentication",
    "skeyauthentication": "kbdinteractiveauthentication",
    "dsaauthentication": "pubkeyauthentication",
}
_WORD: Final = re.compile(r"([^\s=\"]{1,256}+)(?:\s*+=\s*+|\s++)?(.*)")
_COMMENT: Final = re.compile(r"\s++#.*")


class Option(NamedTuple):
    """One line: the keyword in small letters, its arguments, the conditions of its block."""

    keyword: str
    value: str
    match: str
    path: str
    line: int
    layer: int


class SshdConfiguration:
    """The options of one configuration, in the order in which they are read."""

    def __init__(self, options: tuple[Option, ...], problems: tuple[str, ...] = ()) -> None:
        """Take the options and what could not be followed."""
        self.options, self.problems = options, problems

    def values(self, keyword: str) -> tuple[Option, ...]:
        """Return the lines that count for everybody: one, or all of an option that repeats."""
        found = tuple(each for each in self.options if each.keyword == keyword and not each.match)
        return found if keyword in REPEATED else found[:1]

    def matched(self, keyword: str) -> tuple[Option, ...]:
        """Return the lines that count for some: the first of each block."""
        found: dict[str, Option] = {}
        for each in self.options:
            if each.keyword == keyword and each.match:
                found.setdefault(each.match, each)
        return tuple(found.values())


def read_configuration(system: System) -> SshdConfiguration | None:
    """Return what an image's server is configured with, None where no file is there.

    Raises :class:`~scantling_analyzers.risks.setting.verdict.Unreadable`.
    """
    file = next((found for path in PATHS if (found := system.file(path)) is not None), None)
    if file is None:
        return None
    reading = _Reading(system)
    options = tuple(reading.options(file, "", 0))
    return SshdConfiguration(options, tuple(reading.problems))


class _Reading:
    def __init__(self, system: System) -> None:
        self._system, self._room, self._includes = system, MAX_LINES, MAX_INCLUDES
        self.problems: list[str] = []

    def options(self, file: Config, outer: str, depth: int) -> Iterator[Option]:
        """Yield the options of a file and of what it includes; the depth is bounded."""
        if depth > MAX_DEPTH:
            self.problems.append(f"/{file.path} is included too deep")
            return
        match = outer
        for number, text in file.lines:
            self._room -= 1
            if self._room < 0:
                self.problems.append(f"more than {MAX_LINES} lines are included")
                return
            parsed = _WORD.match(text)
            if parsed is None or text.startswith("#"):
                continue
            keyword = _ALIASES.get(parsed[1].lower(), parsed[1].lower())
            value = _COMMENT.sub("", parsed[2]).strip()
            if keyword == "match":
                # "Match all" ends a block: what follows holds for everybody again.
                match = outer if value.lower() == "all" else _joined(outer, value)
            elif keyword == "include":
                yield from self._included(value, match, depth)
            else:
                yield Option(keyword, _unquoted(value), match, file.path, number, file.layer)

    def _included(self, value: str, match: str, depth: int) -> Iterator[Option]:
        for word in _words(value):
            self._includes -= 1
            if self._includes < 0:
                self.problems.append(f"more than {MAX_INCLUDES} files are included")
                return
            glob = word if word.startswith("/") else f"{FOLDER}/{word}"
            for file in self._system.files([glob.strip("/")]):
                yield from self.options(file, match, depth + 1)


def _joined(outer: str, inner: str) -> str:
    return f"{outer}, {inner}" if outer else inner


def _words(value: str) -> list[str]:
    try:
        return shlex.split(value)
    except ValueError:
        return value.split()


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
