"""What a consumer does with answers and errors, beyond what the conformance suite says."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import msgspec
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from scantling_common.bus import local_log
from scantling_common.bus.errors import ConsumerStopped
from scantling_common.bus.local import LocalBus
from scantling_common.bus.patience import Patience
from scantling_common.bus.port import (
    Answer,
    BusUnavailable,
    Delivery,
    Done,
    Fenced,
    Reject,
    RetryAfter,
)
from scantling_common.clock import SystemClock, SystemRandomness
from scantling_common.events.codec import MAX_ENCODED, Encoded
from scantling_common.faults import FaultPlan
from tests.common.bus.conformance import dead_letter
from tests.common.bus.samples import outgoing, topic
from tests.common.bus.worlds import HASTY, LONGEST, Recorder, consuming, subscription, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from scantling_common.bus.port import Outgoing
    from scantling_common.events.models import DeadLetter
    from scantling_common.events.topics import Topic
    from scantling_common.telemetry.metrics import MetricName


class Counted:
    """Metrics that are remembered."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, ...], float] = {}
        self.observed: list[tuple[str, ...]] = []

    def count(self, name: MetricName, amount: float = 1, /, **labels: str) -> None:
        """Add."""
        key = (name, *labels.values())
        self.counts[key] = self.counts.get(key, 0) + amount

    def observe(self, name: MetricName, value: float, /, **labels: str) -> None:
        """Remember."""
        assert value >= 0
        self.observed.append((name, *labels.values()))

    def set(self, name: MetricName, value: float, /, **labels: str) -> None:
        """Remember."""
        self.counts[name, *labels.values()] = value


@pytest.fixture
def metrics() -> Counted:
    return Counted()


@pytest.fixture
async def bus(tmp_path: Path, metrics: Counted) -> AsyncIterator[LocalBus]:
    made = LocalBus(
        tmp_path,
        clock=SystemClock(),
        randomness=SystemRandomness(),
        source="scantling/test",
        patience=HASTY,
        metrics=metrics,
    )
    yield made
    await made.close()


async def _with(bus: LocalBus, *events: Outgoing) -> Topic:
    made = events[0].topic
    await bus.ensure_topics([made])
    await (await bus.producer()).send_all(events)
    return made


async def test_retry_after_that_nobody_publishes_is_waited_for(bus: LocalBus) -> None:
    calls = 0

    async def answer(delivery: Delivery) -> Answer:
        nonlocal calls
        calls += 1
        return RetryAfter("busy", 3600) if calls < 20 else Done()

    recorder = Recorder(answer)
    made = await _with(bus, outgoing(topic(), "k", 1))
    async with consuming(bus, subscription(made, recorder)):
        await recorder.until(lambda: len(recorder.names) == 20)
    assert calls == 20


async def test_on_retry_that_fails_is_tried_again(bus: LocalBus) -> None:
    told: list[str] = []

    async def answer(delivery: Delivery) -> Answer:
        return RetryAfter("busy", 1)

    async def on_retry(delivery: Delivery, retry: RetryAfter) -> None:
        told.append(retry.reason)
        recorder.wake()
        if len(told) < 3:
            raise BusUnavailable

    recorder = Recorder(answer)
    made = await _with(bus, outgoing(topic(), "k", 1))
    async with consuming(bus, subscription(made, recorder, on_retry=on_retry)):
        await recorder.until(lambda: len(told) == 3)


async def test_on_reject_that_stays_broken_stops_the_consumer_and_commits_nothing(
    bus: LocalBus,
) -> None:
    calls = 0

    async def answer(delivery: Delivery) -> Answer:
        return Reject("bad")

    async def on_reject(delivery: Delivery, reject: Reject) -> None:
        nonlocal calls
        calls += 1
        raise KeyError

    made = await _with(bus, outgoing(topic(), "k", 1))
    with pytest.raises(ConsumerStopped, match="on_reject failed: KeyError"):
        async with asyncio.timeout(LONGEST):
            await bus.consume(subscription(made, Recorder(answer), on_reject=on_reject))
    assert calls == HASTY.calls
    assert await bus.lag(made.name, made) == 1


