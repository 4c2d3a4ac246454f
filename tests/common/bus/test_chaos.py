"""Chaos keeps what at-least-once delivery promises, and is repeatable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.bus.chaos import Chance, ChaosProducer, Odds, chaotic
from scantling_common.bus.port import Answer, Delivery, Done, Outgoing
from scantling_common.events.envelope import Envelope
from tests.common.bus.samples import outgoing, topic
from tests.common.clocks import HandClock

if TYPE_CHECKING:
    from collections.abc import Sequence

MADE = topic()


class Sink:
    """A producer that remembers."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []

    async def send(self, outgoing: Outgoing) -> None:
        """Send one."""
        self.sent.append(outgoing)

    async def send_all(self, outgoing: Sequence[Outgoing]) -> None:
        """Send several."""
        self.sent += outgoing

    async def close(self) -> None:
        """Close nothing."""


async def sent(seed: int) -> list[str]:
    sink = Sink()
    producer = ChaosProducer(sink, Chance(seed, HandClock(), Odds()))
    events = [outgoing(MADE, f"k{n % 5}", n) for n in range(50)]
    await producer.send_all(events[:40])
    for each in events[40:]:
        await producer.send(each)
    return [each.id for each in sink.sent]


async def test_the_seed_decides() -> None:
    assert await sent(1) == await sent(1)
    assert await sent(1) != await sent(2)


async def test_keys_mix_and_each_keeps_its_order() -> None:
    ids = await sent(3)
    assert len(ids) > 50, "some are sent twice"
    first = list(dict.fromkeys(ids))
    assert len(first) == 50, "none is lost"
    assert first != sorted(first, key=lambda id_: int(id_.split("-")[1])), "keys overtake"
    for key in range(5):
        mine = [int(id_.split("-")[1]) for id_ in ids if id_.startswith(f"k{key}-")]
        assert mine == sorted(mine)


async def test_a_handler_sees_a_keys_last_events_again_in_order() -> None:
    seen: list[int] = []

    async def handler(delivery: Delivery) -> Answer:
        seen.append(delivery.offset)
        return Done()

    handle = chaotic(handler, Chance(5, HandClock(), Odds(redelivery=0.3)))
    envelope = Envelope(id="i", source="s", type="t", time="")
    for offset in range(30):
        delivery = Delivery(
            topic=MADE, partition=0, offset=offset, key="k", envelope=envelope, event=None
        )
        assert await handle(delivery) == Done()
    assert list(dict.fromkeys(seen)) == list(range(30))
    assert len(seen) > 30
    again = [index for index in range(1, len(seen)) if seen[index] <= seen[index - 1]]
    assert all(seen[index - 1] - seen[index] <= 2 for index in again)
