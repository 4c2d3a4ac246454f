"""Which tag of a repository is its latest version."""

from __future__ import annotations

import re
from typing import Final

Rank = tuple[int, bool, tuple[tuple[int, int, str], ...]]

_PARTS: Final = re.compile(r"[0-9]{1,18}|[^0-9]+")


def rank(tag: str, updated_at: int) -> Rank:
    """Return a key that is greatest for the latest version of a repository.

    The update time decides, in milliseconds, 0 where it is unknown. Where that is the same, the
    tag ``latest`` does, then the tag's numbers (1.10 is after 1.9).
    """
    return (updated_at, tag == "latest", _natural(tag))


def _natural(tag: str) -> tuple[tuple[int, int, str], ...]:
    return tuple(
        (1, int(part), "") if part.isdigit() else (0, 0, part) for part in _PARTS.findall(tag)
    )
