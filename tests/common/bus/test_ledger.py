"""Only a contiguous prefix of finished work is ever committable."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scantling_common.bus.ledger import Ledger


def ledger_with(*offsets: int) -> Ledger:
    ledger = Ledger()
    for offset in offsets:
        assert ledger.take(offset)
    return ledger


def test_nothing_is_committable_at_first() -> None:
    assert Ledger().committable() is None
    assert ledger_with(0, 1).committable() is None


def test_an_unfinished_event_holds_back_all_behind_it() -> None:
    ledger = ledger_with(0, 1, 2)
    ledger.finish(1)
    ledger.finish(2)
    assert ledger.committable() is None
    assert ledger.ahead == 2
    ledger.finish(0)
    assert ledger.committable() == 3


def test_gaps_of_compaction_do_not_hold_back() -> None:
    ledger = ledger_with(3, 9)
    ledger.finish(3)
    assert ledger.committable() == 9
    ledger.finish(9)
    ledger.pass_to(14)
    assert ledger.committable() == 14


def test_nothing_is_passed_while_something_is_in_work() -> None:
    ledger = ledger_with(3)
    ledger.pass_to(14)
    ledger.finish(3)
    assert ledger.committable() == 4


def test_a_commit_is_done_once_and_forgets_what_lies_before() -> None:
    ledger = ledger_with(0, 1)
    ledger.finish(0)
    ledger.commit(1)
    assert ledger.committable() is None
    assert ledger.ahead == 0


def test_a_revoked_partition_commits_nothing() -> None:
    ledger = ledger_with(0)
    ledger.finish(0)
    ledger.revoke()
    assert ledger.committable() is None


def test_after_a_rebalance_known_events_are_skipped_and_dropped_ones_are_not() -> None:
    ledger = ledger_with(0, 1, 2)
    ledger.finish(1)
    ledger.give_back(2)
    ledger.revoke()
    ledger.assign()
    ledger.finish(0)
    assert ledger.committable() is None, "event 2 has not come again yet"
    assert [ledger.take(offset) for offset in (0, 1, 2)] == [False, False, True]
    assert ledger.committable() == 2
    ledger.finish(2)
    assert ledger.committable() == 3


def test_what_another_committed_meanwhile_holds_back_nothing() -> None:
    ledger = ledger_with(0, 1)
    ledger.revoke()
    ledger.assign()
    assert ledger.take(7)
    ledger.finish(7)
    assert ledger.committable() == 8


@given(st.permutations(range(12)))
def test_the_prefix_is_right_in_any_order_of_finishing(order: list[int]) -> None:
    ledger = ledger_with(*range(12))
    done: set[int] = set()
    for offset in order:
        ledger.finish(offset)
        done.add(offset)
        expected = next((n for n in range(12) if n not in done), 12)
        assert ledger.prefix == expected
        assert (ledger.committable() or 0) == (expected if expected > ledger.committed else 0)
        if offset % 3 == 0 and expected > ledger.committed:
            ledger.commit(expected)
