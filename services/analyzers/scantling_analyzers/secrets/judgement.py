"""Judgement: how sure it is that a candidate is a secret, and the reasons in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.secrets import names, values, words
from scantling_analyzers.secrets.dismissal import is_dismissed
from scantling_analyzers.secrets.published import is_published
from scantling_analyzers.secrets.traits import traits
from scantling_analyzers.secrets.validation.catalogue import CHECKS, UNLOADED
from scantling_analyzers.secrets.validation.finding import REFUSED, Said
from scantling_analyzers.secrets.weights import weights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from scantling_analyzers.secrets.candidate import Candidate
    from scantling_common.risks import Severity

GENERIC: Final = "generic-"
"""How the ids begin of what is told of by its name, value and place."""

MOST: Final = 30.0
"""The highest and, negative, the lowest sum of weights that is told apart."""

_LONG: Final = 12
_WORDY: Final = 0.75
_REGULAR: Final = 0.7
_LONGEST_SEQUENCE: Final = 64
_LOOKED_AT: Final = 512


class Verdict(NamedTuple):
    """What is said of a candidate; of overlapping ones, that with the higher rank counts."""

    rule: str
    title: str
    severity: Severity
    score: float
    reasons: tuple[str, ...]
    rank: int


class NameTitle(NamedTuple):
    """How a value is called that is assigned to a name, and what it may open."""

    title: str
    severity: Severity


TITLES: Final[dict[str, NameTitle]] = {
    "password": NameTitle("Password", "high"),
    "secret": NameTitle("Secret", "high"),
    "token": NameTitle("Token", "high"),
    "api-key": NameTitle("Key to an interface", "high"),
    "key": NameTitle("Key", "medium"),
    "credential": NameTitle("Credentials", "high"),
    "auth": NameTitle("Value for authentication", "medium"),
    "salt": NameTitle("Salt or nonce", "low"),
}
"""By what the name promises."""


def loads_a_key(candidate: Candidate) -> bool:
    """Tell whether the verdict on a candidate loads a private key, which takes long."""
    return not UNLOADED.keys().isdisjoint(candidate.rule.checks)


def judge(candidate: Candidate, *, load: bool = True) -> Verdict:
    """Return the verdict on a candidate; without ``load`` a key is judged by its looks."""
    if candidate.rule.kind in {"assignment", "table"}:
        return _by_traits(candidate)
    if candidate.rule.kind == "custom":
        return _as_told(candidate)
    return _by_form(candidate, CHECKS if load else CHECKS | UNLOADED)


def _as_told(candidate: Candidate) -> Verdict:
    rule = candidate.rule
    said = [Said(_odds(rule.confidence), "a rule of the user matches")]
    if rule.entropy and values.entropy(candidate.value) <= rule.entropy:
        said.append(Said(REFUSED, "it is too regular"))
    return Verdict(rule.id, rule.title, rule.severity, _score(said), _reasons(said), 4)


def _by_form(
    candidate: Candidate, checks: Mapping[str, Callable[[bytes], Iterator[Said]]]
) -> Verdict:
    rule = candidate.rule
    said = [Said(_odds(rule.confidence), "it has the form of such a secret")]
    for name in rule.checks:
        said.extend(checks[name](candidate.value))
    if is_published(candidate.value):
        said.append(Said(REFUSED, "it is an example of a public document"))
    if rule.kind == "token":
        said.extend(_of_value(candidate.value, rule.entropy))
    severity = next((each.severity for each in said if each.severity), rule.severity)
    return Verdict(rule.id, rule.title, severity, _score(said), _reasons(said), 3)


def _of_value(value: bytes, least: float) -> Iterator[Said]:
    if values.is_placeholder(value):
        yield Said(-4.0, "it is a placeholder")
    elif values.is_reference(value):
        yield Said(-4.0, "it is a reference or a template")
    if len(value) >= _LONG and words.coverage(value) > _WORDY:
        yield Said(-3.0, "it is made of words")
    if values.entropy(value) < least:
        yield Said(REFUSED, "it is too regular")
    elif values.relative_entropy(value[:_LOOKED_AT]) < _REGULAR:
        yield Said(-3.0, "it is repetitive")
    if len(value) < _LONGEST_SEQUENCE and values.has_sequence(value):
        yield Said(-2.0, "characters follow each other in it")


def _by_traits(candidate: Candidate) -> Verdict:
    rule = candidate.rule
    kind = names.class_of(candidate.name)
    if kind == "none" or is_dismissed(candidate):
        return Verdict(rule.id, rule.title, rule.severity, 0.0, (), 0)
    known = weights()
    said = [Said(known.bias, "")]
    for name in traits(candidate):
        trait = known.traits.get(name)
        if trait is not None:
            said.append(Said(trait.weight, trait.reason))
    if rule.implied:
        return Verdict(rule.id, rule.title, rule.severity, _score(said), _reasons(said), 2)
    title, severity = TITLES[kind]
    return Verdict(f"{GENERIC}{kind}", title, severity, _score(said), _reasons(said), 1)


def _odds(probability: float) -> float:
    return math.log(probability / (1 - probability))


def _score(said: Iterable[Said]) -> float:
    total = sum(each.weight for each in said)
    return round(1 / (1 + math.exp(-max(-MOST, min(MOST, total)))), 4)


def _reasons(said: Iterable[Said]) -> tuple[str, ...]:
    order = sorted((each for each in said if each.reason), key=lambda each: -abs(each.weight))
    return tuple(dict.fromkeys(each.reason for each in order))
