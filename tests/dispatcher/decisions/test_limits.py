"""Images per hour."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scantling_dispatcher.decisions.limits import (
    BURST,
    HOUR,
    MINUTE,
    admitted,
    free_at,
    healed,
    interval,
    lower,
)

START = 1_700_000_000_000


@given(st.integers(1, 5000), st.lists(st.integers(0, HOUR // 7), min_size=1, max_size=400))
def test_no_half_open_hour_has_more_than_the_limit(rate: int, gaps: list[int]) -> None:
    now, debited_at = START, 0
    debits: list[int] = []
    for gap in gaps:
        now += gap
        now = max(now, free_at(debited_at, rate)) if gap % 3 else now
        if now >= free_at(debited_at, rate):
            debited_at = now
            debits.append(now)

    for first, begin in enumerate(debits):
        assert sum(at < begin + HOUR for at in debits[first:]) <= rate


@given(st.integers(1, 10_000_000))
def test_a_whole_number_of_intervals_fills_the_hour(rate: int) -> None:
    assert rate * interval(rate) >= HOUR
    assert rate * (interval(rate) - 1) < HOUR


@given(st.integers(1, 1000), st.integers(0, START), st.integers(1, HOUR))
def test_a_clock_that_was_set_back_closes_for_one_interval_at_most(
    rate: int, back: int, debited: int
) -> None:
    now = START - back
    seen = healed(START + debited, now)

    assert free_at(seen, rate) <= now + interval(rate)


def test_without_a_limit_everything_is_free() -> None:
    assert free_at(START, 0) == 0
    assert free_at(0, 5) == 0


def test_a_task_only_lowers() -> None:
    assert lower(10, 3) == 3
    assert lower(3, 10) == 3
    assert lower(0, 7) == 7
    assert lower(7, 0) == 7
    assert lower(0, 0) == 0


@given(st.integers(1, 6000))
def test_requests_come_in_a_burst_and_then_at_their_rate(per_minute: int) -> None:
    arrival, admitted_at_once = 0, 0
    while True:
        arrival, wait = admitted(arrival, per_minute, START)
        if wait:
            break
        admitted_at_once += 1

    assert admitted_at_once <= BURST * per_minute // MINUTE + 1
    assert admitted(arrival, per_minute, START + wait)[1] == 0
