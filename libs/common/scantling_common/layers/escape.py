r"""The one reversible escape by which bytes and text from an image become safe text.

What is not valid UTF-8, every control and format character (terminal sequences, bidirectional
overrides, zero-width characters, line and paragraph separators, byte order marks, surrogates,
non-characters) and the backslash itself are written as ``\xNN``, byte by byte of UTF-8. All
else stays as it is. The set of characters is listed here and not taken from ``unicodedata``,
so that every Python version writes the same text.
"""

from __future__ import annotations

import re

_PLAIN = re.compile(rb"[ -\[\]-~]*")
_UNSAFE = re.compile(
    "["
    "\\\\"
    "\x00-\x1f\x7f-\x9f"
    "\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff0-\ufffb\ufffe\uffff"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
    "]"
)
_ESCAPE = re.compile(rb"\\x([0-9a-f]{2})")


def escape(raw: bytes) -> str:
    r"""Return safe text for ``raw``; :func:`unescape` gives the same bytes back."""
    if _PLAIN.fullmatch(raw):
        return raw.decode("ascii")
    return _UNSAFE.sub(_escape_character, raw.decode("utf-8", "surrogateescape"))


def escape_text(text: str) -> str:
    """Return safe text for a string that an image wrote: a label, an annotation, a build step."""
    return escape(text.encode("utf-8", "surrogatepass"))


def unescape(text: str) -> bytes:
    r"""Return the bytes that :func:`escape` was given.

    Text that was never escaped is taken as it stands: a backslash that doesn't begin ``\xNN``
    is itself.
    """
    raw = text.encode("utf-8", "surrogatepass")
    return _ESCAPE.sub(lambda match: bytes.fromhex(match[1].decode("ascii")), raw)


def _escape_character(match: re.Match[str]) -> str:
    character = match[0]
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02x}"
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))
