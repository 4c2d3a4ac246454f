"""All entries that apply to an image, and which of them decides; pure.

The first entry that is about a piece of software decides. Of thousands most are found, or left
out, by one look: names and hashes by a table, patterns by one expression for all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.risks.compliance.licences import Standing, terms_of
from scantling_common.errors import ScantlingError
from scantling_common.software_list.glob import any_of, is_plain
from scantling_common.versions.ranges import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from scantling_analyzers.risks.compliance.rule import Rule
    from scantling_analyzers.risks.compliance.subject import Subject

MAX_COMPARISONS: Final = 2_000_000
"""How many entries are held against the software of one image; a few thousand are usual."""


class TooManyComparisons(ScantlingError):
    """A list needs more comparisons for an image than are made."""

    code = "too_many"


class Verdict(NamedTuple):
    """The entry that decides, and one that denies and can't be told to hold; None without one.

    ``number`` is how many entries stand before the one that decides.
    """

    rule: Rule | None = None
    unknown: Rule | None = None
    number: int = 0

    @property
    def allows(self) -> bool:
        """Tell if an entry allows it."""
        return self.rule is not None and not self.rule.denies

    def denies_content_before(self, other: Verdict) -> bool:
        """Tell if an entry denies it by its hash, and stands before the one of another verdict."""
        rule = self.rule
        return bool(rule and rule.denies and rule.entry.hash) and self.number < other.number


class Policy:
    """Entries in their order."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Make the tables."""
        self._rules = rules
        self._tables: dict[str, list[int]] = {}
        self._names, self._paths, self._licenses = _Patterns(), _Patterns(), _Patterns()
        for number, rule in enumerate(rules):
            entry = rule.entry
            if entry.hash:
                self._tables.setdefault(entry.hash, []).append(number)
            elif entry.name and is_plain(entry.name):
                self._tables.setdefault(f"name:{entry.name.lower()}", []).append(number)
            elif entry.name:
                self._names.add(entry.name, number)
            elif entry.path:
                self._paths.add(entry.path, number)
            elif entry.license:
                self._licenses.add(entry.license, number)
            else:
                for type_ in entry.types or ("",):
                    self._tables.setdefault(f"type:{type_}", []).append(number)
        for patterns in (self._names, self._paths, self._licenses):
            patterns.compile()

    def judging(self, *, most: int = MAX_COMPARISONS) -> Judging:
        """Return what judges the software of one image."""
        return Judging(self._rules, self._candidates, most)

    def _candidates(self, subject: Subject) -> Iterator[int]:
        for key in (*subject.hashes, *(f"name:{name}" for name in subject.names)):
            yield from self._tables.get(key, ())
        for key in ("type:", *(f"type:{kind}" for kind in subject.kinds)):
            yield from self._tables.get(key, ())
        yield from self._names.fitting(subject.names)
        yield from self._paths.fitting((subject.file,))
        if self._licenses:
            terms = (term for statement in subject.licenses for term in terms_of(statement))
            yield from self._licenses.fitting(terms)


class Judging:
    """Judges the software of one image, within a number of comparisons."""

    def __init__(
        self, rules: Sequence[Rule], candidates: Callable[[Subject], Iterable[int]], most: int
    ) -> None:
        """Begin to count."""
        self._rules, self._candidates, self._left, self._most = rules, candidates, most, most

    def judge(self, subject: Subject) -> Verdict:
        """Return which entry decides. Raises :class:`TooManyComparisons`."""
        numbers = sorted(set(self._candidates(subject)))
        self._left -= len(numbers)
        if self._left < 0:
            message = f"the list needs more than {self._most} comparisons for this image"
            raise TooManyComparisons(message, hint="write fewer patterns for the same names")
        unknown = None
        # What is certain of its licences, and what they are if each unknown entry denies.
        standing, at_worst = Standing(subject.licenses), Standing(subject.licenses)
        for number in numbers:
            rule = self._rules[number]
            answer = rule.holds(subject)
            if answer is Answer.YES and rule.decides(standing):
                return Verdict(rule, unknown, number)
            may_hold = answer is Answer.YES or (answer is Answer.UNKNOWN and rule.denies)
            if may_hold and rule.decides(at_worst):
                unknown = unknown or rule
        return Verdict(None, unknown)


class _Patterns:
    """Patterns of one kind; whether any of them fits is one look."""

    def __init__(self) -> None:
        self._numbers: list[int] = []
        self._patterns: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._numbers)

    def add(self, pattern: str, number: int) -> None:
        self._patterns.append(pattern)
        self._numbers.append(number)

    def compile(self) -> None:
        self._any = any_of(self._patterns)

    def fitting(self, texts: Iterable[str]) -> Sequence[int]:
        """Return the numbers of all where one of them fits one of the texts, else none."""
        return self._numbers if self._numbers and any(map(self._any.match, texts)) else ()
