"""Notifications of CNCF distribution, and of registries built on it.

Format: https://distribution.github.io/distribution/about/notifications/. Only pushes of
manifests and deletions concern us: pulls, mounts and blobs (``application/octet-stream``) are
left out. A deletion names a tag, a digest (of a manifest or a blob, which can't be told apart)
or a whole repository. Hosts and URLs in the body are never read.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import msgspec

from scantling_common.images.digests import is_digest
from scantling_common.images.reference import is_repository, is_tag
from scantling_sync.webhooks.notice import Notice, Notification, NotificationInvalid

CONTENT_TYPES: Final = frozenset(
    {
        "application/json",
        "application/vnd.docker.distribution.events.v1+json",
        "application/vnd.docker.distribution.events.v2+json",
    }
)
MANIFESTS: Final = frozenset(
    {
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
    }
)
MAX_ID: Final = 256


class _Target(msgspec.Struct, rename="camel"):
    repository: str
    media_type: str = ""
    digest: str = ""
    tag: str = ""


class _Event(msgspec.Struct):
    action: str
    target: _Target
    id: str = ""
    timestamp: str = ""


class _Envelope(msgspec.Struct):
    events: list[_Event]


def parse(data: bytes) -> Notification:
    """Return what a notification says. Raises :class:`NotificationInvalid`."""
    try:
        envelope = msgspec.json.decode(data, type=_Envelope)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise NotificationInvalid(f"not a notification: {error}") from error
    except RecursionError as error:
        raise NotificationInvalid("the notification is nested too deeply") from error
    concerning = [event for event in envelope.events if _concerns_images(event)]
    return Notification(
        notices=tuple(_notice(event) for event in concerning),
        ids=_ids(concerning),
    )


def _concerns_images(event: _Event) -> bool:
    if event.action == "push":
        return event.target.media_type in MANIFESTS
    return event.action == "delete"


def _notice(event: _Event) -> Notice:
    target = event.target
    if not is_repository(target.repository):
        raise NotificationInvalid(f"{target.repository[:100]!r} is not a repository name")
    if target.tag and not is_tag(target.tag):
        raise NotificationInvalid(f"{target.tag[:100]!r} is not a tag")
    if target.digest and not is_digest(target.digest):
        raise NotificationInvalid(f"{target.digest[:100]!r} is not a digest")
    if event.action == "push" and not target.tag and not target.digest:
        raise NotificationInvalid(f"a push to {target.repository} names neither tag nor digest")
    return Notice(
        repository=target.repository,
        tag=target.tag,
        digest=target.digest,
        action="push" if event.action == "push" else "delete",
        occurred_at=_milliseconds(event.timestamp),
    )


def _ids(events: list[_Event]) -> tuple[str, ...]:
    # One event without an id makes the whole request one that can't be recognised again.
    ids = tuple(event.id for event in events)
    return ids if all(0 < len(id_) <= MAX_ID for id_ in ids) else ()


def _milliseconds(timestamp: str) -> int:
    try:
        moment = datetime.fromisoformat(timestamp)
        if moment.tzinfo is None:
            return 0
        return max(0, int(moment.astimezone(UTC).timestamp() * 1000))
    except (ValueError, OverflowError):
        return 0
