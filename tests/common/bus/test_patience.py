"""Waits grow to a limit; a consumer that rejects too much stops."""

from __future__ import annotations

import pytest

from scantling_common.bus.errors import ConsumerStopped
from scantling_common.bus.patience import Patience, RejectMeter


def test_waits_double_up_to_the_longest() -> None:
    patience = Patience(first_wait=0.5, longest_wait=3)
    assert [patience.wait(attempt) for attempt in (1, 2, 3, 4, 1000)] == [0.5, 1, 2, 3, 3]


def test_rejects_in_a_row_stop() -> None:
    meter = RejectMeter(Patience(rejects_in_a_row=3))
    for _ in range(10):
        meter.rejected("t")
        meter.rejected("t")
        meter.handled()
    meter.rejected("t")
    meter.rejected("t")
    with pytest.raises(ConsumerStopped, match="3 events in a row"):
        meter.rejected("t")


def test_too_large_a_part_stops_once_there_are_enough_to_tell() -> None:
    meter = RejectMeter(Patience(rejects_ratio=0.1, rejects_at_least=50, rejects_window=100))
    for _ in range(5):
        for _ in range(8):
            meter.handled()
        meter.rejected("t")
    for _ in range(5):
        meter.handled()
    with pytest.raises(ConsumerStopped, match="6 of the last 51 events"):
        meter.rejected("t")


def test_old_rejects_are_forgotten() -> None:
    meter = RejectMeter(Patience(rejects_ratio=0.1, rejects_at_least=10, rejects_window=100))
    for _ in range(9):
        for _ in range(99):
            meter.handled()
        for _ in range(5):
            meter.rejected("t")
        for _ in range(95):
            meter.handled()
