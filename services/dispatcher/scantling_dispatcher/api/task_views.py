"""Tasks and their images as the API shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_dispatcher.api.bodies import ItemView, Scope, TaskCounts, TaskView
from scantling_dispatcher.decisions.scans import split
from scantling_dispatcher.decisions.statuses import OPEN, STATES
from scantling_dispatcher.decisions.tasks import is_open
from scantling_dispatcher.instants import moment, required_moment

if TYPE_CHECKING:
    from scantling_common.records.dispatcher import Task, TaskItem


def task_view(task: Task, now: int) -> TaskView:
    """Return a task as it is shown."""
    ended = sum(getattr(task, state) for state in STATES if state not in OPEN)
    counts = {state: max(0, getattr(task, state)) for state in STATES}
    return TaskView.model_validate(
        {
            "id": task.id,
            "project": task.project,
            "kind": task.kind,
            "priority": task.priority,
            "registry": task.registry,
            "risks": split(task.risks),
            "state": task.state,
            "planned": task.planned,
            "scope": Scope.model_validate(task.body.scope),
            "images_per_hour": task.images_per_hour,
            "concurrent_scans": task.concurrent_scans,
            "counts": TaskCounts(total=task.total, **counts),
            "progress": ended / task.total if task.total else float(task.planned),
            "eta_seconds": _eta(task, ended, now),
            "created_at": required_moment(task.created_at),
            "ended_at": moment(task.ended_at),
            "created_by": task.created_by,
        }
    )


def _eta(task: Task, ended: int, now: int) -> int | None:
    """Return the seconds that the rest takes at the pace so far."""
    began = task.started_at or task.created_at
    done = ended - task.skipped
    if not is_open(task) or not task.planned or task.standing or not done or now <= began:
        return None
    left = task.waiting + task.running
    return round(left * (now - began) / done / 1000)


def item_view(item: TaskItem) -> ItemView:
    """Return an image of a task as it is shown."""
    return ItemView.model_validate(
        {
            "image": item.image,
            "state": item.state,
            "reason": item.reason,
            "seq": item.seq,
            "changed_at": required_moment(item.changed_at),
        }
    )
