"""The events that a scan's present state owes; the same state gives the same events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from msgspec.structs import replace

from scantling_common.bus.port import Outgoing
from scantling_common.events.models import Control, ScanExtract
from scantling_common.events.topics import CONTROL as CONTROL_TOPIC
from scantling_common.events.topics import SCAN_EXTRACT, SCAN_EXTRACT_LARGE
from scantling_common.results import same_outcome
from scantling_dispatcher.decisions.scans import (
    CONTROL,
    DEADLINE,
    EXTRACT,
    FAILURE,
    sending,
    split,
)

if TYPE_CHECKING:
    from scantling_common.events.models import ScanKind
    from scantling_common.records.dispatcher import Scan
    from scantling_common.risks import Risk


def events_of(scan: Scan) -> list[Outgoing]:
    """Return what a scan owes; work that it does not want any more is not asked for."""
    owed: list[Outgoing] = []
    if scan.owed & EXTRACT and scan.state == "running":
        owed.append(_extract(scan))
    if scan.owed & CONTROL:
        owed.append(_control(scan))
    if scan.owed & FAILURE and scan.state == "expired":
        owed += _failure(scan)
    return [replace(each, traceparent=scan.traceparent) for each in owed]


def _extract(scan: Scan) -> Outgoing:
    return Outgoing(
        topic=SCAN_EXTRACT_LARGE if scan.large else SCAN_EXTRACT,
        event=_request(scan, cast("tuple[Risk, ...]", sending(scan))),
        id=f"{scan.id}/{scan.seq}/{scan.attempt}",
    )


def _control(scan: Scan) -> Outgoing:
    event = Control.model_validate(
        {"project": scan.project, "scan": scan.id, "state": scan.control, "seq": scan.seq}
    )
    id_ = f"{scan.id}/{scan.seq}/{scan.attempt}/{scan.control}"
    return Outgoing(topic=CONTROL_TOPIC, event=event, id=id_)


def _failure(scan: Scan) -> list[Outgoing]:
    """Return the failed outcome of every risk; the same run however often it is published."""
    risks = cast("tuple[Risk, ...]", split(scan.risks))
    hours = DEADLINE // 3_600_000
    reason = f"no outcome {hours} h after attempt {scan.attempt} began"
    if scan.reason:
        reason = f"{reason}; it was returned before: {scan.reason}"
    run = f"deadline-{scan.seq}-{scan.attempt}"
    return same_outcome(
        _request(scan, risks), risks, run, status="failed", code="deadline", reason=reason
    )


def _request(scan: Scan, risks: tuple[Risk, ...]) -> ScanExtract:
    all_risks = cast("tuple[Risk, ...]", split(scan.risks))
    return ScanExtract(
        project=scan.project,
        scan=scan.id,
        image=scan.image,
        kind=cast("ScanKind", scan.kind),
        risks=risks,
        scan_risks=() if risks == all_risks else all_risks,
        settings_version=scan.settings_version,
        again=scan.again,
        advisories_at_least=scan.advisories or None,
        seq=scan.seq,
        attempt=scan.attempt,
        published_at=datetime.fromtimestamp(max(scan.deadline_at - DEADLINE, 0) / 1000, UTC),
    )
