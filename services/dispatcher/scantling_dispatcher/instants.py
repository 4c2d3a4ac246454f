"""Between the store's milliseconds and the events' timestamps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def milliseconds(moment: datetime) -> int:
    """Return milliseconds since the epoch; a moment without a zone is taken as UTC."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // _MILLISECOND


def required_moment(instant: int) -> datetime:
    """Return the UTC moment of milliseconds since the epoch."""
    return _EPOCH + timedelta(milliseconds=instant)


def moment(instant: int) -> datetime | None:
    """Return the UTC moment of milliseconds since the epoch; None for 0, which is never."""
    return required_moment(instant) if instant else None
