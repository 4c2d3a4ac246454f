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
    secret, scheme = _hash_in(bare)
    if not secret:
        return Entry(b"", "locked", locked=True)
    return Entry(b"", "hash", secret, scheme, locked=secret != field[: len(secret)])


def _hash_in(bare: bytes) -> tuple[bytes, str]:
    """Return a hash and its scheme; nothing where there is none."""
    if len(bare) > MAX_PASSWORD_BYTES:
        return bare[:MAX_PASSWORD_BYTES], UNKNOWN
    known = recognise(bare)
    if known is not None:
        return bare, known.scheme.name
    if looks_like_hash(bare):
        return bare, UNKNOWN
    # What some put before a hash to lock an account: "*LK*", "{CRYPT}".
    behind = bare[at:] if (at := bare.find(b"$")) > 0 else b""
    known = recognise(behind)
    return (behind, known.scheme.name) if known is not None else (b"", "")


def clear(name: bytes, password: bytes) -> Entry:
    """Return an account whose password stands there as it is."""
    if not password:
        return Entry(name, "empty")
    return Entry(name, "clear", password[:MAX_PASSWORD_BYTES])
