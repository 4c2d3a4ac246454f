"""Every check item passes what is well set, and fails what is not."""

from __future__ import annotations

import re
from typing import Any, Final, get_args

import pytest

from scantling_analyzers.checks.catalogue import baselines, items
from scantling_analyzers.checks.models import (
    AccountRule,
    AccountsExamined,
    ContainerExamined,
    ContainerRule,
    ElsewhereExamined,
    Item,
    Reason,
)
from scantling_analyzers.risks.setting.judging import REASONS, judge, look_at
from scantling_analyzers.risks.setting.sections import expected
from tests.analyzers.risks.setting.images import fixtures, image

FIXTURES: Final = fixtures()
JUDGED: Final = [each for each in items() if not isinstance(each.examine, ElsewhereExamined)]
ELSEWHERE: Final = [each for each in items() if isinstance(each.examine, ElsewhereExamined)]


def status(item: Item, given: dict[str, Any]) -> tuple[str, str]:
    verdict = judge(item, look_at(image(**given)))
    return verdict.status, verdict.observed


@pytest.mark.parametrize("item", JUDGED, ids=lambda item: item.id)
def test_it_passes_what_is_well_set_and_fails_what_is_not(item: Item) -> None:
    given = FIXTURES[item.id]
    good, said = status(item, given["pass"])
    assert good == "passed", said
    bad, said = status(item, given["fail"])
    assert (bad, bool(said)) == ("failed", True), said


@pytest.mark.parametrize("item", ELSEWHERE, ids=lambda item: item.id)
def test_what_an_image_can_not_tell_is_not_applicable_with_the_reason(item: Item) -> None:
    assert isinstance(item.examine, ElsewhereExamined)
    assert status(item, {}) == ("not_applicable", REASONS[item.examine.reason])


def test_there_are_enough_and_each_says_all_that_people_need() -> None:
    assert len(JUDGED) >= 150
    assert set(FIXTURES) == {item.id for item in JUDGED}
    for item in JUDGED:
        assert item.description.endswith("."), item.id
        assert item.rationale.endswith("."), item.id
        assert item.remedy.endswith("."), item.id
        assert expected(item) or item.baseline == "docker-image", item.id


def test_every_baseline_of_a_distribution_has_items() -> None:
    for baseline in baselines():
        names = {baseline.id, *baseline.groups}
        if baseline.releases:
            assert sum(not names.isdisjoint(item.applies) for item in JUDGED) > 50


def test_every_rule_and_every_reason_is_some_item_s() -> None:
    examined = [item.examine for item in items()]
    assert {each.rule for each in examined if isinstance(each, AccountsExamined)} == {
        *get_args(AccountRule)
    }
    assert {each.rule for each in examined if isinstance(each, ContainerExamined)} == {
        *get_args(ContainerRule)
    }
    assert {each.reason for each in examined if isinstance(each, ElsewhereExamined)} == {
        *get_args(Reason)
    }


def test_every_expectation_says_something() -> None:
    for item in items():
        assert item.expect is None or item.expect.described(), item.id


def test_every_item_has_a_reference_that_can_be_looked_up() -> None:
    known = re.compile(
        r"CIS (?:Debian 12 v1\.1\.0|RHEL 7 v(?:2\.2\.0|3\.1\.1)|Ubuntu 20\.04 v1\.0\.0"
        r"|Docker v1\.6\.0) \d+(?:\.\d+)+"
        r"|STIG (?:UBTU-20|RHEL-0[78]|SLES-15)-\d{6}"
        r"|DevSec (?:SSH Baseline 2 sshd|Linux Baseline 2 os)-\d\d"
        r"|[a-z][a-z_.-]+\([1-8]\)|CWE-\d{3}|ATT&CK T\d{4}\.\d{3}|FHS 3\.0 \d+\.\d+"
        r"|openEuler v1\.0 \d+\.\d+\.\d+|hadolint DL\d{4}|Dockerfile reference [A-Z]+"
    )
    for item in items():
        assert item.references, item.id
        assert all(map(known.fullmatch, item.references)), item.id
        assert len(set(item.references)) == len(item.references), item.id
