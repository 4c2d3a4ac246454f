"""Binary files that are private keys: DER, OpenPGP, Microsoft's, and stores of keys.

They are searched as the text that such a key is in: PEM, or base 64 of a store. So a key is found
in its own file by the rules by which it is found in a text, and checked in the same way.
"""

from __future__ import annotations

import base64
import re
from typing import Final

MAX_KEY_FILE: Final = 1024 * 1024
"""Bytes of a file that is taken for a key; stores with a thousand certificates have half of it."""

_SHOWN: Final = 9000
"""Bytes that become text: what tells a key or a store is in them."""

_DER: Final = re.compile(
    rb"\x30(?:([\x00-\x7f])|\x81([\x80-\xff])|\x82([\x01-\xff].)|\x83([\x01-\x0f]..))"
    rb"(?:\x02\x01(?:[\x00\x01](?:\x02|\x04|\x30)|\x03\x30)"
    rb"|\x30[\x00-\x7f]\x06(?:\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05|\x0a\x2b\x06\x01\x04\x01\x2a\x02))",
    re.DOTALL,
)
"""A sequence, its size (ITU-T X.690, section 8.1.3), and how a private key goes on: the version of
PKCS #1 (RFC 8017), PKCS #8 (RFC 5958), SEC 1 (RFC 5915) or PKCS #12 (RFC 7292), or how PKCS #8 is
encrypted (RFC 8018)."""

_STORE: Final = re.compile(rb".{2,8}?\x02\x01\x03\x30", re.DOTALL)
_PRIVATE_BAG: Final = re.compile(rb"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01[\x01\x02]")
"""The object identifiers of bags with a private key (RFC 7292, section 4.2)."""

_OPENPGP: Final = re.compile(
    rb"(?:\x94.|\x95..|\x96.{4}|\xc5(?:[\x00-\xbf]|[\xc0-\xdf].|\xff.{4}))[\x04\x05\x06].{4}[\x01-\x03\x10-\x1c]",
    re.DOTALL,
)
"""The packet of a secret key (RFC 9580, sections 4.2 and 5.5.3): version, time, algorithm."""

_MICROSOFT: Final = re.compile(
    rb"\x1e\xf1\xb5\xb0\0\0\0\0|\x07\x02\0\0.{4}(?:RSA2|DSS2|RSA3|DSS4)", re.DOTALL
)
"""A file of PVK, or a blob of a private key (MS-MQQB, section 2.2.20.1 and the like)."""

_LABELS: Final = (
    (re.compile(rb".{2,8}?\x02\x01\x00\x02", re.DOTALL), b"RSA PRIVATE KEY"),
    (re.compile(rb".{2,8}?\x02\x01\x01\x04", re.DOTALL), b"EC PRIVATE KEY"),
    (re.compile(rb".{2,8}?\x02\x01[\x00\x01]\x30", re.DOTALL), b"PRIVATE KEY"),
    (re.compile(rb"\x1e\xf1\xb5\xb0|\x07\x02"), b"PRIVATE KEY"),
    (re.compile(rb"[\x94-\x96\xc5]"), b"PGP PRIVATE KEY BLOCK"),
    (re.compile(rb".{2,8}?\x30.\x06", re.DOTALL), b"ENCRYPTED PRIVATE KEY"),
)
"""What PEM calls a key that begins so (RFC 7468; RFC 9580, section 6.2)."""

_JAVA: Final = re.compile(rb"(?:\xfe\xed\xfe\xed|\xce\xce\xce\xce)\0\0\0[\x01\x02]")
_ENTRIES: Final = 12
"""Bytes before the first entry: magic, version, number of entries."""
_PRIVATE: Final = 1
_CERTIFICATE: Final = 2
_MAX_ENTRIES: Final = 10_000


def is_key_file(data: bytes | memoryview) -> bool:
    """Tell whether a file is a private key, or a store that has one, and nothing else."""
    if not 0 < len(data) <= MAX_KEY_FILE or data[0] not in b"\x30\xfe\xce\x1e\x07\x94\x95\x96\xc5":
        return False
    head = bytes(data[:64])
    if _OPENPGP.match(head) or _MICROSOFT.match(head):
        return True
    if _JAVA.match(head):
        return has_private_key(bytes(data))
    found = _DER.match(head)
    if found is None:
        return False
    size = next(each for each in found.groups() if each is not None)
    is_whole = found.start(found.lastindex or 0) + len(size) + int.from_bytes(size) == len(data)
    return is_whole and (not _STORE.match(head) or has_private_key(bytes(data)))


def as_text(data: bytes | memoryview) -> bytes:
    """Return a key file as texts have it: in PEM, or a store as base 64."""
    encoded = base64.b64encode(bytes(data[:_SHOWN]))
    head = bytes(data[:64])
    label = next((name for begins, name in _LABELS if begins.match(head)), b"")
    if _STORE.match(head) or not label:
        return encoded
    lines = (encoded[at : at + 64] for at in range(0, len(encoded), 64))
    return b"\n".join((b"-----BEGIN %b-----" % label, *lines, b"-----END %b-----\n" % label))


def has_private_key(store: bytes) -> bool:
    """Tell whether a store (PKCS #12, JKS, JCEKS) has a private key, or certificates only.

    Names of entries are read, and nothing is decrypted.
    """
    if _JAVA.match(store) is None:
        return _PRIVATE_BAG.search(store) is not None
    at, number = _ENTRIES, int.from_bytes(store[8:_ENTRIES])
    for _ in range(min(number, _MAX_ENTRIES)):
        kind = int.from_bytes(store[at : at + 4])
        if kind != _CERTIFICATE:
            # An entry with a secret key of JCEKS is 3.
            return kind >= _PRIVATE
        at = _behind(store, at + 4, 2) + 8
        at = _behind(store, at, 2) if store[7] > 1 else at
        at = _behind(store, at, 4)
    return False


def _behind(store: bytes, at: int, size: int) -> int:
    """Return where what stands at an offset behind its own size ends."""
    return at + size + int.from_bytes(store[at : at + size])
