"""One account as a parser finds it, before what is secret in it is sealed; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec.structs import replace

from scantling_analyzers.facts.models import Account, account_place
from scantling_analyzers.facts.reading import value
from scantling_analyzers.passwords.schemes import looks_like_hash, recognise

if TYPE_CHECKING:
    from scantling_analyzers.fact_seal import FactSeal

MAX_ACCOUNTS: Final = 100_000
"""How many accounts of one file are read."""
MAX_LINE_BYTES: Final = 4096
MAX_PASSWORD_BYTES: Final = 1024
"""The longest password or hash that is kept; nobody tries longer ones."""

UNKNOWN: Final = "unknown"
"""The scheme of what looks like a hash and is none that is known."""
_LOCKS: Final = b"!*"
_NO_HASH: Final = frozenset(
    {b"x", b"X", b"LK", b"LK*", b"NP", b"NP*", b"LOCKED", b"lock", b"locked"}
)


class Entry(NamedTuple):
    """An account; ``secret`` is the hash or the password itself, empty where there is none.

    ``state`` is that of :class:`~scantling_analyzers.facts.models.Account`.
    """

    name: bytes
    state: str
    secret: bytes = b""
    scheme: str = ""
    locked: bool = False
    uid: int = -1
    shell: bytes = b""
    changed: int = -1
    expires: int = -1


def fact_of(entry: Entry, *, path: str, line: int, system: str, seal: FactSeal) -> Account:
    """Return the fact. Raises :class:`~scantling_analyzers.contract.Unreadable` (``too_large``)."""
    account = Account(
        path=path,
        name=value(entry.name, "the name of an account"),
        line=line,
        system=system,
        state=entry.state,
        scheme=entry.scheme,
        locked=entry.locked,
        uid=entry.uid,
        shell=value(entry.shell, "the shell of an account"),
        changed=entry.changed,
        expires=entry.expires,
    )
    if not entry.secret:
        return account
    return replace(account, sealed=seal.seal(entry.secret, account_place(account)))


def hashed(field: bytes) -> Entry:
    """Return what the field of a password says of an account (crypt(5), shadow(5)); no name.

    ``!`` or ``*`` before a hash locks the account: the hash is one all the same. What can be no
    hash is fitted by no password.
    """
    bare = field.lstrip(_LOCKS)
    if not field:
        return Entry(b"", "empty")
    if not bare or bare in _NO_HASH:
        return Entry(b"", "locked", locked=True)
    if len(bare) > MAX_PASSWORD_BYTES:
        return Entry(b"", "hash", bare[:MAX_PASSWORD_BYTES], UNKNOWN, locked=bare != field)
    known = recognise(bare)
    if known is not None:
        return Entry(b"", "hash", bare, known.scheme.name, locked=bare != field)
    if looks_like_hash(bare):
        return Entry(b"", "hash", bare, UNKNOWN, locked=bare != field)
    return Entry(b"", "locked", locked=True)


def clear(name: bytes, password: bytes) -> Entry:
    """Return an account whose password stands there as it is."""
    if not password:
        return Entry(name, "empty")
    return Entry(name, "clear", password[:MAX_PASSWORD_BYTES])
