"""The engine: from the bytes of one file to the secrets in it."""

from __future__ import annotations

from functools import cache, partial
from itertools import chain
from typing import TYPE_CHECKING, Final

from scantling_analyzers.secrets import names as known_names
from scantling_analyzers.secrets.assignment import assigned, implied, names_in
from scantling_analyzers.secrets.blocks import block
from scantling_analyzers.secrets.candidate import Candidate
from scantling_analyzers.secrets.gitleaks.allowlist import Allowlist
from scantling_analyzers.secrets.gitleaks.asked import asked
from scantling_analyzers.secrets.gitleaks.ids import apart
from scantling_analyzers.secrets.gitleaks.texts import in_utf8
from scantling_analyzers.secrets.judgement import GENERIC, judge, loads_a_key
from scantling_analyzers.secrets.models import Hidden, Searched, SecretMatch
from scantling_analyzers.secrets.named import NamedRules
from scantling_analyzers.secrets.places import RulesOfPlaces
from scantling_analyzers.secrets.prefilter import PatternPrefilter, expressions
from scantling_analyzers.secrets.rules import packaged_rules
from scantling_analyzers.secrets.tables import rows
from scantling_analyzers.secrets.text import is_code, searchable, text_problem
from scantling_analyzers.secrets.windows import OVERLAP, WINDOW, Windows, regions
from scantling_common.risks import SEVERITIES

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from scantling_analyzers.secrets.gitleaks.rules import UserRules
    from scantling_analyzers.secrets.judgement import Verdict
    from scantling_analyzers.secrets.prefilter import Expression, Hits, Prefilter
    from scantling_analyzers.secrets.rule import Rule
    from scantling_analyzers.secrets.text import TextProblem

THRESHOLD: Final = 0.5
"""The score from which on a candidate is a secret."""

MAX_CANDIDATES: Final = 20_000
"""Places of one file that are looked at."""

MAX_KEYS: Final = 200
"""How often private keys of one file are loaded; further ones are judged by their looks."""

MAX_MATCHES: Final = 1000
"""Secrets of one file that are told."""

_NOTHING: Final = Searched()
"""What most texts have."""

_ALLOWED_LINE: Final = 2048
"""Bytes of a line, on both sides of a value, that allowlists look at."""

_ALL: Final = (b"",)
"""Words of which one is in every value."""


