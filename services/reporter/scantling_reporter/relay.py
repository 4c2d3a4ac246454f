"""The relay of one partition: publishes what its heads and rows owe, in order."""

from __future__ import annotations

import itertools
import logging
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_common.bus.port import BusUnavailable, Fenced
from scantling_common.records.reporter import Head, run_id
from scantling_common.store.port import Range, StoreUnavailable
from scantling_common.telemetry.tracing import continued
from scantling_reporter.publication import changes_of, completion_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from scantling_common.bus.port import Producer
    from scantling_common.clock import Clock
    from scantling_reporter.archive import Archive
    from scantling_reporter.counters import Counters
    from scantling_reporter.fleet.index import FleetIndex
    from scantling_reporter.generations import Generations
    from scantling_reporter.projection import Projection

logger = logging.getLogger(__name__)

UNREFERENCED_MS: Final = 24 * 3600 * 1000
"""How long the pages of a run stay that no head refers to."""

_BATCH: Final = 100
_SENT_AT_ONCE: Final = 16


class Relay:
    """Publishes for all heads of a partition; one instance at a time does.

    Every step may be repeated: what a crash left half done is done again from the head's
    ``published``, with the same event ids. The producer is transactional and fenced, and what a
    subscriber reads is changed after it was sent, so that an instance which lost the partition
    stops at the send.
    """

    def __init__(
        self,
        partition: int,
        producer: Producer,
        *,
        generations: Generations,
        archive: Archive,
        projection: Projection,
        fleet: FleetIndex,
        counters: Counters,
        clock: Clock,
        owed: Callable[[int, int], None],
    ) -> None:
        """Publish for a partition through its producer.

        ``owed`` is told, by partition, how many heads are not published yet.
        """
        self._partition = partition
        self._producer = producer
        self._generations = generations
        self._archive = archive
        self._projection = projection
        self._fleet = fleet
        self._counters = counters
        self._clock = clock
        self._owed = owed
        self._complete = False

    async def round(self) -> int:
        """Publish some of what is owed; return how many heads and rows that were.

        One head that can't be published keeps no other from it.
        """
        if not self._complete:
            await self._fleet.complete(self._partition)
            self._complete = True
        range_ = Range(index="unpublished", prefix=(1, self._partition))
        heads = (await self._generations.heads.page(range_, limit=_BATCH)).records
        self._owed(self._partition, len(heads))
        settled = 0
        for head in heads:
            try:
                await self.settle(head.id)
            except (Fenced, BusUnavailable, StoreUnavailable):
                raise
            except Exception:
                logger.exception("generation not published", extra={"head": head.id})
            else:
                settled += 1
        return settled + await self._projection.publish(self._partition, self._producer)

    async def settle(self, id_: str) -> Head | None:
        """Publish all that a head owes; return it as it is then, None where there is none."""
        while True:
            head = await self._generations.heads.get(id_)
            if head is None or not head.unpublished:
                return head
            hidden = not await self._generations.placed(head.project, head.image)
            if head.published < head.generation:
                with continued("publish generation", head.body.traceparent):
                    await self._publish(head, turns=head.hidden != hidden)
            elif head.hidden != hidden:
                await self._generations.turn(head, hidden=hidden)
            else:
                await self._projection.project(head)
                await self._generations.heads.replace(replace(head, unpublished=0))

    async def _publish(self, head: Head, *, turns: bool) -> None:
        body = head.body
        before = await self._generations.view(head, body.previous, hidden=body.previous_hidden)
        after = await self._generations.view(head, body.risks, hidden=head.hidden)
        events = changes_of(head, before, after)
        sent = False
        while batch := list(itertools.islice(events, _SENT_AT_ONCE)):
            await self._producer.send_all(batch)
            sent = True
        if not sent and await self._generations.heads.get(head.id) != head:
            return  # nothing was sent that another owner of the partition would have fenced
        await self._projection.project(head)
        await self._projection.publish(self._partition, self._producer)
        await self._fleet.update(head)
        await self._counters.count(head)
        # Last: whoever hears of it finds the report, and advisories that are announced from then
        # on find the image.
        await self._producer.send_all(completion_of(head))
        await self._let_go(head)
        done = replace(
            head,
            published=head.generation,
            counted=head.generation,
            unpublished=int(turns),
        )
        if await self._generations.heads.replace(done):
            logger.info(
                "generation published",
                extra={
                    "project": head.project,
                    "image": head.image,
                    "generation": head.generation,
                    "status": head.status,
                    "hidden": head.hidden,
                },
            )

    async def _let_go(self, head: Head) -> None:
        """Let the runs go that only the generation before referred to."""
        kept = {(risk, held.seq, held.run) for risk, held in head.body.risks.items()}
        runs = [
            (run_id(head.project, head.image, risk, held.seq, held.run), held.pages)
            for risk, held in head.body.previous.items()
            if (risk, held.seq, held.run) not in kept
        ]
        sweep_at = self._clock.now_ms() + UNREFERENCED_MS
        await self._archive.set_aside(runs, sweep_at=sweep_at)
