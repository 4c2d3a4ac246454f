"""Bodies of requests and answers of sync's part of the API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from scantling_common.http.paging import PageQuery
from scantling_common.images.sources.mirror import MAX_MIRRORS

ProjectId = Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$")]
RegistryName = Annotated[str, Field(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9._ -]{0,98}[A-Za-z0-9])?$")]
WebhookSecret = Annotated[
    SecretStr, Field(min_length=16, max_length=256, json_schema_extra={"writeOnly": True})
]
AuthorisationState = Literal["unknown", "authorized", "refused", "expired", "unreachable"]
RepositoryKind = Literal["private", "shared", "enterprise", "third-party"]
MirrorUrl = Annotated[str, Field(max_length=2048)]
MAX_NAME = 255
MAX_CA = 64 * 1024


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class ProjectNew(_Body):
    """A project to be made."""

    id: ProjectId
    title: str = Field("", max_length=MAX_NAME)


class ProjectChange(_Body):
    """What can be changed of a project."""

    title: str = Field(max_length=MAX_NAME)


class ProjectView(BaseModel):
    """A project."""

    id: str
    title: str
    created_at: datetime


class ProjectList(BaseModel):
    """A page of projects, oldest first."""

    items: list[ProjectView]
    next_page_token: str = ""


class CredentialNew(_Body):
    """What the registry is asked with; it is never shown again."""

    username: str = Field("", max_length=MAX_NAME)
    password: SecretStr = Field(min_length=1, max_length=16 * 1024)
    expires_at: datetime | None = Field(
        None, description="when it stops being good, where that is known"
    )


class ClientCertificateNew(_Body):
    """A certificate that is shown to the registry; its key is never shown again."""

    certificate: str = Field(max_length=MAX_CA, description="with its chain, PEM")
    key: SecretStr = Field(min_length=1, max_length=16 * 1024, description="PEM, not encrypted")


class RegistrySettings(_Body):
    """The settings of a registry that have a default."""

    region: str = Field("", max_length=MAX_NAME)
    repository_kind: RepositoryKind = "third-party"
    plain_http: bool = Field(False, description="http:// may be used: no encryption at all")
    allow_private: bool = Field(
        False, description="private and loopback addresses may be contacted"
    )
    ca: str = Field("", max_length=MAX_CA, description="certificates to trust, PEM")
    mirrors: tuple[MirrorUrl, ...] = Field(
        (),
        max_length=MAX_MIRRORS,
        description="asked first, in this order, for what has a digest: https://HOST[:PORT]"
        "[/PREFIX], or http:// with plain_http; anonymously",
    )
    untagged: bool = Field(False, description="images without a tag are listed, too")
    scan_on_push: bool = True
    images_per_hour: int = Field(0, ge=0, le=1_000_000, description="0: no limit")
    sync_hours: int = Field(24, ge=0, le=24 * 365, description="0: no periodic sync")
    webhook_auth: Literal["header", "path"] = "header"
    webhook_header: str = Field("Authorization", pattern=r"^[A-Za-z0-9-]{1,64}$")


class RegistryNew(RegistrySettings):
    """A registry to be made; without ``webhook_secret`` one is drawn."""

    project: ProjectId = "default"
    name: RegistryName
    kind: Literal["distribution"] = "distribution"
    url: str = Field(max_length=2048, description="https://HOST[:PORT], or http:// with plain_http")
    credential: CredentialNew | None = None
    client_certificate: ClientCertificateNew | None = None
    webhook_secret: WebhookSecret | None = None


class RegistryChange(_Body):
    """What can be changed of a registry: what is left out stays.

    A credential or client certificate that is null is removed.
    """

    name: RegistryName | None = None
    url: str | None = Field(None, max_length=2048)
    credential: CredentialNew | None = None
    client_certificate: ClientCertificateNew | None = None
    region: str | None = Field(None, max_length=MAX_NAME)
    repository_kind: RepositoryKind | None = None
    plain_http: bool | None = None
    allow_private: bool | None = None
    ca: str | None = Field(None, max_length=MAX_CA)
    mirrors: tuple[MirrorUrl, ...] | None = Field(None, max_length=MAX_MIRRORS)
    untagged: bool | None = None
    scan_on_push: bool | None = None
    images_per_hour: int | None = Field(None, ge=0, le=1_000_000)
    sync_hours: int | None = Field(None, ge=0, le=24 * 365)
    webhook_auth: Literal["header", "path"] | None = None
    webhook_header: str | None = Field(None, pattern=r"^[A-Za-z0-9-]{1,64}$")
    webhook_secret: WebhookSecret | None = None


class WebhookView(BaseModel):
    """Where the registry sends its webhooks, and how it says who it is.

    ``configuration`` is YAML to be put into the registry's own configuration as it is. The secret
    stands in both only in the answer that made it; else there is a placeholder.
    """

    url: str
    auth: Literal["header", "path"]
    header: str
    secret: str | None = None
    configuration: str


class RegistryView(BaseModel):
    """A registry, without its credential."""

    id: str
    project: str
    name: str
    kind: str
    url: str
    region: str
    repository_kind: str
    has_credential: bool
    credential_expires_at: datetime | None
    plain_http: bool
    allow_private: bool
    ca: str
    has_client_certificate: bool
    mirrors: tuple[str, ...]
    untagged: bool
    scan_on_push: bool
    images_per_hour: int
    sync_hours: int
    authorisation: AuthorisationState
    authorisation_reason: str
    checked_at: datetime | None
    created_at: datetime
    first_sync_at: datetime | None
    next_sync_at: datetime | None
    webhook: WebhookView


class RegistryList(BaseModel):
    """A page of registries: of a project by name, of all oldest first."""

    items: list[RegistryView]
    next_page_token: str = ""


class RegistryQuery(PageQuery):
    """Which registries to list."""

    project: str = Field(
        "", max_length=64, description="of one project; else all that the token sees"
    )


class SyncNew(_Body):
    """A sync to be started: of a repository, a registry, or the registries of a project.

    Without a registry it is all of the project's, or those of one ``repository_kind``.
    """

    project: ProjectId | None = None
    repository_kind: RepositoryKind | None = None
    registry: str | None = Field(None, max_length=64)
    repository: str | None = Field(None, max_length=MAX_NAME)


class SyncView(BaseModel):
    """A metadata sync; ``repository`` is empty where it is of the whole registry."""

    id: str
    project: str
    registry: str
    repository: str
    reason: str
    state: Literal["queued", "running", "done", "partial", "failed"]
    error: str
    created_at: datetime
    created_by: str
    not_before: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    repositories_total: int
    repositories_done: int
    repositories_failed: int
    tags_seen: int
    images_new: int
    placements_changed: int
    placements_gone: int
    errors: dict[str, str]


class SyncList(BaseModel):
    """A page of syncs, newest first."""

    items: list[SyncView]
    next_page_token: str = ""


class SyncsStarted(BaseModel):
    """The syncs that were asked for: new ones, and those that were waiting already."""

    items: list[SyncView]


class SyncQuery(PageQuery):
    """Which syncs to list: of a registry, or of a project."""

    project: str = Field("", max_length=64)
    registry: str = Field("", max_length=64)


def time_of(milliseconds: int) -> datetime:
    """Return a stored time for an answer."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def moment(milliseconds: int) -> datetime | None:
    """Return a stored time for an answer; 0 is none."""
    return time_of(milliseconds) if milliseconds else None


def milliseconds(moment_: datetime | None) -> int:
    """Return a time of a request as it is stored; a time without zone is UTC."""
    if moment_ is None:
        return 0
    aware = moment_ if moment_.tzinfo else moment_.replace(tzinfo=UTC)
    return max(0, int(aware.timestamp() * 1000))
