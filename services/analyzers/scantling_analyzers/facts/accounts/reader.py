"""The reader of accounts: who is in the files of passwords, and the passwords, sealed."""

from __future__ import annotations

import re
from operator import attrgetter
from typing import TYPE_CHECKING, Final, TypeVar

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.accounts.entry import MAX_ACCOUNTS, MAX_LINE_BYTES, Entry, fact_of
from scantling_analyzers.facts.accounts.login_path import MAX_BYTES as MAX_LOGIN_PATH
from scantling_analyzers.facts.accounts.login_path import login_path
from scantling_analyzers.facts.accounts.mysql_options import MysqlOptions, Option
from scantling_analyzers.facts.accounts.mysql_options import accounts_of as mysql_accounts
from scantling_analyzers.facts.accounts.redis_accounts import accounts_of as redis_accounts
from scantling_analyzers.facts.accounts.redis_accounts import acl_line, redis_line
from scantling_analyzers.facts.accounts.settled import settled
from scantling_analyzers.facts.accounts.system_files import group, history, passwd, shadow
from scantling_analyzers.facts.accounts.tomcat_users import tomcat_users
from scantling_analyzers.facts.accounts.vnc import SIZES as VNC_SIZES
from scantling_analyzers.facts.accounts.vnc import vnc
from scantling_analyzers.facts.accounts.web_files import MAX_START, is_web_file, web
from scantling_analyzers.facts.reading import bounded, located, whole, whole_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import Account, AnyFact, LocatedError

    Found = Iterator[tuple[int, Entry | Unreadable]]
    Lines = Callable[[bytes], Iterable[Entry]]

T = TypeVar("T")

MAX_BYTES: Final = 32 * 1024 * 1024
"""The largest file that is read: 100,000 accounts with long hashes."""
_MAX_LINES: Final = 1_000_000
_MAX_BROKEN: Final = 1000
"""After how many lines that can't be read a file is no such file."""

_SYSTEM: Final[dict[str, tuple[str, Lines]]] = {
    "etc/passwd": ("linux", passwd),
    "etc/passwd-": ("linux", passwd),
    "etc/shadow": ("linux", shadow),
    "etc/shadow-": ("linux", shadow),
    "etc/group": ("group", group),
    "etc/gshadow": ("group", group),
    "etc/gshadow-": ("group", group),
    "etc/security/opasswd": ("history", history),
    "etc/opasswd": ("history", history),
}
_REDIS: Final = (
    *("**/redis.conf", "**/redis-*.conf", "**/valkey.conf", "**/sentinel.conf", "**/users.acl"),
    *("etc/redis/*.conf", "etc/redis/*.acl", "etc/valkey/*.conf", "etc/valkey/*.acl"),
)
_MYSQL: Final = (
    *("**/.my.cnf", "**/my.cnf", "**/.mycli.cnf", "etc/my.cnf.d/*.cnf", "etc/mysql/*.cnf"),
    *("etc/mysql/conf.d/*.cnf", "etc/mysql/mysql.conf.d/*.cnf", "etc/mysql/mariadb.conf.d/*.cnf"),
)
_WEB: Final = (
    *("**/.htpasswd", "**/htpasswd", "**/.htpasswd-*", "**/htpasswd.users", "**/htpasswd.txt"),
    *("**/*.htpasswd", "etc/nginx/.htpasswd*", "etc/nginx/passwd*", "etc/apache2/.htpasswd*"),
    *("etc/httpd/conf/.htpasswd*",),
)
_LOGIN_PATH: Final = ("**/.mylogin.cnf",)
_TOMCAT: Final = ("**/tomcat-users.xml",)
_VNC: Final = ("**/.vnc/passwd", "**/.config/tigervnc/passwd", "**/vncpasswd", "**/.vncpasswd")
_IS_REDIS: Final = re.compile(
    r"(?:^|/)(?:redis|valkey|sentinel)[^/]*\.conf$|\.acl$|^etc/(?:redis|valkey)/"
)
_ACL: Final = b".acl"
_MORE_THAN_VNC: Final = 17
_VNC_PROGRAM: Final = b"vncpasswd"
"""What a file of passwords may be called, and the program that makes them is."""


class AccountReader(Reader):
    """Reads accounts; their hashes and passwords become facts only under the fact key."""

    name = "account"
    version = 6
    patterns: tuple[str, ...] = (*_SYSTEM, *_REDIS, *_MYSQL, *_WEB, *_LOGIN_PATH, *_TOMCAT, *_VNC)

    def read(self, file: LayerFile) -> Iterator[AnyFact | LocatedError]:
        """Yield the accounts of a file; what a line of it does not tell is an error.

        Raises :class:`~scantling_analyzers.contract.Unreadable` (``too_large``, ``not_text``,
        ``unsupported_format``).
        """
        system, found = _parsed(file)
        yield from bounded(_facts(file, system, found), file.text_path, limit=MAX_ACCOUNTS)


