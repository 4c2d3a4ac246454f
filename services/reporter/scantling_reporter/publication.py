"""From a generation of a head to the events that tell of it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from scantling_common.bus.port import Outgoing
from scantling_common.events.models import FindingsChanged, FindingSummary, ScanCompleted
from scantling_common.events.topics import FINDINGS, SCAN_COMPLETED
from scantling_reporter.merge.lifecycle import View, changes, event_id, pages
from scantling_reporter.merge.status import image_status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal

    from scantling_common.outcomes import Finding
    from scantling_common.records.reporter import Head
    from scantling_common.risks import Risk, Status
    from scantling_reporter.merge.lifecycle import ChangeSet

_TEXT: Final = 16 * 1024
"""The longest text in characters of a field of a finding in an event."""


def changes_of(head: Head, before: View, after: View) -> Iterator[Outgoing]:
    """Give the change sets that a head's generation owes."""
    for risk, changed in changes(before, after).items():
        cut = pages(changed)
        for number, page in enumerate(cut):
            yield _findings(head, cast("Risk", risk), after, page, number, len(cut))


def completion_of(head: Head) -> list[Outgoing]:
    """Return the completion of the scan that made a head's generation, where one did."""
    return [_completed(head)] if head.body.scan_seq else []


def _findings(
    head: Head, risk: Risk, after: View, page: ChangeSet, number: int, of: int
) -> Outgoing:
    return Outgoing(
        topic=FINDINGS[risk],
        id=event_id(
            project=head.project,
            image=head.image,
            risk=risk,
            fingerprints=page.fingerprints(),
            generation=head.generation,
            page=number,
        ),
        sequence=head.generation,
        page=number,
        pages=of,
        event=FindingsChanged(
            project=head.project,
            image=head.image,
            risk=risk,
            generation=head.generation,
            status=cast("Status", after.statuses.get(risk, "complete")),
            opened=tuple(map(_summary, page.opened)),
            changed=tuple(map(_summary, page.changed)),
            resolved=tuple(map(_summary, page.resolved)),
            suppressed=tuple(map(_summary, page.suppressed)),
            reason=cast('Literal["scan", "image_gone", "image_back"]', head.body.reason),
        ),
    )


def _completed(head: Head) -> Outgoing:
    body = head.body
    return Outgoing(
        topic=SCAN_COMPLETED,
        id=f"{head.id}/{body.scan_seq}/{head.generation}/completed",
        sequence=head.generation,
        event=ScanCompleted(
            project=head.project,
            scan=head.id,
            image=head.image,
            seq=body.scan_seq,
            generation=head.generation,
            status=cast("Status", image_status(body.scan_statuses.values())),
            outcomes=cast("dict[Risk, Status]", body.scan_statuses),
            reasons=cast("dict[Risk, str]", body.scan_reasons),
            advisories=_advisories(head),
        ),
    )


def _advisories(head: Head) -> str:
    """Return the build that the scan's vulnerabilities were matched with, where it has them."""
    held = head.body.risks.get("vulnerability")
    if held is None or held.attempt_seq != head.body.scan_seq:
        return ""
    return held.advisories


def _summary(finding: Finding) -> FindingSummary:
    return FindingSummary(
        fingerprint=finding.fingerprint,
        id=_cut(finding.id),
        severity=finding.severity,
        title=_cut(finding.title),
        path=_cut(finding.path),
        layer=_cut(finding.layer),
        package=_cut(finding.package),
        fixed_version=_cut(finding.fixed_version),
    )


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT else f"{text[:_TEXT]}…"
