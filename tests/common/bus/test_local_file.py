"""What the local bus does in its own way: its file, its bells, its sweep, its members."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from scantling_common.bus.errors import ConsumerStopped
from scantling_common.bus.feed import Place, Room
from scantling_common.bus.local import LocalBus
from scantling_common.bus.local_bells import Bells
from scantling_common.bus.local_log import Stretch, append, read
from scantling_common.bus.local_schema import connect, create_tables
from scantling_common.bus.patience import Patience
from scantling_common.bus.port import Answer, BusUnavailable, Delivery, Done
from scantling_common.clock import SystemClock, SystemRandomness
from scantling_common.events.codec import Encoded
from tests.common.bus.samples import outgoing, topic
from tests.common.bus.worlds import LONGEST, Recorder, consuming, subscription

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import AsyncIterator
    from pathlib import Path

    from scantling_common.bus.port import Outgoing
    from scantling_common.events.topics import Topic


class TurnedClock(SystemClock):
    """The system's clock, some time later."""

    def __init__(self) -> None:
        self.later_ms = 0

    def now_ms(self) -> int:
        """Return the wall clock."""
        return super().now_ms() + self.later_ms


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
async def bus(tmp_path: Path, clock: TurnedClock) -> AsyncIterator[LocalBus]:
    made = LocalBus(
        tmp_path / "bus", clock=clock, randomness=SystemRandomness(), source="scantling/test"
    )
    yield made
    await made.close()


async def _send(bus: LocalBus, *events: Outgoing) -> None:
    producer = await bus.producer()
    await producer.send_all(events)


async def _kept(bus: LocalBus, made: Topic) -> list[tuple[str, int]]:
    """Return what a newcomer reads."""
    recorder, caught_up = Recorder(), asyncio.Event()

    async def on_caught_up() -> None:
        caught_up.set()

    wanted = subscription(made, recorder, group=None, on_caught_up=on_caught_up)
    async with consuming(bus, wanted), asyncio.timeout(LONGEST):
        await caught_up.wait()
    return [
        (each.key, each.event.seq if each.event else -1)  # type: ignore[attr-defined]
        for each in recorder.deliveries
    ]


async def test_retention_removes_what_is_old_and_nothing_else(
    bus: LocalBus, clock: TurnedClock
) -> None:
    kept_for_ever, made = topic(retention=0), topic(retention=3600)
    await bus.ensure_topics([made, kept_for_ever])
    await _send(bus, *[outgoing(made, f"k{n}", n) for n in range(1200)])
    await _send(bus, outgoing(kept_for_ever, "k", 1))
    clock.later_ms = 3_500_000
    await _send(bus, outgoing(made, "k1", 5000))
    assert await bus.sweep() == 0
    clock.later_ms = 3_700_000
    assert await bus.sweep() == 1200
    assert await _kept(bus, made) == [("k1", 5000)]
    assert await _kept(bus, kept_for_ever) == [("k", 1)]


async def test_what_was_removed_is_passed_by_those_who_had_not_read_it(
    bus: LocalBus, clock: TurnedClock
) -> None:
    made = topic(retention=60, partitions=1)
    await bus.ensure_topics([made])
    await _send(bus, *[outgoing(made, f"k{n}", n) for n in range(10)])
    clock.later_ms = 61_000
    await bus.sweep()
    recorder = Recorder()
    async with consuming(bus, subscription(made, recorder)):
        await _send(bus, outgoing(made, "new", 1))
        await recorder.until(lambda: bool(recorder.names))
        async with asyncio.timeout(LONGEST):
            while await bus.lag(made.name, made):  # noqa: ASYNC110  # the commit comes after
                await asyncio.sleep(0.01)
    assert recorder.names == [("new", 1)]
    assert recorder.deliveries[0].offset == 10


async def test_compaction_keeps_the_newest_of_each_key_and_tombstones_for_a_day(
    bus: LocalBus, clock: TurnedClock
) -> None:
    made = topic(compacted=True, retention=0)
    await bus.ensure_topics([made])
    await _send(bus, *[outgoing(made, f"k{n % 5}", n) for n in range(50)])
    await _send(bus, outgoing(made, "k0", 50, tombstone=True))
    assert await bus.sweep() == 46
    assert sorted(await _kept(bus, made)) == [
        ("k0", -1),
        ("k1", 46),
        ("k2", 47),
        ("k3", 48),
        ("k4", 49),
    ]
    assert await bus.sweep() == 0
    clock.later_ms = 25 * 3600 * 1000
    assert await bus.sweep() == 1
    assert [key for key, _ in sorted(await _kept(bus, made))] == ["k1", "k2", "k3", "k4"]
    await _send(bus, outgoing(made, "k1", 99))
    assert await bus.sweep() == 1


async def test_files_are_for_their_owner_only(bus: LocalBus, tmp_path: Path) -> None:
    made = topic()
    await bus.ensure_topics([made])
    await _send(bus, outgoing(made, "k", 1))
    for path in (tmp_path / "bus").rglob("*"):
        allowed = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) & ~allowed == 0, path


async def test_commits_of_events_are_synced(bus: LocalBus) -> None:
    made = topic()
    await bus.ensure_topics([made])
    await _send(bus, outgoing(made, "k", 1))
    connection = bus._database._writing
    assert connection is not None
    level = await asyncio.get_running_loop().run_in_executor(
        bus._database._writer, lambda: connection.execute("PRAGMA synchronous").fetchone()[0]
    )
    assert level == 2  # FULL


