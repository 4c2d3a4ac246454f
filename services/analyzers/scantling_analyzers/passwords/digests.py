"""Hashes that no system's library computes: of web servers, directories, databases; pure.

Each function tells whether a hash is that of a password; the form of the hash was looked at before
(:mod:`scantling_analyzers.passwords.schemes`).
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Final

from scantling_analyzers.passwords.encoding import fixed_text

if TYPE_CHECKING:
    from collections.abc import Callable

_APR_ROUNDS: Final = 1000
_APR_ORDER: Final = ((0, 6, 12), (1, 7, 13), (2, 8, 14), (3, 9, 15), (4, 10, 5))
_SHA1_BYTES: Final = 20
_BY_LENGTH: Final = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
"""The digest of so many hexadecimal digits."""


def apr1(password: bytes, hash_: bytes) -> bool:
    """Tell it for ``$apr1$salt$…`` of Apache's htpasswd: MD5, a thousand times over."""
    salt = hash_.split(b"$")[2]
    return _apr1(password, salt) == hash_.rpartition(b"$")[2]


def _apr1(password: bytes, salt: bytes) -> bytes:
    inner = hashlib.md5(password + salt + password, usedforsecurity=False).digest()
    text = password + b"$apr1$" + salt
    text += (inner * (len(password) // len(inner) + 1))[: len(password)]
    bits = len(password)
    while bits:
        text += b"\0" if bits & 1 else password[:1]
        bits >>= 1
    digest = hashlib.md5(text, usedforsecurity=False).digest()
    for number in range(_APR_ROUNDS):
        odd = number & 1
        parts = [password if odd else digest]
        if number % 3:
            parts.append(salt)
        if number % 7:
            parts.append(password)
        parts.append(digest if odd else password)
        digest = hashlib.md5(b"".join(parts), usedforsecurity=False).digest()
    said = b"".join(
        fixed_text(digest[a] << 16 | digest[b] << 8 | digest[c], 4) for a, b, c in _APR_ORDER
    )
    return said + fixed_text(digest[11], 2)


def sha(password: bytes, hash_: bytes) -> bool:
    """Tell it for ``{SHA}…``: SHA-1 without salt, in base64."""
    return base64.b64decode(hash_[5:]) == _digest("sha1", password)


def ssha(password: bytes, hash_: bytes) -> bool:
    """Tell it for ``{SSHA}…``: SHA-1 with the salt behind it (RFC 2307 and its kin)."""
    try:
        data = base64.b64decode(hash_[6:], validate=True)
    except ValueError:
        return False
    return data[:_SHA1_BYTES] == _digest("sha1", password + data[_SHA1_BYTES:])


def mysql(password: bytes, hash_: bytes) -> bool:
    """Tell it for ``*…`` of ``mysql_native_password``: SHA-1 of SHA-1."""
    return _digest("sha1", _digest("sha1", password)).hex() == hash_[1:].decode().lower()


def redis(password: bytes, hash_: bytes) -> bool:
    """Tell it for ``#…`` of Redis' ACL: SHA-256."""
    return _digest("sha256", password).hex() == hash_[1:].decode()


def plain_digest(password: bytes, hash_: bytes) -> bool:
    """Tell it for hexadecimal digits alone: the digest of that length."""
    return _digest(_BY_LENGTH[len(hash_)], password).hex() == hash_.decode().lower()


def tomcat(password: bytes, hash_: bytes) -> bool:
    """Tell it for ``salt$iterations$digest`` of Tomcat's credential handlers.

    Which of the two made it is not written: an iterated digest, or PBKDF2 with one of its digests.
    """
    salt_text, rounds_text, said_text = hash_.split(b"$")
    try:
        salt, said = bytes.fromhex(salt_text.decode()), bytes.fromhex(said_text.decode())
    except ValueError:
        return False
    rounds = int(rounds_text)
    name = _BY_LENGTH.get(len(said_text))
    if name is not None and _iterated(name, salt + password, rounds) == said:
        return True
    return any(
        hashlib.pbkdf2_hmac(each, password, salt, max(rounds, 1), len(said)) == said
        for each in ("sha1", "sha256", "sha512")
    )


def _iterated(name: str, text: bytes, rounds: int) -> bytes:
    digest = _digest(name, text)
    for _ in range(rounds - 1):
        digest = _digest(name, digest)
    return digest


def _digest(name: str, text: bytes) -> bytes:
    return hashlib.new(name, text, usedforsecurity=False).digest()


FITS: Final[dict[str, Callable[[bytes, bytes], bool]]] = {
    "apr1": apr1,
    "sha": sha,
    "ssha": ssha,
    "mysql": mysql,
    "redis": redis,
    "digest": plain_digest,
    "tomcat": tomcat,
}
"""By the name of the scheme."""
