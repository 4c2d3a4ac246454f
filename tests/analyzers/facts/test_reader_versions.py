"""Who says something else of the same layer has another version: facts are kept by it."""

from __future__ import annotations

import copy

import pytest

from scantling_analyzers.contract import kind_of
from scantling_analyzers.facts.catalogue import READERS
from tests.analyzers.facts.reader_outputs import Outputs, known_outputs, outputs, unmarked

REFRESH = "run `python -m tests.analyzers.facts.reader_outputs`"


@pytest.fixture(scope="module")
def now() -> Outputs:
    return outputs()


def test_what_readers_say_by_a_version_stays_as_it_was(now: Outputs) -> None:
    changed = unmarked(known_outputs(), now)
    assert not changed, f"raise the version of {', '.join(changed)}, then {REFRESH}"


def test_what_readers_say_by_these_versions_is_known(now: Outputs) -> None:
    assert known_outputs() == now, REFRESH


def test_each_reader_says_something_of_the_known_layer(now: Outputs) -> None:
    silent = [kind_of(each.name) for each in READERS if not now[kind_of(each.name)]["facts"]]
    assert silent == []


@pytest.mark.parametrize("mark", ["version", "rules"])
def test_another_version_or_other_rules_mark_a_change(now: Outputs, mark: str) -> None:
    later = copy.deepcopy(now)
    later["secret"]["sha256"] = "another"
    assert unmarked(now, later) == ["secret"]
    later["secret"][mark] = "another"
    assert unmarked(now, later) == []
