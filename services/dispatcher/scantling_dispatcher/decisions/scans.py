"""The states of a scan: one image being analysed for one project.

*idle* → *running* ⇄ *returned* → *idle*; *running* → *expired* → *idle*; *cancelled* where all
its tasks are. Each function returns the scan after an event, or None where the event changes
nothing: it came twice, or is about an earlier attempt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from msgspec.structs import replace

from scantling_common.announcements import NOTHING
from scantling_common.records.dispatcher import Scan, ScanBody, scan_id
from scantling_common.risks import RISKS
from scantling_dispatcher.decisions.lanes import is_free

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_common.announcements import Announcement
    from scantling_common.records.dispatcher import Waiting

DEADLINE: Final = 3_600_000
"""How long a scan may take from the publishing of ``scan.extract``, in milliseconds."""

GIVE_UP: Final = 24 * 3_600_000
"""After how long a scan that is returned again and again has failed, in milliseconds."""

ATTEMPTS: Final = 8
"""How many attempts a scan has at least before it fails for being returned."""

REMIND: Final = 300_000
"""After how long the failure of an expired scan is published once more, in milliseconds."""

ACTIVE: Final = ("running", "returned", "expired")
"""The states of a scan that the reporter has not finished."""

EXTRACT: Final = 1
CONTROL: Final = 2
FAILURE: Final = 4
"""What a scan may owe; see :class:`~scantling_common.records.dispatcher.Scan`."""

FACTS_MISSING: Final = "facts_missing"
"""Why a re-match is returned that has no facts to go by: it becomes an ordinary scan."""

Claim = Literal["stale", "start", "resume", "join", "adopt", "pass"]


def split(risks: str) -> tuple[str, ...]:
    """Return the risks of a record's field."""
    return tuple(risk for risk in risks.split(",") if risk)


def joined(risks: Iterable[str]) -> str:
    """Return risks as a record holds them: each once, in the order of RISKS."""
    wanted = set(risks)
    return ",".join(risk for risk in RISKS if risk in wanted)


def claimed(scan: Scan | None, row: Waiting, settings_version: str) -> Claim:
    """Return what picking a waiting row does to the scan of its image.

    *stale*: the row was consumed before, and was only not deleted. *join*: the scan that runs
    answers this row too. *adopt*: the scan waits for its next attempt, which answers this row
    too. *pass*: it runs, but for other risks or settings, or began with older advisories.
    """
    if scan is None:
        return "start"
    if row.attempt > 1:
        retry = scan.state == "returned" and (scan.seq, scan.attempt + 1) == (row.seq, row.attempt)
        return "resume" if retry else "stale"
    if scan.body.tasks.get(row.task, -1) >= row.stamp:
        return "stale"
    covers = (
        scan.settings_version == settings_version
        and row.sequence <= scan.sequence
        and set(split(row.risks)) <= set(split(scan.risks))
    )
    if scan.state == "running":
        return "join" if covers else "pass"
    if scan.state == "expired":
        return "pass"
    return "adopt" if scan.state == "returned" and covers else "start"


def started(
    scan: Scan | None,
    row: Waiting,
    settings_version: str,
    now: int,
    *,
    again: bool = False,
    announced: Announcement = NOTHING,
    unasked: tuple[str, ...] = (),
) -> Scan:
    """Return the scan as a new one begins: ``seq`` + 1, attempt 1.

    A scan that was waiting for its next attempt is superseded: its tasks and risks are taken on.
    ``announced`` are the newest advisories, ``unasked`` the risks that nobody analyses.
    """
    before = scan or Scan(
        id=scan_id(row.project, row.image), project=row.project, image=row.image, state="idle"
    )
    taken = before.state == "returned"
    risks = joined((*split(row.risks), *(split(before.risks) if taken else ())))
    tasks = {**(before.body.tasks if taken else {}), row.task: row.stamp}
    rematch = is_free(row.lane) and not (taken and before.kind == "scan")
    return replace(
        before,
        kind="rematch" if rematch else "scan",
        advisories=announced.build,
        sequence=announced.sequence,
        registry=row.registry,
        again=again or (taken and before.again),
        state="running",
        control="running",
        seq=before.seq + 1,
        attempt=1,
        risks=risks,
        pending="",
        settings_version=settings_version,
        started_at=now,
        ended_at=0,
        deadline_at=now + DEADLINE,
        not_before=0,
        reason="",
        status="",
        traceparent=row.traceparent,
        owed=EXTRACT | CONTROL,
        body=ScanBody(tasks=tasks, sent=dict.fromkeys(split(risks), 1), unasked=unasked),
    )


