"""The fact key: what is sensitive in a layer is a fact only sealed, and told apart keyed.

Password hashes are needed again when lists change, so facts hold them; who reads the store, a
backup of it or the cache of scans must learn nothing from them, nor from the fingerprints by which
secrets are told apart. The key is that of ``SCANTLING_FACT_KEY_FILE``: the extractor's workers seal
with it, and only the analyzer of unsafe settings opens. `scantling up` and `scantling scan` make
their own.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from functools import cached_property
from typing import TYPE_CHECKING, Final, Self

from scantling_common.key_file import KEY_BYTES, KeyFileUnusable, read_key_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from scantling_common.crypto import Sealer

_COLLECTION: Final = "facts"
_FIELD: Final = "value"
_FINGERPRINTS: Final = b"scantling fingerprints of facts"
"""The label of their key: another one than that which seals (NIST SP 800-108, section 4)."""


class FactSeal:
    """Seals and opens values of facts, and makes fingerprints of them.

    Nothing of it is a fact, and its text names no key.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Take keys of 32 bytes: the first one seals, all open. Raises ``KeyFileUnusable``."""
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            message = f"a key has {KEY_BYTES} bytes, and there is at least one"
            raise KeyFileUnusable(message)
        self._keys = tuple(keys)

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read a key file. Raises :class:`~scantling_common.key_file.KeyFileUnusable`."""
        return cls(read_key_file(path))

    @classmethod
    def random(cls) -> Self:
        """Return one with a new key, which is kept nowhere."""
        return cls((secrets.token_bytes(KEY_BYTES),))

    @property
    def keys(self) -> tuple[bytes, ...]:
        """Return the keys, to hand them to a process that seals or opens as well."""
        return self._keys

    def seal(self, plain: bytes, place: str) -> bytes:
        """Return a value sealed for one place: a text that tells this value from all others.

        It must be told from the fact alone, and not by the path of the file: facts of a file are
        found by the links to it, too.
        """
        return self._sealer.seal(plain, collection=_COLLECTION, id_=place, field=_FIELD)

    def open(self, sealed: bytes, place: str) -> bytes:
        """Return the value. Raises :class:`~scantling_common.crypto.SealBroken`."""
        return self._sealer.open(sealed, collection=_COLLECTION, id_=place, field=_FIELD)

    def fingerprint(self, value: bytes) -> str:
        """Return 64 hex digits that tell whether two values are the same, under the first key.

        Without the key no value can be tried against it.
        """
        return hmac.new(self._fingerprints, value, hashlib.sha256).hexdigest()

    @cached_property
    def _fingerprints(self) -> bytes:
        return hmac.digest(self._keys[0], _FINGERPRINTS, "sha256")

    @cached_property
    def _sealer(self) -> Sealer:
        # It takes longer to load than most images to scan, which have nothing to seal.
        from scantling_common.crypto import Sealer  # noqa: PLC0415  # as said

        return Sealer(self._keys)

    def __repr__(self) -> str:
        """Return a text without any key."""
        return "FactSeal(...)"
