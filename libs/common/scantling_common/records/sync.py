"""Records that sync writes.

Identifiers: a project's is its name; a registry's is random; ``repositories`` use
``{registry}/{name}``; ``images`` the manifest digest; ``placements`` a hash of (registry,
repository, tag or digest, platform), see :func:`placement_id`; ``moves`` use
``{placement}/{image}``.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.records.record import Record
from scantling_common.records.shared import ImageBody
from scantling_common.store.port import Collection, Index

if TYPE_CHECKING:
    from scantling_common.crypto import Sealer


class Project(Record, frozen=True, kw_only=True):
    """A tenant."""

    title: str = ""
    created_at: int


class Credential(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a registry's ``credential`` holds, packed (msgspec JSON) and sealed."""

    username: str = ""
    password: str


class Registry(Record, frozen=True, kw_only=True):
    """A registry of a project.

    ``credential`` (a packed :class:`Credential`), ``client_key`` and ``webhook_secret`` are sealed
    with the credential key; ``client_certificate`` is PEM text, as ``ca`` is. ``mirrors`` are URLs
    with blanks between. ``state`` is *unknown*, *authorized*, *refused*, *expired* or
    *unreachable*, as of ``checked_at``. ``webhook_auth`` is *header* (the secret comes in
    ``webhook_header``) or *path*. ``first_sync_at`` is when the first complete sync ended, 0
    before. ``images_per_hour`` 0 means no limit, ``sync_hours`` 0 no periodic sync. A registry
    that is ``deleting`` exists only until its placements are gone.
    """

    project: str
    name: str
    kind: str = "distribution"
    url: str
    region: str = ""
    repository_kind: str = "third-party"
    credential: bytes | None = None
    credential_expires_at: int = 0
    webhook_secret: bytes | None = None
    webhook_auth: str = "header"
    webhook_header: str = "Authorization"
    plain_http: bool = False
    allow_private: bool = False
    ca: str = ""
    client_certificate: str = ""
    client_key: bytes | None = None
    mirrors: str = ""
    untagged: bool = False
    scan_on_push: bool = True
    images_per_hour: int = 0
    sync_hours: int = 24
    state: str = "unknown"
    state_reason: str = ""
    checked_at: int = 0
    next_check_at: int = 0
    created_at: int
    first_sync_at: int = 0
    next_sync_at: int = 0
    deleting: bool = False


class Repository(Record, frozen=True, kw_only=True):
    """A repository of a registry, with what its last listings said.

    ``catalogued_at`` is when the last sync that found it in the registry's catalogue began.
    ``listed_at`` is when the last listing that was tried began, ``complete_at`` when the last
    complete one did. ``missing_since`` is when a listing began that lacked so many of its
    placements that a second one must confirm it; 0 otherwise.
    """

    project: str
    registry: str
    name: str
    first_seen_at: int = 0
    catalogued_at: int = 0
    listed_at: int = 0
    complete_at: int = 0
    missing_since: int = 0
    missing_count: int = 0


class Image(Record, frozen=True, kw_only=True):
    """One platform manifest; its content never changes. ``size`` is that of all blobs.

    ``large`` images are over 1 GiB. ``unsupported`` says why an image can't be scanned at all,
    as ``code: reason``, and is empty where it can. ``orphan_since`` is when a sweep first saw it
    without a placement, 0 where it has one.
    """

    media_type: str
    config_digest: str
    os: str
    architecture: str
    variant: str = ""
    size: int
    large: bool = False
    unsupported: str = ""
    image_created_at: int = 0
    first_seen_at: int
    orphan_since: int = 0
    body: ImageBody


class Placement(Record, frozen=True, kw_only=True):
    """What stands at (registry, repository, tag or digest, platform) now.

    ``observed_at`` is when the observation that wrote it began: an older one never overwrites
    it. ``gone`` rows stay 7 days. ``updated_at`` follows the rule of update times, with
    ``updated_source`` *registry*, *event*, *first_seen* or *unknown* (then 0). ``tag`` is empty
    for a placement by digest; ``siblings`` is how many platforms its reference has, itself
    included. ``owed`` and ``owes`` are the outbox.
    """

    project: str
    registry: str
    repository: str
    tag: str = ""
    platform: str
    image: str
    index: str = ""
    siblings: int = 1
    observed_at: int
    first_seen_at: int
    last_seen_at: int
    updated_at: int = 0
    updated_source: str = "unknown"
    gone: bool = False
    gone_at: int = 0
    owed: int = 0
    owes: bytes = b""


class Move(Record, frozen=True, kw_only=True):
    """That a placement showed ``image`` until it was found to show ``successor``.

    ``moved_at`` is when the observation that found it began. A placement that shows the image
    again later keeps the record: what it shows now is the placement's to say.
    """

    project: str
    placement: str
    image: str
    successor: str
    moved_at: int