class SecretEngine:
    """Finds secrets by rules.

    Of what it has searched it keeps nothing once a search is over: what it remembers of names
    while it searches one text, it forgets with it.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        prefilters: Callable[[Sequence[Rule]], Prefilter] | None = None,
        allowlists: Sequence[Allowlist] = (),
    ) -> None:
        """Search by ``rules``; ``prefilters`` makes the prefilter of some of them.

        What one of ``allowlists`` allows is not told of.
        """
        self._allowlists = tuple(allowlists)
        make = prefilters or PatternPrefilter
        self._named = NamedRules(rules)
        searched = [rule for rule in rules if rule.kind != "named"]
        self._of_places = RulesOfPlaces(searched)
        everywhere = [rule for rule in searched if not rule.path]
        of_code = [rule for rule in everywhere if rule.in_code]
        # Compiling takes long, and not every image has source code.
        self._text = cache(lambda: (expressions(everywhere), make(everywhere)))
        self._code = cache(lambda: (expressions(of_code), make(of_code)))

    def find(self, data: bytes | memoryview, *, path: str = "") -> Iterator[SecretMatch]:
        """Yield the secrets of a text in the order of their places.

        ``path`` is the escaped path of the file. :class:`Unreadable` (``too_many``) where not
        everything was looked at, after what was found.
        """
        searched = self.search(data, path=path)
        yield from searched.matches
        searched.check()

    def problem_of(self, data: bytes | memoryview, path: str) -> TextProblem | None:
        """Return why a file is none that is searched, or None where it is."""
        return text_problem(data, path)

    def search(self, data: bytes | memoryview, *, path: str = "") -> Searched:
        """Return the secrets of a text, and where else in it something was taken for one."""
        searched = searchable(data)
        groups, prefilter = (self._code if is_code(path) else self._text)()
        hits = prefilter.hits(searched)
        of_place = self._of_places.at(path)
        if not hits.found and not of_place:
            return _NOTHING
        try:
            return self._judged(searched, groups, hits, of_place, path)
        finally:
            known_names.forget()

    def _judged(
        self,
        text: bytes,
        groups: Sequence[Expression],
        hits: Hits,
        of_place: Sequence[Rule],
        path: str,
    ) -> Searched:
        candidates = chain(
            _as_asked(text, groups, hits.found, of_place),
            _by_hits(text, groups, hits.found, path),
            _by_place(text, of_place, path),
        )
        judged: list[tuple[Candidate, Verdict]] = []
        places: list[tuple[int, int]] = []
        complete, keys = hits.complete, 0
        for number, candidate in enumerate(candidates):
            if number == MAX_CANDIDATES:
                complete = False
                break
            refined = self._named.refined(candidate) if candidate.name else candidate
            keys += loads_a_key(refined)
            verdict = judge(refined, load=keys <= MAX_KEYS)
            if verdict.score < THRESHOLD:
                continue
            # What is allowed may still be a secret: a copy of one that is not.
            places.append((refined.start, refined.end))
            if not self._allowed(text, refined, verdict, path):
                judged.append((refined, verdict))
        chosen = _without_overlaps(judged)
        return Searched(
            matches=tuple(_matches(text, chosen[:MAX_MATCHES])),
            spans=tuple(_united(places)),
            complete=complete and len(chosen) <= MAX_MATCHES,
        )

    def _allowed(self, text: bytes, found: Candidate, verdict: Verdict, path: str) -> bool:
        if not self._allowlists:
            return False
        begin = max(0, found.start - _ALLOWED_LINE)
        start = text.rfind(b"\n", begin, found.start) + 1 or begin
        end = text.find(b"\n", found.end, found.end + _ALLOWED_LINE)
        line = text[start : end if end >= 0 else found.end + _ALLOWED_LINE]
        whole = found.whole or found.value
        return any(
            each.allows(verdict.rule, path, found.value, whole, line) for each in self._allowlists
        )


def _as_asked(
    text: bytes,
    groups: Sequence[Expression],
    hits: Iterable[tuple[int, int]],
    of_place: Sequence[Rule],
) -> Iterator[Candidate]:
    """Yield what rules of users match: what they may match has no end that is known before."""
    custom = [rule for rule in of_place if rule.kind == "custom"]
    offsets: dict[int, list[int]] = {}
    for offset, number in hits:
        if groups[number].custom:
            offsets.setdefault(number, []).append(offset)
    if not custom and not offsets:
        return
    for_go = in_utf8(text)
    for rule in custom:
        yield from asked(rule, text, for_go, 0, len(text))
    for number, each in offsets.items():
        for start, end in regions(len(text), each):
            for rule in groups[number].custom:
                yield from asked(rule, text, for_go, start, end)


def _by_hits(
    text: bytes, groups: Sequence[Expression], hits: Iterable[tuple[int, int]], path: str
) -> Iterator[Candidate]:
    windows = Windows(text)
    seen: dict[int, tuple[int, int]] = {}
    names: dict[tuple[int, int], tuple[tuple[int, int], ...]] = {}
    for offset, number in hits:
        rules, lines = groups[number].rules, groups[number].lines
        for start, end in windows.around(offset, lines):
            # Later lines end later, and so do later windows of one line: what is not behind the
            # last one was searched. Of several lines, some begin where others began.
            if seen.get(number, (-1, -1)) >= (end, start):
                continue
            seen[number] = (end, start)
            for rule in rules:
                if rule.kind != "assignment" or rule.has_value:
                    yield from _in_window(rule, text, start, end, path)
                    continue
                if (start, end) not in names:
                    names = {(start, end): names_in(text, start, end)}
                yield from assigned(rule, text, names[start, end], end, path)


def _by_place(text: bytes, rules: Iterable[Rule], path: str) -> Iterator[Candidate]:
    small = text.lower() if any(rule.keywords for rule in rules) else b""
    for rule in rules:
        if rule.kind == "custom" or not _may_match(rule, small):
            continue
        # The head of a table is at the beginning.
        searched = WINDOW if rule.kind == "table" else len(text)
        for start in range(0, searched, WINDOW - OVERLAP):
            yield from _in_window(rule, text, start, min(len(text), start + WINDOW), path)


def _may_match(rule: Rule, small: bytes) -> bool:
    return not rule.keywords or any(word.encode() in small for word in rule.keywords)


def _in_window(rule: Rule, text: bytes, start: int, end: int, path: str) -> Iterator[Candidate]:
    for match in rule.expression.finditer(text, start, end):
        if rule.kind == "assignment":
            yield implied(rule, text, match, end, path)
        elif rule.kind == "table":
            yield from rows(rule, text, match, path)
        elif rule.kind == "block":
            found = block(rule, text, match)
            if found.value:
                yield found
        else:
            first, last = match.span(_group(match))
            if first < last:
                yield Candidate(
                    rule=rule, start=first, end=last, value=text[first:last], whole=match[0]
                )


def _group(match: re.Match[bytes]) -> str | int:
    """Return the group that is the secret: the one named, or the first that holds anything."""
    if "value" in match.re.groupindex:
        return "value"
    return next((n for n in range(1, match.re.groups + 1) if match[n]), 0)


def _without_overlaps(judged: list[tuple[Candidate, Verdict]]) -> list[tuple[Candidate, Verdict]]:
    order = sorted(judged, key=_precedence)
    chosen: list[tuple[Candidate, Verdict]] = []
    for each in order:
        if chosen and each[0].start < chosen[-1][0].end:
            if each[1].rank > chosen[-1][1].rank:
                chosen[-1] = each
            continue
        chosen.append(each)
    return chosen


def _precedence(each: tuple[Candidate, Verdict]) -> tuple[int, int, float, int, int, str]:
    """Return a key: of what is found at one place the least is told, whatever was found first."""
    found, verdict = each
    severity = SEVERITIES.index(verdict.severity)
    return found.start, -verdict.rank, -verdict.score, -found.end, severity, verdict.rule


def _united(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return places in order; those that overlap or touch become one."""
    united: list[tuple[int, int]] = []
    for start, end in sorted(places):
        if united and start <= united[-1][1]:
            united[-1] = united[-1][0], max(end, united[-1][1])
        else:
            united.append((start, end))
    return united


