"""The states of tasks."""

from __future__ import annotations

import pytest

from scantling_dispatcher.decisions.tasks import (
    TaskStateConflict,
    Verb,
    control_of,
    is_finished,
    is_open,
    steered,
)
from tests.dispatcher.samples import NOW, a_task


@pytest.mark.parametrize(
    ("state", "planned", "verb", "after"),
    [
        ("running", True, "pause", "paused"),
        ("planning", False, "pause", "paused"),
        ("paused", True, "resume", "running"),
        ("paused", False, "resume", "planning"),
        ("running", True, "cancel", "cancelled"),
        ("paused", True, "cancel", "cancelled"),
    ],
)
def test_a_task_is_steered(state: str, verb: Verb, after: str, *, planned: bool) -> None:
    task = steered(a_task(state=state, planned=planned), verb, NOW)

    assert (task.state, task.unsettled) == (after, 1)
    assert bool(task.ended_at) == (after == "cancelled")


@pytest.mark.parametrize(
    ("state", "verb"), [("paused", "pause"), ("running", "resume"), ("cancelled", "cancel")]
)
def test_steering_twice_changes_nothing(state: str, verb: Verb) -> None:
    task = a_task(state=state, planned=True)

    assert steered(task, verb, NOW) is task


@pytest.mark.parametrize("verb", ["pause", "resume"])
@pytest.mark.parametrize("state", ["done", "cancelled"])
def test_what_has_ended_stays_so(state: str, verb: Verb) -> None:
    with pytest.raises(TaskStateConflict):
        steered(a_task(state=state, planned=True), verb, NOW)


def test_a_standing_task_can_be_paused_and_not_cancelled() -> None:
    task = a_task("push-r1", kind="push", priority="push", planned=True, standing=True)

    assert steered(task, "pause", NOW).state == "paused"
    with pytest.raises(TaskStateConflict):
        steered(task, "cancel", NOW)


def test_a_task_is_finished_when_nothing_of_it_is_left() -> None:
    assert is_finished(a_task(planned=True, complete=3))
    assert not is_finished(a_task(planned=False))
    assert not is_finished(a_task(planned=True, waiting=1))
    assert not is_finished(a_task(planned=True, running=1))
    assert not is_finished(a_task(planned=True, state="paused"))
    assert not is_finished(a_task(planned=True, kind="push", standing=True))


def test_images_are_picked_while_a_task_is_planned_too() -> None:
    assert [s for s in ("planning", "running", "paused", "done") if is_open(a_task(state=s))] == [
        "planning",
        "running",
    ]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], "running"),
        (["running"], "running"),
        (["paused", "running"], "running"),
        (["paused", "cancelled"], "paused"),
        (["cancelled", "cancelled"], "cancelled"),
        (["cancelled", "done"], "running"),
    ],
)
def test_a_scan_stops_only_when_all_its_tasks_do(states: list[str], expected: str) -> None:
    assert control_of(states) == expected
