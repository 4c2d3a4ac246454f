"""Each rule finds its examples and not its counter-examples, and the rule files keep the schema."""

from __future__ import annotations

import base64
import re
from collections import Counter

import msgspec
import pytest

from scantling_analyzers.secrets.rules import packaged_rules, parse
from scantling_analyzers.secrets.validation.catalogue import CHECKS
from tests.analyzers.secrets.engines import counterexamples, examples, found, path_of
from tests.builders.secret_examples import expand


def test_there_are_rules_for_hundreds_of_kinds() -> None:
    assert len(packaged_rules()) >= 300


def test_every_rule_has_an_id_of_its_own() -> None:
    assert max(Counter(rule.id for rule in packaged_rules()).values()) == 1


def test_every_rule_has_examples_and_most_have_counterexamples() -> None:
    rules = packaged_rules()
    assert [rule.id for rule in rules if not rule.examples] == []
    assert sum(not rule.counterexamples for rule in rules) <= 3


def test_every_check_that_a_rule_names_is_there() -> None:
    assert {name for rule in packaged_rules() for name in rule.checks} <= set(CHECKS)


def test_every_example_is_found_by_its_rule() -> None:
    missed = []
    for rule, text in examples():
        ids = {match.rule for match in found(text, path_of(rule))}
        joined = rule.kind in {"assignment", "table"} and not rule.implied
        if not (ids if joined else rule.id in ids):
            missed.append((rule.id, text, ids))
    assert missed == []


def test_no_counterexample_is_found() -> None:
    wrong = []
    for rule, text in counterexamples():
        ids = {match.rule for match in found(text, path_of(rule))}
        if rule.id in ids or any(name.startswith("generic-") for name in ids):
            wrong.append((rule.id, text, ids))
    assert wrong == []


def test_one_of_the_keywords_is_in_every_example() -> None:
    for rule, text in examples():
        small = expand(text).lower()
        assert not rule.keywords or any(word in small for word in rule.keywords), (rule.id, text)


def test_a_hint_matches_in_every_example() -> None:
    for rule, text in examples():
        if rule.kind != "named" and not rule.path:
            pattern = re.compile(rule.prefilter.encode(), re.MULTILINE)
            assert pattern.search(b"\n" + expand(text).encode()), (rule.id, text)


@pytest.mark.parametrize(
    "broken",
    [
        '[[rules]]\nid = "A B"\ntitle = "x"\nseverity = "high"',
        '[[rules]]\nid = "a"\ntitle = "x"\nseverity = "terrible"',
        '[[rules]]\nid = "a"\ntitle = "x"\nseverity = "high"\nsurprise = 1',
        '[[rules]]\nid = "a"\ntitle = "x"\nseverity = "high"\nconfidence = 1.5',
    ],
)
def test_a_rule_that_breaks_the_schema_is_refused(broken: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        parse(broken)


def test_an_example_expands_to_the_same_text_each_time() -> None:
    assert expand("x {b62:20} {uuid}") == expand("x {b62:20} {uuid}")
    assert expand("x {b62:20}") != expand("y {b62:20}").replace("y", "x", 1)
    assert expand("{unknown:3} {}") == "{unknown:3} {}"


@pytest.mark.parametrize("size", range(600, 604))
def test_a_key_in_base_64_is_known_by_its_beginning_whatever_its_length(size: int) -> None:
    (rule,) = (each for each in packaged_rules() if each.id == "encoded-private-key")
    key = b"\x30\x82" + size.to_bytes(2, "big") + b"\x02\x01\x00" + bytes(size - 3)
    text = b'"' + base64.b64encode(key) + b'"'
    assert rule.expression.search(text)
    assert re.search(rule.hint.encode(), text)
