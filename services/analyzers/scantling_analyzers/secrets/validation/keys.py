"""Private keys: whether what stands between the lines of a block is one."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.secrets import values
from scantling_analyzers.secrets.key_files import has_private_key
from scantling_analyzers.secrets.validation.finding import REFUSED, Said
from scantling_analyzers.secrets.validation.loading import decoded, load_block, load_der

if TYPE_CHECKING:
    from collections.abc import Iterator

_ESCAPED_BREAK: Final = re.compile(
    rb"(?:\\{1,4}r)?\\{1,4}n|\\?\r?\n|\\{1,3}u000a|&#10;|<br ?/?>|%0A"
)
_LINE_DECORATION: Final = re.compile(
    rb"^[\s\"'`|#*>;,.&\\]{0,40}(?:(?:\+|//)[\s\"'`]{1,20})?|[\s\"'`|;,.&\\]{0,20}(?:[\"'`]\s{0,8}\+\s{0,8})?$"
)
"""What program code and quoted mail put around lines; base 64 has + and / itself."""

_SIGNS: Final = frozenset((b"", b"+", b"/", b"//"))
"""What is left of a line that has decoration only."""

_HEADER: Final = re.compile(rb"^[A-Za-z\-]{3,30}: ?[^\n]{0,200}$")
_BODY: Final = re.compile(rb"^[A-Za-z0-9+/=_\-]{1,20000}$")
_UNTRIED: Final = "which was not read: the file has too many"
_LARGE: Final = "which was not read: it is too large"

_LONG_STORE: Final = 12_000
"""Characters of base 64 of a store from which on it may have been cut."""

_MIN_BODY: Final = 40
_MIN_LINES: Final = 3
_MIN_PRIVATE: Final = 16
_REGULAR: Final = 0.72
_SEED: Final = re.compile(rb"S[UAONX][A-Z2-7]{40,60}")


def check_pem(value: bytes, *, load: bool = True) -> Iterator[Said]:
    """Check a block with a first and a last line (RFC 7468, RFC 4716, OpenSSH, OpenPGP)."""
    yield from key_material(value, load=load)


def key_material(value: bytes, *, load: bool = True) -> Iterator[Said]:
    """Say whether text with a block in it holds a private key; ``load`` it to tell."""
    lines = [_LINE_DECORATION.sub(b"", line) for line in _ESCAPED_BREAK.split(value)]
    begin = next((n for n, line in enumerate(lines) if b"BEGIN " in line), 0)
    head = lines[begin]
    if len(lines) - begin < _MIN_LINES and (packed := _one_line(value)):
        body = [packed]
    else:
        body = [
            line
            for line in lines[begin + 1 :]
            if line not in _SIGNS
            and b"-----" not in line
            and not line.startswith(b"----")
            and not _HEADER.match(line)
        ]
    joined = b"".join(body)
    if b"NKEY SEED" in head:
        if _SEED.search(joined):
            yield Said(3.0, "it holds a seed")
        else:
            yield Said(REFUSED, "there is no seed between its lines")
        return
    if len(joined) < _MIN_BODY or not _BODY.match(joined):
        yield Said(REFUSED, "there is no key between its first and last line")
        return
    if values.relative_entropy(joined[:2048]) < _REGULAR or values.is_placeholder(joined[:256]):
        yield Said(-3.0, "what is between its lines is not random")
        return
    yield from _parsed(head, value, joined, load=load)


def _one_line(value: bytes) -> bytes:
    found = re.search(rb"KEY-----\s{0,4}([A-Za-z0-9+/= ]{40,20000})-----END", value)
    return found[1].replace(b" ", b"") if found else b""


def _parsed(head: bytes, value: bytes, body: bytes, *, load: bool) -> Iterator[Said]:
    if b"ENCRYPTED" in head or b"Proc-Type: 4,ENCRYPTED" in value[:400]:
        yield Said(0.5, "it is a private key under a passphrase", "high")
        return
    if b"PGP" in head or b"SSH2" in head:
        yield Said(2.0, "a body of base 64 is between its lines")
        return
    label = head.partition(b"BEGIN ")[2].partition(b"-----")[0]
    if not label:
        yield Said(1.0, "a body of base 64 is between its lines")
        return
    if not load:
        yield Said(0.5, f"a body of base 64 is between its lines, {_UNTRIED}")
        return
    match load_block(label, body):
        case "key":
            yield Said(4.0, "it was read as a private key")
        case "passphrase":
            yield Said(0.5, "it is a private key under a passphrase", "high")
        case "too_large":
            yield Said(0.5, f"a body of base 64 is between its lines, {_LARGE}")
        case "unread":
            yield Said(0.5, "a body of base 64 is between its lines, which was not read as a key")


def check_der_key(value: bytes, *, load: bool = True) -> Iterator[Said]:
    """Check base 64 of a private key in DER (RFC 5958, RFC 8017, RFC 5915)."""
    if not load:
        yield Said(0.0, f"it begins like a private key, {_UNTRIED}")
        return
    match load_der(value):
        case "key":
            yield Said(4.0, "it was read as a private key")
        case "passphrase":
            yield Said(1.0, "it is a private key under a passphrase", "high")
        case "too_large":
            yield Said(0.0, f"it begins like a private key, {_LARGE}")
        case "unread":
            yield Said(-2.0, "it was not read as a private key")


def check_key_store(value: bytes) -> Iterator[Said]:
    """Check base 64 of a store (RFC 7292, or Java's): it has a private key or certificates only."""
    raw = decoded(value)
    if raw is not None and has_private_key(raw):
        yield Said(1.0, "it is a store that has a private key")
    elif len(value) >= _LONG_STORE:
        yield Said(0.0, "it is the beginning of a long store")
    else:
        yield Said(-3.0, "no private key is seen in the store")


def check_putty(value: bytes) -> Iterator[Said]:
    """Check a key file of PuTTY: it has lines that are private."""
    private = value.partition(b"Private-Lines:")[2].partition(b"Private-MAC")[0]
    if len(private) < _MIN_BODY:
        yield Said(REFUSED, "it has no private lines")
    elif b"Encryption: none" in value:
        yield Said(3.0, "its private lines are not encrypted")
    else:
        yield Said(1.0, "it is a private key under a passphrase", "high")


def check_jwk(value: bytes) -> Iterator[Said]:
    """Check a JSON Web Key (RFC 7517): ``d`` or ``k`` is what is private in it."""
    text = value.replace(b'\\"', b'"')
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = {}
        for name, content in re.findall(
            rb"[\"'](\w{1,8})[\"'][ \t]{0,4}:[ \t]{0,4}[\"']([^\"']{1,2000})[\"']", text
        ):
            found[name.decode()] = content.decode("latin-1")
    private = found.get("d") or (found.get("k") if found.get("kty") == "oct" else None)
    if not isinstance(private, str) or len(private) < _MIN_PRIVATE:
        yield Said(REFUSED, "it has no private member")
    elif values.is_placeholder(private.encode("utf-8", "replace")):
        yield Said(REFUSED, "its private member is a placeholder")
    else:
        yield Said(2.0, "it has a private member")