async def test_a_file_that_cannot_be_written_is_unavailable(bus: LocalBus) -> None:
    made = topic()
    await bus.ensure_topics([made])
    producer = await bus.producer()

    def damage(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE events RENAME TO gone")

    def repair(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE gone RENAME TO events")

    await bus._database.write(damage)
    with pytest.raises(BusUnavailable):
        await producer.send(outgoing(made, "k", 1))
    await bus._database.write(repair)
    await producer.send(outgoing(made, "k", 2))
    assert await _kept(bus, made) == [("k", 2)]


async def test_a_closed_bus_says_so(bus: LocalBus) -> None:
    made = topic()
    await bus.ensure_topics([made])
    producer = await bus.producer()
    await bus.close()
    with pytest.raises(BusUnavailable, match="closed"):
        await producer.send(outgoing(made, "k", 1))


async def test_a_second_instance_of_one_name_ends_the_first(bus: LocalBus) -> None:
    made = topic()
    await bus.ensure_topics([made])
    assigned = asyncio.Event()

    async def on_assigned(partitions: tuple[int, ...]) -> None:
        assigned.set()

    named = {"instance": "reporter-0"}
    first = asyncio.ensure_future(
        bus.consume(subscription(made, Recorder(), on_assigned=on_assigned, **named))
    )
    async with asyncio.timeout(LONGEST):
        await assigned.wait()
        recorder = Recorder()
        async with consuming(bus, subscription(made, recorder, **named)):
            with pytest.raises(ConsumerStopped, match="reporter-0"):
                await first
            await _send(bus, *[outgoing(made, f"k{n}", n) for n in range(20)])
            await recorder.until(lambda: len(recorder.names) == 20)


async def test_a_partition_is_held_back_when_too_much_waits_for_one_event(
    tmp_path: Path,
) -> None:
    bus = LocalBus(
        tmp_path / "held",
        clock=SystemClock(),
        randomness=SystemRandomness(),
        source="s",
        patience=Patience(ahead=10),
    )
    made = topic(partitions=1)
    await bus.ensure_topics([made])
    gate = asyncio.Event()

    async def answer(delivery: Delivery) -> Answer:
        if delivery.key == "slow":
            await gate.wait()
        return Done()

    recorder = Recorder(answer)
    await _send(bus, outgoing(made, "slow", 0), *[outgoing(made, f"k{n}", n) for n in range(100)])
    async with consuming(bus, subscription(made, recorder, max_in_flight=4)):
        await recorder.until(lambda: len(recorder.names) >= 10)
        other = Recorder()
        async with consuming(bus, subscription(made, other, group=f"{made.name}-2")):
            await other.until(lambda: len(other.names) == 101)
        held = len(recorder.names)
        gate.set()
        await recorder.until(lambda: len(recorder.names) == 101)
    await bus.close()
    assert 10 <= held <= 14


def test_reading_stops_at_the_room_and_goes_on_there(tmp_path: Path) -> None:
    connection = connect(tmp_path / "x.db")
    create_tables(connection)
    connection.execute("INSERT INTO queues VALUES (1, 't', 0, 0, 0), (2, 't', 1, 0, 0)")
    event = Encoded(b"k", (("h", b"v"),), b"x" * 98)
    append(connection, [(1, event)] * 5 + [(2, event)] * 5, 0)
    one, two = Place("t", 0), Place("t", 1)
    stretches = [Stretch(1, one, 0, 5), Stretch(2, two, 0, 5)]

    def found(count: int, size: int) -> tuple[list[tuple[int, int]], dict[int, int]]:
        records, positions = read(connection, stretches, Room(count, size))
        return [(each.place.partition, each.offset) for each in records], positions

    assert found(3, 10_000) == ([(0, 0), (0, 1), (0, 2)], {1: 3})
    assert found(7, 10_000)[1] == {1: 5, 2: 2}
    assert found(100, 10_000)[1] == {1: 5, 2: 5}
    assert found(100, 250) == ([(0, 0), (0, 1)], {1: 2})
    assert found(100, 10) == ([(0, 0)], {1: 1}), "one passes whatever its size"
    connection.close()


async def test_a_bell_rings_in_another_process_and_tells_when_it_is_dead(tmp_path: Path) -> None:
    bell = Bells(tmp_path, "here")
    rung = asyncio.Event()
    bell.open(rung.set)
    script = (
        "import asyncio, pathlib, sys\n"
        "from scantling_common.bus.local_bells import Bells\n"
        "async def main():\n"
        "    bell = Bells(pathlib.Path(sys.argv[1]), 'there')\n"
        "    bell.open(lambda: None)\n"
        "    bell.ring_others()\n"
        "    await asyncio.sleep(3600)\n"
        "asyncio.run(main())\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command) as process:  # noqa: ASYNC220  # it starts at once
        async with asyncio.timeout(LONGEST):
            await rung.wait()
        assert bell.alive("there")
        process.kill()
    assert not bell.alive("there")
    assert bell.alive("here")
    bell.ring_others()
    assert not (tmp_path / "there.bell").exists(), "the dead one's bell is taken down"
    bell.close()
    assert await asyncio.to_thread(lambda: list(tmp_path.iterdir())) == []


def test_a_forked_child_does_not_make_a_dead_parent_look_alive(tmp_path: Path) -> None:
    script = (
        "import asyncio, os, pathlib, sys, time\n"
        "from scantling_common.bus.local_bells import Bells\n"
        "async def main():\n"
        "    bell = Bells(pathlib.Path(sys.argv[1]), 'parent')\n"
        "    bell.open(lambda: None)\n"
        "    if os.fork() == 0:\n"
        "        print(os.getpid(), flush=True)\n"
        "        os.close(1)\n"
        "    time.sleep(3600)\n"
        "asyncio.run(main())\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        bell = Bells(tmp_path, "here")
        assert bell.alive("parent")
        parent.kill()
    try:
        assert not bell.alive("parent")
    finally:
        os.kill(child, 9)