def resumed(scan: Scan, now: int) -> Scan:
    """Return a returned scan as its next attempt begins, with the risks that were returned."""
    attempt = scan.attempt + 1
    sent = {**scan.body.sent, **dict.fromkeys(split(scan.pending), attempt)}
    return replace(
        scan,
        state="running",
        control="running",
        attempt=attempt,
        pending="",
        deadline_at=now + DEADLINE,
        not_before=0,
        owed=EXTRACT | CONTROL,
        body=replace(scan.body, sent=sent),
    )


def wanted_by(scan: Scan, task: str, stamp: int) -> Scan:
    """Return the scan with one more task that its outcome answers."""
    return replace(scan, body=replace(scan.body, tasks={**scan.body.tasks, task: stamp}))


def sending(scan: Scan) -> tuple[str, ...]:
    """Return the risks that the current attempt of a scan sends."""
    return tuple(r for r in split(scan.risks) if scan.body.sent.get(r) == scan.attempt)


def returned(
    scan: Scan, *, seq: int, attempt: int, risks: Iterable[str], reason: str, not_before: int
) -> Scan | None:
    """Return the scan after some of its risks were returned; it gives its slot up.

    A risk counts only where it was last sent in that very attempt and was not returned yet. A
    re-match without facts goes on as an ordinary scan.
    """
    if scan.seq != seq or scan.state not in {"running", "returned"}:
        return None
    pending = split(scan.pending)
    new = {r for r in risks if scan.body.sent.get(r) == attempt and r not in pending}
    if not new:
        return None
    return replace(
        scan,
        state="returned",
        kind="scan" if reason == FACTS_MISSING else scan.kind,
        pending=joined((*pending, *new)),
        not_before=max(scan.not_before, not_before),
        deadline_at=0,
        reason=reason,
    )


def halted(scan: Scan, control: Literal["paused", "cancelled"], now: int) -> Scan | None:
    """Return the scan as all its tasks were paused or cancelled.

    A paused one waits for its next attempt with all its risks. Analyses under way finish, and
    may finish the scan all the same.
    """
    if scan.state not in {"running", "returned"} or scan.control == control:
        return None
    if control == "cancelled":
        return replace(
            scan,
            state="cancelled",
            control="cancelled",
            pending="",
            deadline_at=0,
            ended_at=now,
            owed=CONTROL,
        )
    return replace(
        scan,
        state="returned",
        control="paused",
        pending=scan.risks if scan.state == "running" else scan.pending,
        deadline_at=0,
        reason="paused",
        owed=CONTROL,
    )


def is_hopeless(scan: Scan, now: int) -> bool:
    """Tell whether a scan that was returned is worth no further attempt."""
    return scan.attempt >= ATTEMPTS and now - scan.started_at >= GIVE_UP


def published(scan: Scan, now: int) -> Scan:
    """Return the scan as its events are published: only then does its time begin to run."""
    if scan.state != "running" or not scan.owed & EXTRACT:
        return scan
    return replace(scan, deadline_at=now + DEADLINE)


def is_overdue(scan: Scan, now: int) -> bool:
    """Tell whether a scan is past its deadline, or its failure is to be published once more.

    One whose ``scan.extract`` could not be published yet has had no time at all.
    """
    if scan.state == "running" and scan.owed & EXTRACT:
        return False
    return scan.state in {"running", "expired"} and scan.deadline_at <= now


def expired(scan: Scan, now: int) -> Scan:
    """Return the scan as given up: its work is stopped, every risk's failure is published."""
    return replace(
        scan,
        state="expired",
        control="cancelled",
        pending="",
        deadline_at=now + REMIND,
        owed=CONTROL | FAILURE,
    )


def completed(scan: Scan, *, seq: int, status: str, now: int) -> Scan | None:
    """Return the scan as the reporter has an outcome of each of its risks."""
    if scan.seq != seq or scan.state not in ACTIVE:
        return None
    return replace(
        scan, state="idle", pending="", status=status, ended_at=now, deadline_at=0, not_before=0
    )
