"""Times between the store (integer milliseconds) and events (aware datetimes)."""

from __future__ import annotations

from datetime import UTC, datetime


def instant(milliseconds: int) -> datetime | None:
    """Return milliseconds since the epoch as a UTC time; None for 0, which means unknown."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds > 0 else None
