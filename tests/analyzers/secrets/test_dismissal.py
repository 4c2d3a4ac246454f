"""What is dismissed early is what would not be told of if all of it were looked at."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from scantling_analyzers.secrets import dismissal, judgement, traits
from scantling_analyzers.secrets.candidate import Candidate
from scantling_analyzers.secrets.engine import THRESHOLD
from scantling_analyzers.secrets.rules import packaged_rules
from scantling_analyzers.secrets.weights import weights
from tests.analyzers.secrets.engines import counterexamples, examples
from tests.builders.secret_examples import Randomness, expand

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from scantling_analyzers.secrets.rule import Rule

NAMES = (b"password", b"key", b"api_key", b"client.secret", b"nextToken", b"auth", b"salt")


def candidates() -> Iterator[Candidate]:
    """Yield texts and parts of texts of the rules, assigned to names in every way."""
    source = Randomness("dismissal")
    rules = [rule for rule in packaged_rules() if rule.kind == "assignment"]
    for _, text in chain(examples(), counterexamples()):
        words = expand(text).encode().split() or [b""]
        for word in words[:4]:
            yield _candidate(source, rules, word)
            yield _candidate(source, rules, word[source.number(len(word) + 1) :])


def _candidate(source: Randomness, rules: list[Rule], value: bytes) -> Candidate:
    return Candidate(
        rule=rules[source.number(len(rules))],
        start=0,
        end=len(value),
        value=value,
        name=NAMES[source.number(len(NAMES))],
        before=(b"", b"# ", b"?")[source.number(3)],
        quote=(b"", b'"')[source.number(2)],
        connector=(b"=", b" == ", b"(", b", ")[source.number(4)],
        path=("srv/app.conf", "srv/main.go")[source.number(2)],
    )


def test_what_is_dismissed_would_not_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    dismissed = [each for each in candidates() if dismissal.is_dismissed(each)]
    monkeypatch.setattr(judgement, "is_dismissed", lambda _candidate: False)
    assert max(judgement.judge(each).score for each in dismissed) < THRESHOLD
    assert len(dismissed) > 1000


def test_much_is_dismissed_by_its_name_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scantling_analyzers.secrets.values.relative_entropy", None)
    monkeypatch.setattr("scantling_analyzers.secrets.words.coverage", None)
    rule = next(rule for rule in packaged_rules() if rule.id == "assigned-value")
    value = Candidate(rule=rule, start=0, end=9, value=b"fq7Zk2m_w", name=b"next_token")
    assert dismissal.is_dismissed(value)


def test_each_trait_that_raises_the_odds_belongs_to_a_step() -> None:
    families = tuple(family for _, each in traits.RAISING for family in each)
    raising = {name for name, trait in weights().traits.items() if trait.weight > 0}
    assert {name for name in raising if not name.startswith(families)} == set()
