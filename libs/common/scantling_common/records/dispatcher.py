"""Records that the dispatcher writes.

Identifiers: ``scans`` use ``{project}/{image}``; ``task_items`` and ``waiting``
``{task}/{image}``; ``limits`` ``registry/{registry}`` and ``task/{task}/{registry}``; ``lists``
``{project}/{name}/{hash}``; ``rules`` ``{project}/{version}`` and, what applies now,
``{project}/current``; a registry's standing push task is ``push-{registry}``.
"""

from __future__ import annotations

from typing import Final

import msgspec

from scantling_common.records.record import Record
from scantling_common.store.port import Collection, Index


class TallyEntry(msgspec.Struct, frozen=True, array_like=True):
    """One item whose change to ``state`` is in the task's counts."""

    item: str
    state: str


ANY_BUILD: Final = "*"
"""In a task: what was not matched at all is to be, with whatever advisories there are."""


class TaskBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a task asks for: the scope, filters and limits, as the API took them.

    ``scope`` may name ``registry``, ``repository`` and ``tag`` (globs), ``repository_kind`` and
    ``placement``. ``packages`` are ids of rows of ``packages``: the images that contain one of
    them; ``advisories`` and ``sequence`` are the build that a re-match is for, or
    :data:`ANY_BUILD`. Times are in milliseconds, 0 for no bound. ``cursor`` is where the
    enumeration resumes; ``tally`` is the last batch of item changes that the counts hold.
    """

    scope: dict[str, str] = {}
    images: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    advisories: str = ""
    sequence: int = 0
    platforms: tuple[str, ...] = ()
    updated_after: int = 0
    updated_before: int = 0
    unknown_updated: bool = True
    latest_only: bool = False
    cursor: tuple[str | bool | int, ...] = ()
    tally: tuple[TallyEntry, ...] = ()


class Task(Record, frozen=True, kw_only=True):
    """What a user or a policy starts, or a registry's standing push task.

    ``kind`` is *push*, *manual*, *policy*, *request* (another system's) or *rematch* (new
    advisories); ``priority`` the class of its lanes: *push*, *manual*, *scheduled* or *rematch*.
    A registry's push task and a project's task for late images, whose id is
    :func:`rematch_task_id`, are *standing* and never end. ``state`` is *planning* (its images are
    being enumerated; those found are scanned already), *running*, *paused*, *cancelled* or
    *done*; ``planned`` tells whether all images are enumerated. ``unsettled`` is 1 from a change
    of state until it is in effect. The counts are of its items; those of a standing task go on
    counting items that were swept. ``sweep_at`` is 0 or when it may be deleted.
    """

    project: str
    kind: str
    priority: str
    registry: str = ""
    risks: str
    state: str
    planned: bool = False
    unsettled: int = 0
    created_at: int
    started_at: int = 0
    ended_at: int = 0
    sweep_at: int = 0
    standing: bool = False
    created_by: str = ""
    images_per_hour: int = 0
    concurrent_scans: int = 0
    total: int = 0
    waiting: int = 0
    running: int = 0
    complete: int = 0
    partial: int = 0
    unsupported: int = 0
    failed: int = 0
    skipped: int = 0
    cancelled: int = 0
    body: TaskBody = TaskBody()


class TaskItem(Record, frozen=True, kw_only=True):
    """One image of a task; ``state`` is *waiting*, *running* or how it ended.

    The ends are *complete*, *partial*, *unsupported*, *failed*, *skipped* and *cancelled*.
    ``observed_at`` is the newest observation that asked for it: an older one asks for nothing
    new; ``asked_by`` is the id of its event. ``counted`` is the state that the task's counts
    hold; ``uncounted`` is 1 while that may differ.
    """

    task: str
    project: str
    image: str
    state: str
    reason: str = ""
    seq: int = 0
    observed_at: int = 0
    asked_by: str = ""
    changed_at: int
    counted: str = ""
    uncounted: int = 1


class ScanBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who wants a scan, and what became of its risks.

    ``tasks`` maps each task to the stamp of the waiting row that was consumed for it; it stays
    when the scan ends, so that a row that was consumed is known for ever. ``sent`` maps each
    risk to the attempt that it was last sent in. ``unasked`` are risks that were wanted, and that
    nobody analysed when it began.
    """

    tasks: dict[str, int] = {}
    sent: dict[str, int] = {}
    unasked: tuple[str, ...] = ()


