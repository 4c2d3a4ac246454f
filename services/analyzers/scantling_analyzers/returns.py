"""What extractor and analyzers say when work can't be done now, or never."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from scantling_common.bus.port import Delivery, Outgoing, Producer, Reject, RetryAfter
from scantling_common.events.models import ScanExtract, ScanJob, ScanReturned
from scantling_common.events.topics import SCAN_RETURNED
from scantling_common.results import same_outcome

if TYPE_CHECKING:
    from scantling_common.clock import Clock, Randomness
    from scantling_common.risks import Risk


class Returns:
    """The answers *retry after* and *reject* of both roles, as events."""

    def __init__(self, producer: Producer, clock: Clock, randomness: Randomness) -> None:
        """Publish with a producer."""
        self._producer, self._clock, self._randomness = producer, clock, randomness

    async def retry(self, delivery: Delivery, answer: RetryAfter) -> None:
        """Give the scan, or the job's risk type, back to the dispatcher."""
        event = delivery.event
        if not isinstance(event, ScanExtract | ScanJob):
            return
        now = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)
        risks = _risks(event)
        await self._producer.send(
            Outgoing(
                topic=SCAN_RETURNED,
                id=f"{event.scan}/{event.seq}/{event.attempt}/{','.join(risks)}/returned",
                event=ScanReturned(
                    project=event.project,
                    scan=event.scan,
                    image=event.image,
                    risks=risks,
                    seq=event.seq,
                    attempt=event.attempt,
                    reason=answer.reason,
                    not_before=now + timedelta(seconds=answer.seconds),
                ),
            )
        )

    async def reject(self, delivery: Delivery, answer: Reject) -> None:
        """Publish the *failed* outcome that a rejected event will never lead to."""
        event = delivery.event
        if not isinstance(event, ScanExtract | ScanJob):
            return
        events = same_outcome(
            event,
            _risks(event),
            self._randomness.token(),
            status="failed",
            code="rejected",
            reason=answer.reason,
        )
        await self._producer.send_all(events)


def _risks(event: ScanExtract | ScanJob) -> tuple[Risk, ...]:
    return (event.risk,) if isinstance(event, ScanJob) else event.risks
