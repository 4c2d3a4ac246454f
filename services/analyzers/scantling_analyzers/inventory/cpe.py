"""Names in the National Vulnerability Database: CPE 2.3, formatted strings (NISTIR 7695, 6.2)."""

from __future__ import annotations

import re
from typing import Final

_PLAIN: Final = re.compile(r"[A-Za-z0-9._-]")
_ANY: Final = ":*" * 7


def cpe_of(name: str, version: str) -> str:
    """Return the name of an application of that version; ``name`` is ``vendor:product``.

    It is empty for what can't be written so: text that is not ASCII, or not a name at all.
    """
    vendor, _, product = name.partition(":")
    parts = (vendor, product, version)
    if not vendor or not product or not all(part.isascii() for part in parts):
        return ""
    if any(character.isspace() for part in parts for character in part):
        return ""
    return f"cpe:2.3:a:{_quoted(vendor)}:{_quoted(product)}:{_quoted(version) or '*'}{_ANY}"


def _quoted(text: str) -> str:
    if text == "-":
        return "\\-"  # Alone it would mean that there is none.
    return "".join(each if _PLAIN.match(each) else f"\\{each}" for each in text.lower())
