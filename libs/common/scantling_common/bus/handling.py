"""One event from its record to its answer: decode, call, wait and call again, reject."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, Protocol

from opentelemetry import trace

from scantling_common.bus.errors import ConsumerStopped
from scantling_common.bus.port import (
    Answer,
    Delivery,
    Done,
    EventTooLarge,
    Fenced,
    Outgoing,
    Producer,
    Reject,
    RetryAfter,
    Subscription,
)
from scantling_common.bus.tracing import processing
from scantling_common.errors import ScantlingError
from scantling_common.events.attributes import EventMalformed
from scantling_common.events.codec import decode, decode_envelope, decode_key
from scantling_common.events.dead_letters import dead_letter_id, dead_letters_of
from scantling_common.events.envelope import Envelope
from scantling_common.events.models import DeadLetter

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from scantling_common.bus.feed import Record
    from scantling_common.bus.patience import Patience
    from scantling_common.clock import Clock
    from scantling_common.events.topics import Topic
    from scantling_common.telemetry.metrics import Metrics

logger = logging.getLogger(__name__)

_REASON: Final = 1000
_WORDS: Final[dict[type, str]] = {Done: "done", RetryAfter: "retry", Reject: "reject"}
_CUT: Final = 512 * 1024
"""How much of an event is kept where all of it makes no dead letter of legal size."""


class Environment(Protocol):
    """What the handling of events needs of its bus."""

    @property
    def system(self) -> str:
        """Return the bus' name in telemetry."""

    @property
    def clock(self) -> Clock:
        """Return the clock."""

    @property
    def metrics(self) -> Metrics:
        """Return where measurements go."""

    @property
    def patience(self) -> Patience:
        """Return waiting times and limits."""

    async def dead_letter_producer(self) -> Producer:
        """Return the producer of dead letters."""


class Handling:
    """Handles the events of a subscription, one call each, any number at once."""

    def __init__(
        self, subscription: Subscription, bus: Environment, progress: Callable[[], None]
    ) -> None:
        self._subscription = subscription
        self._bus = bus
        self._progress = progress
        self._topics = {topic.name: topic for topic in subscription.topics}

    async def handle(self, record: Record) -> Answer:
        """Handle an event to its end and return the answer that it got."""
        began = self._bus.clock.monotonic()
        delivery, reject = _decoded(self._topics[record.place.topic], record)
        answer = await self._handle(record, delivery, reject)
        name = delivery.topic.name
        metrics = self._bus.metrics
        metrics.count("events_handled_total", topic=name, answer=_WORDS[type(answer)])
        metrics.observe("handler_seconds", self._bus.clock.monotonic() - began, topic=name)
        return answer

    async def _handle(self, record: Record, delivery: Delivery, reject: Reject | None) -> Answer:
        final: Answer | None = reject
        with processing(self._bus.system, self._subscription.group, delivery) as span:
            if final is None:
                final = await self._answer(delivery)
            if isinstance(final, Reject):
                span.set_status(trace.StatusCode.ERROR)
                await self._reject(delivery, record, final)
        return final

    async def persist(self, call: Callable[[], Awaitable[None]], what: str) -> None:
        """Call until it succeeds; raises :class:`ConsumerStopped` for an error that stays."""
        error = await self._insist(call)
        if error is not None:
            raise ConsumerStopped(f"{what} failed: {type(error).__name__}") from error

    async def _answer(self, delivery: Delivery) -> Answer:
        answers: list[Answer] = []

        async def call() -> None:
            answers.append(await self._call(delivery))

        error = await self._insist(call)
        if error is None:
            return answers[-1]
        return Reject(f"the handler raised {type(error).__name__}: {error}")

    async def _call(self, delivery: Delivery) -> Answer:
        """Return the handler's answer, *retry after* only once that is published.

        Without ``on_retry`` nobody else would come back to the event, so the handler waits.
        """
        while True:
            answer = await self._subscription.handler(delivery)
            if not isinstance(answer, RetryAfter):
                return answer
            if self._subscription.on_retry is not None:
                await self._subscription.on_retry(delivery, answer)
                return answer
            self._progress()
            await self._bus.clock.sleep(min(answer.seconds, self._bus.patience.longest_wait))

    async def _insist(self, call: Callable[[], Awaitable[None]]) -> Exception | None:
        """Call until it succeeds: for ever while something is unavailable, else some times.

        Returns the last error where it did not succeed.
        """
        attempt, failures = 0, 0
        while True:
            attempt += 1
            try:
                await call()
            except ConsumerStopped:
                raise
            except Fenced as error:
                raise ConsumerStopped("another producer has taken this one's place") from error
            except Exception as error:  # noqa: BLE001  # a handler may raise anything
                self._progress()
                unavailable = is_unavailable(error)
                failures += not unavailable
                _log_failure(error, attempt, unavailable=unavailable)
                if failures >= self._bus.patience.calls:
                    return error
                await self._bus.clock.sleep(self._bus.patience.wait(attempt))
            else:
                return None

    async def _reject(self, delivery: Delivery, record: Record, reject: Reject) -> None:
        reject = Reject(reject.reason[:_REASON])
        logger.error(
            "event rejected",
            extra={
                "topic": delivery.topic.name,
                "partition": delivery.partition,
                "offset": delivery.offset,
                "event_id": delivery.envelope.id,
                "reason": reject.reason,
            },
        )
        on_reject = self._subscription.on_reject
        if on_reject is not None:
            await self.persist(lambda: on_reject(delivery, reject), "on_reject")
        if delivery.topic.dead_letters:
            await self.persist(
                lambda: self._send_dead_letter(delivery, record, reject), "a dead letter"
            )

    async def _send_dead_letter(self, delivery: Delivery, record: Record, reject: Reject) -> None:
        producer = await self._bus.dead_letter_producer()
        point = f"bus.send:{delivery.topic.dead}"
        self.checkpoint(f"{point}:before")
        try:
            await producer.send(_dead_letter(delivery, record.value or b"", reject.reason))
        except EventTooLarge:
            cut = (record.value or b"")[:_CUT]
            reason = f"{reject.reason} (the first {_CUT} bytes are kept)"
            await producer.send(_dead_letter(delivery, cut, reason))
        self.checkpoint(f"{point}:after")
        self._bus.metrics.count("dead_letters_total", topic=delivery.topic.name)

    def checkpoint(self, point: str) -> None:
        """Pass a named side effect."""
        if self._subscription.checkpoint is not None:
            self._subscription.checkpoint(point)