def _matches(text: bytes, chosen: list[tuple[Candidate, Verdict]]) -> Iterator[SecretMatch]:
    line, counted = 1, 0
    for candidate, verdict in chosen:
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
            value=Hidden(candidate.value),
        )


@cache
def default_engine(kept: Path | None = None) -> SecretEngine:
    """Return the engine with the rules that Scantling comes with, by hyperscan where it is.

    What is compiled is kept in the directory ``kept``.
    """
    return engine_of(packaged_rules(), kept=kept)


def engine_of(
    rules: Sequence[Rule], allowlists: Sequence[Allowlist] = (), kept: Path | None = None
) -> SecretEngine:
    """Return an engine with these rules, by hyperscan where it is."""
    try:
        from scantling_analyzers.secrets.hyperscan_prefilter import (  # noqa: PLC0415  # not everywhere
            HyperscanPrefilter,
        )
    except ImportError:
        return SecretEngine(rules, allowlists=allowlists)
    return SecretEngine(rules, partial(HyperscanPrefilter, cache=kept), allowlists)


def engine_with(files: Iterable[UserRules], kept: Path | None = None) -> SecretEngine:
    """Return the engine with the rules of users beside those that Scantling comes with.

    What a file disables is not told of. All other rules are used, whether a file extends the
    default ones or not: a file of rules adds to what is found. A rule with the id of another one is
    told of as ``ID-2``.
    """
    given = tuple(files)
    disabled = frozenset[str]().union(*(each.disabled for each in given))
    rules = [rule for rule in packaged_rules() if rule.id not in disabled]
    # What is told of by name and value has no rule of its own that could be left out.
    own = {rule.id for each in given for rule in each.rules}
    named = frozenset(each for each in disabled - own if each.startswith(GENERIC))
    allowlists = [Allowlist(stopwords=_ALL, rules=named)] if named else []
    for each in apart(given, [rule.id for rule in rules]):
        rules.extend(each.rules)
        allowlists.extend(each.allowlists)
    return engine_of(rules, allowlists, kept)
