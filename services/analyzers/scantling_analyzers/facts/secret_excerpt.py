"""The line around a secret, without it and without whatever else in it may be one.

What was found is masked, and so is what only sounds like a secret: an excerpt shows what the secret
is called and where it stands, and never what the engine let pass beside it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from scantling_common.layers.escape import escape
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
    """Return what stands around a value, on its line; ``spans`` are all values, in their order.

    Of a value of several lines nothing behind it is shown.
    """
    start, end = span
    value = text[start:end]
    before = _shown(_before(text, start, spans), value)[-AROUND:]
    after = "" if b"\n" in value else _shown(_after(text, end, spans), value)
    return f"{before}{MASK}{after[:AROUND]}".strip()


def _shown(part: bytes, value: bytes) -> str:
    """Return a part of a line without copies of the value, and what sounds like a secret.

    A copy that is cut at either end of the part is one, too.
    """
    if len(value) >= SHORTEST_COPY:
        part = part.replace(value, MASK.encode())
        sizes = range(min(len(part), len(value) - 1), SHORTEST_COPY - 1, -1)
        part = part[next((n for n in sizes if part.startswith(value[-n:])), 0) :]
        cut = next((n for n in sizes if part.endswith(value[:n])), 0)
        part = part[: len(part) - cut]
    return redact_text(escape(part))


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
    return _masked(text, end, stop if stop >= 0 else most, spans)


def _masked(text: bytes, begin: int, end: int, spans: Sequence[Span]) -> bytes:
    """Return a part of a text; the values in it, and those that reach into it, are masked."""
    shown: list[bytes] = []
    position = begin
    for first, last in spans[max(0, bisect_left(spans, (begin, begin)) - 1) :]:
        if first >= end:
            break
        if last <= position:
            continue
        shown += [text[position : max(first, position)], MASK.encode()]
        position = last
    shown.append(text[position:end])
    return b"".join(shown)
