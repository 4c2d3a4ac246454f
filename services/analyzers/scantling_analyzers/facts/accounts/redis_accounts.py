"""Accounts in redis.conf and in files of access control lists (redis.io, "ACL"); pure.

Of what is set twice the last one holds. A line for the user ``default`` takes the place of
``requirepass``, wherever they stand.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.accounts.entry import Entry, clear

if TYPE_CHECKING:
    from collections.abc import Iterator

_LINE: Final = re.compile(
    rb"(?:requirepass|masterauth|primaryauth|sentinel|user)[ \t]", re.IGNORECASE
)
_USER_LINE: Final = re.compile(rb"user[ \t]", re.IGNORECASE)
_WORD: Final = re.compile(
    rb"\s*+([^\s\"']*+)(?:\"((?:[^\"\\]|\\.)*+)\"|'((?:[^'\\]|\\'?)*+)')?+(?!\S)", re.DOTALL
)
"""A word; from a quotation mark in it on it is quoted to its end."""
_ESCAPED: Final = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_MEANT: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"a": b"\a"}
_HASH: Final = re.compile(rb"#[0-9a-fA-F]{64}")
_DEFAULT: Final = b"default"
_TWO: Final = 2
_FOUR: Final = 4
_MASTER: Final = b"master"
_OFF: Final = frozenset({b"off", b"reset"})
_NO_PASSWORDS: Final = frozenset({b"nopass", b"resetpass", b"reset"})

_DEFAULT_USER: Final = (b"user", _DEFAULT)
_REQUIREPASS: Final = (b"requirepass",)


class Setting(NamedTuple):
    """The accounts of a line; one with the same ``key`` that comes later takes its place."""

    key: tuple[bytes, ...]
    accounts: tuple[Entry, ...]


def redis_line(line: bytes) -> Iterator[Setting]:
    """Yield what a line of redis.conf sets. Raises :class:`Unreadable` (``malformed``).

    ``requirepass`` is the password of the user ``default``; ``masterauth`` and those of
    ``sentinel`` are for other servers; ``user`` has rules.
    """
    if not _LINE.match(line):
        return
    words = _words(line)
    if len(words) < _TWO:
        return
    first = words[0].lower()
    if first == b"requirepass":
        yield Setting(_REQUIREPASS, (clear(_DEFAULT, words[1]),))
    elif first in {b"masterauth", b"primaryauth"}:
        yield _given((_MASTER,), words[1])
    elif first == b"user":
        yield _user(words[1], words[2:])
    elif words[1].lower() == b"auth-pass" and len(words) >= _FOUR:
        yield _given((b"auth-pass", words[2]), words[3])
    elif words[1].lower() == b"sentinel-pass" and len(words) >= _FOUR - 1:
        yield _given((b"sentinel-pass", b"sentinel"), words[2])


def acl_line(line: bytes) -> Iterator[Setting]:
    """Yield what a line of an ACL file sets: the first releases took quotation marks away."""
    if not _USER_LINE.match(line):
        return
    try:
        words = _words(line)
    except Unreadable:
        words = line.split()
    if len(words) >= _TWO:
        yield _user(words[1], words[2:])


def accounts_of(settings: list[tuple[int, Setting]]) -> Iterator[tuple[int, Entry]]:
    """Yield the accounts that settings make, with their lines."""
    has_default = any(setting.key == _DEFAULT_USER for _, setting in settings)
    for line, setting in settings:
        if setting.key != _REQUIREPASS or not has_default:
            for account in setting.accounts:
                yield line, account


def _given(key: tuple[bytes, ...], password: bytes) -> Setting:
    """Return a password that is given to another server; an empty one is none."""
    return Setting(key, (clear(key[-1], password),) if password else ())


def _user(name: bytes, rules: list[bytes]) -> Setting:
    """Return the passwords that rules leave, which apply in their order; a user begins as off."""
    is_off, is_free = True, False
    passwords: dict[bytes, Entry] = {}
    for rule in rules:
        word = rule.lower()
        if word == b"on" or word in _OFF:
            is_off = word in _OFF
        if word in _NO_PASSWORDS:
            passwords.clear()
            is_free = word == b"nopass"
        elif rule.startswith(b">"):
            passwords[rule], is_free = clear(name, rule[1:]), False
        elif _HASH.fullmatch(rule):
            passwords[word], is_free = Entry(name, "hash", word, "redis"), False
        elif rule.startswith((b"<", b"!")):
            passwords.pop(b">" + rule[1:] if rule[:1] == b"<" else b"#" + word[1:], None)
    found = [Entry(name, "empty")] if is_free else list(passwords.values())
    return Setting((b"user", name), tuple(each._replace(locked=is_off) for each in found))


def _words(line: bytes) -> list[bytes]:
    """Return the words of a line, without quotation marks and what they escape.

    Raises :class:`Unreadable` (``malformed``).
    """
    line, place = line.rstrip(), 0
    found = []
    while place < len(line):
        match = _WORD.match(line, place)
        if match is None:
            raise Unreadable("a quotation mark is not closed", code="malformed")
        plain, double, single = match.groups()
        if double is not None:
            plain += _ESCAPED.sub(_meant, double)
        elif single is not None:
            plain += single.replace(b"\\'", b"'")
        found.append(plain)
        place = match.end()
    return found


def _meant(match: re.Match[bytes]) -> bytes:
    digits, letter = match.groups()
    if digits is not None:
        return bytes.fromhex(digits.decode("ascii"))
    return _MEANT.get(letter, letter)
