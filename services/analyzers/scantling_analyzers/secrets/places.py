"""Rules that are for files at some paths only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scantling_analyzers.secrets.rule import Rule

_BEGIN: Final = "(?:^|/)"
"""How a pattern begins that says how a name begins."""

_ANY_OTHER: Final = "[^/]"
"""What a pattern may say of slashes and still be one of names."""

_NOTHING: Final = "(?!)"


class RulesOfPlaces:
    """Knows which rules are for which path; that most paths have none is told at once."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Take of these rules those that are for some paths only."""
        self._rules = [(places, rule) for rule in rules if (places := rule.places) is not None]
        # Patterns of users are in a syntax of their own, and can't be put together.
        own = dict.fromkeys(rule.path for _, rule in self._rules if rule.kind != "custom")
        of_names = [each for each in own if "/" not in _of_name(each).replace(_ANY_OTHER, "")]
        whole = [each for each in of_names if each.startswith(_BEGIN)]
        # What begins with a name is tried once, not at each of its letters.
        self._begun = _any(_of_name(each) for each in whole)
        self._within = _any(each for each in of_names if each not in whole)
        self._path = _any(each for each in own if each not in of_names)
        self._custom = [each for each in self._rules if each[1].kind == "custom"]

    def at(self, path: str) -> Sequence[Rule]:
        """Return the rules for files at a path, which is escaped."""
        # A name is much shorter than the path that most texts stand at.
        name = path[path.rfind("/") + 1 :]
        if self._begun.match(name) or self._within.search(name) or self._path.search(path):
            return [rule for places, rule in self._rules if places.search(path)]
        return [rule for places, rule in self._custom if places.search(path)]


def _of_name(pattern: str) -> str:
    """Return a pattern of a path as one of a name, if it says no more than how that begins."""
    return pattern.removeprefix(_BEGIN)


def _any(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns) or _NOTHING)
