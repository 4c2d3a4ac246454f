"""How long a consumer waits, and when it gives up."""

from __future__ import annotations

from collections import deque

import msgspec

from scantling_common.bus.errors import ConsumerStopped


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """Waiting times of a consumer in seconds, and its limits.

    ``calls``: how often a handler is called that raises what is no ``*Unavailable``.
    ``stalled``: how long there may be events that don't arrive. ``working``: how long one call
    of a handler may take; it is over the deadline of a scan. ``ahead``: how many finished events
    of a partition may wait for an unfinished one before the partition is held back.
    ``measured``: how often it is measured how far the consumer is behind.
    """

    first_wait: float = 0.1
    longest_wait: float = 10.0
    calls: int = 5
    stalled: float = 120.0
    working: float = 4500.0
    ahead: int = 1000
    measured: float = 5.0
    rejects_in_a_row: int = 20
    rejects_ratio: float = 0.1
    rejects_window: int = 500
    rejects_at_least: int = 50

    def wait(self, attempt: int) -> float:
        """Return how long to wait after the given attempt, counted from 1."""
        return float(min(self.longest_wait, self.first_wait * 2 ** min(attempt - 1, 16)))


class RejectMeter:
    """Stops a consumer that rejects too much: the schema is broken, not single events."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._recent: deque[bool] = deque(maxlen=patience.rejects_window)
        self._row = 0

    def handled(self) -> None:
        """Count an event that was handled."""
        self._recent.append(False)
        self._row = 0

    def rejected(self, topic: str) -> None:
        """Count a reject; raises :class:`ConsumerStopped` over the limits."""
        self._recent.append(True)
        self._row += 1
        limits, rejects = self._patience, sum(self._recent)
        if self._row >= limits.rejects_in_a_row:
            raise _stopped(topic, f"{self._row} events in a row")
        enough = len(self._recent) >= limits.rejects_at_least
        if enough and rejects > limits.rejects_ratio * len(self._recent):
            raise _stopped(topic, f"{rejects} of the last {len(self._recent)} events")


def _stopped(topic: str, what: str) -> ConsumerStopped:
    return ConsumerStopped(
        f"{what} were rejected, the last one of {topic}",
        hint=f"read {topic}.dead for the reasons; the producer and this consumer disagree",
    )
