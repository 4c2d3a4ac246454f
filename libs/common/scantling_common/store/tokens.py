"""Opaque page tokens: where a listing goes on, as text that a client hands back."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.errors import ScantlingError

if TYPE_CHECKING:
    from scantling_common.store.port import Key

MAX_TOKEN: Final = 4096
"""The longest page token in characters."""

_MARK: Final = 4
_Value = str | int | float | bool


class PageTokenInvalid(ScantlingError):
    """The page token is damaged, or of another listing."""

    code = "page_token_invalid"


def encode_token(key: Key, scope: str = "") -> str:
    """Return a key as a page token.

    ``scope`` names the listing (its filters and order): the token is good for that one only.
    """
    packed = _mark(scope) + msgspec.msgpack.encode(key)
    return base64.urlsafe_b64encode(packed).decode("ascii").rstrip("=")


def decode_token(text: str, scope: str = "", *, parts: int | None = None) -> Key:
    """Return the key of a page token; ``parts`` is the number of values it must have.

    Raises :class:`PageTokenInvalid` where the token was not made by :func:`encode_token` for the
    same scope.
    """
    hint = "leave page_token out to begin again"
    try:
        if len(text) > MAX_TOKEN:
            message = f"a page token of {len(text)} characters; at most {MAX_TOKEN} are read"
            raise PageTokenInvalid(message, hint=hint)
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        packed = base64.b64decode(padded, altchars=b"-_", validate=True)
        key = msgspec.msgpack.decode(packed[_MARK:], type=tuple[_Value, ...])
    except (UnicodeEncodeError, binascii.Error, msgspec.MsgspecError) as error:
        raise PageTokenInvalid(hint=hint) from error
    if packed[:_MARK] != _mark(scope) or (parts is not None and len(key) != parts):
        raise PageTokenInvalid(hint=hint)
    return key


def _mark(scope: str) -> bytes:
    return hashlib.sha256(scope.encode("utf-8", "surrogatepass")).digest()[:_MARK]
