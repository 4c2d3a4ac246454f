"""Heads in the store: the one place where a head goes from generation g to g + 1."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec.structs import replace

from scantling_common.records.reporter import (
    HEADS,
    KEPT,
    Head,
    HeadBody,
    HeadRisk,
    StoredPage,
    head_id,
    page_id,
    run_id,
)
from scantling_common.records.sync import PLACEMENTS, Placement
from scantling_common.risks import RISKS
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository
from scantling_common.telemetry.tracing import current_traceparent
from scantling_reporter.merge.heads import Attempt, Decision, decide, needs_earlier
from scantling_reporter.merge.lifecycle import View
from scantling_reporter.merge.runs import Winner
from scantling_reporter.merge.status import image_status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_common.clock import Clock
    from scantling_common.outcomes import Outcome
    from scantling_common.store.port import Store
    from scantling_common.telemetry.metrics import Metrics
    from scantling_reporter.archive import Archive

logger = logging.getLogger(__name__)

NUMBERS_MS: Final = 365 * 24 * 3_600_000
"""How long the numbers of a forgotten head are kept.

A subscriber drops generations older than the last one it applied: an image that comes back must
not begin at 1 while anybody may remember a later one.
"""

_FORGOTTEN: Final = "forgotten"
_REASON: Final = 1000
"""The longest reason in characters that a head keeps."""


class FinalScan(msgspec.Struct, frozen=True, kw_only=True):
    """A scan whose risk types all have a complete run; ``like`` is one of its pages."""

    like: StoredPage
    winners: Mapping[str, Winner]


class Generations:
    """Reads heads and advances them, each time by one compare-and-set.

    The caller has published the generation before: g - 1 is given up when g + 1 is made.
    """

    def __init__(
        self, store: Store, archive: Archive, clock: Clock, metrics: Metrics, *, keep_hidden_ms: int
    ) -> None:
        """Work on a store; ``keep_hidden_ms`` is how long a hidden head keeps its outcomes."""
        self._metrics = metrics
        self._clock = clock
        self._keep_hidden_ms = keep_hidden_ms
        self.heads = Repository(store, HEADS, Head)
        self._placements = Repository(store, PLACEMENTS, Placement)
        self._archive = archive

    async def placed(self, project: str, image: str) -> bool:
        """Tell whether an image has a placement in a project now."""
        range_ = Range(index="image", prefix=(project, image, False))
        return bool((await self._placements.page(range_, limit=1)).records)

    async def merge(self, scan: FinalScan, head: Head | None) -> bool:
        """Merge a final scan into a head that owes nothing; False where it changed meanwhile."""
        like = scan.like
        attempts = await self._attempts(scan)
        held = head.body.risks if head is not None else {}
        decision = decide(held, await self._earlier(like, held, attempts), attempts)
        await self._record_superseded(scan, decision)
        if not decision.changed:
            return True
        risks = {**decision.risks, **await self._write(scan, decision)}
        hidden = not await self.placed(like.project, like.image)
        body = HeadBody(
            risks=risks,
            scan_seq=like.seq,
            scan_statuses={each.outcome.risk: each.outcome.status for each in attempts},
            scan_reasons={
                each.outcome.risk: each.outcome.reason or each.outcome.code
                for each in attempts
                if each.outcome.reason or each.outcome.code
            },
        )
        before = head or _first(like)
        if not await self._put(self._next(before, body, hidden=hidden, completed=like.seq)):
            return False
        for risk in decision.changed:
            self._metrics.count("outcomes_total", risk=risk, status=body.scan_statuses[risk])
        return True

    async def turn(self, head: Head, *, hidden: bool) -> bool:
        """Hide or show a head that owes nothing; False where it changed meanwhile."""
        reason = "image_gone" if hidden else "image_back"
        risks = head.body.risks if hidden else await self._remembered(head)
        body = HeadBody(risks=dict(risks), reason=reason)
        return await self._put(self._next(head, body, hidden=hidden, completed=0))

    async def forget(self, head: Head) -> bool:
        """Give up the outcomes of a hidden head that owes nothing; False where it changed.

        This is a generation like any other: the relay lets the runs go once it is out, and until
        they are swept an image that comes back shows its report again.
        """
        body = HeadBody(reason=_FORGOTTEN)
        after = self._next(head, body, hidden=True, completed=0)
        return await self._put(replace(after, sweep_at=self._clock.now_ms() + NUMBERS_MS))

    async def _remembered(self, head: Head) -> Mapping[str, HeadRisk]:
        """Return the risks of a head, or those that it had if they were only just forgotten."""
        if head.body.reason != _FORGOTTEN:
            return head.body.risks
        before = head.body.previous
        ids = [
            page_id(run_id(head.project, head.image, risk, held.seq, held.run), number)
            for risk, held in before.items()
            for number in range(held.pages)
        ]
        return before if len(await self._archive.pages.get_many(ids)) == len(ids) else {}

    async def view(self, head: Head, risks: Mapping[str, HeadRisk], *, hidden: bool) -> View:
        """Return a generation of a head as subscribers know it."""
        findings = {}
        for risk, held in risks.items():
            if hidden or not held.findings:
                continue
            outcome = await self._archive.held(head.project, head.image, risk, held)
            findings[risk] = outcome.findings
        statuses = {risk: held.status for risk, held in risks.items()}
        return View(hidden=hidden, statuses=statuses, findings=findings)

    async def _attempts(self, scan: FinalScan) -> list[Attempt]:
        like = scan.like
        attempts = []
        for risk in RISKS:
            winner = scan.winners.get(risk)
            if winner is None:
                continue
            run = run_id(like.project, like.image, risk, like.seq, winner.run)
            outcome = await self._archive.read(risk, run, winner.pages)
            last = await self._archive.pages.get(page_id(run, winner.pages - 1))
            attempts.append(
                Attempt(
                    seq=like.seq,
                    run=winner.run,
                    pages=winner.pages,
                    at=last.arrived_at if last is not None else like.arrived_at,
                    outcome=_bounded_reason(outcome),
                )
            )
        return attempts

    async def _earlier(
        self, like: StoredPage, held: Mapping[str, HeadRisk], attempts: Sequence[Attempt]
    ) -> dict[str, Outcome]:
        earlier: dict[str, Outcome] = {}
        for attempt in attempts:
            risk = attempt.outcome.risk
            before = held.get(risk)
            if before is not None and needs_earlier(before, attempt):
                earlier[risk] = await self._archive.held(like.project, like.image, risk, before)
        return earlier

    async def _write(self, scan: FinalScan, decision: Decision) -> dict[str, HeadRisk]:
        """Store what was carried over, and return those risks with their number of pages."""
        written = {}
        for risk, outcome in decision.written.items():
            held = decision.risks[risk]
            pages = await self._archive.write(outcome, scan.like, run=held.run)
            written[risk] = replace(held, pages=pages)
        return written

    async def _record_superseded(self, scan: FinalScan, decision: Decision) -> None:
        like, pages = scan.like, self._archive.pages
        for risk in decision.superseded:
            winner = scan.winners[risk]
            run = run_id(like.project, like.image, risk, like.seq, winner.run)
            ids = [page_id(run, number) for number in range(winner.pages)]
            await pages.bulk([pages.setting(id_, {"superseded": True}) for id_ in ids])
            logger.info(
                "outcome superseded",
                extra={"project": like.project, "image": like.image, "risk": risk},
            )

    def _next(self, before: Head, body: HeadBody, *, hidden: bool, completed: int) -> Head:
        reason = body.reason
        if before.generation and before.hidden != hidden:
            reason = "image_gone" if hidden else "image_back"
        risks = body.risks
        return replace(
            before,
            generation=before.generation + 1,
            completed=max(before.completed, completed),
            hidden=hidden,
            status=image_status(held.attempt_status for held in risks.values()) if risks else "",
            analyzed_at=max((held.analyzed_at for held in risks.values()), default=0),
            unpublished=1,
            sweep_at=self._sweep_at(before) if hidden else KEPT,
            body=replace(
                body,
                previous=before.body.risks,
                previous_hidden=before.hidden,
                previous_status=before.status,
                reason=reason,
                traceparent=current_traceparent(),
            ),
        )

    def _sweep_at(self, before: Head) -> int:
        """Return when a hidden head is forgotten: its time begins when it is hidden."""
        if before.hidden and before.body.risks:
            return before.sweep_at
        return self._clock.now_ms() + self._keep_hidden_ms

    async def _put(self, head: Head) -> bool:
        if head.rev == 0:
            return await self.heads.insert(head)
        return await self.heads.replace(head)


def _first(like: StoredPage) -> Head:
    return Head(
        id=head_id(like.project, like.image),
        project=like.project,
        image=like.image,
        partition=like.partition,
        hidden=True,
    )


def _bounded_reason(outcome: Outcome) -> Outcome:
    if len(outcome.reason) <= _REASON:
        return outcome
    return replace(outcome, reason=f"{outcome.reason[:_REASON]}…")
