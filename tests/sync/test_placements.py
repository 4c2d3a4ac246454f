"""The rules by which placements change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from scantling_common.events.models import ImageEvent
from scantling_common.records.sync import placement_id
from scantling_sync.observations import Sight
from scantling_sync.placements import changes, is_known, reconcile, retire
from tests.sync.samples import (
    AMD64,
    ARM64,
    A,
    B,
    C,
    absent,
    actions,
    cause,
    placement,
    push,
    seen,
)

if TYPE_CHECKING:
    from scantling_common.records.sync import Placement
    from scantling_sync.observations import Cause, Observation

FIRST = cause(listed_only=True)
LATER = cause(first_sync_at=10)


@pytest.mark.parametrize(
    ("stored", "observation", "expected"),
    [
        pytest.param(None, seen(A, why=FIRST), [("discovered", A)], id="first sync only lists"),
        pytest.param(None, seen(A, why=LATER), [("pushed", A)], id="new tag is a missed push"),
        pytest.param(None, seen(A, why=push()), [("pushed", A)], id="webhook push"),
        pytest.param(
            None, seen(A, why=push(listed_only=True)), [("pushed", A)], id="push before first sync"
        ),
        pytest.param(placement(A), seen(A), [], id="seen again by a sync"),
        pytest.param(placement(A), seen(A, why=push()), [("pushed", A)], id="pushed again"),
        pytest.param(
            placement(A), seen(B, why=LATER), [("moved", B), ("pushed", B)], id="tag moved"
        ),
        pytest.param(
            placement(A),
            seen(B, why=FIRST),
            [("moved", B), ("pushed", B)],
            id="tag moved while the first sync ran",
        ),
        pytest.param(
            placement(A, gone=True, gone_at=90), seen(A), [("pushed", A)], id="back again"
        ),
        pytest.param(
            placement(A, gone=True, gone_at=90),
            seen(A, why=FIRST),
            [("discovered", A)],
            id="back again in a first sync",
        ),
        pytest.param(
            placement(A, gone=True, gone_at=90), absent(delete_notified=True), [], id="gone already"
        ),
        pytest.param(None, absent(delete_notified=True), [], id="never known"),
    ],
)
def test_what_is_seen_becomes_events(
    stored: Placement | None, observation: Observation, expected: list[tuple[str, str]]
) -> None:
    sight = observation.sights[0] if observation.sights else None
    change = reconcile(stored, sight, observation)
    assert actions(change.events) == expected
    assert not change.stale


@pytest.mark.parametrize("observation", [seen(B, at=99), seen(A, at=99), absent(99)])
def test_an_older_observation_never_overwrites_a_newer_one(observation: Observation) -> None:
    sight = observation.sights[0] if observation.sights else None
    change = reconcile(placement(A), sight, observation)
    assert change.stale
    assert change.placement is None
    assert not change.events


@pytest.mark.parametrize(
    ("evidence", "gone"),
    [
        pytest.param({}, False, id="404 alone"),
        pytest.param({"delete_notified": True}, True, id="404 and delete webhook"),
        pytest.param({"listing_began_at": 101}, True, id="404 and a listing after last seen"),
        pytest.param({"listing_began_at": 100}, False, id="a listing not after last seen"),
        pytest.param({"listing_began_at": 60}, False, id="a listing that began before"),
    ],
)
def test_a_deletion_needs_evidence_besides_the_404(evidence: dict[str, Any], *, gone: bool) -> None:
    change = reconcile(placement(A), None, absent(**evidence))
    assert (change.placement is not None and change.placement.gone) == gone
    assert actions(change.events) == ([("deleted", A)] if gone else [])


def test_a_gone_placement_tells_when() -> None:
    change = reconcile(placement(A), None, absent(250, delete_notified=True))
    assert change.placement is not None
    assert (change.placement.gone_at, change.placement.observed_at) == (250, 250)
    assert change.placement.last_seen_at == 100


def test_a_move_tells_what_was_there_before() -> None:
    events = reconcile(placement(A), Sight(AMD64, B), seen(B, why=LATER)).events
    moved, pushed = (each.event for each in events)
    assert isinstance(moved, ImageEvent)
    assert isinstance(pushed, ImageEvent)
    assert (moved.image, moved.previous) == (B, A)
    assert (pushed.image, pushed.previous) == (B, None)


def test_a_tag_moved_twice_goes_from_the_first_to_the_last() -> None:
    """The webhook of B is carried out late, when a look for C was recorded already."""
    at_c = reconcile(placement(A), Sight(AMD64, C), seen(C, at=300, why=push("of C")))
    assert at_c.placement is not None
    late = reconcile(at_c.placement, Sight(AMD64, B), seen(B, at=290, why=push("of B")))
    assert late.stale
    again = reconcile(at_c.placement, Sight(AMD64, C), seen(C, at=310, why=push("of B")))
    assert actions(again.events) == [("pushed", C)]


@pytest.mark.parametrize(
    ("stored", "why", "digest", "expected"),
    [
        pytest.param(None, cause(), A, (0, "unknown"), id="first sync: unknown"),
        pytest.param(
            None, cause(first_sync_at=150), A, (200, "first_seen"), id="first seen after it"
        ),
        pytest.param(
            None, cause(first_sync_at=201), A, (0, "unknown"), id="first seen before it ended"
        ),
        pytest.param(
            None,
            push(updated_at=180, updated_source="event", first_sync_at=150),
            A,
            (180, "event"),
            id="the event's",
        ),
        pytest.param(
            None,
            push(updated_at=180, updated_source="event", updated_digest=A),
            A,
            (180, "event"),
            id="the event's, of this digest",
        ),
        pytest.param(
            None,
            push(updated_at=180, updated_source="event", updated_digest=C, first_sync_at=150),
            A,
            (200, "first_seen"),
            id="the event's was of another digest",
        ),
        pytest.param(
            None,
            cause(updated_at=170, updated_source="registry"),
            A,
            (170, "registry"),
            id="the registry's",
        ),
        pytest.param(
            placement(A, updated_at=90, updated_source="registry"),
            push(updated_at=180, updated_source="event"),
            A,
            (90, "registry"),
            id="the registry's before the event's",
        ),
        pytest.param(
            placement(A, updated_at=90, updated_source="event"),
            push(updated_at=80, updated_source="event"),
            A,
            (90, "event"),
            id="an event that came late",
        ),
        pytest.param(
            placement(A, updated_at=90, updated_source="event"),
            cause(first_sync_at=10),
            A,
            (90, "event"),
            id="seen again: stays",
        ),
        pytest.param(
            placement(A), cause(first_sync_at=10), A, (0, "unknown"), id="unknown stays unknown"
        ),
        pytest.param(
            placement(B, updated_at=90, updated_source="event"),
            cause(first_sync_at=10),
            A,
            (200, "first_seen"),
            id="of the image before: not taken over",
        ),
    ],
)
def test_the_update_time_follows_its_rule(
    stored: Placement | None, why: Cause, digest: str, expected: tuple[int, str]
) -> None:
    change = reconcile(stored, Sight(AMD64, digest), seen(digest, why=why))
    assert change.placement is not None
    assert (change.placement.updated_at, change.placement.updated_source) == expected


def test_an_index_has_a_placement_for_each_platform() -> None:
    observation = seen(Sight(AMD64, A), Sight(ARM64, B), index=C, why=LATER)
    made = changes([], observation)
    written = [change.placement for change in made if change.placement]
    assert [(each.platform, each.image, each.index) for each in written] == [
        (AMD64, A, C),
        (ARM64, B, C),
    ]
    assert [each.siblings for each in written] == [2, 2]
    assert written[0].id == placement_id("reg", "library/app", "v1", AMD64)


def test_a_platform_that_the_tag_no_longer_has_is_gone_at_once() -> None:
    stored = [placement(A), placement(B, platform=ARM64)]
    made = changes(stored, seen(C, why=LATER))
    events = [event for change in made for event in change.events]
    assert actions(events) == [("moved", C), ("pushed", C), ("deleted", B)]


def test_a_tag_that_is_no_image_any_more_ends_its_placements() -> None:
    [change] = changes([placement(A)], seen(why=LATER))
    assert actions(change.events) == [("deleted", A)]


def test_an_image_that_an_index_names_and_the_registry_lacks_stays_without_evidence() -> None:
    stored = [placement(A, index=C), placement(B, platform=ARM64, index=C)]
    named: dict[str, Any] = {"index": C, "missing": (Sight(ARM64, B),)}
    amd, arm = changes(stored, seen(Sight(AMD64, A), why=LATER, **named))
    assert amd.placement is not None
    assert arm.placement is None
    deleted = cause("webhook", delete_notified=True)
    amd, arm = changes(stored, seen(Sight(AMD64, A), why=deleted, **named))
    assert actions(arm.events) == [("deleted", B)]


def test_a_replay_sends_the_same_ids() -> None:
    first = reconcile(None, Sight(AMD64, A), seen(A, at=200, why=push()))
    replay = reconcile(first.placement, Sight(AMD64, A), seen(A, at=900, why=push()))
    other = reconcile(first.placement, Sight(AMD64, A), seen(A, at=900, why=push("another")))
    assert [each.id for each in replay.events] == [each.id for each in first.events]
    assert other.events[0].id != first.events[0].id


def test_a_tag_that_moves_back_is_another_push_of_the_same_delivery() -> None:
    first = reconcile(None, Sight(AMD64, A), seen(A, at=200, why=push()))
    assert first.placement is not None
    away = reconcile(first.placement, Sight(AMD64, B), seen(B, at=300, why=LATER))
    back = reconcile(away.placement, Sight(AMD64, A), seen(A, at=400, why=push()))
    assert back.events[-1].id != first.events[-1].id


def test_what_is_owed_is_kept_by_every_change() -> None:
    stored = placement(A, owed=1, owes=b"debt")
    for change in (
        reconcile(stored, Sight(AMD64, A), seen(A)),
        reconcile(stored, Sight(AMD64, B), seen(B)),
        reconcile(stored, None, absent(delete_notified=True)),
        reconcile(placement(A, gone=True, owed=1, owes=b"debt"), Sight(AMD64, A), seen(A)),
    ):
        assert change.placement is not None
        assert (change.placement.owed, change.placement.owes) == (1, b"debt")


def test_a_registry_that_goes_takes_its_placements_along() -> None:
    change = retire(placement(A), 500, cause("manual"))
    assert actions(change.events) == [("deleted", A)]
    assert change.placement is not None
    assert change.placement.gone_at == 500
    assert not retire(placement(A, gone=True), 500, cause("manual")).events


@pytest.mark.parametrize(
    ("live", "digest", "known"),
    [
        ([], A, False),
        ([placement(A)], A, True),
        ([placement(A)], B, False),
        ([placement(A, index=C, siblings=2)], C, False),
        ([placement(A, index=C, siblings=2), placement(B, platform=ARM64, index=C)], C, True),
        ([placement(A, index=C)], A, False),
    ],
)
def test_a_digest_is_known_once_all_its_platforms_are_placed(
    live: list[Placement], digest: str, *, known: bool
) -> None:
    assert is_known(live, digest) == known
