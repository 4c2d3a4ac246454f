"""The producer of both adapters: encode, trace, hand over to the transport."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from scantling_common.bus.tracing import sending
from scantling_common.events.codec import Encoded, encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_common.bus.port import Outgoing
    from scantling_common.clock import Clock
    from scantling_common.events.topics import Topic
    from scantling_common.telemetry.metrics import Metrics

Batch = list[tuple["Topic", Encoded]]


class Transport(Protocol):
    """Carries encoded events; returns when the bus has them durably."""

    async def transmit(self, batch: Batch) -> None:
        """Send in order; all or nothing where transactional."""

    async def close(self) -> None:
        """Release the connection."""


class EncodingProducer:
    """A producer over a transport: the CloudEvents attributes come from here."""

    def __init__(
        self, transport: Transport, *, system: str, source: str, clock: Clock, metrics: Metrics
    ) -> None:
        self._transport = transport
        self._system = system
        self._source = source
        self._clock = clock
        self._metrics = metrics

    async def send(self, outgoing: Outgoing) -> None:
        """Send one event."""
        await self.send_all((outgoing,))

    async def send_all(self, outgoing: Sequence[Outgoing]) -> None:
        """Send several in order; nothing is sent where one of them can't be encoded."""
        if not outgoing:
            return
        time = _rfc3339(self._clock.now_ms())
        with sending(
            self._system, [(each.topic.name, each.traceparent) for each in outgoing]
        ) as parents:
            batch = [
                (each.topic, encode(each, source=self._source, time=time, traceparent=parent))
                for each, parent in zip(outgoing, parents, strict=True)
            ]
            await self._transport.transmit(batch)
        for topic, _ in batch:
            self._metrics.count("events_sent_total", topic=topic.name)

    async def close(self) -> None:
        """Release the connection."""
        await self._transport.close()


def _rfc3339(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
