"""The bus: at-least-once delivery of events in topics, ordered by key.

Two public adapters implement this port under one conformance suite:
:mod:`scantling_common.bus.local` (SQLite, durable, across processes) and
:mod:`scantling_common.bus.kafka`. A handler answers *done*, *retry after* or *reject*; the
offset of a partition is committed as the contiguous prefix of its finished work.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

import msgspec

from scantling_common.errors import ScantlingError

if TYPE_CHECKING:
    # Never evaluated, as these Structs are never encoded; it keeps pydantic off the scan path.
    from collections.abc import Sequence

    from scantling_common.events.envelope import Envelope  # noqa: TC004
    from scantling_common.events.models import Event  # noqa: TC004
    from scantling_common.events.topics import Topic  # noqa: TC004


class BusUnavailable(ScantlingError):
    """The bus does not answer; the same call may succeed later."""

    code = "bus_unavailable"


class EventTooLarge(ScantlingError):
    """An event is over the size limit of the bus (1 MiB encoded)."""

    code = "event_too_large"


class Fenced(ScantlingError):
    """Another producer with the same transactional name has taken over."""

    code = "producer_fenced"


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """An event to send.

    ``id`` is the CloudEvents id: the same fact sent twice must carry the same id. The key comes
    from ``event.key()``; ``tombstone`` sends an empty value for that key (compacted topics).
    ``traceparent`` is the trace it belongs to, where that is not the current one.
    """

    topic: Topic
    event: Event
    id: str
    sequence: int | None = None
    page: int | None = None
    pages: int | None = None
    tombstone: bool = False
    traceparent: str = ""


class Done(msgspec.Struct, frozen=True):
    """The event has been handled."""


class RetryAfter(msgspec.Struct, frozen=True):
    """The work can't be done now: publish that, then go on.

    ``seconds`` is how long from now nothing need be tried.
    """

    reason: str
    seconds: float


class Reject(msgspec.Struct, frozen=True):
    """Our own producer broke the schema: to the dead-letter topic with this reason."""

    reason: str


Answer = Done | RetryAfter | Reject


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One event as it reaches a handler; ``event`` is None for a tombstone."""

    topic: Topic
    partition: int
    offset: int
    key: str
    envelope: Envelope
    event: Event | None


Handler = Callable[[Delivery], Awaitable[Answer]]
"""Handles one event. An exception means that something of ours is unavailable: the runner waits
and calls again. After several calls an exception that is no ``*Unavailable`` is a reject."""


class Subscription(msgspec.Struct, kw_only=True):
    """What to consume, and how.

    ``group`` is None for an instance that reads every partition of a (compacted) topic from the
    start without committing. ``instance`` is the static membership name within the group. In
    flight is bounded by ``max_in_flight`` events and ``max_in_flight_bytes`` encoded bytes;
    events of one key are handled in order, never two at once.

    ``on_reject`` gets every rejected event before its dead letter is sent; one that could not be
    decoded comes with ``event`` None and what could be read of the envelope. ``on_assigned`` and
    ``on_revoked`` get the partitions that came and went (of all topics of the subscription);
    ``on_revoked`` has two seconds. ``checkpoint`` is called with the name of each side effect
    of the consumer itself, before and after it: see :mod:`scantling_common.faults`.
    """

    topics: tuple[Topic, ...]
    handler: Handler
    group: str | None
    instance: str = ""
    max_in_flight: int = 16
    max_in_flight_bytes: int = 16 * 1024 * 1024
    on_retry: Callable[[Delivery, RetryAfter], Awaitable[None]] | None = None
    on_reject: Callable[[Delivery, Reject], Awaitable[None]] | None = None
    on_assigned: Callable[[tuple[int, ...]], Awaitable[None]] | None = None
    on_revoked: Callable[[tuple[int, ...]], Awaitable[None]] | None = None
    on_caught_up: Callable[[], Awaitable[None]] | None = None
    checkpoint: Callable[[str], None] | None = None


class Producer(Protocol):
    """Sends events; each call returns when the bus has them durably."""

    async def send(self, outgoing: Outgoing) -> None:
        """Send one event. Raises :class:`BusUnavailable` or :class:`EventTooLarge`."""

    async def send_all(self, outgoing: Sequence[Outgoing]) -> None:
        """Send several, in order; all or nothing where the producer is transactional.

        Raises :class:`Fenced` where another producer of the same transactional name began.
        """

    async def close(self) -> None:
        """Send what is buffered and release the connection."""


class Bus(Protocol):
    """The port."""

    async def ensure_topics(self, topics: Sequence[Topic]) -> None:
        """Create the topics that are missing, dead-letter topics included; idempotent."""

    async def producer(self, *, transactional_name: str | None = None) -> Producer:
        """Return a started, idempotent producer; with a name it is fenced and transactional."""

    async def consume(self, subscription: Subscription) -> None:
        """Consume until cancelled.

        On cancellation running handlers are given up, unfinished work is not committed, and the
        group is left.

        Raises a ``ConsumerStopped`` error where too many events in a row, or too large a part
        of them, were rejected, or the watchdog saw lag without progress.
        """

    async def lag(self, group: str, topic: Topic) -> int:
        """Return how many events of a topic a group has not committed."""

    async def close(self) -> None:
        """Release connections."""
