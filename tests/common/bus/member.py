"""A member of a group in a process of its own: ``python -m tests.common.bus.member``.

Arguments: ``local FOLDER`` or ``kafka HOST:PORT``, the topic's name, its partitions, and a file.
Each handled event is a line ``key seq`` in the file, written before the handler answers.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from scantling_common.bus.kafka import KafkaBus
from scantling_common.bus.local import LocalBus
from scantling_common.bus.port import Answer, Bus, Delivery, Done, Subscription
from scantling_common.clock import SystemClock, SystemRandomness
from scantling_common.events.models import Control
from tests.common.bus.samples import topic

if TYPE_CHECKING:
    from collections.abc import Sequence


def opened(kind: str, where: str) -> Bus:
    """Return the bus."""
    if kind == "kafka":
        return KafkaBus(where, source="scantling/member", session_timeout=6.0)
    return LocalBus(
        Path(where), clock=SystemClock(), randomness=SystemRandomness(), source="scantling/member"
    )


async def consume(kind: str, where: str, name: str, partitions: int, log: str) -> None:
    """Consume until killed."""
    file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    async def handler(delivery: Delivery) -> Answer:
        await asyncio.sleep(0.002)
        event = delivery.event
        if isinstance(event, Control):
            os.write(file, f"{delivery.key} {event.seq}\n".encode())
        return Done()

    made = msgspec.structs.replace(topic(partitions=partitions), name=name)
    wanted = Subscription(topics=(made,), handler=handler, group=name, max_in_flight=8)
    await opened(kind, where).consume(wanted)


def main(arguments: Sequence[str]) -> None:
    """Run."""
    kind, where, name, partitions, log = arguments
    asyncio.run(consume(kind, where, name, int(partitions), log))


if __name__ == "__main__":
    main(sys.argv[1:])
