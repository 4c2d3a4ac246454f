"""Texts as Go reads them: in UTF-8, whatever bytes they have."""

from __future__ import annotations

import re
from typing import Final

_NO_CHARACTER: Final = re.compile("[\udc80-\udcff]")
_SUBSTITUTE: Final = "\x1a"
"""What stands for a byte that belongs to no character: no letter, no space, as long as a byte."""


def in_utf8(text: bytes) -> bytes:
    """Return a text of the same length in which each byte belongs to a character.

    RE2 takes nothing that is not UTF-8 for a character, Go takes each such byte for one.
    """
    if text.isascii():
        return text
    characters = text.decode("utf-8", "surrogateescape")
    if _NO_CHARACTER.search(characters) is None:
        return text
    return _NO_CHARACTER.sub(_SUBSTITUTE, characters).encode()
