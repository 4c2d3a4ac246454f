"""Tokens that carry a checksum: one that does not verify was never given out."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import zlib
from typing import TYPE_CHECKING, Final

from scantling_analyzers.secrets.validation.finding import REFUSED, Said

if TYPE_CHECKING:
    from collections.abc import Iterator

_BASE62: Final = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECKSUM_SIZE: Final = 6
_BECH32: Final = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_GENERATORS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)

VERIFIED: Final = 4.0
"""The weight of a checksum that verifies: chance makes one in billions."""


def base62(number: int, size: int = _CHECKSUM_SIZE) -> bytes:
    """Return a number in base 62, digits first, with leading zeros."""
    digits = bytearray()
    for _ in range(size):
        number, rest = divmod(number, 62)
        digits.append(_BASE62[rest])
    return bytes(reversed(digits))


def check_crc32(value: bytes) -> Iterator[Said]:
    """Check tokens of GitHub and npm: the last six characters are the CRC-32 of the others.

    What is summed is the part behind the prefix and its underscore.
    """
    _, _, body = value.rpartition(b"_")
    expected = base62(zlib.crc32(body[:-_CHECKSUM_SIZE]))
    if body[-_CHECKSUM_SIZE:] == expected:
        yield Said(VERIFIED, "its checksum verifies")
    else:
        yield Said(-2.0, "its checksum does not verify")


_HEADER: Final = 3
"""Bytes of a macaroon before its location: version, kind of field, length."""


def check_macaroon(value: bytes) -> Iterator[Said]:
    """Check tokens of PyPI: behind ``pypi-`` is a macaroon of version 2."""
    body = value.partition(b"-")[2]
    try:
        raw = base64.urlsafe_b64decode(body + b"=" * (-len(body) % 4))
    except (binascii.Error, ValueError):
        yield Said(REFUSED, "it is no macaroon")
        return
    if _is_macaroon(raw):
        yield Said(VERIFIED, "it decodes as a macaroon")
    else:
        yield Said(-4.0, "it does not decode as a macaroon")


def _is_macaroon(raw: bytes) -> bool:
    """Tell whether bytes begin with the version, a location and an identifier (macaroons v2)."""
    if raw[:2] != b"\x02\x01":
        return False
    identifier = 3 + raw[2] if len(raw) > _HEADER else len(raw)
    return raw[identifier : identifier + 1] == b"\x02"


def check_bech32(value: bytes) -> Iterator[Said]:
    """Check keys of age: BIP 173's checksum over what is read before and behind the last 1."""
    small = value.lower()
    head, _, tail = small.rpartition(b"1")
    places = [_BECH32.find(bytes((byte,))) for byte in tail]
    if min(places, default=-1) < 0:
        yield Said(REFUSED, "it has characters that such a key has not")
        return
    codes = [byte >> 5 for byte in head] + [0] + [byte & 31 for byte in head] + places
    if polymod(codes) == 1:
        yield Said(VERIFIED, "its checksum verifies")
    else:
        yield Said(REFUSED, "its checksum does not verify")


def polymod(codes: list[int]) -> int:
    """Return the checksum of BIP 173 over codes of five bits; 1 where it verifies."""
    total = 1
    for code in codes:
        top = total >> 25
        total = (total & 0x1FFFFFF) << 5 ^ code
        for bit, generator in enumerate(_BECH32_GENERATORS):
            total ^= generator if top >> bit & 1 else 0
    return total


_SLACK: Final = re.compile(
    rb"^xox[a-z]-(?:\d{8,14}-){1,3}[A-Za-z0-9]{16,64}$|^xox[a-z]-\d-[A-Za-z0-9\-]{20,200}$"
)


def check_slack(value: bytes) -> Iterator[Said]:
    """Check tokens of Slack: numbers of the team and the bot, then what is secret."""
    if _SLACK.match(value):
        yield Said(2.0, "it has the parts of such a token")


_AWS_DECODED: Final = 0x7FFFFFFFFF80


def check_aws(value: bytes) -> Iterator[Said]:
    """Check key ids of AWS: behind the prefix is a number in base 32 that holds the account."""
    if b"EXAMPLE" in value:
        yield Said(REFUSED, "it is the example of the documentation")
        return
    try:
        raw = base64.b32decode(value[4:20])
    except (binascii.Error, ValueError):
        yield Said(-2.0, "it is not base 32")
        return
    account = (int.from_bytes(raw[:6], "big") & _AWS_DECODED) >> 7
    if account < 10**12:
        yield Said(0.5, "it holds the number of an account")


_BASE58: Final = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DOUBLE_HASHED: Final = 4


def check_base58(value: bytes) -> Iterator[Said]:
    """Check keys of wallets: the last four bytes are those of a doubled SHA-256 (Base58Check)."""
    number = 0
    for byte in value:
        place = _BASE58.find(bytes((byte,)))
        if place < 0:
            yield Said(REFUSED, "it has characters that such a key has not")
            return
        number = number * 58 + place
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    body, end = raw[:-_DOUBLE_HASHED], raw[-_DOUBLE_HASHED:]
    if hashlib.sha256(hashlib.sha256(body).digest()).digest()[:_DOUBLE_HASHED] == end:
        yield Said(VERIFIED, "its checksum verifies")
    else:
        yield Said(REFUSED, "its checksum does not verify")
