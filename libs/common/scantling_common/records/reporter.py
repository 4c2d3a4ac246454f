"""Records that the reporter writes.

Identifiers: ``outcomes`` ``{project}/{image}/{risk}/{seq}/{run}/{page}``; ``heads``
``{project}/{image}``; ``reports`` the placement's id; ``counters`` the partition's number;
``tokens`` the SHA-256 of the token. :mod:`scantling_common.records.fleet` has what images contain.
"""

from __future__ import annotations

from typing import Final

import msgspec

from scantling_common.records import fleet
from scantling_common.records.record import Record
from scantling_common.store.port import Collection, Index

KEPT: Final = 1 << 62
"""The ``sweep_at`` of an outcome's page that a head refers to, and of a head that is shown."""


class StoredPage(Record, frozen=True, kw_only=True):
    """One page of the outcome of one run, as it arrived; ``body`` is what was sent, unread.

    ``offset`` is where it stands in its partition of ``scan.results``: the order that decides
    which run was complete first. From ``sweep_at`` on it goes unless a head refers to its run.
    ``superseded`` where it came after a newer scan of the same risk type. ``risks`` are those of
    the whole scan.
    """

    project: str
    image: str
    risk: str
    seq: int
    run: str
    page: int
    pages: int
    risks: str
    status: str
    partition: int
    offset: int
    arrived_at: int
    sweep_at: int
    superseded: bool = False
    body: bytes


