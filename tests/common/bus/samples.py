"""Topics and events for tests of the bus."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec

from scantling_common.bus.port import Outgoing
from scantling_common.events.models import Control
from scantling_common.events.topics import DAY, Topic


def topic(*, partitions: int = 4, **changes: Any) -> Topic:
    """Return a topic of its own name, whose events are told apart by key and ``seq``."""
    made = Topic(
        name=f"scantling.test.{secrets.token_hex(6)}",
        model=Control,
        key="scan",
        describes="A topic of a test.",
        writers=("dispatcher",),
        readers=("extractor",),
        partitions=partitions,
        retention=DAY,
    )
    return msgspec.structs.replace(made, **changes)


def outgoing(topic: Topic, key: str, seq: int, **changes: Any) -> Outgoing:
    """Return an event of a key; ``seq`` is what tests compare."""
    event = Control(project="p", scan=key, state="running", seq=seq)
    return Outgoing(topic=topic, event=event, id=f"{key}-{seq}", **changes)
