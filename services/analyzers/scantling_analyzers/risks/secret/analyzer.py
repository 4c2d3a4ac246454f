"""The analyzer of sensitive information (requirement row 4.8)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_analyzers.facts.models import Tally
from scantling_analyzers.risks.omissions import rules_left_out, status_of
from scantling_analyzers.risks.secret.finding import findings_of
from scantling_analyzers.risks.secret.sighting import sightings
from scantling_analyzers.rule_packs.configured import NO_RULES, ConfiguredRules
from scantling_analyzers.rule_packs.own_secrets import secret_mark
from scantling_common.outcomes import Outcome, OutcomeError, Versions
from scantling_common.search_report import SearchReport
from scantling_common.unchecked_paths.entries import (
    LIST,
    MAX_ENTRIES,
    PathInvalid,
    invalid_entries,
    parse_entry,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_analyzers.contract import ImageContent, Settings
    from scantling_common.risks import Risk
    from scantling_common.unchecked_paths.entries import UncheckedPath

MAX_FINDINGS: Final = 10_000
"""How many secrets of one image are told."""
_CHECKED: Final = "checked"
_WORDS: Final = {"passed_over": "default_path"}
"""What reports call a reason by which files were not searched."""


class SecretAnalyzer:
    """Tells the secrets of an image, what later layers hide and the configuration included.

    A project's list ``unchecked-paths`` leaves out what stands there; it applies here, so that
    another list needs no new reading.
    """

    risk: Risk = "secret"
    version = 1
    readers = ("secret",)

    def __init__(
        self,
        rules: ConfiguredRules = NO_RULES,
        least_score: float = 0.0,
        *,
        fingerprints: bool = False,
    ) -> None:
        """Say of outcomes that they are made with these packs, beside the rules of the product.

        What is less sure than ``least_score`` is not told, but counted. With ``fingerprints``
        findings of several images tell if they are about the same secret.
        """
        self._rules, self._least, self._fingerprints = rules, least_score, fingerprints

    def with_rules(self, rules: ConfiguredRules) -> SecretAnalyzer:
        """Return the same analyzer with the packs of the user."""
        return SecretAnalyzer(rules, self._least, fingerprints=self._fingerprints)

    def with_least_score(self, score: float) -> SecretAnalyzer:
        """Return the same analyzer; what is less sure than that (0 to 1) it does not tell."""
        return SecretAnalyzer(self._rules, score, fingerprints=self._fingerprints)

    def with_fingerprints(self) -> SecretAnalyzer:
        """Return the same analyzer, whose findings have keyed fingerprints of secrets."""
        return SecretAnalyzer(self._rules, self._least, fingerprints=True)

    @property
    def rules(self) -> str:
        """Return which rules outcomes are made with, and from which score on."""
        mark = f"secret-rules:{secret_mark(self._rules.of_kind('secrets'))}"
        if without := sum(each.count for each in self._rules.left_out_of("secrets")):
            mark = f"{mark} without:{without}"
        return f"{mark} score:{self._least:g}" if self._least else mark

    def analyze(self, image: ImageContent, settings: Settings) -> Outcome:
        """Return a finding for each secret at each place, in a stable order.

        *Partial* where something could not be read, or not to its end: hidden files count, too.
        Files that are not searched by design are counted, and leave nothing partial.
        """
        entries = tuple(settings.list(LIST) or ())
        unchecked = _paths(entries)
        every = sightings(image)
        sure = [each for each in every if each.secret.score >= self._least]
        told = [each for each in sure if not _covered(each.secret.path, unchecked)]
        errors = tuple(
            sorted(
                {
                    *_of_list(entries),
                    *rules_left_out(self._rules.left_out_of("secrets")),
                    *(e for e in _omissions(image) if not _covered(e.path, unchecked)),
                    *_too_many(len(told)),
                },
                key=lambda e: (e.path, e.layer, e.code, e.message),
            )
        )
        status, code, reason = status_of(errors)
        return Outcome(
            risk=self.risk,
            status=status,
            code=code,
            reason=reason,
            findings=tuple(findings_of(told[:MAX_FINDINGS], fingerprints=self._fingerprints)),
            errors=errors,
            versions=Versions(
                version=str(self.version), rules=self.rules, settings=settings.version
            ),
            search=replace(
                _search(image),
                unchecked_paths=tuple(f"/{entry.path}" for entry in unchecked),
                left_out=len(sure) - len(told),
                unsure=len(every) - len(sure),
            ),
        )


def _search(image: ImageContent) -> SearchReport:
    counts: Counter[str] = Counter()
    for located in image.facts:
        if isinstance(located.fact, Tally):
            counts.update(located.fact.counts)
    checked = counts.pop(_CHECKED, 0)
    return SearchReport(
        checked=checked,
        unchecked={_WORDS.get(word, word): number for word, number in sorted(counts.items())},
    )


def _omissions(image: ImageContent) -> Iterator[OutcomeError]:
    for each in image.errors:
        error, layer = each.error, image.layers[each.layer].diff_id
        yield OutcomeError(path=error.path, layer=layer, code=error.code, message=error.message)
    for file in image.configuration:
        for error in file.errors:
            yield OutcomeError(path="", layer="", code=error.code, message=error.message)


def _paths(entries: Iterable[str]) -> list[UncheckedPath]:
    """Return the entries that can be understood; what is wrong with others is told apart."""
    paths = []
    for entry in dict.fromkeys(entries):
        try:
            paths.append(parse_entry(entry))
        except PathInvalid:
            continue
    return paths[:MAX_ENTRIES]


def _of_list(entries: Iterable[str]) -> Iterator[OutcomeError]:
    """Yield what is wrong with a list: it is checked when it is set, by later releases more."""
    for number, error in invalid_entries(entries):
        message = f"entry {number} of {LIST}: {error.message}"
        yield OutcomeError(path="", layer="", code=error.code, message=message)


def _too_many(count: int) -> Iterator[OutcomeError]:
    if count > MAX_FINDINGS:
        message = f"{count - MAX_FINDINGS} more secrets are not told"
        yield OutcomeError(path="", layer="", code="too_many", message=message)


def _covered(path: str, unchecked: Iterable[UncheckedPath]) -> bool:
    return bool(path) and any(entry.covers(path) for entry in unchecked)
