"""What was a secret in one place of a document is one in all others. Pure, and linear in the text.

A build argument is named ``PASSWORD`` once; the commands after it have its value only.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_common.telemetry.command_secrets import MASK
from scantling_common.telemetry.expression import Expression

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MAX_VALUES: Final = 100
"""How many values are looked for, the longest first; real images have a handful."""
LEAST: Final = 6
"""From how many characters on a value is told from what any text holds."""

_WORD: Final = Expression(
    r"[a-z]{1,15}+|\$.*|[\W_]*"
    r"|[a-z][a-z+]{1,15}+://[\w.-]{1,253}+(?::\d{1,5}+)?+(?:/(?:v?\d{1,4}+|[A-Za-z_.-]{0,32}+)){0,16}+"
)
"""A word that any text may hold, a variable, what has no letters, and a URL with words only."""
_AROUND: Final = "\"'\\ \t\r\n"


def masked_values(pairs: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return what is masked in the second of two texts and stands in the first, longest first.

    Where more than one word is masked the first counts by itself, too. Short values and plain
    words (``postgres``) are left out: to mask these everywhere would hide what is no secret.
    """
    found = dict.fromkeys(
        value for text, redacted in pairs if MASK in redacted for value in _masked(text, redacted)
    )
    return tuple(sorted(found, key=len, reverse=True)[:MAX_VALUES])


def mask_values(text: str, values: Sequence[str]) -> str:
    """Return a text with these values masked, where they are no part of a longer word."""
    for value in values:
        if value in text:
            text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(value)}(?![A-Za-z0-9])", MASK, text)
    return text


def _masked(text: str, redacted: str) -> Iterator[str]:
    first, *rest = redacted.split(MASK)
    start = len(first)
    for position, after in enumerate(rest, start=1):
        is_last = position == len(rest)
        end = len(text) - len(after) if is_last else text.find(after, start)
        if end < start:
            return
        masked = text[start:end].strip(_AROUND)
        for value in (masked, masked.partition(" ")[0].strip(_AROUND)):
            if len(value) >= LEAST and not _WORD.compiled.fullmatch(value):
                yield value
        start = end + len(after)
