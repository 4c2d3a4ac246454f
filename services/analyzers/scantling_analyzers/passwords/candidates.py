"""Which passwords are tried for one account, the most likely first; pure.

The name itself and what people make of it, the password that its software comes with, the list of
the project, then the list of common ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.passwords.common import common_passwords
from scantling_common.layers.escape import escape_text, unescape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MOST_LIKELY: Final = 25
"""How many of the common ones are tried before what is made of the name with a year."""
VNC_LENGTH: Final = 8
"""How much of a password VNC keeps, and compares."""
SHOWN_FROM: Final = 4
"""From how many characters on the first one of a password is shown."""
MAX_NAME: Final = 64
"""Of a longer name nothing is made."""

_ENDINGS: Final = (
    *("1", "12", "123", "1234", "12345", "123456", "01", "007", "!", "1!", "123!", "@", "#"),
    *("@1", "@12", "@123", "@1234", "@12345", "@123456", "#123", "_123", "123456!", "pass", "pwd"),
)
_YEARS: Final = range(2018, 2028)

DEFAULTS: Final[dict[str, tuple[str, ...]]] = {
    "redis": ("foobared", "redis", "redis123", "password"),
    "mysql": ("root", "mysql", "mariadb", "my-secret-pw", "example", "password"),
    "tomcat": (
        *("tomcat", "s3cret", "admin", "manager", "role1", "both", "password", "tomcat123"),
        *("<must-be-changed>", "must-be-changed", "changethis", "admanager", "root"),
    ),
    "web": ("admin", "password", "nagios", "nagiosadmin", "icinga", "squid", "test", "registry"),
    "vnc": ("password", "vncpass", "vncpassw", "headless", "123456", "ubuntu", "secret", "vnc"),
}
"""What software comes with, or its documentation shows; VNC looks at eight characters."""

NAMED: Final[dict[str, tuple[str, ...]]] = {
    "root": (
        *("toor", "root", "password", "changeme", "docker", "vagrant", "alpine", "ubuntu"),
        *("calvin", "openEuler12#$", "Huawei12#$", "Huawei@123", "raspberry", "kali", "dietpi"),
    ),
    "pi": ("raspberry",),
    "admin": ("admin", "password", "changeme", "Harbor12345", "minioadmin"),
    "oracle": ("oracle", "welcome1", "manager"),
    "postgres": ("postgres", "postgresql"),
    "jboss": ("jboss", "admin"),
    "osboxes": ("osboxes.org",),
    "kali": ("kali",),
    "ec2-user": ("ec2-user",),
}
"""What accounts of a name are given by images and appliances."""


class Lists:
    """The passwords for all accounts: the project's, then the common ones, each once."""

    def __init__(self, project: Iterable[str], common: Sequence[str]) -> None:
        """Take the project's passwords, and the common ones with the most likely first."""
        self.project = tuple(dict.fromkeys(project))
        self.common = tuple(common)
        self.shared = tuple(dict.fromkeys((*self.project, *self.common)))
        self.ranks = {password: rank for rank, password in enumerate(self.common, start=1)}
        self._known = frozenset(self.shared)
        self._cut = frozenset(each[:VNC_LENGTH] for each in self.shared)
        self._of_project = frozenset(self.project)

    def holds(self, password: str, system: str) -> bool:
        """Tell whether a password stands in either list; VNC keeps the beginning of one."""
        return password in (self._cut if system == "vnc" else self._known)

    def is_of_project(self, password: str) -> bool:
        """Tell whether a password stands in the project's list."""
        return password in self._of_project


def lists_with(project: Iterable[str]) -> Lists:
    """Return the lists of a project."""
    return Lists(project, common_passwords())


def likely(name: str, system: str, lists: Lists) -> tuple[str, ...]:
    """Return what is tried first for an account, without the lists that are for all."""
    common = lists.common[:MOST_LIKELY]
    made = (*_plain(name), *_defaults(name, system), *common, *_with_endings(name))
    return tuple(dict.fromkeys(("", *made)))


def why(password: str, name: str, system: str, lists: Lists) -> tuple[str, int]:
    """Return why a password is weak, in one word, and its rank among the common ones.

    The word is *empty*, *user_name*, *derived* (from the name), *your_list*, *default* or *common*;
    the rank counts from 1 and is 0 for all others.
    """
    if not password:
        return "empty", 0
    if name and password == name:
        return "user_name", 0
    if lists.is_of_project(password):
        return "your_list", 0
    if password in _defaults(name, system):
        return "default", 0
    if password in (*_plain(name), *_with_endings(name)):
        return "derived", 0
    return "common", lists.ranks.get(password, 0)


def is_weak(password: str, name: str, system: str, lists: Lists) -> bool:
    """Tell whether a password that is known is one of those that are tried."""
    return lists.holds(password, system) or password in likely(name, system, lists)


def plain_name(name: str) -> str:
    """Return the name of an account as it stands in its file, from that in a fact."""
    return as_text(unescape(name))


def as_text(password: bytes) -> str:
    """Return a password, or a name, as text, whatever its bytes are: see :func:`as_bytes`."""
    return password.decode("utf-8", "surrogateescape")


def as_bytes(password: str) -> bytes:
    """Return the bytes of a password."""
    return password.encode("utf-8", "surrogateescape")


def masked(password: str) -> str:
    """Return what may be shown: the first character of four and more, never how many there are."""
    if not password:
        return ""
    shown = escape_text(password[0]) if len(password) >= SHOWN_FROM else ""
    return f"{shown}******"


def _plain(name: str) -> Iterator[str]:
    if 0 < len(name) <= MAX_NAME:
        yield from (name, name.lower(), name.capitalize(), name.upper(), name[::-1], name * 2)
        yield from (f"{name}{name[::-1]}", f"1{name}", f"123{name}", f"{name[::-1]}123")


def _with_endings(name: str) -> Iterator[str]:
    if 0 < len(name) <= MAX_NAME:
        for start in dict.fromkeys((name, name.capitalize())):
            yield from (f"{start}{ending}" for ending in _ENDINGS)
            yield from (f"{start}{year}" for year in _YEARS)
        yield from (f"{name.capitalize()}@{year}" for year in _YEARS)


def _defaults(name: str, system: str) -> tuple[str, ...]:
    of_system = DEFAULTS.get(system, ())
    return (*of_system, *NAMED.get(name.lower(), ()))