async def test_a_fenced_handler_stops_its_consumer_and_rejects_nothing(bus: LocalBus) -> None:
    async def answer(delivery: Delivery) -> Answer:
        raise Fenced

    made = await _with(bus, outgoing(topic(), "k", 1))
    with pytest.raises(ConsumerStopped):
        async with asyncio.timeout(LONGEST):
            await bus.consume(subscription(made, Recorder(answer)))
    assert await bus.lag(made.name, made) == 1


async def test_a_dead_letter_too_large_keeps_the_beginning_and_says_so(bus: LocalBus) -> None:
    async def answer(delivery: Delivery) -> Answer:
        return Reject("bad")

    made = topic(partitions=1)
    await bus.ensure_topics([made])
    (queue,) = await bus._topics.queues(made)
    value = random.Random(1).randbytes(MAX_ENCODED)  # noqa: S311  # repeatable
    events = [(queue, Encoded(b"k", (), value))]
    await bus._database.write(lambda connection: local_log.append(connection, events, 0))
    async with consuming(bus, subscription(made, Recorder(answer))):
        letter: DeadLetter = await dead_letter(bus, made)
    assert letter.reason.endswith("(the first 524288 bytes are kept)")
    assert letter.data == value[:524288]


async def test_a_long_reason_is_cut(bus: LocalBus) -> None:
    async def answer(delivery: Delivery) -> Answer:
        return Reject("x" * 100_000)

    made = await _with(bus, outgoing(topic(), "k", 1))
    async with consuming(bus, subscription(made, Recorder(answer))):
        letter = await dead_letter(bus, made)
    assert len(letter.reason) == 1000


async def test_a_handler_that_hangs_stops_nothing_else_and_is_given_up_on_cancel(
    bus: LocalBus,
) -> None:
    given_up = asyncio.Event()

    async def answer(delivery: Delivery) -> Answer:
        if delivery.key == "hangs":
            try:
                await asyncio.Event().wait()
            finally:
                given_up.set()
        return Done()

    recorder = Recorder(answer)
    made = await _with(bus, outgoing(topic(), "hangs", 1))
    await _with(bus, outgoing(made, "k", 2))
    async with consuming(bus, subscription(made, recorder)):
        await recorder.until(lambda: recorder.names == [("k", 2)])
    assert given_up.is_set()


async def test_a_handler_that_never_comes_back_ends_its_consumer(tmp_path: Path) -> None:
    bus = LocalBus(
        tmp_path / "watched",
        clock=SystemClock(),
        randomness=SystemRandomness(),
        source="scantling/test",
        patience=Patience(stalled=0.02, working=0.05),
    )

    async def answer(delivery: Delivery) -> Answer:
        await asyncio.Event().wait()
        return Done()

    made = await _with(bus, outgoing(topic(), "k", 1))
    with pytest.raises(ConsumerStopped, match="1 events in work and none finished"):
        async with asyncio.timeout(LONGEST):
            await bus.consume(subscription(made, Recorder(answer)))
    assert await bus.lag(made.name, made) == 1
    await bus.close()


async def test_a_consumer_cancelled_twice_still_leaves_its_group(bus: LocalBus) -> None:
    made = await _with(bus, outgoing(topic(), "k", 1))
    first = Recorder()
    task = asyncio.ensure_future(bus.consume(subscription(made, first)))
    await first.until(lambda: bool(first.names))
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    members = await bus._database.read(
        lambda connection: connection.execute("SELECT count(*) FROM members").fetchone()[0]
    )
    assert members == 0


