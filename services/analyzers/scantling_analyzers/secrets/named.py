"""Named rules: what a value is, told by the name that it is assigned to and its form together."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_analyzers.secrets.candidate import Candidate
    from scantling_analyzers.secrets.rule import Rule


class NamedRules:
    """Knows the rules by the names that they are about."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Compile the patterns of the rules that are named."""
        self._rules = [
            (
                rule,
                re.compile(b"(?i:" + rule.called.encode() + b")"),
                re.compile(rule.value.encode()),
            )
            for rule in rules
            if rule.kind == "named"
        ]
        self._of = lru_cache(maxsize=4096)(self._called)

    def forget(self) -> None:
        """Forget all names: what stands before a value may be a secret itself."""
        self._of.cache_clear()

    def refined(self, candidate: Candidate) -> Candidate:
        """Return the candidate under the rule that knows it, or as it is."""
        for rule, pattern in self._of(candidate.name):
            if pattern.fullmatch(candidate.value):
                return replace(candidate, rule=rule)
        return candidate

    def _called(self, name: bytes) -> tuple[tuple[Rule, re.Pattern[bytes]], ...]:
        return tuple((rule, value) for rule, called, value in self._rules if called.search(name))
