"""Configuration files of Redis and MySQL, and password files of web servers; pure.

Each function takes a line, or lines, and yields accounts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.accounts.entry import Entry, clear, hashed
from scantling_analyzers.passwords.schemes import looks_like_hash, recognise

if TYPE_CHECKING:
    from collections.abc import Iterator

REDIS_DEFAULT: Final = b"default"
"""The user of Redis that ``requirepass`` is the password of."""
_REDIS_LINE: Final = re.compile(rb"(?:requirepass|masterauth|sentinel|user)[ \t]", re.IGNORECASE)
_WORD: Final = re.compile(
    rb"\"((?:[^\"\\]|\\.)*+)\"|'((?:[^'\\]|\\.)*+)'|([^\s\"'][^\s]*+)|([\"'])", re.DOTALL
)
"""A word in quotation marks, one without, or a mark that nothing closes."""
_ESCAPED: Final = re.compile(rb"\\(.)", re.DOTALL)
_REDIS_HASH: Final = re.compile(rb"#[0-9a-fA-F]{64}")
_TWO: Final = 2
_MYSQL_SECTION: Final = re.compile(rb"\[([^\]\n]{1,64})\]")
_MYSQL_OPTION: Final = re.compile(
    rb"(password|user|loose[-_]password)[ \t]*+(?:=[ \t]*+(.*))?", re.IGNORECASE
)
_SERVERS: Final = frozenset({b"mysqld", b"mysqld_safe", b"server", b"mariadbd"})
"""Sections whose options are those of servers: they have no password to log in with."""
MAX_START: Final = 16 * 1024
"""In how much of a file its first line must be."""
_WEB_TAIL: Final = re.compile(rb"[: \t]")


def redis(line: bytes) -> Iterator[Entry]:
    """Yield the accounts of a line of redis.conf or of an ACL file.

    ``requirepass``, ``masterauth`` and ``sentinel auth-pass`` have a password; ``user`` has rules:
    ``>password``, ``#sha256``, ``nopass``, ``off``.
    """
    if not _REDIS_LINE.match(line):
        return
    words = _words(line)
    if len(words) < _TWO:
        return
    first = words[0].lower()
    if first == b"requirepass":
        yield clear(REDIS_DEFAULT, words[1])
    elif first == b"masterauth":
        yield clear(b"master", words[1])
    elif first == b"sentinel" and len(words) > 3 and words[1].lower() == b"auth-pass":  # noqa: PLR2004  # as written there
        yield clear(words[2], words[3])
    elif first == b"user":
        yield from _redis_user(words[1], words[2:])


def _redis_user(name: bytes, rules: list[bytes]) -> Iterator[Entry]:
    is_off = b"off" in rules and b"on" not in rules
    if b"nopass" in rules:
        yield Entry(name, "empty", locked=is_off)
    for rule in rules:
        if rule.startswith(b">"):
            yield clear(name, rule[1:])._replace(locked=is_off)
        elif _REDIS_HASH.fullmatch(rule):
            yield Entry(name, "hash", rule.lower(), "redis", locked=is_off)


def _words(line: bytes) -> list[bytes]:
    """Return the words of a line, without the quotation marks and backslashes around them."""
    found = []
    for match in _WORD.finditer(line):
        double, single, plain, broken = match.groups()
        if broken is not None:
            raise Unreadable("a quotation mark is not closed", code="malformed")
        if double is not None:
            found.append(_ESCAPED.sub(rb"\1", double))
        else:
            found.append(single.replace(b"\\'", b"'") if single is not None else plain)
    return found


class MysqlOptions:
    """Reads an option file of MySQL or MariaDB: a section has a user and a password."""

    def __init__(self) -> None:
        """Begin outside of any section."""
        self._section, self._user = b"", b""

    def line(self, line: bytes) -> Iterator[Entry]:
        """Yield the password of a line, with the user that its section named, or ``root``."""
        section = _MYSQL_SECTION.match(line)
        if section:
            self._section, self._user = section[1].strip(), b""
            return
        option = _MYSQL_OPTION.fullmatch(line)
        if option is None:
            return
        given = _unquoted(option[2] or b"")
        if option[1].lower() == b"user":
            self._user = given
        elif self._section not in _SERVERS and option[2] is not None:
            # Without a value the client asks for it; an empty one is a password that is empty.
            yield clear(self._user or b"root", given)


def _unquoted(text: bytes) -> bytes:
    text = text.strip()
    if len(text) >= _TWO and text[:1] == text[-1:] and text[:1] in {b"'", b'"'}:
        return text[1:-1]
    return text.partition(b" #")[0].rstrip()


def is_web_file(content: bytes) -> bool:
    """Tell whether a file is one of ``htpasswd``, by its first line: others have such names, too.

    The program itself, and what completes its arguments in a shell.
    """
    for line in content[:MAX_START].splitlines():
        if line.strip() and not line.startswith(b"#"):
            name, colon, field = line.strip().partition(b":")
            known = field.startswith(b"{") or looks_like_hash(_WEB_TAIL.split(field, maxsplit=1)[0])
            return bool(name and colon and known)
    return False


def web(line: bytes) -> Iterator[Entry]:
    """Yield the account of a line of ``htpasswd``: what is no hash is in the clear."""
    name, colon, rest = line.partition(b":")
    if not colon:
        raise Unreadable("a line has no password field", code="malformed")
    field = _WEB_TAIL.split(rest, maxsplit=1)[0]
    plain = field.removeprefix(b"{PLAIN}")
    if plain != field or not field:
        yield clear(name, plain)
    elif recognise(field) is not None:
        yield hashed(field)._replace(name=name)
    else:
        entry = hashed(field)
        yield (entry if entry.state == "hash" else clear(b"", field))._replace(name=name)