async def test_side_effects_pass_the_checkpoint(bus: LocalBus) -> None:
    async def answer(delivery: Delivery) -> Answer:
        return Reject("bad")

    plan = FaultPlan()
    made = await _with(bus, outgoing(topic(), "k", 1))
    recorder = Recorder(answer)
    async with consuming(bus, subscription(made, recorder, checkpoint=plan.checkpoint)):
        await dead_letter(bus, made)
    assert set(plan.passed) == {
        f"bus.send:{made.dead}:before",
        f"bus.send:{made.dead}:after",
        f"bus.commit:{made.name}:{made.name}:before",
        f"bus.commit:{made.name}:{made.name}:after",
    }


async def test_how_far_a_group_is_behind_is_measured(tmp_path: Path, metrics: Counted) -> None:
    patience = msgspec.structs.replace(HASTY, measured=0.01)
    bus = LocalBus(
        tmp_path,
        clock=SystemClock(),
        randomness=SystemRandomness(),
        source="scantling/test",
        patience=patience,
        metrics=metrics,
    )
    gate = asyncio.Event()

    async def answer(delivery: Delivery) -> Answer:
        await gate.wait()
        return Done()

    recorder = Recorder(answer)
    made = topic()
    await _with(bus, *[outgoing(made, f"k{n}", n) for n in range(3)])

    async def behind(expected: int) -> bool:
        return metrics.counts.get(("consumer_lag", made.name, made.name)) == expected

    async with consuming(bus, subscription(made, recorder)):
        await until(lambda: behind(3))
        gate.set()
        await until(lambda: behind(0))
    await bus.close()


async def test_what_happens_is_measured(bus: LocalBus, metrics: Counted) -> None:
    async def answer(delivery: Delivery) -> Answer:
        answers: dict[str, Answer] = {"bad": Reject("bad"), "later": RetryAfter("busy", 1)}
        return answers.get(delivery.key, Done())

    async def on_retry(delivery: Delivery, retry: RetryAfter) -> None:
        """Publish nothing."""

    made = topic()
    keys = ("bad", "later", "good", "good")
    await _with(bus, *[outgoing(made, key, n) for n, key in enumerate(keys)])
    recorder = Recorder(answer)
    async with consuming(bus, subscription(made, recorder, on_retry=on_retry)):
        await recorder.until(lambda: len(recorder.names) == 4)
        await dead_letter(bus, made)
    name = made.name
    assert metrics.counts["events_sent_total", name] == 4
    assert metrics.counts["events_handled_total", name, "done"] == 2
    assert metrics.counts["events_handled_total", name, "retry"] == 1
    assert metrics.counts["events_handled_total", name, "reject"] == 1
    assert metrics.counts["dead_letters_total", name] == 1
    assert metrics.observed.count(("handler_seconds", name)) == 4


async def test_spans_of_send_and_process_form_one_trace(
    bus: LocalBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)

    async def answer(delivery: Delivery) -> Answer:
        return Reject("secret reason") if delivery.key == "bad" else Done()

    made = topic()
    await _with(bus, outgoing(made, "good", 1), outgoing(made, "bad", 1))
    recorder = Recorder(answer)
    async with consuming(bus, subscription(made, recorder)):
        await dead_letter(bus, made)
        await recorder.until(lambda: len(recorder.names) == 2)
    spans = exporter.get_finished_spans()
    sent = {span.context.span_id: span for span in spans if span.name == f"{made.name} send"}
    processed = [span for span in spans if span.name == f"{made.name} process"]
    assert len(sent) == len(processed) == 2
    for span in processed:
        assert span.kind is SpanKind.CONSUMER
        assert span.parent is not None
        parent = sent[span.parent.span_id]
        assert parent.kind is SpanKind.PRODUCER
        assert parent.context.trace_id == span.context.trace_id
        assert span.attributes is not None
        assert span.attributes["messaging.destination.name"] == made.name
        assert span.attributes["messaging.operation.type"] == "process"
    assert {span.status.status_code for span in processed} == {StatusCode.UNSET, StatusCode.ERROR}
    letter = next(span for span in spans if span.name == f"{made.dead} send")
    assert letter.parent is not None
    assert letter.parent.span_id in {span.context.span_id for span in processed}
    assert "secret reason" not in repr([span.to_json() for span in spans])
    provider.shutdown()
