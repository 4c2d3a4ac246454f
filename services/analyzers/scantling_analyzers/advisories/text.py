"""Text of feeds, which strangers write, as it may be stored and shown; pure."""

from __future__ import annotations

import re
from typing import Final

from scantling_analyzers.advisories.models import MAX_TEXT, MAX_TITLE
from scantling_common.layers.escape import escape_text

_LINES: Final = re.compile(r"\r\n?|[\u2028\u2029\x0b\x0c\x85]")
_BLANK: Final = re.compile(r"\s+")
MAX_WORD: Final = 1_000
"""How many characters a name, an id, a version or a link may have."""
_PLAIN: Final = re.compile(r"[!-\[\]-~]{1,1000}")
"""What nearly every word is, and the escape leaves as it is."""


def word(text: str) -> str:
    """Return a name, an id, a version or a link, escaped; empty where it is longer than any is.

    Nothing is cut: half a version would be another one.
    """
    if _PLAIN.fullmatch(text):
        return text
    text = text.strip()
    return escape_text(text) if len(text) <= MAX_WORD else ""


def title(text: str) -> str:
    """Return one line of at most ``MAX_TITLE`` characters, escaped."""
    line = _BLANK.sub(" ", text[: 2 * MAX_TITLE]).strip()
    return escape_text(_shortened(line, MAX_TITLE))


def prose(text: str) -> str:
    """Return a description with its line breaks, each line escaped, of at most ``MAX_TEXT``."""
    lines = _LINES.sub("\n", _shortened(text.strip(), MAX_TEXT)).replace("\t", "    ").split("\n")
    return "\n".join(escape_text(line.rstrip()) for line in lines)


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
