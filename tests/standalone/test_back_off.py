"""How long a process that keeps dying is left alone."""

from __future__ import annotations

from scantling.embedded.back_off import FIRST, LONGEST, MAX_FAILURES, STEADY, BackOff


def test_the_first_death_costs_little() -> None:
    assert BackOff().after(0.1).pause == FIRST


def test_pauses_grow_and_are_bounded() -> None:
    back_off, pauses = BackOff(), []
    for _ in range(MAX_FAILURES - 1):
        back_off = back_off.after(0.1)
        pauses.append(back_off.pause)

    assert pauses == sorted(pauses)
    assert pauses[1] == 2 * FIRST
    assert pauses[-1] == LONGEST
    assert not back_off.is_hopeless
    assert back_off.after(0.1).is_hopeless


def test_a_long_life_makes_up_for_everything() -> None:
    back_off = BackOff(MAX_FAILURES - 1).after(STEADY)

    assert back_off == BackOff(1)