class HeadRisk(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One risk type of a head: the analysis that holds, and how the last attempt at it ended.

    ``run``, ``seq`` and ``pages`` address the outcome that is read; ``status`` is that of it, or
    *stale*. ``attempt_status`` is that of the newest attempt, which differs where a failed one
    did not replace a good one. ``findings`` counts its findings, ``summary`` the open ones by
    severity. ``version``, ``rules``, ``settings`` and ``advisories`` are what the analysis was made
    with.
    """

    seq: int
    run: str
    pages: int
    status: str
    attempt_seq: int
    attempt_status: str
    attempt_code: str = ""
    attempt_reason: str = ""
    analyzed_at: int = 0
    version: str = ""
    rules: str = ""
    settings: str = ""
    advisories: str = ""
    findings: int = 0
    summary: dict[str, int] = {}


class HeadBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The risks of a head, by risk type, in this generation and the one before.

    ``scan_seq`` is that of the scan that made this generation and ``scan_statuses``,
    ``scan_reasons`` say how its risk types ended; 0 and empty where a placement made it.
    ``reason`` is *scan*, *image_gone*, *image_back*, or *forgotten* where the head was hidden for
    so long that its outcomes were given up; ``traceparent`` continues the trace of what made it.
    """

    risks: dict[str, HeadRisk] = {}
    previous: dict[str, HeadRisk] = {}
    previous_hidden: bool = True
    previous_status: str = ""
    scan_seq: int = 0
    scan_statuses: dict[str, str] = {}
    scan_reasons: dict[str, str] = {}
    reason: str = "scan"
    traceparent: str = ""


class Head(Record, frozen=True, kw_only=True):
    """The current analyses of an image in a project.

    ``generation`` grows by one with each change; ``published`` is the last generation whose
    events are out, ``counted`` the last in the counters; ``completed`` is the highest ``seq``
    that is final. ``hidden`` where the image has no placement in the project. ``unpublished`` is
    1 where the relay has something to do: a generation to publish, or placements that changed.
    From ``sweep_at`` on a hidden head is forgotten: it has no risks any more, and what is left are
    its numbers, so that an image which comes back goes on counting. From then on ``sweep_at`` is
    when these go as well.
    """

    project: str
    image: str
    partition: int
    generation: int = 0
    published: int = 0
    counted: int = 0
    completed: int = 0
    hidden: bool = False
    status: str = ""
    analyzed_at: int = 0
    unpublished: int = 0
    sweep_at: int = KEPT
    body: HeadBody = HeadBody()


class ReportBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Open findings by risk type and severity, and the status of each risk type."""

    summary: dict[str, dict[str, int]] = {}
    statuses: dict[str, str] = {}


class ReportRow(Record, frozen=True, kw_only=True):
    """A placement with the summary of its image's head: one line of the image list.

    ``counter`` grows with each report of the placement and is its sequence on
    ``image.reports``; ``published`` is the last one that is out, ``owed`` is 1 where that is not
    the newest. ``previous`` is the image that was there before. ``severity`` sorts the worst
    first (:func:`severity_rank`). ``organization`` is the repository's namespace. ``status`` is
    *unscanned* before the first report. Times are milliseconds, 0 where unknown; ``generation``
    is the head's.
    """

    project: str
    registry: str
    repository: str
    tag: str
    platform: str
    image: str
    organization: str = ""
    index: str = ""
    previous: str = ""
    size: int = 0
    updated_at: int = 0
    status: str = "unscanned"
    analyzed_at: int = 0
    generation: int = 0
    severity: int = 0
    partition: int = 0
    counter: int = 0
    published: int = 0
    owed: int = 0
    gone: bool = False
    gone_at: int = 0
    body: ReportBody = ReportBody()


class ProjectCounts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Images of a project that have a placement, by status; open findings by risk, severity."""

    images: dict[str, int] = {}
    findings: dict[str, dict[str, int]] = {}


class CounterBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Totals by project."""

    projects: dict[str, ProjectCounts] = {}


class Counter(Record, frozen=True, kw_only=True):
    """Totals over the heads of one partition, and the last head and generation in them."""

    last_head: str = ""
    last_generation: int = 0
    body: CounterBody = CounterBody()


class Token(Record, frozen=True, kw_only=True):
    """An API token: its SHA-256 is the id; ``project`` is a project's id or ``*``."""

    name: str
    role: str
    project: str
    created_at: int
    created_by: str = ""


OUTCOMES: Final = Collection(
    "outcomes",
    "reporter",
    (
        Index("scan", ("project", "image", "seq")),
        Index("sweep", ("partition", "sweep_at")),
    ),
)
HEADS: Final = Collection(
    "heads",
    "reporter",
    (
        Index("unpublished", ("unpublished", "partition")),
        Index("project", ("project", "analyzed_at")),
        Index("image", ("image", "project")),
        Index("sweep", ("partition", "sweep_at")),
    ),
)
REPORTS: Final = Collection(
    "reports",
    "reporter",
    (
        Index("image", ("project", "image", "gone")),
        Index("registry", ("project", "gone", "registry", "repository", "tag")),
        Index("repository", ("project", "gone", "repository", "tag")),
        Index("updated", ("project", "gone", "updated_at")),
        Index("size", ("project", "gone", "size")),
        Index("analyzed", ("project", "gone", "analyzed_at")),
        Index("severity", ("project", "gone", "severity")),
        Index("organization", ("project", "gone", "organization", "repository", "tag")),
        Index("tag", ("project", "gone", "tag")),
        Index("digest", ("project", "gone", "image")),
        Index("platform", ("project", "gone", "platform")),
        Index("status", ("project", "gone", "status")),
        Index("latest", ("project", "gone", "registry", "repository", "updated_at")),
        Index("owed", ("owed", "partition")),
        Index("gone", ("gone", "gone_at")),
    ),
)
COUNTERS: Final = Collection("counters", "reporter")
TOKENS: Final = Collection(
    "tokens", "reporter", (Index("project", ("project", "name"), unique=True),)
)

COLLECTIONS: Final = (OUTCOMES, HEADS, REPORTS, COUNTERS, TOKENS, *fleet.COLLECTIONS)


def head_id(project: str, image: str) -> str:
    """Return the id of the head of an image in a project."""
    return f"{project}/{image}"


def run_id(project: str, image: str, risk: str, seq: int, run: str) -> str:
    """Return what the ids of all pages of a run begin with."""
    return f"{project}/{image}/{risk}/{seq}/{run}"


def page_id(run: str, page: int) -> str:
    """Return the id of a page of a run, whose id :func:`run_id` gave."""
    return f"{run}/{page}"


def severity_rank(counts: dict[str, int]) -> int:
    """Return a number that orders images by their findings, the worst highest.

    One critical outweighs any number of high, and so on down to low; fits 64 bits.
    """
    rank = 0
    for severity in ("critical", "high", "medium", "low"):
        rank = rank * 10_000 + min(counts.get(severity, 0), 9_999)
    return rank
