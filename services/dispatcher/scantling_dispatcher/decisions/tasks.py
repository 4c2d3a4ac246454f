"""The states of a task, and what they mean for its scans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec.structs import replace

from scantling_common.errors import ScantlingError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_common.records.dispatcher import Task

Verb = Literal["pause", "resume", "cancel"]
ScanControl = Literal["running", "paused", "cancelled"]


class TaskStateConflict(ScantlingError):
    """The task is in a state in which this can't be done."""

    code = "task_state_conflict"


def is_open(task: Task) -> bool:
    """Tell whether images of a task may be picked; those of one being planned already may."""
    return task.state in {"planning", "running"}


def steered(task: Task, verb: Verb, now: int) -> Task:
    """Return the task after a user paused, resumed or cancelled it.

    The same task where it is so already. Raises :class:`TaskStateConflict` where it has ended,
    and for the cancelling of a standing task.
    """
    if verb == "cancel" and task.standing:
        message = f"{task.id} is a standing task, which never ends"
        raise TaskStateConflict(message, hint="pause it; a registry's ends with scan_on_push off")
    target = {"pause": "paused", "cancel": "cancelled", "resume": _resumed(task)}[verb]
    if task.state == target or (verb == "resume" and is_open(task)):
        return task
    if task.state in {"cancelled", "done"}:
        message = f"{task.id} is {task.state}"
        raise TaskStateConflict(message, hint="start a new task")
    ended = now if target == "cancelled" else 0
    return replace(task, state=target, unsettled=1, ended_at=ended)


def _resumed(task: Task) -> str:
    return "running" if task.planned else "planning"


def is_finished(task: Task) -> bool:
    """Tell whether a task has nothing left to do; a standing task never has."""
    return (
        not task.standing
        and task.state == "running"
        and task.planned
        and not task.waiting
        and not task.running
    )


def control_of(states: Iterable[str]) -> ScanControl:
    """Return what a scan may do, given the states of the tasks that want it.

    It is paused or cancelled only when all of them are.
    """
    seen = set(states)
    if seen and seen <= {"cancelled"}:
        return "cancelled"
    if seen and seen <= {"paused", "cancelled"}:
        return "paused"
    return "running"
