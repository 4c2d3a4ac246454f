"""Times of feeds, in one form; pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

_UTC: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,12})?Z", re.ASCII)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_LONGEST: Final = 40
_FIRST_YEAR: Final = 1980
"""What lies before is how a program writes that there is no time (``0001-01-01T00:00:00Z``)."""


def instant(text: str) -> str:
    """Return a time as RFC 3339 in UTC to the second, or a date as it is; empty for neither.

    A time without an offset is taken as UTC.
    """
    if found := _UTC.fullmatch(text):
        text = f"{found[1]}Z"
        return text if int(text[:4]) >= _FIRST_YEAR else ""
    text = text.strip()
    if len(text) > _LONGEST:
        return ""
    try:
        parsed = datetime.fromisoformat(text)
        if parsed.year < _FIRST_YEAR:
            return ""
        if _DATE.fullmatch(text):
            return text
        moment = parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return ""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
