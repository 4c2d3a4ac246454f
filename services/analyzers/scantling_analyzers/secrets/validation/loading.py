"""Loading of private keys, only where that takes no long: what can't be loaded is told by name."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final, Literal

from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    load_der_private_key,
    load_pem_private_key,
    load_ssh_private_key,
)

Loaded = Literal["key", "passphrase", "unread", "too_large"]
"""What became of a key: read, under a passphrase, not to be read, not even tried."""

MAX_EXPONENTS: Final = 2048
"""Bytes of a key of DSA or Diffie-Hellman: reading one computes its public half, which takes the
third power of its size. None in use is larger."""

MAX_KEY: Final = 16_384
"""Bytes of any other key."""

_EXPONENTS: Final = re.compile(
    rb"\x06\x07\x2a\x86\x48\xce\x38\x04\x01"
    rb"|\x06\x07\x2a\x86\x48\xce\x3e\x02\x01"
    rb"|\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x03\x01"
)
"""The object identifiers of DSA (RFC 3279, 2.3.2) and of Diffie-Hellman (RFC 3279, 2.3.3 and
PKCS #3)."""

_HEAD: Final = 128
"""Bytes of a key in which its algorithm is named."""

_UNREADABLE: Final = (
    ValueError,
    NotImplementedError,
    OverflowError,
    LookupError,
    UnsupportedAlgorithm,
    InternalError,
)
"""What reading a damaged key raises; some kinds of points are not implemented."""


def load_block(label: bytes, body: bytes) -> Loaded:
    """Load base 64 that stands between lines with a label (RFC 7468)."""
    raw = decoded(body)
    if raw is None:
        return "unread"
    if _takes_long(raw, by_label=b"DSA" in label or b"DH" in label):
        return "too_large"
    wrapped = b"\n".join(body[n : n + 64] for n in range(0, len(body), 64))
    document = b"-----BEGIN " + label + b"-----\n" + wrapped + b"\n-----END " + label + b"-----\n"
    try:
        # To prove that its numbers fit would take a quarter of a second for each key.
        if b"OPENSSH" in label:
            load_ssh_private_key(document, None, unsafe_skip_rsa_key_validation=True)
        else:
            load_pem_private_key(document, None, unsafe_skip_rsa_key_validation=True)
    except TypeError:
        return "passphrase"
    except _UNREADABLE:
        return "unread"
    return "key"


def load_der(text: bytes) -> Loaded:
    """Load base 64 of a private key in DER (RFC 5958, RFC 8017, RFC 5915)."""
    raw = decoded(text)
    if raw is None:
        return "unread"
    if _takes_long(raw):
        return "too_large"
    try:
        load_der_private_key(raw, None, unsafe_skip_rsa_key_validation=True)
    except TypeError:
        return "passphrase"
    except _UNREADABLE:
        return "unread"
    return "key"


def _takes_long(raw: bytes, *, by_label: bool = False) -> bool:
    if len(raw) > MAX_KEY:
        return True
    exponents = by_label or _EXPONENTS.search(raw, 0, _HEAD) is not None
    return exponents and len(raw) > MAX_EXPONENTS


def decoded(text: bytes, *, url: bool = False) -> bytes | None:
    """Return what base 64 holds, with or without its padding, or None where it is none."""
    if url:
        text = text.translate(bytes.maketrans(b"-_", b"+/"))
    text = text.rstrip(b"=")
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
