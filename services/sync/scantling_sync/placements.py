"""From a stored placement and an observation to the placement that holds now: pure.

The rules (architecture.md, *Store* and *Dispatcher*): an older observation never overwrites a
newer one; a placement goes only with a 404 and either a delete webhook or a complete listing
begun after it was last seen, or where its tag definitely shows something else; what a first
sync finds is only *discovered*; the update time is the registry's push time, else the event's,
else first seen where that was after the registry's first complete sync, else unknown.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from scantling_common.bus.port import Outgoing
from scantling_common.events.models import ImageEvent
from scantling_common.events.topics import IMAGE_EVENTS
from scantling_common.records.sync import Move, Placement, move_of, placement_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scantling_sync.observations import Cause, Observation, Sight

Action = Literal["pushed", "discovered", "moved", "deleted"]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What an observation makes of one placement.

    ``placement`` is what to write, None where nothing is; ``stale`` where a newer observation
    has been written already. ``events`` are owed once it is written. ``move`` says what it
    showed until now, where that was another image.
    """

    placement: Placement | None = None
    events: tuple[Outgoing, ...] = ()
    stale: bool = False
    move: Move | None = None


UNCHANGED: Final = Change()
STALE: Final = Change(stale=True)


def changes(stored: Iterable[Placement], seen: Observation) -> list[Change]:
    """Return what an observation makes of all placements of its reference.

    ``stored`` are those there are, gone ones included.
    """
    before = {placement.platform: placement for placement in stored}
    sights = {sight.platform: sight for sight in seen.sights}
    names = [*sights, *(platform for platform in before if platform not in sights)]
    return [reconcile(before.get(name), sights.get(name), seen) for name in names]


def reconcile(stored: Placement | None, sight: Sight | None, seen: Observation) -> Change:
    """Return what an observation makes of one placement; ``sight`` is None where it shows none."""
    if stored is not None and seen.began_at < stored.observed_at:
        return STALE
    if sight is None:
        if stored is None or stored.gone or not _is_gone(stored, seen):
            return UNCHANGED
        return _gone(stored, seen.began_at, seen.cause)
    if stored is None or stored.gone:
        return _appeared(stored, sight, seen)
    if stored.image != sight.image:
        return _moved(stored, sight, seen)
    return _seen_again(stored, seen)


def retire(stored: Placement, now: int, cause: Cause) -> Change:
    """Return a placement as gone because its registry is being deleted."""
    return UNCHANGED if stored.gone else _gone(stored, max(now, stored.observed_at), cause)


def _is_gone(stored: Placement, seen: Observation) -> bool:
    if not seen.absent and stored.image not in {sight.image for sight in seen.missing}:
        return True  # the reference shows something else, and not this platform
    return seen.cause.delete_notified or seen.cause.listing_began_at > stored.last_seen_at


def _gone(stored: Placement, at: int, cause: Cause) -> Change:
    placement = msgspec.structs.replace(stored, gone=True, gone_at=at, observed_at=at)
    return Change(placement=placement, events=(_event("deleted", placement, cause),))


def _appeared(stored: Placement | None, sight: Sight, seen: Observation) -> Change:
    known = stored is not None and stored.image == sight.image
    updated_at, source = _updated(stored if known else None, seen)
    placement = Placement(
        id=placement_id(seen.registry, seen.repository, seen.reference, sight.platform),
        rev=stored.rev if stored is not None else 0,
        project=seen.project,
        registry=seen.registry,
        repository=seen.repository,
        tag=seen.tag,
        platform=sight.platform,
        image=sight.image,
        index=seen.index,
        siblings=len(seen.sights) + len(seen.missing),
        observed_at=seen.began_at,
        first_seen_at=seen.began_at,
        last_seen_at=seen.began_at,
        updated_at=updated_at,
        updated_source=source,
        owed=stored.owed if stored is not None else 0,
        owes=stored.owes if stored is not None else b"",
    )
    return Change(
        placement=placement, events=(_event(_arrival(seen.cause), placement, seen.cause),)
    )


def _moved(stored: Placement, sight: Sight, seen: Observation) -> Change:
    updated_at, source = _updated(None, seen)
    placement = msgspec.structs.replace(
        stored,
        image=sight.image,
        index=seen.index,
        siblings=len(seen.sights) + len(seen.missing),
        observed_at=seen.began_at,
        first_seen_at=seen.began_at,
        last_seen_at=seen.began_at,
        updated_at=updated_at,
        updated_source=source,
    )
    # A move was seen to happen, so it is a missed push even while the first sync runs.
    moved = _event("moved", placement, seen.cause, previous=stored.image)
    return Change(
        placement=placement,
        events=(moved, _event("pushed", placement, seen.cause)),
        move=move_of(stored, sight.image, seen.began_at),
    )


def _seen_again(stored: Placement, seen: Observation) -> Change:
    updated_at, source = _updated(stored, seen)
    placement = msgspec.structs.replace(
        stored,
        index=seen.index,
        siblings=len(seen.sights) + len(seen.missing),
        observed_at=seen.began_at,
        last_seen_at=seen.began_at,
        updated_at=updated_at,
        updated_source=source,
    )
    pushed = (_event("pushed", placement, seen.cause),) if seen.cause.push else ()
    return Change(placement=placement, events=pushed)


def _arrival(cause: Cause) -> Action:
    return "discovered" if cause.listed_only and not cause.push else "pushed"


def _updated(same: Placement | None, seen: Observation) -> tuple[int, str]:
    """Return update time and source; ``same`` is the placement that showed this image before."""
    cause = seen.cause
    told = cause.updated_source if cause.updated_digest in {"", seen.reference_digest} else ""
    if told == "registry":
        return cause.updated_at, told
    if same is not None and (same.updated_source == "registry" or not told):
        return same.updated_at, same.updated_source
    if told == "event":
        earlier = same.updated_at if same is not None and same.updated_source == "event" else 0
        return max(cause.updated_at, earlier), told
    if 0 < cause.first_sync_at <= seen.began_at:
        return seen.began_at, "first_seen"
    return 0, "unknown"


def _event(
    action: Action, placement: Placement, cause: Cause, *, previous: str | None = None
) -> Outgoing:
    event = ImageEvent(
        project=placement.project,
        action=action,
        registry=placement.registry,
        repository=placement.repository,
        tag=placement.tag or None,
        platform=placement.platform,
        placement=placement.id,
        image=placement.image,
        previous=previous,
        reason=cause.reason,
        observed_at=_time(placement.observed_at),
        updated_at=_time(placement.updated_at) if placement.updated_at else None,
    )
    return Outgoing(topic=IMAGE_EVENTS, event=event, id=_event_id(action, placement, cause))


def _event_id(action: Action, placement: Placement, cause: Cause) -> str:
    # One stay of an image at a placement: a replay sends the same id, a move back another one.
    stay = str(placement.first_seen_at)
    parts = (cause.id, placement.id, action, placement.image, stay)
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:40]


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def is_known(live: Sequence[Placement], digest: str) -> bool:
    """Tell whether the live placements of a reference are all that its digest has.

    Then nothing but the digest need be asked for: manifests never change.
    """
    if not live:
        return False
    return len(live) == live[0].siblings and all(
        digest == (placement.index or placement.image) for placement in live
    )
