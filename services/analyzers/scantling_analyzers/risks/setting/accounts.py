"""The accounts and groups of an image: passwd(5), shadow(5), group(5), without any hash; pure."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.facts.models import SEVERED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scantling_analyzers.risks.setting.system import Config, System

PASSWD: Final = "etc/passwd"  # noqa: S105 - a file
SHADOW: Final = "etc/shadow"
GROUP: Final = "etc/group"
GSHADOW: Final = "etc/gshadow"

SHADOWED: Final = "x"
"""What stands in passwd where the password is in shadow."""
_NO_SHELLS: Final = frozenset({"nologin", "false", "sync", "shutdown", "halt", "true", "null"})
_FIELDS: Final = {PASSWD: 7, SHADOW: 9, GROUP: 4, GSHADOW: 4}


class Entry(NamedTuple):
    """One line of a file of accounts: its fields, and where it stands."""

    fields: tuple[str, ...]
    path: str
    line: int
    layer: int

    @property
    def name(self) -> str:
        """Return the name of the account or group."""
        return self.fields[0]

    @property
    def password(self) -> str:
        """Return what kind of password there is, see :mod:`facts.account_lines`."""
        return self.fields[1]

    def number(self, field: int) -> int | None:
        """Return a field as a number, None where it is none."""
        text = self.fields[field] if field < len(self.fields) else ""
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None  # noqa: PLR2004 - digits of 32 bits


class Accounts:
    """All of them, in the order of the files. Raises :class:`Unreadable` where a file can't be."""

    def __init__(self, system: System) -> None:
        """Look at a system; nothing is read yet."""
        self._system = system

    def file(self, path: str) -> Config | None:
        """Return one of the files."""
        return self._system.file(path)

    def _entries(self, path: str) -> Iterator[Entry]:
        file = self.file(path)
        for number, text in file.lines if file is not None else ():
            fields = tuple(text.split(":"))
            whole = len(fields) >= _FIELDS[path] and not is_legacy(fields[0])
            if file is not None and whole and not text.startswith("#"):
                yield Entry(fields, path, number, file.layer)

    def odd(self) -> Iterator[Entry]:
        """Yield lines that are no account: broken ones, and legacy ones that begin with ``+``."""
        for path in _FIELDS:
            file = self.file(path)
            for number, text in file.lines if file is not None else ():
                fields = tuple(text.split(":"))
                broken = len(fields) < _FIELDS[path] or fields[1:] == (SEVERED,)
                if file is not None and (broken or is_legacy(text)) and not text.startswith("#"):
                    yield Entry((*fields, "")[: max(2, len(fields))], path, number, file.layer)

    @cached_property
    def users(self) -> tuple[Entry, ...]:
        """The lines of passwd: name, password, uid, gid, comment, home, shell."""
        return tuple(self._entries(PASSWD))

    @cached_property
    def shadows(self) -> Mapping[str, Entry]:
        """The lines of shadow by name; the first of a name counts."""
        return {entry.name: entry for entry in reversed(list(self._entries(SHADOW)))}

    @cached_property
    def groups(self) -> tuple[Entry, ...]:
        """The lines of group: name, password, gid, members."""
        return tuple(self._entries(GROUP))

    @cached_property
    def group_shadows(self) -> tuple[Entry, ...]:
        """The lines of gshadow: name, password, administrators, members."""
        return tuple(self._entries(GSHADOW))

    @cached_property
    def group_ids(self) -> Mapping[str, int]:
        """The number of each group by name."""
        return {
            entry.name: gid
            for entry in reversed(self.groups)
            if (gid := entry.number(2)) is not None
        }


def is_legacy(line: str) -> bool:
    """Say whether a line brings in accounts of NIS: ``+``, ``+name``, ``-name``, ``+@netgroup``."""
    return line.startswith(("+", "-"))


def can_log_in(user: Entry) -> bool:
    """Say whether the shell of an account lets it log in; an empty one is ``/bin/sh``."""
    return is_login_shell(user.fields[6])


def is_login_shell(shell: str) -> bool:
    """Say whether a shell lets an account log in; an empty one is ``/bin/sh``."""
    return shell.rpartition("/")[2] not in _NO_SHELLS


def has_password(word: str) -> bool:
    """Say whether a password may fit: the field holds a hash and is not locked."""
    return bool(word) and not word.startswith("!") and word != SHADOWED
