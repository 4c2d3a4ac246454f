"""Hashes that no system's library computes, against values that other programs made."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess

import pytest

from scantling_analyzers.passwords.digests import FITS
from scantling_analyzers.passwords.schemes import recognise


def fits(password: bytes, hash_: bytes) -> bool:
    known = recognise(hash_)
    assert known is not None
    assert not known.scheme.of_library
    return FITS[known.scheme.name](password, hash_)


def tomcat(name: str, salt: bytes, rounds: int, password: bytes) -> bytes:
    """Return what Tomcat's MessageDigestCredentialHandler stores."""
    digest = hashlib.new(name, salt + password).digest()
    for _ in range(1, rounds):
        digest = hashlib.new(name, digest).digest()
    return b"%s$%d$%s" % (salt.hex().encode(), rounds, digest.hex().encode())


SALTED = hashlib.sha1(b"passwordsalt", usedforsecurity=False).digest() + b"salt"
PBKDF2 = hashlib.pbkdf2_hmac("sha512", b"password", b"salt", 100, 32).hex()
HASHES = [
    b"{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
    b"{SSHA}" + base64.b64encode(SALTED),
    # As MySQL 5.7 and MariaDB print it for SELECT PASSWORD('password').
    b"*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19",
    b"#" + hashlib.sha256(b"password").hexdigest().encode(),
    hashlib.md5(b"password", usedforsecurity=False).hexdigest().encode(),
    hashlib.sha1(b"password", usedforsecurity=False).hexdigest().encode(),
    hashlib.sha256(b"password").hexdigest().upper().encode(),
    hashlib.sha512(b"password").hexdigest().encode(),
    tomcat("sha256", b"salt", 1, b"password"),
    tomcat("sha1", b"salt", 20, b"password"),
    b"73616c74$100$" + PBKDF2.encode(),
]


@pytest.mark.parametrize("hash_", HASHES)
def test_the_password_fits_and_another_does_not(hash_: bytes) -> None:
    assert fits(b"password", hash_)
    assert not fits(b"Password", hash_)
    assert not fits(b"", hash_)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl here")
@pytest.mark.parametrize("password", ["password", "a", "seventeen letters", "ü" * 20])
def test_apr1_is_what_openssl_makes(password: str) -> None:
    command = ["openssl", "passwd", "-apr1", "-salt", "saltsalt", password]
    made = subprocess.run(command, capture_output=True, check=True).stdout.strip()

    assert fits(password.encode(), made)
    assert not fits(password.encode() + b"x", made)


@pytest.mark.parametrize("hash_", [b"{SSHA}" + b"A" * 29, b"abc$5$" + b"a" * 40])
def test_what_is_damaged_fits_nothing(hash_: bytes) -> None:
    assert not fits(b"password", hash_)
