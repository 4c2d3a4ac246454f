"""Which lane is next."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scantling_dispatcher.decisions.lanes import (
    CLASSES,
    FAIR,
    Lane,
    behind,
    lane_name,
    lane_of,
    next_lane,
)

NOW = 1000


@st.composite
def lanes(draw: st.DrawFn) -> list[Lane]:
    names = draw(
        st.lists(
            st.tuples(st.sampled_from(sorted(CLASSES)), st.integers(0, 9)),
            unique=True,
            max_size=12,
        )
    )
    return [
        lane_of(lane_name(priority, f"task-{task}", "r1"), draw(st.integers(0, 2 * NOW)))
        for priority, task in names
    ]


@given(lanes(), st.integers(0, 100), st.sets(st.integers(0, 11)))
def test_the_oldest_row_of_the_highest_open_class_is_next(
    given_lanes: list[Lane], picks: int, closed: set[int]
) -> None:
    shut = {lane.name for number, lane in enumerate(given_lanes) if number in closed}
    usable = [lane for lane in given_lanes if lane.due_at <= NOW and lane.name not in shut]

    chosen = next_lane(
        given_lanes, picks=picks, now=NOW, is_open=lambda lane: lane.name not in shut
    )

    if not usable:
        assert chosen is None
        return
    assert chosen in usable
    fair = picks % FAIR == FAIR - 1
    rank = min(lane.rank for lane in usable)
    rivals = usable if fair else [lane for lane in usable if lane.rank == rank]
    assert chosen.due_at == min(lane.due_at for lane in rivals)


@given(st.integers(1, 40), st.integers(1, 40))
def test_nothing_starves_behind_pushes_that_never_end(pushes: int, age: int) -> None:
    """A scheduled row is picked after at most 8 picks for each row that is older than it."""
    scheduled = lane_of(lane_name("scheduled", "p", "r1"), age)
    clock, picks = age, 0
    push = lane_of(lane_name("push", "t", "r1"), 0)
    while True:
        chosen = next_lane((push, scheduled), picks=picks, now=clock, is_open=lambda _: True)
        assert chosen is not None
        picks += 1
        if chosen.name == scheduled.name:
            break
        clock += 1
        push = lane_of(push.name, push.due_at + pushes)

    assert picks <= FAIR * (age // pushes + 2)


def test_pushes_come_first_seven_times_out_of_eight() -> None:
    old = lane_of(lane_name("scheduled", "p", "r1"), 1)
    new = lane_of(lane_name("push", "t", "r1"), 500)
    ranks = [
        chosen.rank
        for picks in range(16)
        if (chosen := next_lane((old, new), picks=picks, now=NOW, is_open=lambda _: True))
    ]

    assert ranks == [0] * 7 + [2] + [0] * 7 + [2]


def test_what_is_not_due_waits() -> None:
    lane = lane_of(lane_name("push", "t", "r1"), NOW + 1)

    assert next_lane((lane,), picks=0, now=NOW, is_open=lambda _: True) is None


@given(
    st.text("0123456789abcdef-", min_size=1, max_size=8),
    st.text("0123456789abcdef-", min_size=1, max_size=8),
)
def test_a_name_is_read_back_and_skipped_without_skipping_another(
    registry: str, other: str
) -> None:
    name = lane_name("manual", "task-1", registry)
    rival = lane_name("manual", "task-1", other)

    lane = lane_of(name, 7)
    assert (lane.rank, lane.task, lane.registry, lane.due_at) == (1, "task-1", registry, 7)
    assert name < behind(name)
    assert not name < rival <= behind(name)
