"""How long a registry asks to wait: ``Retry-After`` (RFC 9110, 10.2.3) and what Docker Hub sent."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_SECONDS: Final = 60.0
LONGEST_SECONDS: Final = 86_400.0
_SHORTEST_SECONDS: Final = 1.0
_MOST_DIGITS: Final = 12


def wait_seconds(headers: Mapping[str, str], now: float) -> float:
    """Return the wait from ``now`` (seconds since the epoch), between a second and a day.

    ``Retry-After`` is a number of seconds or a date, ``X-Retry-After`` a time since the epoch.
    """
    after = headers.get("Retry-After", "").strip()
    until = headers.get("X-Retry-After", "").strip()
    if _is_number(after):
        seconds = float(after)
    elif (date := _date(after)) is not None:
        seconds = date - now
    elif _is_number(until):
        seconds = float(until) - now
    else:
        seconds = DEFAULT_SECONDS
    return min(max(seconds, _SHORTEST_SECONDS), LONGEST_SECONDS)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


def _date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
