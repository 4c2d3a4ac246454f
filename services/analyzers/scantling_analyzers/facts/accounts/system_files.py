"""passwd(5), shadow(5), group(5), gshadow(5) and the old passwords of pam_pwhistory(8); pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.accounts.entry import Entry, hashed

if TYPE_CHECKING:
    from collections.abc import Iterator

_PASSWD_FIELDS: Final = 4
"""Name, password, uid and gid: further ones that are not there are empty to the system."""
_SHADOW_FIELDS: Final = 2
_UID, _SHELL = 2, 6
_CHANGED, _EXPIRES = 2, 7
_HISTORY_FIELDS: Final = 4
_MAX_HISTORY: Final = 400
"""How many old passwords of one user are looked at (pam_pwhistory keeps no more)."""
_MOST_DIGITS: Final = 10


def passwd(line: bytes) -> Iterator[Entry]:
    """Yield the account of a line; with ``x`` its password stands in the shadow file."""
    fields = line.split(b":")
    if _is_directory(fields):
        yield from _of_directory(fields)
        return
    if len(fields) < _PASSWD_FIELDS:
        message = f"a line has {len(fields)} fields, an account has {_PASSWD_FIELDS} or more"
        raise Unreadable(message, code="malformed")
    name, password = fields[0], fields[1]
    entry = Entry(b"", "shadow") if password == b"x" else hashed(password)
    shell = fields[_SHELL].strip() if len(fields) > _SHELL else b""
    yield entry._replace(name=name, uid=_number(fields[_UID]), shell=shell)


def shadow(line: bytes) -> Iterator[Entry]:
    """Yield the account of a shadow line, with the day of its last change and its last day."""
    fields = line.split(b":")
    if _is_directory(fields):
        yield from _of_directory(fields)
        return
    if len(fields) < _SHADOW_FIELDS:
        raise Unreadable("a line has no password field", code="malformed")
    changed, expires = (
        _number(fields[at]) if len(fields) > at else -1 for at in (_CHANGED, _EXPIRES)
    )
    yield hashed(fields[1])._replace(name=fields[0], changed=changed, expires=expires)


def group(line: bytes) -> Iterator[Entry]:
    """Yield the group of a line where it has a password.

    A group without one can't be joined by one: an empty field is the usual case.
    """
    fields = line.split(b":")
    if _is_directory(fields):
        return
    if len(fields) < _SHADOW_FIELDS:
        raise Unreadable("a line has no password field", code="malformed")
    entry = hashed(fields[1])
    if entry.state == "hash":
        yield entry._replace(name=fields[0])


def history(line: bytes) -> Iterator[Entry]:
    """Yield the old passwords of a line of opasswd: ``name:uid:count:hash,hash``."""
    fields = line.split(b":", _HISTORY_FIELDS - 1)
    if len(fields) < _HISTORY_FIELDS:
        raise Unreadable("a line has no passwords", code="malformed")
    for each in fields[3].split(b",", _MAX_HISTORY)[:_MAX_HISTORY]:
        entry = hashed(each.strip())
        if entry.state == "hash":
            yield entry._replace(name=fields[0], uid=_number(fields[1]))


def _of_directory(fields: list[bytes]) -> Iterator[Entry]:
    """Yield the account of ``+name:hash``: that password goes before the directory's."""
    entry = hashed(fields[1]) if len(fields) > 1 else None
    if entry is not None and entry.state == "hash":
        yield entry._replace(name=fields[0].lstrip(b"+-"))


def _is_directory(fields: list[bytes]) -> bool:
    """Tell whether a line stands for accounts of a directory (NIS), which is not in an image.

    See nsswitch.conf(5), *Compatibility mode*.
    """
    return fields[0].startswith((b"+", b"-"))


def _number(field: bytes) -> int:
    text = field.strip()
    return int(text) if text.isdigit() and len(text) <= _MOST_DIGITS else -1
