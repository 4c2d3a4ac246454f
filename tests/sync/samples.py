"""Placements, observations and registries for tests of pure rules; times are small numbers."""

from __future__ import annotations

from typing import Any

from scantling_common.events.models import ImageEvent
from scantling_common.records.sync import Placement, Registry, placement_id
from scantling_sync.observations import Cause, Observation, Sight

A, B, C = (f"sha256:{letter * 64}" for letter in "abc")
AMD64 = "linux/amd64"
ARM64 = "linux/arm64"


def placement(
    image: str = A, *, platform: str = AMD64, tag: str = "v1", **fields: Any
) -> Placement:
    """Return a placement that was last seen at 100."""
    known: dict[str, Any] = {
        "observed_at": 100,
        "first_seen_at": 50,
        "last_seen_at": 100,
        "rev": 1,
        **fields,
    }
    return Placement(
        id=placement_id("reg", "library/app", tag or image, platform),
        project="default",
        registry="reg",
        repository="library/app",
        tag=tag,
        platform=platform,
        image=image,
        **known,
    )


def cause(reason: Any = "sync", **fields: Any) -> Cause:
    """Return why the registry was asked."""
    return Cause(id=fields.pop("id", "task-1"), reason=reason, **fields)


def push(id_: str = "delivery-1", **fields: Any) -> Cause:
    """Return that a push was notified."""
    return cause("webhook", id=id_, push=True, **fields)


def seen(
    *sights: Sight | str, at: int = 200, why: Cause | None = None, **fields: Any
) -> Observation:
    """Return an observation of the tag v1; a plain digest is a single image for amd64."""
    shown = tuple(each if isinstance(each, Sight) else Sight(AMD64, each) for each in sights)
    single = shown[0].image if len(shown) == 1 else ""
    return Observation(
        project="default",
        registry="reg",
        repository="library/app",
        tag="v1",
        reference="v1",
        reference_digest=fields.pop("reference_digest", single),
        began_at=at,
        sights=shown,
        cause=why or cause(),
        **fields,
    )


def absent(at: int = 200, **fields: Any) -> Observation:
    """Return that the tag was not there."""
    return seen(at=at, why=cause(**fields), absent=True)


def actions(events: Any) -> list[tuple[str, str]]:
    """Return action and image of each event."""
    found: list[tuple[str, str]] = []
    for each in events:
        assert isinstance(each.event, ImageEvent)
        found.append((each.event.action, each.event.image))
    return found


def registry(**fields: Any) -> Registry:
    """Return a registry."""
    known: dict[str, Any] = {
        "id": "reg",
        "project": "default",
        "name": "mine",
        "url": "https://registry.example",
        "created_at": 1,
        **fields,
    }
    return Registry(**known)
