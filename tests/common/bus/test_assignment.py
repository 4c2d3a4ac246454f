"""Partitions of the local bus are shared out evenly and stay where they are."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from scantling_common.bus.local_assignment import assign

MEMBERS = st.lists(st.sampled_from("abcdef"), unique=True, min_size=1)


@given(st.integers(1, 20), MEMBERS, st.dictionaries(st.integers(0, 19), st.sampled_from("abcdef")))
def test_each_queue_has_a_member_and_shares_are_even(
    queues: int, members: list[str], current: dict[int, str]
) -> None:
    assigned = assign(range(queues), members, current)
    assert set(assigned) == set(range(queues))
    shares = Counter(dict.fromkeys(members, 0))
    shares.update(assigned.values())
    assert set(shares) == set(members)
    assert max(shares.values()) - min(shares.values()) <= 1


@given(st.integers(1, 20), MEMBERS)
def test_nothing_moves_without_a_reason(queues: int, members: list[str]) -> None:
    before = assign(range(queues), members, {})
    assert assign(range(queues), members, before) == before
    assert assign(range(queues), list(reversed(members)), before) == before


def test_a_newcomer_gets_its_share_and_no_more_moves() -> None:
    before = assign(range(12), ["a", "b"], {})
    after = assign(range(12), ["a", "b", "c"], before)
    assert sum(before[queue] != after[queue] for queue in range(12)) == 4


def test_without_members_nothing_is_assigned() -> None:
    assert assign(range(3), [], {0: "a"}) == {}