def is_unavailable(error: Exception) -> bool:
    """Whether trying again is all that helps: the error's code ends in ``_unavailable``."""
    return isinstance(error, ScantlingError) and error.code.endswith("_unavailable")


def _log_failure(error: Exception, attempt: int, *, unavailable: bool) -> None:
    fields = {"error": type(error).__name__, "attempt": attempt}
    if unavailable:
        logger.warning("handler waits for what is unavailable", extra=fields)
    else:
        logger.error("handler raised", extra=fields, exc_info=error)


def _decoded(topic: Topic, record: Record) -> tuple[Delivery, Reject | None]:
    """Return the delivery, with a reject where the record is not what the topic carries."""
    try:
        envelope, event = decode(topic, record.headers, record.value)
        key = (record.key or b"").decode()
        reject = None
    except (EventMalformed, UnicodeDecodeError) as error:
        envelope, event, key = _remains(record), None, decode_key(record.key)
        reject = Reject(f"{EventMalformed.code}: {error}")
    delivery = Delivery(
        topic=topic,
        partition=record.place.partition,
        offset=record.offset,
        key=key,
        envelope=envelope,
        event=event,
    )
    return delivery, reject


def _remains(record: Record) -> Envelope:
    try:
        return decode_envelope(record.headers)
    except EventMalformed:
        return Envelope(id="", source="", type="", time="")


def _dead_letter(delivery: Delivery, data: bytes, reason: str) -> Outgoing:
    place = (delivery.topic.name, delivery.partition, delivery.offset)
    return Outgoing(
        topic=dead_letters_of(delivery.topic),
        event=DeadLetter(
            project=delivery.envelope.project,
            topic=delivery.topic.name,
            partition=delivery.partition,
            offset=delivery.offset,
            original_key=delivery.key,
            original_type=delivery.envelope.type,
            reason=reason,
            data=data,
        ),
        id=dead_letter_id(*place),
    )
