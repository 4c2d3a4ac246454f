"""Which rules may match where: all rules at once by hyperscan, or one by one without it."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from scantling_analyzers.secrets.gitleaks.texts import in_utf8

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scantling_analyzers.secrets.rule import Rule

MAX_HITS: Final = 200_000
"""Hits of all rules in one file; a text that has more is made to have them."""


_STEP: Final = 1024
"""Bytes behind a match of a user's rule in which no other is looked for at first."""


_LONG: Final = 4096
"""Bytes of a match from which on others may end within it that are in another window."""


class Hits(NamedTuple):
    """Where rules may match: pairs of an offset and an expression's number, by offsets.

    An offset lies in the line of the match, or behind its last character. ``complete`` is false
    where there were more than ``MAX_HITS``.
    """

    found: Sequence[tuple[int, int]]
    complete: bool = True


NOTHING: Final = Hits(())
"""What is told of most texts."""


class Prefilter(Protocol):
    """Tells where a rule may match: each line that it matches is named, others may be."""

    def hits(self, text: bytes) -> Hits:
        """Return where the rules may match."""


class Expression(NamedTuple):
    """A pattern, and which rules may match where it does; ``custom`` are those of users.

    ``lines`` is over how many lines one of ``rules`` goes at most, ``stem`` what the pattern shares
    with others, empty where that is nothing.
    """

    number: int
    pattern: str
    rules: tuple[Rule, ...]
    custom: tuple[Rule, ...]
    keywords: tuple[str, ...]
    lines: int
    stem: str

    def ends(self, text: bytes) -> Iterator[int]:
        """Yield where matches of users' rules end in a text in UTF-8: some of those that are near.

        What is around each is searched.
        """
        for rule in self.custom:
            at = 0
            while found := next(rule.asked.finditer(text, at, len(text)), None):
                end = found.span()[1]
                yield end
                at = end + _STEP


def expressions(rules: Sequence[Rule]) -> list[Expression]:
    """Return the patterns of rules, each once; one without keywords may be in any text.

    Rules of the product share none with those of users.
    """
    users: dict[tuple[str, bool], list[Rule]] = {}
    for rule in rules:
        users.setdefault((rule.prefilter, rule.kind == "custom"), []).append(rule)
    return [
        _expression(number, pattern, sharing)
        for number, ((pattern, _), sharing) in enumerate(users.items())
    ]


def _expression(number: int, pattern: str, sharing: Sequence[Rule]) -> Expression:
    rules = tuple(rule for rule in sharing if rule.kind != "custom")
    return Expression(
        number,
        pattern,
        rules,
        tuple(rule for rule in sharing if rule.kind == "custom"),
        _keywords(sharing),
        max((rule.lines for rule in rules), default=1),
        sharing[0].stem,
    )


def _keywords(rules: Sequence[Rule]) -> tuple[str, ...]:
    if not all(rule.keywords for rule in rules):
        return ()
    return tuple(word for rule in rules for word in rule.keywords)


class PatternPrefilter:
    """The prefilter by :mod:`re`, for machines without hyperscan: as exact, slower.

    Rules of users are searched for by RE2.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Compile the rules' patterns."""
        self._compile(expressions(rules))

    @classmethod
    def of(cls, each: Sequence[Expression]) -> PatternPrefilter:
        """Return a prefilter of some patterns only."""
        made = cls(())
        made._compile(each)
        return made

    def _compile(self, each: Sequence[Expression]) -> None:
        self._custom = any(one.custom for one in each)
        self._expressions = [
            (
                tuple(word.encode() for word in one.keywords),
                None if one.custom else re.compile(one.pattern.encode(), re.MULTILINE),
                one,
            )
            for one in each
        ]

    def hits(self, text: bytes) -> Hits:
        """Return where the rules may match."""
        small = text.lower()
        for_go = in_utf8(text) if self._custom else text
        found: list[tuple[int, int]] = []
        for keywords, pattern, one in self._expressions:
            if keywords and not any(word in small for word in keywords):
                continue
            own = () if pattern is None else pattern.finditer(text)
            for end in chain(_ends(own), one.ends(for_go)):
                if len(found) >= MAX_HITS:
                    return Hits(sorted(found), complete=False)
                found.append((end, one.number))
        found.sort()
        return Hits(found)


def _ends(matches: Iterable[re.Match[bytes]]) -> Iterator[int]:
    """Yield where matches end; of one longer than a window, so many places that each has one.

    Other matches may end within it, which are not looked for.
    """
    for match in matches:
        yield from range(match.start() + _LONG, match.end(), _LONG)
        yield match.end()
