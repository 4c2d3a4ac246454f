"""What every bus promises. The test classes of the adapters inherit these tests."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import TYPE_CHECKING

import msgspec
import pytest
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from scantling_common.bus.chaos import ChaosBus
from scantling_common.bus.errors import ConsumerStopped, TopicMismatch, TopicMissing
from scantling_common.bus.patience import Patience
from scantling_common.bus.port import (
    Answer,
    BusUnavailable,
    Delivery,
    Done,
    EventTooLarge,
    Fenced,
    Outgoing,
    Reject,
    RetryAfter,
)
from scantling_common.clock import SystemClock
from scantling_common.events.dead_letters import dead_letters_of
from scantling_common.events.models import Control, DeadLetter, ScanResult
from tests.common.bus.samples import outgoing, topic
from tests.common.bus.worlds import HASTY, LONGEST, Recorder, World, consuming, subscription, until

if TYPE_CHECKING:
    from scantling_common.bus.port import Bus
    from scantling_common.events.topics import Topic


async def _created(world: World, **changes: object) -> tuple[Bus, Topic]:
    made = topic(**changes)  # type: ignore[arg-type]
    bus = await world.bus()
    await bus.ensure_topics([made])
    return bus, made


async def _send(bus: Bus, *events: Outgoing) -> None:
    producer = await bus.producer()
    try:
        await producer.send_all(events)
    finally:
        await producer.close()


async def _no_lag(bus: Bus, made: Topic) -> None:
    async def none() -> bool:
        return await bus.lag(made.name, made) == 0

    await until(none)


class Ordering:
    """Order, and what is in work at once."""

    async def test_events_of_a_key_arrive_in_order(self, world: World) -> None:
        bus, made = await _created(world)
        recorder = Recorder()
        events = [outgoing(made, f"k{n % 7}", n) for n in range(140)]
        async with consuming(bus, subscription(made, recorder)):
            await _send(bus, *events)
            await recorder.until(lambda: len(set(recorder.names)) == 140)
        for key in range(7):
            assert recorder.of(f"k{key}") == list(range(key, 140, 7))

    async def test_a_key_is_never_in_work_twice_at_once_but_keys_are(self, world: World) -> None:
        bus, made = await _created(world)
        busy: Counter[str] = Counter()
        together: set[int] = set()

        async def answer(delivery: Delivery) -> Answer:
            busy[delivery.key] += 1
            assert busy[delivery.key] == 1
            together.add(sum(busy.values()))
            await asyncio.sleep(0.001)
            busy[delivery.key] -= 1
            return Done()

        recorder = Recorder(answer)
        await _send(bus, *[outgoing(made, f"k{n % 4}", n) for n in range(60)])
        async with consuming(bus, subscription(made, recorder)):
            await recorder.until(lambda: len(recorder.names) >= 60)
        assert recorder.of("k1") == list(range(1, 60, 4))
        assert max(together) > 1

    async def test_no_more_is_in_work_than_allowed_and_polling_goes_on(self, world: World) -> None:
        bus, made = await _created(world)
        gate, working, most = asyncio.Event(), Counter[str](), 0

        async def answer(delivery: Delivery) -> Answer:
            nonlocal most
            working["now"] += 1
            most = max(most, working["now"])
            recorder.wake()
            await gate.wait()
            working["now"] -= 1
            return Done()

        recorder = Recorder(answer)
        await _send(bus, *[outgoing(made, f"k{n}", n) for n in range(20)])
        async with consuming(bus, subscription(made, recorder, max_in_flight=3)):
            await recorder.until(lambda: most == 3)
            gate.set()
            await recorder.until(lambda: len(recorder.names) == 20)
        assert most == 3

    async def test_bytes_in_flight_are_bounded(self, world: World) -> None:
        bus, made = await _created(world, partitions=1, model=ScanResult)
        working, most = 0, 0

        async def answer(delivery: Delivery) -> Answer:
            nonlocal working, most
            working += 1
            most = max(most, working)
            await asyncio.sleep(0.005)
            working -= 1
            return Done()

        recorder = Recorder(answer)
        await _send(bus, *[_result(made, n, 600_000) for n in range(6)])
        limits = {"max_in_flight": 16, "max_in_flight_bytes": 1_500_000}
        async with consuming(bus, subscription(made, recorder, **limits)):
            await recorder.until(lambda: len(recorder.deliveries) == 6)
        assert most <= 2


class Commits:
    """What is committed, and what comes again."""

    async def test_what_was_handled_does_not_come_again(self, world: World) -> None:
        bus, made = await _created(world)
        first, second = Recorder(), Recorder()
        await _send(bus, *[outgoing(made, f"k{n}", n) for n in range(10)])
        async with consuming(bus, subscription(made, first)):
            await first.until(lambda: len(first.names) == 10)
            await _no_lag(bus, made)
        async with consuming(bus, subscription(made, second)):
            await _send(bus, outgoing(made, "new", 99))
            await second.until(lambda: bool(second.names))
        assert second.names == [("new", 99)]

    async def test_only_the_finished_prefix_is_committed(self, world: World) -> None:
        bus, made = await _created(world, partitions=1)
        never = asyncio.Event()

        async def answer(delivery: Delivery) -> Answer:
            if delivery.key == "slow":
                await never.wait()
            return Done()

        first, second = Recorder(answer), Recorder()
        await _send(bus, outgoing(made, "a", 1), outgoing(made, "slow", 2), outgoing(made, "b", 3))

        async def all_but_the_prefix() -> bool:
            return await bus.lag(made.name, made) == 2

        async with consuming(bus, subscription(made, first)):
            await first.until(lambda: len(first.names) == 2)
            await until(all_but_the_prefix)
        async with consuming(bus, subscription(made, second)):
            await second.until(lambda: len(second.names) == 2)
        assert sorted(second.names) == [("b", 3), ("slow", 2)]

    async def test_a_new_group_reads_from_the_start(self, world: World) -> None:
        bus, made = await _created(world)
        await _send(bus, *[outgoing(made, f"k{n}", n) for n in range(5)])
        for group in (f"{made.name}-1", f"{made.name}-2"):
            recorder = Recorder()
            async with consuming(bus, subscription(made, recorder, group=group)):
                await recorder.until(lambda seen=recorder: len(seen.names) == 5)  # type: ignore[misc]

    async def test_a_transaction_leaves_no_lag_behind(self, world: World) -> None:
        bus, made = await _created(world, partitions=1)
        producer = await bus.producer(transactional_name=f"{made.name}-t")
        recorder = Recorder()
        async with consuming(bus, subscription(made, recorder)):
            await producer.send_all([outgoing(made, "a", 1), outgoing(made, "b", 2)])
            await recorder.until(lambda: len(recorder.names) == 2)
            await _no_lag(bus, made)
        await producer.close()


class Answers:
    """Retry, reject, errors, limits."""

    async def test_retry_after_is_published_and_then_committed(self, world: World) -> None:
        bus, made = await _created(world, partitions=1)
        told: list[tuple[str, str, float]] = []

        async def answer(delivery: Delivery) -> Answer:
            return RetryAfter("limit", 60.0) if delivery.key == "later" else Done()

        async def on_retry(delivery: Delivery, retry: RetryAfter) -> None:
            told.append((delivery.key, retry.reason, retry.seconds))

        recorder = Recorder(answer)
        await _send(bus, outgoing(made, "later", 1), outgoing(made, "b", 2))
        async with consuming(bus, subscription(made, recorder, on_retry=on_retry)):
            await recorder.until(lambda: len(recorder.names) == 2)
            await _no_lag(bus, made)
        assert told == [("later", "limit", 60.0)]

    async def test_a_reject_is_told_and_dead_lettered_as_it_was(self, world: World) -> None:
        bus, made = await _created(world)
        told: list[tuple[str, str]] = []

        async def answer(delivery: Delivery) -> Answer:
            return Reject("no such project") if delivery.key == "bad" else Done()

        async def on_reject(delivery: Delivery, reject: Reject) -> None:
            told.append((delivery.key, reject.reason))

        recorder = Recorder(answer)
        await _send(bus, outgoing(made, "bad", 1), outgoing(made, "good", 2))
        async with consuming(bus, subscription(made, recorder, on_reject=on_reject)):
            letter = await dead_letter(bus, made)
            await recorder.until(lambda: len(recorder.names) == 2)
            await _no_lag(bus, made)
        assert told == [("bad", "no such project")]
        assert (letter.reason, letter.original_key) == ("no such project", "bad")
        assert (letter.topic, letter.original_type) == (made.name, Control.type)
        assert Control.model_validate_json(letter.data).seq == 1

    @pytest.mark.parametrize(
        ("value", "reason"),
        [(b"{", "breaks its schema"), (b'{"project":"p"}', "scan: missing")],
        ids=["no JSON", "fields missing"],
    )
    async def test_what_breaks_the_schema_is_dead_lettered(
        self, world: World, value: bytes, reason: str
    ) -> None:
        bus, made = await _created(world)
        told: list[Delivery] = []

        async def on_reject(delivery: Delivery, reject: Reject) -> None:
            told.append(delivery)

        headers = (
            ("ce_specversion", b"1.0"),
            ("ce_id", b"x"),
            ("ce_source", b"s"),
            ("ce_type", Control.type.encode()),
            ("content-type", b"application/json"),
        )
        await world.send_raw(made, b"k", headers, value)
        await world.send_raw(made, b"\xff", (), value)
        recorder = Recorder()
        async with consuming(bus, subscription(made, recorder, on_reject=on_reject)):
            letter = await dead_letter(bus, made, "k")
            await _no_lag(bus, made)
        assert reason in letter.reason
        assert letter.data == value
        assert {each.key for each in told} == {"k", "\\xff"}
        assert [each.event for each in told] == [None, None]
        assert recorder.names == []

    async def test_too_many_rejects_in_a_row_stop_the_consumer(self, world: World) -> None:
        _, made = await _created(world, partitions=1)
        bus = await world.bus(Patience(rejects_in_a_row=3))

        async def answer(delivery: Delivery) -> Answer:
            return Reject("all wrong")

        recorder = Recorder(answer)
        await _send(bus, *[outgoing(made, "k", n) for n in range(8)])
        with pytest.raises(ConsumerStopped, match="3 events in a row"):
            async with asyncio.timeout(LONGEST):
                await bus.consume(subscription(made, recorder))
        assert len(recorder.names) == 3
        assert await bus.lag(made.name, made) == 5

    async def test_rejects_of_outsiders_events_never_stop_the_consumer(self, world: World) -> None:
        _, made = await _created(world, partitions=1, writers=("outside",))
        bus = await world.bus(Patience(rejects_in_a_row=3))

        async def answer(delivery: Delivery) -> Answer:
            return Reject("all wrong")

        recorder = Recorder(answer)
        await _send(bus, *[outgoing(made, "k", n) for n in range(8)])
        async with consuming(bus, subscription(made, recorder)):
            await recorder.until(lambda: len(recorder.names) == 8)
            await _no_lag(bus, made)

    async def test_what_is_unavailable_is_waited_for(self, world: World) -> None:
        bus, made = await _created(world)
        calls: Counter[str] = Counter()

        async def answer(delivery: Delivery) -> Answer:
            calls[delivery.key] += 1
            if delivery.key == "a" and calls["a"] < 3 * HASTY.calls:
                raise BusUnavailable
            return Done()

        recorder = Recorder(answer)
        await _send(bus, outgoing(made, "a", 1), outgoing(made, "b", 2))
        async with consuming(bus, subscription(made, recorder)):
            await recorder.until(lambda: len(recorder.names) == 2)
        assert calls == {"a": 3 * HASTY.calls, "b": 1}

    async def test_another_error_is_tried_again_and_then_rejected(self, world: World) -> None:
        bus, made = await _created(world)
        calls: Counter[str] = Counter()

        async def answer(delivery: Delivery) -> Answer:
            calls[delivery.key] += 1
            if delivery.key == "a":
                raise KeyError("project")
            if delivery.key == "b" and calls["b"] < HASTY.calls:
                raise KeyError("project")
            return Done()

        recorder = Recorder(answer)
        await _send(bus, outgoing(made, "a", 1), outgoing(made, "b", 2))
        async with consuming(bus, subscription(made, recorder)):
            letter = await dead_letter(bus, made)
            await recorder.until(lambda: len(recorder.names) == 1)
        assert recorder.names == [("b", 2)]
        assert calls == {"a": HASTY.calls, "b": HASTY.calls}
        assert "KeyError" in letter.reason


class Groups:
    """Members that come and go."""

    async def test_two_members_share_the_partitions(self, world: World) -> None:
        one, made = await _created(world, partitions=6)
        two = await world.bus()
        first, second = Recorder(), Recorder()
        held: dict[str, set[int]] = {"one": set(), "two": set()}

        def watched(name: str, recorder: Recorder) -> dict[str, object]:
            async def on_assigned(partitions: tuple[int, ...]) -> None:
                held[name] |= set(partitions)
                recorder.wake()

            async def on_revoked(partitions: tuple[int, ...]) -> None:
                held[name] -= set(partitions)
                recorder.wake()

            return {"on_assigned": on_assigned, "on_revoked": on_revoked}

        async with consuming(one, subscription(made, first, **watched("one", first))):
            await first.until(lambda: len(held["one"]) == 6)
            async with consuming(two, subscription(made, second, **watched("two", second))):
                await second.until(lambda: len(held["two"]) == 3)
                await first.until(lambda: len(held["one"]) == 3)
                assert held["one"] | held["two"] == set(range(6))
                await _send(one, *[outgoing(made, f"k{n}", n) for n in range(60)])
                await until(_all_of(60, first, second))
                await _no_lag(one, made)
                assert first.names
                assert second.names
                assert len(first.names) + len(second.names) == 60
            await first.until(lambda: len(held["one"]) == 6)
            assert held["two"] == set()
            await _send(one, *[outgoing(made, f"n{n}", n) for n in range(60)])
            await until(_all_of(120, first, second))

    async def test_work_goes_on_through_a_rebalance_and_none_is_lost(self, world: World) -> None:
        one, made = await _created(world, partitions=4)
        two = await world.bus()
        gate, started = asyncio.Event(), asyncio.Event()

        async def answer(delivery: Delivery) -> Answer:
            started.set()
            await gate.wait()
            return Done()

        first, second = Recorder(answer), Recorder()
        await _send(one, *[outgoing(made, f"k{n}", n) for n in range(40)])
        async with consuming(one, subscription(made, first, max_in_flight=8)):
            await started.wait()
            async with consuming(two, subscription(made, second)):
                await second.until(lambda: bool(second.names))
                gate.set()
                await until(_all_of(40, first, second))
                await _no_lag(one, made)
        assert first.names

    async def test_a_full_member_takes_no_more_after_a_rebalance(self, world: World) -> None:
        one, made = await _created(world, partitions=4)
        two = await world.bus()
        gate = asyncio.Event()
        working: list[str] = []

        async def answer(delivery: Delivery) -> Answer:
            working.append(delivery.key)
            first.wake()
            await gate.wait()
            return Done()

        first, second = Recorder(answer), Recorder()
        await _send(one, *[outgoing(made, f"k{n}", n) for n in range(40)])
        async with consuming(one, subscription(made, first, max_in_flight=2)):
            await first.until(lambda: len(working) == 2)
            async with consuming(two, subscription(made, second)):
                await second.until(lambda: len(second.names) >= 10)
            third = Recorder()
            async with consuming(two, subscription(made, third)):
                await _send(two, *[outgoing(made, f"n{n}", n) for n in range(40)])
                await third.until(lambda: bool(third.names))
                assert len(working) == 2
                gate.set()
                await until(_all_of(80, first, second, third))

    async def test_what_a_member_left_unfinished_goes_to_another(self, world: World) -> None:
        one, made = await _created(world, partitions=4)
        two = await world.bus()
        never, started = asyncio.Event(), asyncio.Event()

        async def answer(delivery: Delivery) -> Answer:
            started.set()
            await never.wait()
            return Done()

        first, second = Recorder(answer), Recorder()
        await _send(one, *[outgoing(made, f"k{n}", n) for n in range(20)])
        async with consuming(one, subscription(made, first)):
            await started.wait()
        async with consuming(two, subscription(made, second)):
            await second.until(lambda: len(set(second.names)) == 20)
            await _no_lag(two, made)

    async def test_a_static_member_comes_back(self, world: World) -> None:
        bus, made = await _created(world)
        for turn in range(3):
            recorder = Recorder()
            async with consuming(bus, subscription(made, recorder, instance="extractor-0")):
                await _send(bus, *[outgoing(made, f"k{n}", turn) for n in range(10)])
                await recorder.until(lambda seen=recorder: len(seen.names) == 10)  # type: ignore[misc]
                await _no_lag(bus, made)
            assert {seq for _, seq in recorder.names} == {turn}


class WithoutGroup:
    """Instances that read everything."""

    async def test_every_instance_reads_all_and_is_told_once_when_it_has(
        self, world: World
    ) -> None:
        bus, made = await _created(world, compacted=True)
        await _send(bus, *[outgoing(made, f"k{n % 5}", n) for n in range(20)])
        for _ in range(2):
            recorder, told = Recorder(), [0]

            async def on_caught_up(seen: Recorder = recorder, told: list[int] = told) -> None:
                assert len(seen.names) == 20
                told[0] += 1
                seen.wake()

            wanted = subscription(made, recorder, group=None, on_caught_up=on_caught_up)
            async with consuming(bus, wanted):
                await recorder.until(lambda told=told: told[0] == 1)  # type: ignore[misc]
                await _send(bus, outgoing(made, "later", 1))
                await recorder.until(lambda seen=recorder: len(seen.names) == 21)  # type: ignore[misc]
            assert told == [1]
            await _send(bus, outgoing(made, "later", 2, tombstone=True))
            made = topic(compacted=True)
            await bus.ensure_topics([made])
            await _send(bus, *[outgoing(made, f"k{n % 5}", n) for n in range(20)])

    async def test_with_nothing_to_read_it_has_caught_up(self, world: World) -> None:
        bus, made = await _created(world, compacted=True)
        caught_up = asyncio.Event()

        async def on_caught_up() -> None:
            caught_up.set()

        wanted = subscription(made, Recorder(), group=None, on_caught_up=on_caught_up)
        async with consuming(bus, wanted), asyncio.timeout(LONGEST):
            await caught_up.wait()

    async def test_a_tombstone_arrives_as_no_event(self, world: World) -> None:
        bus, made = await _created(world, compacted=True)
        recorder = Recorder()
        await _send(bus, outgoing(made, "k", 1), outgoing(made, "k", 2, tombstone=True))
        async with consuming(bus, subscription(made, recorder, group=None)):
            await recorder.until(lambda: len(recorder.deliveries) == 2)
        last = recorder.deliveries[-1]
        assert (last.key, last.event, last.envelope.type) == ("k", None, Control.type)


class Producing:
    """Limits, transactions, the envelope."""

    async def test_an_event_of_one_mebibyte_passes_and_no_larger_one(self, world: World) -> None:
        bus, made = await _created(world, partitions=1, model=ScanResult)
        producer = await bus.producer()
        with pytest.raises(EventTooLarge):
            await producer.send(_result(made, 1, 1_100_000))
        largest = _result(made, 2, 1_030_000)
        await producer.send(largest)
        await producer.close()
        recorder = Recorder()
        async with consuming(bus, subscription(made, recorder)):
            await recorder.until(lambda: bool(recorder.deliveries))
        assert recorder.deliveries[0].event == largest.event

    async def test_the_envelope_arrives(self, world: World) -> None:
        bus, made = await _created(world)
        recorder = Recorder()
        sent = outgoing(made, "k", 1, sequence=7, page=2, pages=3)
        await _send(bus, sent)
        async with consuming(bus, subscription(made, recorder)):
            await recorder.until(lambda: bool(recorder.deliveries))
        delivery = recorder.deliveries[0]
        envelope = delivery.envelope
        assert (envelope.id, envelope.type, envelope.project) == ("k-1", Control.type, "p")
        assert (envelope.sequence, envelope.page, envelope.pages) == (7, 2, 3)
        assert envelope.source == "scantling/test"
        assert envelope.time.endswith("Z")
        assert (delivery.event, delivery.key, delivery.offset) == (sent.event, "k", 0)

    async def test_the_trace_passes(self, world: World) -> None:
        bus, made = await _created(world)
        seen: list[tuple[int, str]] = []

        async def answer(delivery: Delivery) -> Answer:
            context = trace.get_current_span().get_span_context()
            seen.append((context.trace_id, delivery.envelope.traceparent))
            return Done()

        recorder = Recorder(answer)
        context = SpanContext(
            trace_id=0xABCDEF, span_id=0x123, is_remote=False, trace_flags=TraceFlags(1)
        )
        with trace.use_span(NonRecordingSpan(context)):
            await _send(bus, outgoing(made, "k", 1))
        async with consuming(bus, subscription(made, recorder)):
            await recorder.until(lambda: bool(seen))
        assert seen[0][0] == 0xABCDEF
        assert seen[0][1].split("-")[1] == f"{0xABCDEF:032x}"

    async def test_the_next_producer_of_a_name_fences_the_one_before(self, world: World) -> None:
        one, made = await _created(world)
        two = await world.bus()
        name = f"{made.name}-relay"
        old = await one.producer(transactional_name=name)
        await old.send_all([outgoing(made, "k", 1), outgoing(made, "l", 1)])
        new = await two.producer(transactional_name=name)
        for _ in range(2):
            with pytest.raises(Fenced):
                await old.send_all([outgoing(made, "k", 2), outgoing(made, "l", 2)])
        await new.send(outgoing(made, "k", 3))
        recorder = Recorder()
        async with consuming(one, subscription(made, recorder)):
            await recorder.until(lambda: len(recorder.names) == 3)
            await _no_lag(one, made)
        assert sorted(recorder.names) == [("k", 1), ("k", 3), ("l", 1)]
        await old.close()
        await new.close()

    async def test_nothing_of_a_batch_is_sent_that_holds_an_event_too_large(
        self, world: World
    ) -> None:
        bus, made = await _created(world, model=ScanResult)
        producer = await bus.producer(transactional_name=f"{made.name}-t")
        with pytest.raises(EventTooLarge):
            await producer.send_all([_result(made, 1, 10), _result(made, 2, 1_100_000)])
        await producer.send(_result(made, 3, 10))
        await producer.close()
        recorder = Recorder()
        async with consuming(bus, subscription(made, recorder)):
            await recorder.until(lambda: bool(recorder.deliveries))
            await _no_lag(bus, made)
        assert [each.envelope.id for each in recorder.deliveries] == ["3"]


class Topics:
    """Topics exist before they are used."""

    async def test_a_missing_topic_is_an_error_and_not_silence(self, world: World) -> None:
        bus = await world.bus()
        made = topic()
        with pytest.raises(TopicMissing):
            await bus.consume(subscription(made, Recorder()))
        with pytest.raises(TopicMissing):
            await _send(bus, outgoing(made, "k", 1))

    async def test_creation_is_idempotent_and_guards_partition_counts(self, world: World) -> None:
        one, made = await _created(world, partitions=3)
        two = await world.bus()
        await asyncio.gather(one.ensure_topics([made]), two.ensure_topics([made]))
        changed = topic(partitions=5)
        await one.ensure_topics([changed])
        other = msgspec.structs.replace(changed, partitions=6)
        with pytest.raises(TopicMismatch):
            await two.ensure_topics([other])


class BusConformance(Ordering, Commits, Answers, Groups, WithoutGroup, Producing, Topics):
    """All of it."""


class ChaosConformance:
    """What stays true when a bus does its worst, by seed."""

    @pytest.mark.parametrize("seed", [1, 2, 3])
    async def test_none_is_lost_and_keys_keep_their_order(self, world: World, seed: int) -> None:
        inner, made = await _created(world)
        bus = ChaosBus(inner, seed=seed, clock=SystemClock())
        recorder = Recorder()
        events = [outgoing(made, f"k{n % 6}", n) for n in range(120)]
        async with consuming(bus, subscription(made, recorder)):
            await _send(bus, *events[:60])
            producer = await bus.producer()
            for key in range(6):
                await asyncio.gather(
                    *(producer.send(each) for each in events[60:] if each.event.key() == f"k{key}")
                )
            await producer.close()
            await recorder.until(lambda: len(set(recorder.names)) == 120)
            await _no_lag(bus, made)
        assert len(recorder.names) > 120, "there were duplicates"
        for key in range(6):
            assert list(dict.fromkeys(recorder.of(f"k{key}"))) == list(range(key, 120, 6))

    async def test_members_come_and_go_and_none_is_lost(self, world: World) -> None:
        inner, made = await _created(world)
        other = await world.bus()
        recorders = [Recorder(), Recorder(), Recorder()]
        for turn, recorder in enumerate(recorders):
            bus = ChaosBus(inner if turn % 2 else other, seed=turn, clock=SystemClock())
            await _send(bus, *[outgoing(made, f"k{n}", turn) for n in range(30)])
            async with consuming(bus, subscription(made, recorder, max_in_flight=4)):
                await recorder.until(lambda seen=recorder: len(seen.names) >= 10)  # type: ignore[misc]
        last = Recorder()
        async with consuming(inner, subscription(made, last)):
            await until(_all_of(90, *recorders, last))

    async def test_answers_keep_their_meaning(self, world: World) -> None:
        inner, made = await _created(world, partitions=1)
        bus = ChaosBus(inner, seed=7, clock=SystemClock())
        told: set[str] = set()

        async def answer(delivery: Delivery) -> Answer:
            answers: dict[str, Answer] = {"later": RetryAfter("busy", 1.0), "bad": Reject("no")}
            return answers.get(delivery.key, Done())

        async def on_retry(delivery: Delivery, retry: RetryAfter) -> None:
            told.add(delivery.key)

        recorder = Recorder(answer)
        await _send(bus, *[outgoing(made, key, 1) for key in ("later", "bad", "good")])
        async with consuming(bus, subscription(made, recorder, on_retry=on_retry)):
            letter = await dead_letter(inner, made)
            await _no_lag(bus, made)
        assert (told, letter.original_key) == ({"later"}, "bad")


def _all_of(count: int, *recorders: Recorder):  # type: ignore[no-untyped-def]  # noqa: ANN202
    async def all_of_them() -> bool:
        return len({name for each in recorders for name in each.names}) >= count

    return all_of_them


async def dead_letter(bus: Bus, made: Topic, key: str | None = None) -> DeadLetter:
    """Return the dead letter of a key, or the first, as an operator would read it."""
    recorder = Recorder()

    def found() -> list[DeadLetter]:
        events = [each.event for each in recorder.deliveries]
        letters = [event for event in events if isinstance(event, DeadLetter)]
        return [each for each in letters if key in {None, each.original_key}]

    async with consuming(bus, subscription(dead_letters_of(made), recorder, group=None)):
        await recorder.until(lambda: bool(found()))
    return found()[0]


def _result(made: Topic, seq: int, size: int) -> Outgoing:
    """Return an event of about ``size`` encoded bytes that compress no further."""
    body = random.Random(seq).randbytes(size)  # noqa: S311  # repeatable
    event = ScanResult(
        project="p",
        scan="s",
        image=f"sha256:{seq:064x}",
        risk="file",
        risks=("file",),
        seq=seq,
        run="r",
        page=1,
        pages=1,
        status="complete",
        body=body,
    )
    return Outgoing(topic=made, event=event, id=str(seq))
