"""How long what others refer to is kept.

Nobody counts references. What loses one is looked at a day later (``sweep_at``), and kept or
deleted by what then refers to it; both by compare-and-set, so that whoever touched it in between
wins. Whoever is about to refer to a record makes sure first that it is not looked at within the
hour, which is longer than writing the reference takes.
"""

from __future__ import annotations

from typing import Final

LOOK_MS: Final = 24 * 3_600_000
"""How long after a record was made, or lost a reference, it is looked at."""

SAFE_MS: Final = 3_600_000
"""How long a record must be safe from that look for somebody to refer to it."""


def look_at(now: int) -> int:
    """Return when a record is looked at that was made, or lost a reference, now."""
    return now + LOOK_MS


def is_safe(sweep_at: int, now: int) -> bool:
    """Tell whether a record stays for as long as it takes to refer to it."""
    return sweep_at > now + SAFE_MS
