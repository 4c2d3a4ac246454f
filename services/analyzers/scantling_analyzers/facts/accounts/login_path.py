"""``.mylogin.cnf`` of mysql_config_editor(1): options that are hidden, not enciphered; pure.

Four unused bytes, twenty bytes of key, then for each line its length (four bytes, lowest first) and
the line by AES-128 (ECB, PKCS #7 padding). The key stands beside what it opens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNUSED: Final = 4
_SEED_BYTES: Final = 20
_KEY_BYTES: Final = 16
_LENGTH_BYTES: Final = 4
_BLOCK: Final = 16
_MAX_LINE: Final = 4096
MAX_BYTES: Final = 256 * 1024
"""The largest file that is read."""


def login_path(content: bytes) -> Iterator[bytes]:
    """Yield the lines. Raises :class:`Unreadable` (``malformed``, ``truncated``)."""
    # Few images have such a file, and it takes long to load.
    from cryptography.hazmat.primitives.ciphers import Cipher, modes  # noqa: PLC0415  # as said
    from cryptography.hazmat.primitives.ciphers.algorithms import AES  # noqa: PLC0415  # as above

    place = _UNUSED + _SEED_BYTES
    if len(content) < place:
        raise Unreadable("the file ends within its key", code="truncated")
    cipher = Cipher(AES(_key(content[_UNUSED:place])), modes.ECB())  # noqa: S305  # it is theirs
    while place < len(content):
        length = int.from_bytes(content[place : place + _LENGTH_BYTES], "little")
        place += _LENGTH_BYTES
        packed = content[place : place + length]
        if not 0 < length <= _MAX_LINE or length % _BLOCK:
            raise Unreadable("a line has a length that none has", code="malformed")
        if len(packed) < length:
            raise Unreadable("the file ends within a line", code="truncated")
        decryptor = cipher.decryptor()
        yield _unpadded(decryptor.update(packed) + decryptor.finalize())
        place += length


def _key(seed: bytes) -> bytes:
    key = bytearray(_KEY_BYTES)
    for place, each in enumerate(seed):
        key[place % _KEY_BYTES] ^= each
    return bytes(key)


def _unpadded(plain: bytes) -> bytes:
    count = plain[-1]
    if not 0 < count <= _BLOCK or plain[-count:] != bytes([count]) * count:
        raise Unreadable("a line is not padded as lines are", code="malformed")
    return plain[:-count]
