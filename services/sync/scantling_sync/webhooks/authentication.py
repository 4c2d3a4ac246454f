"""Whether a webhook request comes from whom it says; pure, in constant time."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scantling_common.records.sync import Registry

MAX_PRESENTED: Final = 4096
"""The longest header value, in characters, that is compared at all."""


def presented(headers: Mapping[str, str], path_secret: str | None, registry: Registry) -> str:
    """Return the secret that a request presents, empty where it presents none.

    A registry with ``webhook_auth`` *path* presents it as the last segment of the path, any
    other in its ``webhook_header``: in ``Authorization`` as Bearer token (RFC 6750) or as
    password of Basic (RFC 7617), whatever the user; in another header as the whole value.
    """
    if registry.webhook_auth == "path":
        return path_secret or ""
    if path_secret is not None:
        return ""
    value = headers.get(registry.webhook_header, "")
    if len(value) > MAX_PRESENTED:
        return ""
    if registry.webhook_header.lower() != "authorization":
        return value
    scheme, _, rest = value.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    return _password(rest.strip()) if scheme.lower() == "basic" else ""


def is_secret(given: str, expected: str) -> bool:
    """Tell whether a secret was given, in a time that tells nothing about ``expected``."""
    same = hmac.compare_digest(
        given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass")
    )
    return same and bool(expected)


def _password(encoded: str) -> str:
    try:
        decoded = base64.b64decode(encoded, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
    return decoded.partition(":")[2]
