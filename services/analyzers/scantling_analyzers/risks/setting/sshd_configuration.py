"""What sshd_config(5) says, as the server reads it: the first value of an option counts; pure.

``Include`` takes files in the order of their names, at the place where it stands; what a file says
inside a ``Match`` block holds for whom it matches only. A block in an included file ends with that
file. Conditions are not resolved: a block may hold for somebody, that of ``Match all`` does for
everybody, and the first block that holds goes before what stands outside of blocks.
"""

from __future__ import annotations

import re
import shlex
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.risks.setting.globs import matches

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

EVERYBODY: Final = "all"
"""The condition of a block that holds for everybody."""
_FOR_ALL: Final = ("", EVERYBODY)
_READ: Final = (
    *("etc/ssh/*.conf", "etc/ssh/*/*.conf", "etc/ssh/sshd_config.d/*"),
    *("usr/etc/ssh/sshd_config.d/*", "etc/crypto-policies/back-ends/opensshserver.config"),
)
"""What is read of all that could be included."""
_READ_ANYWHERE: Final = ("sshd_config", "sshd*.conf")
"""Names of files that are read wherever they stand."""

REPEATED: Final = frozenset(
    {
        *("acceptenv", "allowgroups", "allowusers", "denygroups", "denyusers"),
        *("hostkey", "hostcertificate", "listenaddress", "port", "setenv", "subsystem"),
    }
)
"""Options of which every line counts."""
MATCHED: Final = frozenset(
    {
        *("acceptenv", "allowagentforwarding", "allowgroups", "allowtcpforwarding", "allowusers"),
        *("authenticationmethods", "banner", "clientalivecountmax", "clientaliveinterval"),
        *("denygroups", "denyusers", "disableforwarding", "gatewayports", "gssapiauthentication"),
        *("hostbasedauthentication", "ignorerhosts", "kbdinteractiveauthentication"),
        *("kerberosauthentication", "loglevel", "maxauthtries", "maxsessions"),
        *("passwordauthentication", "permitemptypasswords", "permitrootlogin", "permittunnel"),
        *("pubkeyacceptedalgorithms", "pubkeyauthentication", "rekeylimit", "setenv"),
        *("x11forwarding", "x11uselocalhost"),
    }
)
"""Options that a block may change, of those that are looked at."""
ALIASES: Final = {
    "keepalive": "tcpkeepalive",
    "challengeresponseauthentication": "kbdinteractiveauthentication",
    "skeyauthentication": "kbdinteractiveauthentication",
    "dsaauthentication": "pubkeyauthentication",
    "pubkeyacceptedkeytypes": "pubkeyacceptedalgorithms",
}
"""Older names of options, and what they are called now."""
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

    def __init__(
        self, file: Config, options: tuple[Option, ...], problems: tuple[str, ...]
    ) -> None:
        """Take the file that is read first, the options, and what could not be followed."""
        self.file, self.options, self.problems = file, options, problems
        self._by_keyword: dict[str, list[Option]] = {}
        for option in options:
            self._by_keyword.setdefault(option.keyword, []).append(option)

    def values(self, keyword: str) -> tuple[Option, ...]:
        """Return the lines that count for everybody: one, or all of an option that repeats."""
        found = [e for e in self._by_keyword.get(keyword, ()) if e.match in _FOR_ALL]
        if keyword in MATCHED:
            found.sort(key=lambda each: not each.match)
        return tuple(found if keyword in REPEATED else found[:1])

    def matched(self, keyword: str) -> tuple[Option, ...]:
        """Return the lines that count for some: the first of each block.

        Behind a block for everybody none is asked any more.
        """
        found: dict[str, Option] = {}
        for each in self._by_keyword.get(keyword, ()):
            if each.match == EVERYBODY:
                break
            if each.match:
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
    return SshdConfiguration(file, options, tuple(reading.problems))


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
            keyword = ALIASES.get(parsed[1].lower(), parsed[1].lower())
            value = _COMMENT.sub("", parsed[2]).strip()
            if keyword == "match":
                match = _joined(outer, value)
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
            glob = (word if word.startswith("/") else f"{FOLDER}/{word}").strip("/")
            if not _is_read(glob):
                self.problems.append(f"not all of /{glob} is read, which is included")
            for file in self._system.files([glob]):
                # As of a shell, a star of a glob is no dot at the beginning of a name.
                if not file.path.rpartition("/")[2].startswith(".") or "/." in glob:
                    yield from self.options(file, match, depth + 1)


def _is_read(glob: str) -> bool:
    """Say whether all that a glob may name is read; ranges in brackets are not known here."""
    name = glob.rpartition("/")[2]
    known = any(matches(each, glob) for each in _READ)
    return "[" not in glob and (known or any(fnmatchcase(name, each) for each in _READ_ANYWHERE))


def _joined(outer: str, inner: str) -> str:
    """Return the conditions of a block, those of the block that includes it among them."""
    if inner.lower() == EVERYBODY:
        return outer or EVERYBODY
    return f"{outer}, {inner}" if outer not in _FOR_ALL else inner


def _words(value: str) -> list[str]:
    try:
        return shlex.split(value)
    except ValueError:
        return value.split()


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value
