"""The outcomes that heads refer to: read whole, kept for a while, written where merged."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, cast

from scantling_common.bodies import BodyUnreadable
from scantling_common.outcome_pages import assemble, paginate
from scantling_common.outcomes import Outcome
from scantling_common.records.reporter import (
    OUTCOMES,
    HeadRisk,
    StoredPage,
    page_id,
    run_id,
)
from scantling_common.store.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_common.risks import Risk
    from scantling_common.store.port import Store

_CACHED_BYTES: Final = 32 * 1024 * 1024
"""How many packed bytes of outcomes are remembered, unpacked."""


class Archive:
    """Reads and writes outcomes by the run that made them; runs never change."""

    def __init__(self, store: Store) -> None:
        """Work on a store."""
        self.pages = Repository(store, OUTCOMES, StoredPage)
        self._cache: OrderedDict[str, tuple[int, Outcome]] = OrderedDict()
        self._cached = 0

    async def read(self, risk: str, run: str, pages: int) -> Outcome:
        """Return the outcome of a run, whose id :func:`run_id` gave.

        Pages that are missing or damaged make it *failed*, with code ``outcome_unreadable``:
        nothing that is stored can stop a merge.
        """
        cached = self._cache.get(run)
        if cached is not None:
            self._cache.move_to_end(run)
            return cached[1]
        ids = [page_id(run, number) for number in range(pages)]
        stored = await self.pages.get_many(ids)
        bodies = [page.body for page in stored] if len(stored) == pages else []
        try:
            outcome = await asyncio.to_thread(assemble, bodies)
        except BodyUnreadable as error:
            return _unreadable(risk, str(error))
        if outcome.risk != risk:
            return _unreadable(risk, f"the outcome is of {outcome.risk}")
        self._remember(run, sum(len(page.body) for page in stored), outcome)
        return outcome

    async def held(self, project: str, image: str, risk: str, held: HeadRisk) -> Outcome:
        """Return the outcome that a head refers to."""
        run = run_id(project, image, risk, held.seq, held.run)
        return await self.read(risk, run, held.pages)

    async def write(self, outcome: Outcome, like: StoredPage, *, run: str) -> int:
        """Store an outcome that the merge made, beside a page of its scan; return its pages."""
        bodies = await asyncio.to_thread(paginate, outcome)
        first = run_id(like.project, like.image, outcome.risk, like.seq, run)
        records = [
            StoredPage(
                id=page_id(first, number),
                project=like.project,
                image=like.image,
                risk=outcome.risk,
                seq=like.seq,
                run=run,
                page=number,
                pages=len(bodies),
                risks=like.risks,
                status=outcome.status,
                partition=like.partition,
                offset=like.offset,
                arrived_at=like.arrived_at,
                sweep_at=like.sweep_at,
                body=body,
            )
            for number, body in enumerate(bodies)
        ]
        await self.pages.bulk([self.pages.inserting(record) for record in records])
        return len(bodies)

    async def set_aside(self, runs: Iterable[tuple[str, int]], *, sweep_at: int) -> None:
        """Let pages of runs (id, pages) go from ``sweep_at`` on, unless a head refers to them."""
        ids = [page_id(run, number) for run, pages in runs for number in range(pages)]
        await self.pages.bulk([self.pages.setting(id_, {"sweep_at": sweep_at}) for id_ in ids])

    def _remember(self, run: str, size: int, outcome: Outcome) -> None:
        held, _ = self._cache.pop(run, (0, outcome))
        self._cache[run] = (size, outcome)
        self._cached += size - held
        while self._cached > _CACHED_BYTES:
            _, (dropped, _) = self._cache.popitem(last=False)
            self._cached -= dropped


def _unreadable(risk: str, reason: str) -> Outcome:
    return Outcome(
        risk=cast("Risk", risk), status="failed", code="outcome_unreadable", reason=reason
    )
