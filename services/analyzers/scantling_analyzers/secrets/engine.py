"""The engine: from the bytes of one file to the secrets in it."""

from __future__ import annotations

from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.secrets.assignment import assigned, implied, names_in
from scantling_analyzers.secrets.blocks import block
from scantling_analyzers.secrets.candidate import Candidate
from scantling_analyzers.secrets.judgement import judge
from scantling_analyzers.secrets.models import Hidden, SecretMatch
from scantling_analyzers.secrets.named import NamedRules
from scantling_analyzers.secrets.prefilter import PatternPrefilter
from scantling_analyzers.secrets.redaction import excerpt
from scantling_analyzers.secrets.rules import packaged_rules
from scantling_analyzers.secrets.text import is_code, searchable
from scantling_analyzers.secrets.windows import OVERLAP, WINDOW, Windows

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from scantling_analyzers.secrets.judgement import Verdict
    from scantling_analyzers.secrets.prefilter import Prefilter
    from scantling_analyzers.secrets.rule import Rule

VERSION: Final = 1
"""Of the engine's code: another one finds other things by the same rules."""

THRESHOLD: Final = 0.5
"""The score from which on a candidate is a secret."""

MAX_CANDIDATES: Final = 50_000
"""Places of one file that are looked at."""

MAX_MATCHES: Final = 1000
"""Secrets of one file that are told."""


class SecretEngine:
    """Finds secrets by rules. It keeps nothing of what it has searched."""

    def __init__(
        self, rules: Sequence[Rule], prefilters: Callable[[Sequence[Rule]], Prefilter] | None = None
    ) -> None:
        """Search by ``rules``; ``prefilters`` makes the prefilter of some of them."""
        make = prefilters or PatternPrefilter
        self._named = NamedRules(rules)
        searched = [rule for rule in rules if rule.kind != "named"]
        self._of_places = [rule for rule in searched if rule.path]
        everywhere = [rule for rule in searched if not rule.path]
        of_code = [rule for rule in everywhere if rule.in_code]
        self._text = (everywhere, make(everywhere))
        self._code = (of_code, make(of_code))

    def find(self, data: bytes | memoryview, *, path: str = "") -> Iterator[SecretMatch]:
        """Yield the secrets of a text in the order of their places.

        ``path`` is the escaped path of the file. :class:`Unreadable` (``too_many``) where not
        everything was looked at, after what was found.
        """
        searched = searchable(data)
        rules, prefilter = self._code if is_code(path) else self._text
        hits = prefilter.hits(searched)
        of_place = [rule for rule in self._of_places if rule.places and rule.places.search(path)]
        if not hits.found and not of_place:
            return
        text = bytes(searched)
        candidates = chain(_by_hits(text, rules, hits.found, path), _by_place(text, of_place, path))
        judged: list[tuple[Candidate, Verdict]] = []
        complete = hits.complete
        for number, candidate in enumerate(candidates):
            if number == MAX_CANDIDATES:
                complete = False
                break
            refined = self._named.refined(candidate) if candidate.name else candidate
            verdict = judge(refined)
            if verdict.score >= THRESHOLD:
                judged.append((refined, verdict))
        chosen = _without_overlaps(judged)
        yield from _matches(text, chosen[:MAX_MATCHES])
        if not complete or len(chosen) > MAX_MATCHES:
            message = "the file has more that may be secrets than is looked at in one file"
            raise Unreadable(message, code="too_many")


def _by_hits(
    text: bytes, rules: Sequence[Rule], hits: Iterable[tuple[int, int]], path: str
) -> Iterator[Candidate]:
    windows = Windows(text)
    seen: dict[int, int] = {}
    names: dict[tuple[int, int], tuple[tuple[int, int], ...]] = {}
    for offset, index in hits:
        rule = rules[index]
        for start, end in windows.around(offset, rule.lines):
            if seen.get(index, -1) >= start:
                continue
            seen[index] = start
            if rule.kind != "assignment" or rule.implied:
                yield from _in_window(rule, text, start, end, path)
                continue
            if (start, end) not in names:
                names = {(start, end): names_in(text, start, end)}
            yield from assigned(rule, text, names[start, end], end, path)


def _by_place(text: bytes, rules: Iterable[Rule], path: str) -> Iterator[Candidate]:
    for rule in rules:
        for start in range(0, len(text), WINDOW - OVERLAP):
            yield from _in_window(rule, text, start, min(len(text), start + WINDOW), path)


def _in_window(
    rule: Rule, text: bytes, start: int, end: int, path: str
) -> Iterator[Candidate]:
    for match in rule.expression.finditer(text, start, end):
        if rule.kind == "assignment":
            yield implied(rule, text, match, end, path)
        elif rule.kind == "block":
            yield block(rule, text, match)
        else:
            first, last = match.span("value")
            yield Candidate(rule=rule, start=first, end=last, value=match["value"])


def _without_overlaps(judged: list[tuple[Candidate, Verdict]]) -> list[tuple[Candidate, Verdict]]:
    order = sorted(
        judged, key=lambda each: (each[0].start, -each[1].rank, -each[1].score, -each[0].end)
    )
    chosen: list[tuple[Candidate, Verdict]] = []
    for each in order:
        if chosen and each[0].start < chosen[-1][0].end:
            if each[1].rank > chosen[-1][1].rank:
                chosen[-1] = each
            continue
        chosen.append(each)
    return chosen


def _matches(text: bytes, chosen: list[tuple[Candidate, Verdict]]) -> Iterator[SecretMatch]:
    line, counted = 1, 0
    spans = [(candidate.start, candidate.end) for candidate, _ in chosen]
    for index, (candidate, verdict) in enumerate(chosen):
        line += text.count(b"\n", counted, candidate.start)
        counted = candidate.start
        yield SecretMatch(
            rule=verdict.rule,
            title=verdict.title,
            severity=verdict.severity,
            start=candidate.start,
            end=candidate.end,
            line=line,
            last_line=line + text.count(b"\n", candidate.start, candidate.end),
            score=verdict.score,
            reasons=verdict.reasons,
            excerpt=excerpt(
                text, candidate.start, candidate.end, spans[max(0, index - 8) : index + 9]
            ),
            value=Hidden(candidate.value),
        )


@cache
def default_engine() -> SecretEngine:
    """Return the engine with the rules that Scantling comes with, by hyperscan where it is."""
    rules = packaged_rules()
    try:
        from scantling_analyzers.secrets.hyperscan_prefilter import HyperscanPrefilter  # noqa: PLC0415  # not on every machine
    except ImportError:
        return SecretEngine(rules)
    return SecretEngine(rules, HyperscanPrefilter)
