"""Errors of the bus, beside those that the port names.

::

    ScantlingError
    ├── port.BusUnavailable    try again
    ├── port.EventTooLarge     publish in pages
    ├── port.Fenced            another has taken over
    ├── TopicMissing           topics are created before anything uses them
    ├── TopicMismatch          the topic is there and is another
    └── ConsumerStopped        a consumer gave up, so that somebody looks
"""

from __future__ import annotations

from scantling_common.errors import ScantlingError


class TopicMissing(ScantlingError):
    """A topic does not exist."""

    code = "topic_missing"


class TopicMismatch(ScantlingError):
    """A topic exists with another number of partitions."""

    code = "topic_mismatch"


class ConsumerStopped(ScantlingError):
    """A consumer stopped: too many rejects, no progress, or its place was taken."""

    code = "consumer_stopped"
