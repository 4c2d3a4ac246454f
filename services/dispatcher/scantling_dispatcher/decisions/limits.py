"""Images per hour: evenly spaced, never more than N in any half-open hour.

The generic cell rate algorithm with a burst of 1: an instant is free when a whole interval has
passed since the last debit. All times are integer milliseconds of the wall clock.
"""

from __future__ import annotations

from typing import Final

HOUR: Final = 3_600_000
MINUTE: Final = 60_000
BURST: Final = 10_000


def interval(images_per_hour: int) -> int:
    """Return the spacing of debits in milliseconds; 0 where there is no limit.

    Rounded up, so that ``images_per_hour`` intervals are never shorter than an hour.
    """
    return -(-HOUR // images_per_hour) if images_per_hour > 0 else 0


def lower(limit: int, other: int) -> int:
    """Return the stricter of two limits in images per hour, of which 0 is none."""
    return min(limit, other) if limit > 0 and other > 0 else max(limit, other)


def healed(debited_at: int, now: int) -> int:
    """Return the last debit, never in the future: a clock that was set back closes no registry.

    The next instant is then a whole interval from now, as if the debit had been made now.
    """
    return min(debited_at, now)


def free_at(debited_at: int, images_per_hour: int) -> int:
    """Return the next free instant; 0 where the limit was never debited, or there is none."""
    spacing = interval(images_per_hour)
    return debited_at + spacing if spacing and debited_at else 0


def admitted(arrival: int, per_minute: int, now: int) -> tuple[int, int]:
    """Return the theoretical arrival time after a request, and how long it must wait first.

    The same algorithm with a burst of ten seconds' requests, in milliseconds; a request that must
    wait is not counted yet.
    """
    spacing = -(-MINUTE // per_minute)
    arrival = max(arrival, now)
    wait = arrival - now - BURST
    return (arrival, wait) if wait > 0 else (arrival + spacing, 0)
