"""How clients of the Kafka bus connect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from scantling_common.events.codec import MAX_ENCODED

if TYPE_CHECKING:
    from collections.abc import Mapping

OVERHEAD: Final = 64 * 1024
"""What Kafka's own framing of a record batch may add to an event, generously, in bytes."""

MAX_MESSAGE: Final = MAX_ENCODED + OVERHEAD


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """Brokers, and aiokafka's settings for security (``security_protocol``, ``sasl_…``)."""

    bootstrap_servers: str
    security: dict[str, Any] = {}
    request_timeout_ms: int = 30_000

    def client(self) -> Mapping[str, Any]:
        """Return what every client of aiokafka is given."""
        return {
            "bootstrap_servers": self.bootstrap_servers,
            "request_timeout_ms": self.request_timeout_ms,
            **self.security,
        }
