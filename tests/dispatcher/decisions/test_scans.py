"""The states of a scan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from scantling_dispatcher.decisions.owed import events_of
from scantling_dispatcher.decisions.scans import (
    ATTEMPTS,
    CONTROL,
    DEADLINE,
    EXTRACT,
    FAILURE,
    GIVE_UP,
    REMIND,
    claimed,
    completed,
    expired,
    halted,
    is_hopeless,
    is_overdue,
    joined,
    published,
    resumed,
    returned,
    sending,
    split,
    started,
    wanted_by,
)
from tests.dispatcher.samples import ALL_RISKS, NOW, RISKS, a_row, digest

if TYPE_CHECKING:
    from scantling_common.records.dispatcher import Scan

IMAGE = digest("a")
ROW = a_row(IMAGE)


def running(**fields: str) -> Scan:
    return replace(started(None, ROW, "v1", NOW), **fields)


def came_back(scan: Scan, *risks: str, attempt: int = 1) -> Scan | None:
    return returned(
        scan,
        seq=scan.seq,
        attempt=attempt,
        risks=risks or ALL_RISKS,
        reason="busy",
        not_before=NOW,
    )


def test_a_scan_begins_with_the_next_number() -> None:
    first = running()
    second = started(replace(first, state="idle"), ROW, "v2", NOW)

    assert (first.seq, first.attempt, second.seq, second.attempt) == (1, 1, 2, 1)
    assert first.owed == EXTRACT | CONTROL
    assert first.deadline_at == NOW + DEADLINE
    assert sending(first) == ALL_RISKS


def test_the_deadline_counts_from_publishing_and_not_before_it() -> None:
    scan = running()
    late = NOW + 2 * DEADLINE

    assert not is_overdue(scan, late)

    out = replace(published(scan, late), owed=0)
    assert out.deadline_at == late + DEADLINE
    assert not is_overdue(out, late + DEADLINE - 1)
    assert is_overdue(out, late + DEADLINE)
    (extract, _) = events_of(published(scan, late))
    at = extract.event.model_dump()["published_at"]
    assert at.timestamp() * 1000 == late


def test_publishing_anything_else_leaves_the_deadline() -> None:
    scan = replace(running(), owed=CONTROL)
    assert published(scan, NOW + 1) == scan
    given_up = expired(scan, NOW)
    assert published(given_up, NOW + 1) == given_up


def test_returned_risks_wait_and_go_out_alone() -> None:
    scan = came_back(running(), "file")
    assert scan is not None
    assert (scan.state, scan.pending) == ("returned", "file")

    again = resumed(scan, NOW + 1)

    assert (again.state, again.seq, again.attempt, again.pending) == ("running", 1, 2, "")
    assert sending(again) == ("file",)
    (extract, _) = events_of(again)
    assert extract.event.model_dump()["risks"] == ("file",)
    assert extract.event.model_dump()["scan_risks"] == ALL_RISKS


def test_a_second_return_of_the_same_attempt_adds_its_risks() -> None:
    scan = came_back(running(), "file")
    assert scan is not None
    both = came_back(scan, "software")
    assert both is not None

    assert both.pending == "software,file"


def test_a_late_return_of_an_earlier_attempt_counts_for_what_was_sent_in_it() -> None:
    scan = came_back(running(), "file")
    assert scan is not None
    again = resumed(scan, NOW)

    assert came_back(again, "file", attempt=1) is None
    late = came_back(again, "software", attempt=1)
    assert late is not None
    assert late.pending == "software"


@given(
    st.lists(
        st.one_of(
            st.tuples(
                st.just("returned"),
                st.integers(1, 4),
                st.sets(st.sampled_from(ALL_RISKS), min_size=1),
            ),
            st.tuples(st.just("resume"), st.just(0), st.just(set[str]())),
        ),
        max_size=25,
    )
)
def test_every_risk_is_always_either_sent_or_waiting(
    events: list[tuple[str, int, set[str]]],
) -> None:
    """Whatever comes back, in whatever order and however often, no risk is sent twice at once."""
    scan = running()
    for kind, attempt, risks in events:
        before = scan
        if kind == "returned":
            scan = came_back(scan, *risks, attempt=attempt) or scan
            assert came_back(scan, *risks, attempt=attempt) is None
        elif scan.state == "returned":
            scan = resumed(scan, NOW)
            assert set(sending(scan)) == set(split(before.pending))
        assert set(scan.body.sent) == set(ALL_RISKS)
        assert (scan.state == "returned") == bool(scan.pending)
        assert scan.attempt >= before.attempt


@pytest.mark.parametrize("state", ["idle", "cancelled", "expired"])
def test_nothing_comes_back_to_a_scan_that_has_ended(state: str) -> None:
    assert came_back(running(state=state)) is None


def test_what_another_scan_returns_is_nothing() -> None:
    assert returned(running(), seq=2, attempt=1, risks=("file",), reason="", not_before=0) is None


def test_a_row_begins_a_scan_where_none_is_under_way() -> None:
    other = a_row(IMAGE, task="task-2")
    assert claimed(None, ROW, "v1") == "start"
    assert claimed(running(state="idle"), other, "v1") == "start"
    assert claimed(running(state="cancelled"), other, "v1") == "start"


def test_a_row_joins_only_what_covers_it() -> None:
    other = a_row(IMAGE, task="task-2")
    assert claimed(running(), other, "v1") == "join"
    assert claimed(running(), other, "v2") == "pass"
    assert claimed(running(risks="file"), other, "v1") == "pass"
    assert claimed(running(state="expired"), other, "v1") == "pass"


def test_a_row_adopts_a_scan_that_waits_or_replaces_it() -> None:
    other = a_row(IMAGE, task="task-2")
    scan = came_back(running())
    assert scan is not None
    assert claimed(scan, other, "v1") == "adopt"
    assert claimed(scan, other, "v2") == "start"

    fresh = started(scan, replace(other, risks="secret"), "v2", NOW)

    assert (fresh.seq, fresh.risks) == (2, joined((*ALL_RISKS, "secret")))
    assert set(fresh.body.tasks) == {"task-1", "task-2"}
    assert not fresh.again
    assert started(replace(scan, again=True), other, "v2", NOW).again
    assert not started(replace(scan, again=True, state="idle"), other, "v2", NOW).again


def test_a_consumed_row_is_stale_for_ever() -> None:
    scan = running()
    assert claimed(scan, ROW, "v1") == "stale"
    ended = completed(scan, seq=1, status="complete", now=NOW)
    assert ended is not None
    assert claimed(ended, ROW, "v1") == "stale"
    assert claimed(ended, replace(ROW, stamp=NOW + 1), "v1") == "start"


def test_a_row_of_an_attempt_is_good_for_that_attempt_only() -> None:
    scan = came_back(running())
    assert scan is not None
    row = replace(ROW, attempt=2, seq=1)
    assert claimed(scan, row, "v1") == "resume"
    assert claimed(resumed(scan, NOW), row, "v1") == "stale"
    assert claimed(replace(scan, seq=2), row, "v1") == "stale"
    assert claimed(replace(scan, state="idle"), row, "v1") == "stale"


def test_a_paused_scan_gives_its_slot_up_and_waits_with_all_its_risks() -> None:
    scan = halted(running(), "paused", NOW)
    assert scan is not None

    assert (scan.state, scan.control, scan.pending, scan.owed) == (
        "returned",
        "paused",
        RISKS,
        CONTROL,
    )
    assert halted(scan, "paused", NOW) is None
    assert came_back(scan) is None
    assert resumed(scan, NOW).control == "running"


def test_pausing_keeps_what_waits_already() -> None:
    scan = came_back(running(), "file")
    assert scan is not None
    paused = halted(scan, "paused", NOW)
    assert paused is not None

    assert paused.pending == "file"


@pytest.mark.parametrize("control", ["paused", "cancelled"])
@pytest.mark.parametrize("state", ["idle", "cancelled", "expired"])
def test_what_has_ended_can_not_be_halted(
    state: str, control: Literal["paused", "cancelled"]
) -> None:
    assert halted(running(state=state), control, NOW) is None


def test_a_cancelled_scan_owes_that_it_is() -> None:
    scan = halted(running(), "cancelled", NOW)
    assert scan is not None

    assert (scan.state, scan.control, scan.owed, scan.ended_at) == (
        "cancelled",
        "cancelled",
        CONTROL,
        NOW,
    )


def test_a_scan_past_its_deadline_fails_for_every_risk() -> None:
    scan = replace(published(running(), NOW), owed=0)
    assert not is_overdue(scan, NOW + DEADLINE - 1)
    assert is_overdue(scan, NOW + DEADLINE)

    given_up = expired(scan, NOW + DEADLINE)

    assert (given_up.state, given_up.control) == ("expired", "cancelled")
    assert given_up.owed == CONTROL | FAILURE
    assert not is_overdue(given_up, NOW + DEADLINE + REMIND - 1)
    assert is_overdue(given_up, NOW + DEADLINE + REMIND)
    control, *results = events_of(given_up)
    assert [each.event.model_dump()["risk"] for each in results] == list(ALL_RISKS)
    assert {each.event.model_dump()["code"] for each in results} == {"deadline"}
    assert [each.id for each in events_of(given_up)] == [control.id, *(e.id for e in results)]


def test_a_scan_that_only_ever_comes_back_is_given_up_after_a_day() -> None:
    scan = replace(running(), attempt=ATTEMPTS)
    assert is_hopeless(scan, NOW + GIVE_UP)
    assert not is_hopeless(scan, NOW + GIVE_UP - 1)
    assert not is_hopeless(replace(scan, attempt=ATTEMPTS - 1), NOW + GIVE_UP)


def test_a_scan_is_completed_once_and_by_its_own_number() -> None:
    scan = running()
    assert completed(scan, seq=2, status="complete", now=NOW) is None
    ended = completed(scan, seq=1, status="complete", now=NOW)
    assert ended is not None
    assert (ended.state, ended.status, ended.ended_at) == ("idle", "complete", NOW)
    assert completed(ended, seq=1, status="complete", now=NOW) is None


def test_a_scan_that_waits_may_be_completed_by_work_that_was_under_way() -> None:
    scan = halted(running(), "paused", NOW)
    assert scan is not None
    assert completed(scan, seq=1, status="complete", now=NOW) is not None


def test_work_that_is_not_wanted_any_more_is_not_asked_for() -> None:
    scan = replace(running(), state="cancelled", control="cancelled")

    assert [each.topic.name for each in events_of(scan)] == ["scantling.control"]


def test_one_more_task_is_remembered_with_its_stamp() -> None:
    assert wanted_by(running(), "task-2", 7).body.tasks == {"task-1": NOW, "task-2": 7}
