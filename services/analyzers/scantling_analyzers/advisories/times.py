"""Times of feeds, in one form; pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_PARTS: Final = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:\.\d{1,12})?(.*)", re.ASCII)
_CERTAIN: Final = re.compile(
    r"((?:19[89]|20\d)\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])"
    r"T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.\d{1,12})?Z",
    re.ASCII,
)
"""Nearly all times that there are, which need not be computed: no month has fewer than 28 days."""
_LONGEST: Final = 40
_FIRST_YEAR: Final = 1980
"""What lies before is how a program writes that there is no time (``0001-01-01T00:00:00Z``)."""


def instant(text: str) -> str:
    """Return a time as RFC 3339 in UTC to the second, or a date as it is; empty for neither.

    A time without an offset is taken as UTC.
    """
    if found := _CERTAIN.fullmatch(text):
        return f"{found[1]}Z"
    text = text.strip()
    if len(text) > _LONGEST:
        return ""
    if found := _PARTS.fullmatch(text):
        text = f"{found[1]}{found[2]}"
    try:
        parsed = datetime.fromisoformat(text)
        if parsed.year < _FIRST_YEAR:
            return ""
        if _DATE.fullmatch(text):
            return text
        moment = parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return ""
    return f"{moment.isoformat()[:19]}Z"
