"""Of each key one event is in work, and the room is counted right."""

from __future__ import annotations

from scantling_common.bus.feed import Place, Record
from scantling_common.bus.lanes import Lanes


def record(offset: int, key: bytes | None, partition: int = 0) -> Record:
    return Record(Place("t", partition), offset, key, (), b"x" * 10)


def test_the_first_of_a_key_begins_and_the_next_follows() -> None:
    lanes = Lanes(count=10, size=1000)
    first, second, other = record(0, b"a"), record(1, b"a"), record(2, b"b")
    assert [lanes.add(each) for each in (first, second, other)] == [True, False, True]
    assert lanes.finish(first) is second
    assert lanes.finish(second) is None
    assert lanes.add(record(3, b"a"))


def test_events_without_a_key_never_wait_for_each_other() -> None:
    lanes = Lanes(count=10, size=1000)
    assert all(lanes.add(record(offset, None)) for offset in range(3))


def test_room_is_taken_and_given_back() -> None:
    lanes = Lanes(count=3, size=100)
    first = record(0, b"a")
    lanes.add(first)
    lanes.add(record(1, b"a"))
    assert (lanes.free, lanes.free_bytes) == (1, 100 - 22)
    lanes.finish(first)
    assert (lanes.free, lanes.free_bytes) == (2, 100 - 11)


def test_a_revoked_partition_loses_what_waits_and_keeps_what_is_in_work() -> None:
    lanes = Lanes(count=10, size=1000)
    first, second, third = record(0, b"a"), record(1, b"a"), record(2, b"a")
    elsewhere = record(0, b"a", partition=1)
    for each in (first, second, third, elsewhere):
        lanes.add(each)
    assert {each.offset for each in lanes.withdraw(Place("t", 0))} == {1, 2}
    assert lanes.count == 2
    assert lanes.finish(first) is None
    assert lanes.finish(elsewhere) is None
    assert (lanes.count, lanes.size) == (0, 0)
