"""What rules of users match: it is told of, whatever it looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_analyzers.secrets.candidate import Candidate
from scantling_analyzers.secrets.windows import WINDOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.secrets.gitleaks.patterns import Match
    from scantling_analyzers.secrets.rule import Rule


def asked(rule: Rule, text: bytes, in_utf8: bytes, start: int, end: int) -> Iterator[Candidate]:
    """Yield what a rule matches in a part of a text, which is also given in UTF-8."""
    if not _has_keyword(rule, text, start, end):
        return
    for match in rule.asked.finditer(in_utf8, start, end):
        whole = match.span()
        first, last = _secret(rule, match)
        yield Candidate(
            rule=rule,
            start=first,
            end=last,
            value=text[first:last],
            whole=text[whole[0] : whole[1]],
        )


def _secret(rule: Rule, match: Match) -> tuple[int, int]:
    """Return the place of the group that the rule says, or of the first that holds anything.

    Where no group does it is all that is matched.
    """
    groups = (rule.group,) if rule.group else range(1, rule.asked.groups + 1)
    spans = (match.span(group) for group in groups)
    return next((span for span in spans if span[0] < span[1]), match.span())


def _has_keyword(rule: Rule, text: bytes, start: int, end: int) -> bool:
    """Tell whether a word that the rule asks for is near; the line's own is enough."""
    if not rule.keywords:
        return True
    small = text[max(0, start - WINDOW) : end + WINDOW].lower()
    return any(word.encode() in small for word in rule.keywords)
