"""Which placements may go when a listing lacks them."""

from __future__ import annotations

import pytest

from scantling_sync.missing import CONFIRM_AFTER_MS, is_mass, judge
from tests.sync.samples import A, placement

HOUR = CONFIRM_AFTER_MS


@pytest.mark.parametrize(
    ("live", "missing", "mass"),
    [
        (10, 10, True),
        (9, 9, False),
        (49, 10, True),
        (50, 10, False),
        (51, 10, False),
        (1000, 200, False),
        (1000, 201, True),
        (0, 0, False),
    ],
)
def test_over_a_fifth_and_at_least_ten_is_many(live: int, missing: int, *, mass: bool) -> None:
    assert is_mass(live, missing) == mass


def test_few_may_go_at_once() -> None:
    few = [placement(A, tag=f"t{number}") for number in range(9)]
    verdict = judge(few, 9, missing_since=0, began_at=1000)
    assert verdict.may_go == tuple(few)
    assert (verdict.missing_since, verdict.confirm_at) == (0, 0)


def test_many_wait_for_a_second_listing_an_hour_later() -> None:
    many = [placement(A, tag=f"t{number}") for number in range(20)]
    first = judge(many, 20, missing_since=0, began_at=1000)
    assert (first.may_go, first.missing_since) == ((), 1000)
    assert first.confirm_at == 1000 + HOUR
    early = judge(many, 20, missing_since=1000, began_at=999 + HOUR)
    assert (early.may_go, early.missing_since) == ((), 1000)
    second = judge(many, 20, missing_since=1000, began_at=1000 + HOUR)
    assert (second.may_go, second.missing_since) == (tuple(many), 0)


def test_a_second_listing_does_not_confirm_what_was_seen_since_the_first() -> None:
    twice = [placement(A, tag=f"t{number}") for number in range(10)]
    once = [placement(A, tag=f"u{number}", last_seen_at=2000) for number in range(90)]
    verdict = judge([*twice, *once], 100, missing_since=1000, began_at=1000 + HOUR)
    assert verdict.may_go == tuple(twice)
    assert verdict.missing_since == 1000 + HOUR


def test_a_listing_that_is_whole_again_forgets_the_first() -> None:
    verdict = judge([], 20, missing_since=1000, began_at=2000)
    assert (verdict.may_go, verdict.missing_since) == ((), 0)
