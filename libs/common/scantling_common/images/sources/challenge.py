"""``WWW-Authenticate`` (RFC 9110, section 11.6.1) as registries use it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

_SCHEME: Final = re.compile(r"\s*,?\s*(bearer|basic)(?:\s+|$)", re.IGNORECASE)
_PARAMETER: Final = re.compile(r'\s*,?\s*([A-Za-z_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_LONGEST: Final = 8192


class Challenge(msgspec.Struct, frozen=True):
    """What the registry wants: ``scheme`` is ``bearer`` or ``basic``."""

    scheme: str
    realm: str = ""
    service: str = ""
    scope: str = ""
    error: str = ""


def parse_challenges(headers: Iterable[str]) -> list[Challenge]:
    """Return the challenges of the known schemes; what can't be read is passed over."""
    found = []
    for header in headers:
        text = header[:_LONGEST]
        at = 0
        while at < len(text):
            match = _SCHEME.match(text, at)
            if match is None:
                at = text.find(",", at) + 1 or len(text)
                continue
            values: dict[str, str] = {}
            at = match.end()
            while (parameter := _PARAMETER.match(text, at)) is not None:
                quoted, token = parameter[2], parameter[3]
                value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else token
                values.setdefault(parameter[1].lower(), value)
                at = parameter.end()
            known = {
                key: values[key] for key in ("realm", "service", "scope", "error") if key in values
            }
            found.append(Challenge(match[1].lower(), **known))
    return found
