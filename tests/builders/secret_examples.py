"""Examples of secrets in a notation, so that no file of the repository holds one.

``{b62:36}`` stands for 36 random characters of base 62, and so on for the alphabets below;
``{uuid}``, ``{pem}`` and the other forms for what their names say. What a text expands to depends
on the text only.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from scantling_analyzers.secrets.validation.checksums import base62, polymod

if TYPE_CHECKING:
    from collections.abc import Callable

_LOWER: Final = "abcdefghijklmnopqrstuvwxyz"
_UPPER: Final = _LOWER.upper()
_DIGITS: Final = "0123456789"

ALPHABETS: Final[dict[str, str]] = {
    "digit": _DIGITS,
    "lower": _LOWER,
    "letter": _LOWER + _UPPER,
    "hex": "0123456789abcdef",
    "HEX": "0123456789ABCDEF",
    "b32": _UPPER + "234567",
    "b32l": _LOWER + "234567",
    "b36": _LOWER + _DIGITS,
    "B36": _UPPER + _DIGITS,
    "b58": "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
    "b62": _DIGITS + _LOWER + _UPPER,
    "b64": _DIGITS + _LOWER + _UPPER + "+/",
    "b64u": _DIGITS + _LOWER + _UPPER + "-_",
    "bech": "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
    "mixed": "bcdfghjkmnpqrstvwxzBCDFGHJKMNPQRSTVWXZ23456789!%+",
}

_WORD: Final = re.compile(
    r"\{(?P<what>[A-Za-z0-9]{3,14})(?::(?P<prefix>[a-z_]{1,12}))?(?::(?P<size>\d{1,4}))?\}"
)


class Randomness:
    """Bytes that look random and are the same for the same seed."""

    def __init__(self, seed: str) -> None:
        """Begin with ``seed``."""
        self._state = hashlib.sha256(seed.encode()).digest()

    def number(self, below: int) -> int:
        """Return a number from 0 to ``below`` - 1."""
        self._state = hashlib.sha256(self._state).digest()
        return int.from_bytes(self._state[:8], "big") % below

    def text(self, alphabet: str, size: int) -> str:
        """Return ``size`` characters of an alphabet."""
        return "".join(alphabet[self.number(len(alphabet))] for _ in range(size))

    def raw(self, size: int) -> bytes:
        """Return ``size`` bytes."""
        return bytes(self.number(256) for _ in range(size))


def expand(text: str) -> str:
    """Return a text with everything in the notation written out."""
    source = Randomness(text)
    return _WORD.sub(lambda match: _expanded(match, source), text)


def _expanded(match: re.Match[str], source: Randomness) -> str:
    what = match["what"]
    size = int(match["size"] or 0)
    if what == "crc62":
        body = source.text(ALPHABETS["b62"], size)
        return (match["prefix"] or "") + body + base62(zlib.crc32(body.encode())).decode()
    if what in ALPHABETS:
        return source.text(ALPHABETS[what], size or 1)
    if what in FORMS:
        return FORMS[what](source)
    return match[0]


def _uuid(source: Randomness) -> str:
    digits = source.text(ALPHABETS["hex"], 32)
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _basic(source: Randomness) -> str:
    pair = f"deploy:{source.text(ALPHABETS['mixed'], 14)}"
    return base64.b64encode(pair.encode()).decode()


def _block(label: str, source: Randomness) -> str:
    body = "\n".join(source.text(ALPHABETS["b64"], 64) for _ in range(6))
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----"


def _pem(source: Randomness) -> str:
    return _block("RSA PRIVATE KEY", source)


def _encoded_pem(source: Randomness) -> str:
    return base64.b64encode(_block("PRIVATE KEY", source).encode()).decode()


def _encoded_certificate(source: Randomness) -> str:
    return base64.b64encode(_block("CERTIFICATE", source).encode()).decode()


def _jwt(source: Randomness) -> str:
    parts = ('{"alg":"HS256","typ":"JWT"}', '{"sub":"' + source.text(_DIGITS, 9) + '"}')
    encoded = [base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts]
    return ".".join((*encoded, source.text(ALPHABETS["b62"], 43)))


def _macaroon(source: Randomness) -> str:
    raw = b"\x02\x01\x08repo.tld\x02" + source.raw(80)
    return "pypi-" + base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _der(source: Randomness) -> str:
    key = ec.derive_private_key(int.from_bytes(source.raw(31), "big") + 1, ec.SECP256R1())
    raw = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return base64.b64encode(raw).decode()


def key_store(source: Randomness, *, private: bool = True, size: int = 300) -> bytes:
    """Return a store of PKCS #12 as far as its bags are named: of keys, or of certificates."""
    bag = bytes.fromhex("060b2a864886f70d010c0a01") + (b"\x02" if private else b"\x03")
    content = bytes.fromhex("06092a864886f70d010701") + bag + source.raw(size)
    inner = b"\x30\x82" + len(content).to_bytes(2) + content
    version = b"\x02\x01\x03"
    return b"\x30\x82" + (len(version) + len(inner)).to_bytes(2) + version + inner


def java_key_store(source: Randomness, *, private: bool = True, magic: str = "feedfeed") -> bytes:
    """Return a store of Java with a certificate, and a private key behind it."""
    alias, kind, certificate = b"\x00\x02ca" + bytes(8), b"\x00\x05X.509", source.raw(90)
    entries = [b"\0\0\0\2" + alias + kind + len(certificate).to_bytes(4) + certificate]
    if private:
        entries.append(b"\0\0\0\1" + b"\x00\x02me" + bytes(8) + (80).to_bytes(4) + source.raw(80))
    return bytes.fromhex(magic) + b"\0\0\0\2" + len(entries).to_bytes(4) + b"".join(entries)


def _key_store(source: Randomness) -> str:
    return base64.b64encode(key_store(source)).decode()


def _java_key_store(source: Randomness) -> str:
    return base64.b64encode(java_key_store(source)).decode()


def _checked58(raw: bytes) -> str:
    whole = raw + hashlib.sha256(hashlib.sha256(raw).digest()).digest()[:4]
    number, text = int.from_bytes(whole, "big"), ""
    while number:
        number, place = divmod(number, 58)
        text = ALPHABETS["b58"][place] + text
    return text


def _wif(source: Randomness) -> str:
    return _checked58(b"\x80" + source.raw(32) + b"\x01")


def _extended(source: Randomness) -> str:
    return _checked58(bytes.fromhex("0488ade4") + source.raw(74))


def _age(source: Randomness) -> str:
    alphabet = ALPHABETS["bech"].lower()
    codes = [source.number(32) for _ in range(52)]
    head = [ord(each) >> 5 for each in "age-secret-key-"]
    head += [0] + [ord(each) & 31 for each in "age-secret-key-"]
    rest = polymod([*head, *codes, 0, 0, 0, 0, 0, 0]) ^ 1
    codes += [rest >> 5 * (5 - place) & 31 for place in range(6)]
    return "AGE-SECRET-KEY-1" + "".join(alphabet[code] for code in codes).upper()


FORMS: Final[dict[str, Callable[[Randomness], str]]] = {
    "agekey": _age,
    "b64certificate": _encoded_certificate,
    "b64pem": _encoded_pem,
    "basic": _basic,
    "derkey": _der,
    "javastore": _java_key_store,
    "jwt": _jwt,
    "keystore": _key_store,
    "macaroon": _macaroon,
    "pem": _pem,
    "uuid": _uuid,
    "wif": _wif,
    "xprv": _extended,
}
