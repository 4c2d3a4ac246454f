"""Encoded values: base 64 that holds a user and a password, a key, a token of JSON."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.secrets import values, words
from scantling_analyzers.secrets.validation.finding import REFUSED, Said
from scantling_analyzers.secrets.validation.keys import key_material
from scantling_analyzers.secrets.validation.loading import decoded

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORDY: Final = 0.8
_REGULAR: Final = 0.7
_MAX_JSON: Final = 8192
_PAIR: Final = re.compile(rb"^[\x20-\x7e\xa0-\xff]{0,200}?:[\x20-\x7e\xa0-\xff]{1,2000}$")


def check_basic(value: bytes) -> Iterator[Said]:
    """Check what HTTP Basic authentication sends: ``user:password`` in base 64 (RFC 7617)."""
    raw = decoded(value)
    if raw is None or not (_PAIR.match(raw) or _is_text_pair(raw)):
        yield Said(REFUSED, "it does not decode to a user and a password")
        return
    password = raw.partition(b":")[2]
    if values.is_placeholder(password) or values.is_reference(password):
        yield Said(-4.0, "the password in it is a placeholder")
    elif words.coverage(password) > _WORDY and password.isalpha():
        yield Said(-0.5, "the password in it is a word")
    else:
        yield Said(2.0, "it decodes to a user and a password")


def _is_text_pair(raw: bytes) -> bool:
    """Tell whether it is a pair in UTF-8 that is not one of Latin-1, too."""
    try:
        return b":" in raw and raw.decode("utf-8").isprintable()
    except UnicodeDecodeError:
        return False


def check_base64_key(value: bytes, *, load: bool = True) -> Iterator[Said]:
    """Check base 64 of a PEM file."""
    value = value.translate(None, b" \t\r\n")
    raw = decoded(value[: len(value) // 4 * 4]) or b""
    if b"PRIVATE KEY" in raw[:80] or b"PRIVATE KEY" in raw:
        yield from key_material(raw, load=load)
    elif b"BEGIN PRIVATE" in raw[:20]:
        yield Said(0.5, "it begins as a private key does")
    else:
        yield Said(REFUSED, "it does not decode to a private key")


def check_jwt(value: bytes) -> Iterator[Said]:
    """Check a token of JSON (RFC 7519): header and claims decode, and it is signed."""
    head, _, rest = value.partition(b".")
    claims, _, signature = rest.partition(b".")
    header = _json_object(head)
    if header is None:
        yield Said(-3.0, "its header is no JSON")
        return
    if header.get("alg") == "none":
        yield Said(-4.0, "it is not signed")
    elif "alg" in header or "enc" in header:
        yield Said(0.7, "its header names how it is signed")
    else:
        yield Said(-2.5, "its header does not say how it is signed")
    body = _json_object(claims)
    if body is None:
        yield Said(-1.0, "its claims are no JSON")
    elif "exp" in body:
        yield Said(0.0, "it says when it expires")
    if values.has_sequence(signature) or values.relative_entropy(signature) < _REGULAR:
        yield Said(-1.5, "its signature is not random")


def _json_object(part: bytes) -> dict[str, object] | None:
    raw = decoded(part[:_MAX_JSON], url=True)
    if raw is None:
        return None
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