def _parsed(file: LayerFile) -> tuple[str, Found]:
    """Return of what system a file is, and what is in it."""
    path = file.text_path
    if path in _SYSTEM:
        system, parse = _SYSTEM[path]
        return system, _lines(file, parse, comments=False)
    return next((system, found(file)) for system, its_path, found in _SOFTWARE if its_path(path))


def _vnc(file: LayerFile) -> Found:
    if file.path.rpartition(b"/")[2] == _VNC_PROGRAM and file.size not in VNC_SIZES:
        return
    # Of one that is larger than any of its kind, no more than that is looked at.
    for entry in vnc(bytes(file.data[:_MORE_THAN_VNC])):
        yield 0, entry


def _login_path(file: LayerFile) -> Found:
    options = yield from settled(_login_path_options(file), attrgetter("key"))
    yield from mysql_accounts(options)


def _login_path_options(file: LayerFile) -> Iterator[tuple[int, Option | Unreadable]]:
    options = MysqlOptions()
    try:
        for line in login_path(whole(file, MAX_LOGIN_PATH)):
            for option in options.line(line.strip()):
                yield 0, option
    except Unreadable as error:
        yield 0, error


def _mysql(file: LayerFile) -> Found:
    options = yield from settled(_lines(file, MysqlOptions().line), attrgetter("key"))
    yield from mysql_accounts(options)


def _redis(file: LayerFile) -> Found:
    line = acl_line if file.path.endswith(_ACL) else redis_line
    settings = yield from settled(_lines(file, line), attrgetter("key"))
    yield from redis_accounts(settings)


def _web(file: LayerFile) -> Found:
    if file.path.rpartition(b"/")[2].startswith(b".") or is_web_file(bytes(file.data[:MAX_START])):
        yield from _lines(file, web)


def _tomcat(file: LayerFile) -> Found:
    found, ended = tomcat_users(whole(file, MAX_BYTES))
    yield from found
    if ended is not None:
        yield 0, ended


def _lines(
    file: LayerFile, parse: Callable[[bytes], Iterable[T]], *, comments: bool = True
) -> Iterator[tuple[int, T | Unreadable]]:
    content, broken = whole_text(file, MAX_BYTES), 0
    for number, raw in enumerate(content.split(b"\n", _MAX_LINES), start=1):
        line = raw.strip()
        if number > _MAX_LINES and line:
            # All the rest in one piece: however it begins, more stands behind it.
            message = f"more than {_MAX_LINES} lines, the further ones were not read"
            yield number, Unreadable(message, code="too_many")
            return
        if not line or (comments and line[:1] in {b"#", b";"}) or line.startswith(b"# "):
            continue
        if len(line) > MAX_LINE_BYTES and parse is not history:
            message = f"a line has {len(line)} bytes, {MAX_LINE_BYTES} are read"
            yield number, Unreadable(message, code="too_large")
        else:
            try:
                for each in parse(line):
                    yield number, each
            except Unreadable as error:
                yield number, error
                broken += 1
        if broken > _MAX_BROKEN:
            message = f"more than {_MAX_BROKEN} lines can't be read, the further ones were not"
            yield number, Unreadable(message, code="too_many")
            return


def _facts(file: LayerFile, system: str, found: Found) -> Iterator[Account | LocatedError]:
    path = file.text_path
    for line, each in found:
        try:
            if isinstance(each, Unreadable):
                raise each
            yield fact_of(each, path=path, line=line, system=system, seal=file.seal)
        except Unreadable as error:
            where = f"line {line}: " if line else ""
            yield located(Unreadable(f"{where}{error.message}", code=error.reason), path)


_SOFTWARE: Final[tuple[tuple[str, Callable[[str], object], Callable[[LayerFile], Found]], ...]] = (
    ("vnc", re.compile(r"(?:^|/)(?:\.vnc|tigervnc)/passwd$|(?:^|/)\.?vncpasswd$").search, _vnc),
    ("mysql", re.compile(r"(?:^|/)\.mylogin\.cnf$").search, _login_path),
    ("tomcat", re.compile(r"(?:^|/)tomcat-users\.xml$").search, _tomcat),
    ("redis", _IS_REDIS.search, _redis),
    ("mysql", re.compile(r"\.cnf$").search, _mysql),
    ("web", lambda _: True, _web),
)
"""Which system a path is of, the first that fits, and what reads it."""