class Scan(Record, frozen=True, kw_only=True):
    """One image being analysed for one project; lives as long as the image's head.

    ``state`` is *running* (it has a slot), *returned* (it waits for its next attempt),
    *expired* (past its deadline, its failure is published), *cancelled* or *idle*; work on an
    image goes on only while it is *running* under the same ``seq``. ``control`` is *running*,
    *paused* or *cancelled*. ``seq`` grows with each scan that starts and is never reset.
    ``risks`` are comma-separated, those of the scan; ``pending`` those that were returned and
    wait. ``sequence`` and ``advisories`` are the newest build of the advisories that had been
    announced when it began. ``deadline_at`` counts from the publishing of ``scan.extract``.
    ``owed`` tells which events the present state still owes, a sum: 1 ``scan.extract``, 2
    ``control``, 4 a failure of every risk on ``scan.results``.
    """

    project: str
    image: str
    registry: str = ""
    large: bool = False
    again: bool = False
    state: str
    control: str = "running"
    kind: str = "scan"
    seq: int = 0
    attempt: int = 0
    risks: str = ""
    pending: str = ""
    settings_version: str = ""
    advisories: str = ""
    sequence: int = 0
    started_at: int = 0
    ended_at: int = 0
    deadline_at: int = 0
    not_before: int = 0
    reason: str = ""
    status: str = ""
    traceparent: str = ""
    owed: int = 0
    body: ScanBody = ScanBody()


class Waiting(Record, frozen=True, kw_only=True):
    """An image that waits for a scan.

    ``lane`` is ``{digit of the class}/{task}/{registry}``. ``due_at`` orders a lane: when the
    row came, or the first instant at which a returned scan is worth another attempt. ``stamp``
    tells this wish of the task for the image from an earlier one. ``attempt`` over 1 belongs to
    the scan of ``seq``. ``sequence`` is that of the build of the advisories that the match must
    know of, 0 for any.
    """

    lane: str
    task: str
    project: str
    registry: str
    image: str
    due_at: int
    stamp: int
    enqueued_at: int
    attempt: int = 1
    seq: int = 0
    sequence: int = 0
    risks: str
    traceparent: str = ""


class Limit(Record, frozen=True, kw_only=True):
    """A rate limit's memory: when it was last debited, in milliseconds; 0 is never."""

    debited_at: int = 0


class ListBody(msgspec.Struct, frozen=True, kw_only=True):
    """The entries of a list."""

    entries: tuple[str, ...] = ()


class ListRecord(Record, frozen=True, kw_only=True):
    """A list of a project, immutable: a change is a new document.

    ``used_at`` is when it was last set, or a sweep last found it referred to.
    """

    project: str
    name: str
    hash: str
    created_at: int
    created_by: str = ""
    used_at: int = 0
    body: ListBody


class SettingsBody(msgspec.Struct, frozen=True, kw_only=True):
    """Which lists (name to hash) a settings version names."""

    lists: dict[str, str] = {}


class SettingsRecord(Record, frozen=True, kw_only=True):
    """A settings version of a project, immutable; or, as ``current``, the one that applies.

    ``used_at`` is when it last began to apply, or a sweep last found it referred to.
    """

    project: str
    version: str
    created_at: int
    created_by: str = ""
    used_at: int = 0
    body: SettingsBody = SettingsBody()


class Leader(Record, frozen=True, kw_only=True):
    """The lease of the active dispatcher (see :mod:`scantling_common.leases`)."""

    owner: str = ""
    epoch: int = 0
    beat: int = 0


TASKS: Final = Collection(
    "tasks",
    "dispatcher",
    (
        Index("project", ("project", "created_at")),
        Index("created", ("created_at",)),
        Index("state", ("state", "created_at")),
        Index("unsettled", ("unsettled",)),
        Index("sweep", ("sweep_at",)),
    ),
)
TASK_ITEMS: Final = Collection(
    "task_items",
    "dispatcher",
    (
        Index("task", ("task", "state", "changed_at")),
        Index("uncounted", ("uncounted", "task")),
    ),
)
SCANS: Final = Collection(
    "scans",
    "dispatcher",
    (
        Index("state", ("state", "deadline_at")),
        Index("project", ("project", "state", "started_at")),
        Index("owed", ("owed",)),
    ),
)
WAITING: Final = Collection(
    "waiting",
    "dispatcher",
    (
        Index("lane", ("lane", "due_at")),
        Index("task", ("task", "due_at")),
    ),
)
LIMITS: Final = Collection("limits", "dispatcher", (Index("debited", ("debited_at",)),))
LISTS: Final = Collection(
    "lists",
    "dispatcher",
    (Index("project", ("project", "name", "created_at")), Index("used", ("used_at",))),
)
SETTINGS: Final = Collection(
    "rules",
    "dispatcher",
    (Index("project", ("project", "created_at")), Index("used", ("used_at",))),
)
LEADER: Final = Collection("leader", "dispatcher")

COLLECTIONS: Final = (TASKS, TASK_ITEMS, SCANS, WAITING, LIMITS, LISTS, SETTINGS, LEADER)


def scan_id(project: str, image: str) -> str:
    """Return the id of the scan of an image for a project."""
    return f"{project}/{image}"


def item_id(task: str, image: str) -> str:
    """Return the id of an image of a task, in ``task_items`` and in ``waiting``."""
    return f"{task}/{image}"


def rematch_task_id(project: str) -> str:
    """Return the id of a project's standing task for images that were matched too early.

    Their analysis was under way with older advisories when a new build was announced.
    """
    return f"rematch-{project}"


def push_task_id(registry: str) -> str:
    """Return the id of a registry's standing push task."""
    return f"push-{registry}"
