"""From an outcome to the events of ``scan.results`` that carry it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.bus.port import Outgoing
from scantling_common.events.models import ScanExtract, ScanResult
from scantling_common.events.topics import SCAN_RESULTS
from scantling_common.outcome_pages import bounded, paginate
from scantling_common.outcomes import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_common.events.models import ScanJob
    from scantling_common.risks import Risk, Status


def result_events(request: ScanExtract | ScanJob, outcome: Outcome, run: str) -> list[Outgoing]:
    """Return the pages of one run's outcome; ``run`` is drawn anew by each execution."""
    outcome = bounded(outcome)
    pages = paginate(outcome)
    return [
        Outgoing(
            topic=SCAN_RESULTS,
            id=f"{run}/{outcome.risk}/{number}",
            page=number,
            pages=len(pages),
            event=ScanResult(
                project=request.project,
                scan=request.scan,
                image=request.image,
                risk=outcome.risk,
                risks=_all_risks(request),
                seq=request.seq,
                attempt=request.attempt,
                run=run,
                page=number,
                pages=len(pages),
                status=outcome.status,
                code=outcome.code,
                reason=outcome.reason[:1000],
                analyzer_version=int(outcome.versions.version or 0),
                rules_version=outcome.versions.rules,
                settings_version=outcome.versions.settings,
                body=page,
            ),
        )
        for number, page in enumerate(pages)
    ]


def same_outcome(
    request: ScanExtract | ScanJob,
    risks: Iterable[Risk],
    run: str,
    *,
    status: Status,
    code: str,
    reason: str,
) -> list[Outgoing]:
    """Return the events that give several risk types the same outcome, without any finding."""
    return [
        event
        for risk in risks
        for event in result_events(
            request, Outcome(risk=risk, status=status, code=code, reason=reason), run
        )
    ]


def _all_risks(request: ScanExtract | ScanJob) -> tuple[Risk, ...]:
    return request.all_risks if isinstance(request, ScanExtract) else request.risks
