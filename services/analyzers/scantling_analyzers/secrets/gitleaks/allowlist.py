"""Allowlists: what a user's rule file says is no finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from scantling_analyzers.secrets.gitleaks.patterns import Pattern

Target = Literal["secret", "match", "line"]


@dataclass(frozen=True, slots=True)
class Allowlist:
    """Patterns of values and paths, and words; one of the kinds is enough unless ``all_of``."""

    regexes: tuple[Pattern, ...] = ()
    target: Target = "secret"
    paths: tuple[Pattern, ...] = ()
    stopwords: tuple[bytes, ...] = ()
    all_of: bool = False
    rules: frozenset[str] = frozenset()

    def allows(self, rule: str, path: str, secret: bytes, match: bytes, line: bytes) -> bool:
        """Tell whether a finding is allowed; ``path`` is the escaped path of its file."""
        if self.rules and rule not in self.rules:
            return False
        text = {"secret": secret, "match": match, "line": line}[self.target]
        small = secret.lower()
        said = [
            any(pattern.search(each) for pattern in patterns)
            for patterns, each in ((self.regexes, text),)
            if patterns
        ]
        if self.paths:
            said.append(any(pattern.search(path) for pattern in self.paths))
        if self.stopwords:
            said.append(any(word in small for word in self.stopwords))
        return bool(said) and (all(said) if self.all_of else any(said))
