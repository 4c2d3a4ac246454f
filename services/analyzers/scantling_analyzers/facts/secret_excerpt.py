"""The line around a secret, without it and without whatever else in it may be one.

What was found is masked, so is what only sounds like a secret, and so is every word that looks like
a value: an excerpt shows what the secret is called and where it stands, and never what the engine
let pass beside it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Final

from scantling_analyzers.facts.value_words import masked_words
from scantling_common.layers.escape import escape
from scantling_common.telemetry.redaction import MASK as REDACTED
from scantling_common.telemetry.redaction import redact_text

if TYPE_CHECKING:
    from collections.abc import Sequence

Span = tuple[int, int]
"""Where a value stands in a text: start and end, in bytes."""

MASK: Final = "********"
"""What stands for the secret, whatever its length."""
AROUND: Final = 56
"""Characters shown on each side of it."""
CONTEXT: Final = 192
"""Bytes on each side that are looked at for other secrets before what is shown is cut out."""
SHORTEST_COPY: Final = 4
"""Bytes from which on a copy of a value beside it is masked, too."""
_END_OF_WORD: Final = re.compile(rb"""[\s"'`,;&|<>(){}\[\]]""")


def excerpt_of(text: bytes, span: Span, spans: Sequence[Span]) -> str:
    """Return what stands around a value, on its line.

    ``spans`` are all values of the text, in their order; none overlap. The value is in one of
    them, or one by itself. Of a value of several lines nothing behind it is shown.
    """
    start, end = _whole(span, spans)
    # Of what is longer than all that is looked at, a copy is cut.
    first, last = text[start : min(end, start + CONTEXT)], text[max(start, end - CONTEXT) : end]
    values = {text[span[0] : span[1]], first, last}
    # What is masked for its name and ends where the value begins is the quote before it.
    before = _shown(_before(text, start, spans), values).removesuffix(REDACTED)[-AROUND:]
    after = "" if text.find(b"\n", start, end) >= 0 else _shown(_after(text, end, spans), values)
    return f"{before}{MASK}{after[:AROUND]}".strip()


def _whole(span: Span, spans: Sequence[Span]) -> Span:
    """Return the value with what else was found where it stands: one may be a part of another."""
    start, end = span
    place = bisect_right(spans, start, key=lambda each: each[0]) - 1
    if place >= 0 and spans[place][1] >= end:
        return spans[place]
    return span


def _shown(part: bytes, values: set[bytes]) -> str:
    """Return a part of a line without copies of values, and what looks or sounds like a secret."""
    for value in sorted(values, key=len, reverse=True):
        if len(value) >= SHORTEST_COPY:
            part = _without_copies(part, value)
    return redact_text(escape(masked_words(part, MASK.encode())))


def _without_copies(part: bytes, value: bytes) -> bytes:
    """Return a part of a line without copies of a value; one that is cut at an end is one, too."""
    part = part.replace(value, MASK.encode())
    sizes = range(min(len(part), len(value) - 1), SHORTEST_COPY - 1, -1)
    part = part[next((n for n in sizes if part.startswith(value[-n:])), 0) :]
    cut = next((n for n in sizes if part.endswith(value[:n])), 0)
    return part[: len(part) - cut]


def _before(text: bytes, start: int, spans: Sequence[Span]) -> bytes:
    least = max(0, start - CONTEXT)
    begin = text.rfind(b"\n", least, start) + 1
    if begin or not least:
        return _masked(text, begin, start, spans)
    # A word that is cut is not told from a harmless one.
    word = _END_OF_WORD.search(text, least, start)
    return _masked(text, word.end(), start, spans) if word else b""


def _after(text: bytes, end: int, spans: Sequence[Span]) -> bytes:
    most = min(len(text), end + CONTEXT)
    stop = text.find(b"\n", end, most)
    if stop >= 0 or most == len(text):
        return _masked(text, end, stop if stop >= 0 else most, spans)
    # As above.
    words = [found.start() for found in _END_OF_WORD.finditer(text, end, most)]
    return _masked(text, end, words[-1], spans) if words else b""


def _masked(text: bytes, begin: int, end: int, spans: Sequence[Span]) -> bytes:
    """Return a part of a text; the values in it, and those that reach into it, are masked."""
    shown: list[bytes] = []
    position = begin
    for place in range(max(0, bisect_left(spans, (begin, begin)) - 1), len(spans)):
        first, last = spans[place]
        if first >= end:
            break
        if last <= position:
            continue
        shown += [text[position : max(first, position)], MASK.encode()]
        position = last
    shown.append(text[position:end])
    return b"".join(shown)
