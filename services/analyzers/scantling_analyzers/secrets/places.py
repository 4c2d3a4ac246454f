"""Rules that are for files at some paths only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scantling_analyzers.secrets.rule import Rule


class RulesOfPlaces:
    """Knows which rules are for which path; that most paths have none is told at once."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Take of these rules those that are for some paths only."""
        placed = [(places, rule) for rule in rules if (places := rule.places) is not None]
        self._own = [(places, rule) for places, rule in placed if rule.kind != "custom"]
        # Patterns of users may have flags of their own, which stand at the beginning or nowhere.
        self._custom = [(places, rule) for places, rule in placed if rule.kind == "custom"]
        self._any = re.compile("|".join(f"(?:{rule.path})" for _, rule in self._own) or "(?!)")

    def at(self, path: str) -> Sequence[Rule]:
        """Return the rules for files at a path, which is escaped."""
        if self._any.search(path) is None:
            if not self._custom:
                return ()
            return [rule for places, rule in self._custom if places.search(path)]
        return [rule for places, rule in (*self._own, *self._custom) if places.search(path)]
