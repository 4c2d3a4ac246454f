"""Named rules: what a value is, told by the name that it is assigned to and its form together."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_analyzers.secrets.candidate import Candidate
    from scantling_analyzers.secrets.rule import Rule


class NamedRules:
    """Knows the rules by the values and the names that they are about."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Compile the patterns of the rules that are named."""
        named = [rule for rule in rules if rule.kind == "named"]
        self._rules = [
            (
                rule,
                re.compile(rule.value.encode()),
                re.compile(b"(?i:" + rule.called.encode() + b")"),
            )
            for rule in named
        ]
        forms = dict.fromkeys(rule.value for rule in named)
        self._any = re.compile("|".join(f"(?:{form})" for form in forms).encode())

    def refined(self, candidate: Candidate) -> Candidate:
        """Return the candidate under the rule that knows it, or as it is."""
        # Few values have the form of any: that is told at once.
        if self._any.fullmatch(candidate.value):
            for rule, value, called in self._rules:
                if value.fullmatch(candidate.value) and called.search(candidate.name):
                    return replace(candidate, rule=rule)
        return candidate
