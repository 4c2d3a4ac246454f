"""Password files of VNC servers: eight bytes, enciphered under a key that everyone has; pure.

By DES. The file can be read back without any trying, as if it had the password in the clear. What
is a second password beside it is for those who only look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.accounts.entry import Entry, clear

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK: Final = 8
SIZES: Final = (_BLOCK, 2 * _BLOCK)
"""How large such a file is, in bytes."""
_KEY: Final = bytes(int(f"{each:08b}"[::-1], 2) for each in (23, 82, 107, 6, 35, 78, 88, 7))
"""The key of all VNC servers (RFC 6143, section 7.2.2: the bits of each byte in reverse order)."""
_NAMES: Final = (b"vnc", b"vnc (view only)")


def vnc(content: bytes) -> Iterator[Entry]:
    """Yield one password, or two. Raises :class:`Unreadable` (``unsupported_format``)."""
    if len(content) not in SIZES:
        message = f"a password of VNC has {_BLOCK} bytes, or twice as many; this file has not"
        raise Unreadable(message, code="unsupported_format")
    # Few images have such a file, and it takes long to load.
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES  # noqa: PLC0415  # as said
    from cryptography.hazmat.primitives.ciphers import Cipher, modes  # noqa: PLC0415  # as above

    for name, place in zip(_NAMES, range(0, len(content), _BLOCK), strict=False):
        decryptor = Cipher(TripleDES(_KEY * 3), modes.ECB()).decryptor()  # noqa: S305  # theirs
        password = decryptor.update(content[place : place + _BLOCK]) + decryptor.finalize()
        yield clear(name, password.rstrip(b"\0"))
