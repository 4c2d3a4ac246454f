"""What a registry showed under one reference, when, and why it was asked."""

from __future__ import annotations

from typing import Literal

import msgspec

Reason = Literal["webhook", "sync", "manual"]


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """Why the registry was asked, and what the asker knows besides.

    ``id`` is that of the delivery or sync task: events take their ids from it, so that a replay
    sends the same ones. ``push`` where a push was notified: it is announced even where nothing
    changed. ``listed_only`` for what a first sync discovers. ``updated_at`` is the push time
    that ``updated_source`` gave, 0 for none; with ``updated_digest`` it is that of this digest
    only. ``first_sync_at`` is the registry's. Times are in milliseconds since the epoch.

    The evidence that a deletion needs besides the 404: ``delete_notified``, or
    ``listing_began_at`` of a complete listing that lacks the reference.
    """

    id: str
    reason: Reason
    push: bool = False
    listed_only: bool = False
    updated_at: int = 0
    updated_source: Literal["registry", "event", ""] = ""
    updated_digest: str = ""
    first_sync_at: int = 0
    delete_notified: bool = False
    listing_began_at: int = 0


class Sight(msgspec.Struct, frozen=True):
    """One image under a reference: the digest of its manifest, and its platform."""

    platform: str
    image: str


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """What a registry showed under a tag, or a digest where ``tag`` is empty.

    ``began_at`` is when the asking began, in milliseconds since the epoch: observations are
    ordered by it. ``reference_digest`` is the digest that stood there; ``absent`` where the
    reference was not found. ``missing`` are images that an index names and the registry does
    not have.
    """

    project: str
    registry: str
    repository: str
    tag: str
    reference: str
    reference_digest: str = ""
    index: str = ""
    began_at: int
    sights: tuple[Sight, ...] = ()
    missing: tuple[Sight, ...] = ()
    absent: bool = False
    cause: Cause
