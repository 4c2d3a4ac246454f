"""The system's library of password hashes, by ctypes: ``crypt_r`` of libxcrypt (crypt(3)).

What a hash costs is told before (:mod:`scantling_analyzers.passwords.costs`): nothing here bounds
it. The call lets other threads run. Another library than libxcrypt (musl, an old glibc) has fewer
schemes; which it has is what it answers, scheme by scheme.
"""

from __future__ import annotations

import ctypes
from typing import Final

_NAMES: Final = ("libcrypt.so.2", "libcrypt.so.1", "libcrypt.so", "libc.so")
"""Of libxcrypt alone, of libxcrypt in the place of glibc's, and of musl."""
_DATA_BYTES: Final = 32 * 1024 * 8
"""Room for ``struct crypt_data``: 32 KiB of libxcrypt, 128 KiB of glibc's."""
_MAX_PASSWORD: Final = 511
"""The longest password that libxcrypt takes (``CRYPT_MAX_PASSPHRASE_SIZE``)."""
_DES, _SEGMENT = 13, 11
"""The length of a hash of DES, and what bigcrypt adds to it for each further eight characters."""
_OTHERS: Final = (b"$", b"_")
"""How the hashes of all other schemes begin."""
_FAILED: Final = b"*"
"""How the answer begins where the library has not such a scheme, or refuses the parameters."""


class Library:
    """A loaded library; not for several threads at once."""

    def __init__(self, loaded: ctypes.CDLL) -> None:
        """Take a library that has ``crypt_r``."""
        self._crypt = loaded.crypt_r
        self._crypt.restype = ctypes.c_char_p
        self._crypt.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p)
        self._data = ctypes.create_string_buffer(_DATA_BYTES)

    def fits(self, password: bytes, hash_: bytes) -> bool | None:
        """Tell whether a hash is that of a password; None where the library can't tell.

        Of what is longer than any password there is no hash: that says nothing of the scheme.
        """
        if b"\0" in password or len(password) > _MAX_PASSWORD:
            return False
        if not _can_be_as_long(password, hash_):
            return False
        answer: bytes | None = self._crypt(password, hash_, self._data)
        if not answer or answer.startswith(_FAILED):
            return None
        # What takes the hash for another scheme answers in that one.
        if len(answer) != len(hash_) or answer[:2] != hash_[:2]:
            return None
        return answer == hash_


def _can_be_as_long(password: bytes, hash_: bytes) -> bool:
    """Tell whether a hash of bigcrypt has as many parts as that of a password."""
    if len(hash_) <= _DES or hash_.startswith(_OTHERS):
        return True
    parts = 1 + (len(hash_) - _DES) // _SEGMENT
    return min(-(-len(password) // 8), 16) == parts


def load_library() -> Library | None:
    """Return the library of this system, None where it has none."""
    for name in _NAMES:
        try:
            return Library(ctypes.CDLL(name))
        except (OSError, AttributeError):
            continue
    return None