class DeliveryBody(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook's body as it came, and the headers that tell its form."""

    content_type: str
    data: bytes


class WebhookDelivery(Record, frozen=True, kw_only=True):
    """An authenticated webhook delivery; ``state`` is *new*, *done* or *failed*."""

    project: str
    registry: str
    state: str = "new"
    received_at: int
    due_at: int
    attempts: int = 0
    error: str = ""
    traceparent: str = ""
    body: DeliveryBody


class SyncBody(msgspec.Struct, frozen=True, kw_only=True):
    """Progress of a sync: errors by repository, at most 1,000.

    It resumes behind the repository ``cursor``; ``catalogued`` once the registry's repositories
    have been listed.
    """

    errors: dict[str, str] = {}
    cursor: str = ""
    catalogued: bool = False


class SyncTask(Record, frozen=True, kw_only=True):
    """A metadata sync; ``state`` is *queued*, *running*, *done*, *partial* or *failed*.

    An empty ``repository`` means all of the registry. ``reason`` is *start*, *schedule*,
    *manual*, *confirm* (a second listing after many placements were missing) or *delete* (the
    registry is being deleted). ``repositories_failed`` could not even be listed; where only
    parts could not be read, the body's errors tell. ``due_at`` is when it may start or go on.
    ``failures`` counts the starts in a row that broke off.
    """

    project: str
    registry: str
    repository: str = ""
    reason: str
    created_by: str = ""
    state: str = "queued"
    error: str = ""
    created_at: int
    started_at: int = 0
    ended_at: int = 0
    due_at: int = 0
    failures: int = 0
    repositories_total: int = 0
    repositories_done: int = 0
    repositories_failed: int = 0
    tags_seen: int = 0
    images_new: int = 0
    placements_changed: int = 0
    placements_gone: int = 0
    body: SyncBody = SyncBody()


def sealed_credential(registry: str, credential: Credential, sealer: Sealer) -> bytes:
    """Return a credential as a registry's record holds it."""
    packed = msgspec.json.encode(credential)
    return sealer.seal(packed, collection="registries", id_=registry, field="credential")


def opened_credential(registry: Registry, sealer: Sealer) -> Credential | None:
    """Return what a registry is asked with, None for nothing.

    Raises :class:`~scantling_common.crypto.SealBroken`.
    """
    if registry.credential is None:
        return None
    packed = sealer.open(
        registry.credential, collection="registries", id_=registry.id, field="credential"
    )
    return msgspec.json.decode(packed, type=Credential)


def sealed_client_key(registry: str, key: str, sealer: Sealer) -> bytes:
    """Return the key of a client certificate as a registry's record holds it."""
    return sealer.seal(key.encode(), collection="registries", id_=registry, field="client_key")


def opened_client_key(registry: Registry, sealer: Sealer) -> str:
    """Return the key of a registry's client certificate, empty where it has none.

    Raises :class:`~scantling_common.crypto.SealBroken`.
    """
    if registry.client_key is None:
        return ""
    return sealer.open(
        registry.client_key, collection="registries", id_=registry.id, field="client_key"
    ).decode()


def placement_id(registry: str, repository: str, reference: str, platform: str) -> str:
    """Return the id of a placement; ``reference`` is the tag or the digest."""
    text = f"{registry}\x00{repository}\x00{reference}\x00{platform}"
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def move_of(stored: Placement, successor: str, moved_at: int) -> Move:
    """Return the record that a placement shows another image from now on."""
    return Move(
        id=f"{stored.id}/{stored.image}",
        project=stored.project,
        placement=stored.id,
        image=stored.image,
        successor=successor,
        moved_at=moved_at,
    )


PROJECTS: Final = Collection("projects", "sync", (Index("created", ("created_at",)),))
REGISTRIES: Final = Collection(
    "registries",
    "sync",
    (
        Index("project", ("project", "name"), unique=True),
        Index("created", ("created_at",)),
        Index("next_sync", ("next_sync_at",)),
        Index("next_check", ("next_check_at",)),
    ),
)
REPOSITORIES: Final = Collection(
    "repositories", "sync", (Index("registry", ("registry", "name"), unique=True),)
)
IMAGES: Final = Collection("images", "sync", (Index("first_seen", ("first_seen_at",)),))
PLACEMENTS: Final = Collection(
    "placements",
    "sync",
    (
        Index("repository", ("registry", "repository", "tag")),
        Index("project", ("project", "gone", "registry", "repository", "tag")),
        Index("image", ("project", "image", "gone")),
        Index("any_image", ("image", "gone")),
        Index("gone", ("gone", "gone_at")),
        Index("owed", ("owed",)),
    ),
)
MOVES: Final = Collection(
    "moves",
    "sync",
    (Index("image", ("project", "image", "moved_at")), Index("moved", ("moved_at",))),
)
DELIVERIES: Final = Collection(
    "deliveries",
    "sync",
    (Index("due", ("state", "due_at")), Index("received", ("received_at",))),
)
SYNC_TASKS: Final = Collection(
    "sync_tasks",
    "sync",
    (
        Index("project", ("project", "created_at")),
        Index("due", ("state", "due_at")),
        Index("registry", ("registry", "created_at")),
        Index("created", ("created_at",)),
    ),
)
SYNC_LEASES: Final = Collection("sync_leases", "sync")
"""One lease a registry (:mod:`scantling_common.leases`): it has one sync at a time."""

COLLECTIONS: Final = (
    PROJECTS,
    REGISTRIES,
    REPOSITORIES,
    IMAGES,
    PLACEMENTS,
    MOVES,
    DELIVERIES,
    SYNC_TASKS,
    SYNC_LEASES,
)
