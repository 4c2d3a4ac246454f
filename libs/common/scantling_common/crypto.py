"""Sealing of single values at rest: AES-256-GCM (NIST SP 800-38D) under a key from a file.

A sealed value is ``S1``, the first 8 bytes of the key's SHA-256, a random nonce of 12 bytes, and
the ciphertext with its tag. It can be opened only in the place it was sealed for: collection, id
and field are authenticated with it. Of several keys the first one seals, and all of them open:
:mod:`scantling_common.key_file` says how they are kept.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from scantling_common.broken_seal import SealBroken
from scantling_common.key_file import (
    KEY_BYTES,
    KeyFileUnusable,
    make_key_file,
    read_key_file,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = [
    "KEY_BYTES",
    "KeyFileUnusable",
    "SealBroken",
    "Sealer",
    "make_key_file",
    "read_key_file",
]

_MAGIC: Final = b"S1"
_ID_BYTES: Final = 8
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16


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


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"scantling key id" + key).digest()[:_ID_BYTES]


def _place(collection: str, id_: str, field: str) -> bytes:
    parts = [part.encode() for part in (collection, id_, field)]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
