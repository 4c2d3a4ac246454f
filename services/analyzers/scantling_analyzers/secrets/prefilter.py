"""Which rules may match where: all rules at once by hyperscan, or one by one without it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_analyzers.secrets.rule import Rule

MAX_HITS: Final = 200_000
"""Hits of all rules in one file; a text that has more is made to have them."""


class Hits(NamedTuple):
    """Where rules may match: pairs of an offset and a rule's index, in the order of offsets.

    An offset lies in the line of the match, or behind its last character. ``complete`` is false
    where there were more than ``MAX_HITS``.
    """

    found: list[tuple[int, int]]
    complete: bool = True


class Prefilter(Protocol):
    """Tells where a rule may match: each line that it matches is named, others may be."""

    def hits(self, data: bytes | memoryview) -> Hits:
        """Return where the rules may match."""


class PatternPrefilter:
    """The prefilter by :mod:`re`, for machines without hyperscan: as exact, slower."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Compile the rules' patterns."""
        self._rules = [
            (
                index,
                tuple(word.encode() for word in rule.keywords),
                re.compile(rule.prefilter.encode(), re.MULTILINE),
            )
            for index, rule in enumerate(rules)
        ]

    def hits(self, data: bytes | memoryview) -> Hits:
        """Return where the rules may match."""
        text = bytes(data)
        small = text.lower()
        found: list[tuple[int, int]] = []
        for index, keywords, pattern in self._rules:
            if keywords and not any(word in small for word in keywords):
                continue
            for match in pattern.finditer(text):
                if len(found) == MAX_HITS:
                    return Hits(sorted(found), complete=False)
                found.append((match.end(), index))
        found.sort()
        return Hits(found)
