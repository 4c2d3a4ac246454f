r"""The pieces that keys are made of.

A key is a string, so that comparing two is one call of the interpreter. It is written so that the
order of the code points of two keys is the order of their versions:

- a number is the count of its digits without leading zeros, as one character, then these digits:
  fixed width, so the next piece begins at the same place in two keys that agree so far. No number
  is ever converted, however long;
- a text ends with a character below all that it may contain, so that a prefix sorts first;
- what ends a list has a rank among what may stand there instead: below where longer is newer.

The order is the same for the UTF-8 of two keys, so they may be stored and compared as bytes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

END: Final = "\x00"
"""Ends a text; below every character of a version."""


@lru_cache(maxsize=8_192)
def number(digits: str) -> str:
    """Return the piece for a run of ASCII digits; an empty run is zero."""
    stripped = digits.lstrip("0")
    return chr(len(stripped)) + stripped
