"""Sealing of single values at rest: AES-256-GCM (NIST SP 800-38D) under a key from a file.

A sealed value is ``S1``, the first 8 bytes of the key's SHA-256, a random nonce of 12 bytes, and
the ciphertext with its tag. It can be opened only in the place it was sealed for: collection, id
and field are authenticated with it. A key file holds one key a line, 32 bytes in base64: the
first one seals, all of them open, so that a key is changed by putting a new line on top.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
import stat
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from scantling_common.errors import ScantlingError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

KEY_BYTES: Final = 32
_MAGIC: Final = b"S1"
_ID_BYTES: Final = 8
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_LARGEST_FILE: Final = 4096


class KeyFileUnusable(ScantlingError):
    """The key file can't be used."""

    code = "key_file_unusable"


class SealBroken(ScantlingError):
    """A sealed value was damaged, moved from its place, or sealed with another key."""

    code = "seal_broken"


class Sealer:
    """Seals and opens values for named places."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Take keys of 32 bytes; the first one seals. Raises :class:`KeyFileUnusable`."""
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            message = f"a key has {KEY_BYTES} bytes, and there is at least one"
            raise KeyFileUnusable(message)
        self._first = _key_id(keys[0])
        self._keys = {_key_id(key): AESGCM(key) for key in reversed(keys)}

    @classmethod
    def from_file(cls, path: Path) -> Sealer:
        """Read a key file. Raises :class:`KeyFileUnusable` where others may read it, too."""
        return cls(read_key_file(path))

    def seal(self, plain: bytes, *, collection: str, id_: str, field: str) -> bytes:
        """Return a value sealed for one field of one document."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        place = _place(collection, id_, field)
        sealed = self._keys[self._first].encrypt(nonce, plain, place)
        return _MAGIC + self._first + nonce + sealed

    def open(self, sealed: bytes, *, collection: str, id_: str, field: str) -> bytes:
        """Return the value sealed for that place. Raises :class:`SealBroken`."""
        where = f"{collection}.{field} of {id_}"
        head = len(_MAGIC) + _ID_BYTES
        if len(sealed) < head + _NONCE_BYTES + _TAG_BYTES or not sealed.startswith(_MAGIC):
            message = f"{where} is not a sealed value"
            raise SealBroken(message)
        key = self._keys.get(sealed[len(_MAGIC) : head])
        if key is None:
            message = f"{where} is sealed with a key that this process does not have"
            raise SealBroken(message, hint="add the old key as a further line of the key file")
        nonce = sealed[head : head + _NONCE_BYTES]
        try:
            return key.decrypt(nonce, sealed[head + _NONCE_BYTES :], _place(collection, id_, field))
        except InvalidTag as error:
            message = f"{where} was changed, or sealed for another place"
            raise SealBroken(message) from error


def read_key_file(path: Path) -> list[bytes]:
    """Return the keys of a file. Raises :class:`KeyFileUnusable`."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        message = f"{path}: {error.strerror}"
        raise KeyFileUnusable(message, hint="give the path of a key file") from error
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode) or mode & 0o077:
            message = f"{path} is not a file that only its owner can read"
            raise KeyFileUnusable(message, hint=f"chmod 600 {path}")
        text = os.read(descriptor, _LARGEST_FILE + 1)
    finally:
        os.close(descriptor)
    try:
        keys = [base64.b64decode(line, validate=True) for line in text.split()]
    except binascii.Error as error:
        message = f"{path} is not base64"
        raise KeyFileUnusable(message) from error
    if len(text) > _LARGEST_FILE or not keys or any(len(key) != KEY_BYTES for key in keys):
        message = f"{path} does not hold keys of {KEY_BYTES} bytes in base64, one a line"
        raise KeyFileUnusable(message)
    return keys


def make_key_file(path: Path) -> bool:
    """Make a key file with a new key, mode 0600; False, and nothing done, where there is one.

    The file appears whole or not at all. Raises :class:`KeyFileUnusable`.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            os.link(draft, path)
        finally:
            draft.unlink()
    except FileExistsError:
        return False
    except OSError as error:
        message = f"{path}: {error.strerror}"
        raise KeyFileUnusable(message) from error
    return True


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"scantling key id" + key).digest()[:_ID_BYTES]


def _place(collection: str, id_: str, field: str) -> bytes:
    parts = [part.encode() for part in (collection, id_, field)]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
