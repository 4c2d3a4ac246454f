"""Option files of MySQL and MariaDB (MySQL reference manual 6.2.2.2); pure.

A group has a user and passwords; of an option that is given twice the last one holds. Every client
reads the group ``client`` besides its own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.facts.accounts.entry import clear

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.facts.accounts.entry import Entry

_GROUP: Final = re.compile(rb"\[([^\]]*+)\]")
_COMMENTED: Final = re.compile(
    rb"\A((?:[^#'\"]|'(?:[^'\\]|\\.?)*+(?:'|\Z)|\"(?:[^\"\\]|\\.?)*+(?:\"|\Z))*+)#.*", re.DOTALL
)
"""A line with a comment: the first ``#`` that stands in no quotation marks, and all behind it."""
_OPTION: Final = re.compile(
    rb"(?:loose[-_])?(user|pass(?:w(?:o(?:rd?)?)?)?|password[123])\s*+(?:=(.*))?",
    re.IGNORECASE | re.DOTALL,
)
"""An option may be cut short where that is clear. The second and the third password are those of
more factors; the first one is ``password`` by another name."""
_USER: Final = b"user"
_PASSWORD: Final = b"password"
_FACTORS: Final = (b"2", b"3")
_ESCAPED: Final = re.compile(rb"\\([ntrbs\"'\\])")
_MEANT: Final = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"s": b" "}
_CLIENT: Final = b"client"
_ROOT: Final = b"root"
_SERVERS: Final = frozenset({b"mysqld", b"mysqld_safe", b"server", b"mariadbd"})
"""Groups whose options are those of servers: they have no password to log in with."""


class Option(NamedTuple):
    """A user or a password; ``value`` is None where the client asks for it."""

    group: bytes
    name: bytes
    value: bytes | None

    @property
    def key(self) -> tuple[bytes, bytes]:
        """Return what a later option must have in common to take its place."""
        return self.group, self.name


class MysqlOptions:
    """Reads the lines of a file, which are no comments, one after the other."""

    def __init__(self) -> None:
        """Begin outside of any group."""
        self._group = b""

    def line(self, line: bytes) -> Iterator[Option]:
        """Yield the option of a line."""
        group = _GROUP.match(line)
        if group:
            self._group = group[1].strip()
            return
        option = _OPTION.fullmatch(_COMMENTED.sub(rb"\1", line).rstrip())
        if option is None:
            return
        name, value = option[1].lower(), option[2]
        if name != _USER:
            name = _PASSWORD + name[-1:] if name.endswith(_FACTORS) else _PASSWORD
        yield Option(self._group, name, None if value is None else _meant(value.strip()))


def accounts_of(options: list[tuple[int, Option]]) -> Iterator[tuple[int, Entry]]:
    """Yield the passwords, each with the user of its group, of all clients, or ``root``."""
    users = {each.group: each.value for _, each in options if each.name == _USER}
    for line, option in options:
        if option.name == _USER or option.group in _SERVERS or option.value is None:
            continue
        name = users.get(option.group) or users.get(_CLIENT) or _ROOT
        # An empty one is a password that is empty.
        yield line, clear(name, option.value)


def _meant(text: bytes) -> bytes:
    """Return a value without the quotation marks around it, and what its backslashes stand for."""
    if len(text) > 1 and text[:1] == text[-1:] and text[:1] in {b"'", b'"'}:
        text = text[1:-1]
    return _ESCAPED.sub(lambda match: _MEANT.get(match[1], match[1]), text)
