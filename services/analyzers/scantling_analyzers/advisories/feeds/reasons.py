"""Collecting why parts of a record say nothing; pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from scantling_analyzers.advisories.models import Refused
from scantling_analyzers.advisories.text import word

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_REASONS: Final = 50
"""How many different reasons of one record are told, each with how often."""


class Reasons:
    """Why parts of a record say nothing: each reason once, with how often and an example."""

    def __init__(self, feed: str, record: str) -> None:
        """Begin for one record of a feed."""
        self._feed = feed
        self._record = record
        self._counts: Counter[tuple[str, str]] = Counter()
        self._examples: dict[tuple[str, str], str] = {}

    def add(self, code: str, reason: str, example: str = "") -> None:
        """Add one."""
        key = (code, reason)
        if key not in self._counts and len(self._counts) >= MAX_REASONS:
            key = (code, "other reasons")
        self._counts[key] += 1
        self._examples.setdefault(key, word(example))

    def refused(self, *, part: bool) -> Iterator[Refused]:
        """Give them; ``part`` is whether the rest of the record was used."""
        for (code, reason), count in self._counts.items():
            example = self._examples[code, reason]
            shown = f" ({count}; one is {example})" if example else f" ({count})"
            yield Refused(
                feed=self._feed,
                record=self._record,
                code=code,
                message=f"{reason}{shown}",
                part=part,
            )

    def __bool__(self) -> bool:
        """Say whether there are any."""
        return bool(self._counts)
