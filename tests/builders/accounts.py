"""Files of accounts, and hashes made by the system's own library."""

from __future__ import annotations

import ctypes
from typing import Final

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.padding import PKCS7

SALT: Final = b"a fixed random salt of 32 bytes."
_ROOM: Final = 256 * 1024
_SETTING_BYTES: Final = 192


def library() -> ctypes.CDLL:
    """Return the library, or skip the test where there is none that makes salts."""
    try:
        loaded = ctypes.CDLL("libcrypt.so.1")
        loaded.crypt_gensalt_rn.restype = ctypes.c_char_p
    except (OSError, AttributeError):
        pytest.skip("there is no libxcrypt here")
    return loaded


def setting(prefix: bytes, cost: int = 0) -> bytes:
    """Return how a scheme writes a salt; skip the test where the library has not that scheme."""
    made = library().crypt_gensalt_rn
    made.argtypes = (
        *(ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p),
        *(ctypes.c_int, ctypes.c_char_p, ctypes.c_int),
    )
    room = ctypes.create_string_buffer(_SETTING_BYTES)
    found: bytes | None = made(prefix, cost, SALT, 16, room, _SETTING_BYTES)
    if not found:
        pytest.skip(f"the library here has no {prefix.decode()}")
    return found


def hashed(password: bytes, prefix: bytes, cost: int = 0) -> bytes:
    """Return a hash of a password as the library makes it."""
    return with_setting(password, setting(prefix, cost))


def with_setting(password: bytes, salt: bytes) -> bytes:
    """Return the hash of a password with a salt that is written as its scheme writes it."""
    crypt = library().crypt_r
    crypt.restype = ctypes.c_char_p
    crypt.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p)
    answer: bytes | None = crypt(password, salt, ctypes.create_string_buffer(_ROOM))
    assert answer is not None
    assert not answer.startswith(b"*"), "the library refuses"
    return answer


def passwd(name: str, uid: int = 1000, *, field: str = "x", login: str = "/bin/sh") -> bytes:
    """Return a line of passwd."""
    return f"{name}:{field}:{uid}:{uid}::/home/{name}:{login}\n".encode()


def shadow(name: str, password: bytes | str, *, changed: str = "19000", expires: str = "") -> bytes:
    """Return a line of shadow."""
    field = password if isinstance(password, bytes) else password.encode()
    return name.encode() + b":" + field + f":{changed}:0:99999:7::{expires}:\n".encode()


def login_path(*lines: bytes) -> bytes:
    """Return a ``.mylogin.cnf`` as mysql_config_editor writes it."""
    seed = bytes(range(1, 21))
    key = bytes(a ^ b for a, b in zip(seed[:16], seed[16:] + bytes(12), strict=True))
    content = bytes(4) + seed
    for line in lines:
        padder = PKCS7(128).padder()
        encryptor = Cipher(AES(key), modes.ECB()).encryptor()  # noqa: S305  # as MySQL does
        packed = encryptor.update(padder.update(line) + padder.finalize()) + encryptor.finalize()
        content += len(packed).to_bytes(4, "little") + packed
    return content
