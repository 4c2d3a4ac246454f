"""Bodies and queries of the dispatcher's part of the API."""

from __future__ import annotations

from datetime import datetime  # pydantic resolves it at run time
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from scantling_common.http.paging import PageQuery
from scantling_common.risks import Risk

Name = Annotated[str, Field(min_length=1, max_length=255)]
Digest = Annotated[str, Field(pattern=r"^sha(256|512):[0-9a-f]{64,128}$")]
ItemState = Literal[
    "waiting", "running", "complete", "partial", "unsupported", "failed", "skipped", "cancelled"
]
TaskState = Literal["planning", "running", "paused", "cancelled", "done"]
ScanState = Literal["running", "returned", "expired", "idle", "cancelled"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Scope(_Model):
    """Which placements a task means; nothing means all of the project."""

    registry: Name | None = Field(None, description="id of a registry")
    repository: Name | None = Field(None, description="repository, a glob (* ? [])")
    tag: Name | None = Field(None, description="tag, a glob")
    repository_kind: Name | None = Field(None, description="kind of repository")
    placement: Name | None = Field(None, description="id of one placement")


class TaskNew(_Model):
    """A scan that a user starts."""

    project: Name
    risks: list[Risk] | None = Field(
        None,
        max_length=8,
        description="risk types; software, file and baseimage are always done. Without them those "
        "that a push is looked for",
    )
    scope: Scope = Scope()
    images: list[Digest] = Field(
        [], max_length=1000, description="only these images, by digest; empty for all in scope"
    )
    platforms: list[Name] = Field([], max_length=50, description="os/arch[/variant]")
    updated_after: datetime | None = Field(None, description="only images updated then or later")
    updated_before: datetime | None = Field(None, description="only images updated before")
    unknown_updated: bool = Field(
        True, description="with a range: scan images whose update time is not known, too"
    )
    latest_only: bool = Field(False, description="only the latest tag of each repository")
    images_per_hour: int = Field(
        0, ge=0, le=1_000_000, description="per registry; 0 is the registry's own limit"
    )
    concurrent_scans: int = Field(
        0, ge=0, le=1000, description="scans of this task at once; 0 is the installation's limit"
    )

    @model_validator(mode="after")
    def _check_range(self) -> TaskNew:
        moments = [each for each in (self.updated_after, self.updated_before) if each]
        if any(each.tzinfo is None for each in moments):
            message = "updated_after and updated_before need a zone"
            raise ValueError(message)
        if len(moments) > 1 and moments[0] >= moments[1]:
            message = "updated_after is not before updated_before"
            raise ValueError(message)
        return self


class TaskCounts(_Model):
    """Images of a task by state."""

    total: int
    waiting: int
    running: int
    complete: int
    partial: int
    unsupported: int
    failed: int
    skipped: int
    cancelled: int


class TaskView(_Model):
    """A task."""

    id: str
    project: str
    kind: Literal["push", "manual", "policy", "request", "rematch"]
    priority: Literal["push", "manual", "scheduled", "rematch"]
    registry: str
    risks: list[Risk]
    state: TaskState
    planned: bool = Field(description="whether all images are enumerated")
    scope: Scope
    images_per_hour: int
    concurrent_scans: int
    counts: TaskCounts
    progress: float = Field(description="part of the images known so far that has ended, 0 to 1")
    eta_seconds: int | None = Field(description="estimated from the pace so far; null if unknown")
    created_at: datetime
    ended_at: datetime | None
    created_by: str


class TaskList(_Model):
    """A page of tasks, the newest first."""

    items: list[TaskView]
    next_page_token: str


class TaskQuery(PageQuery):
    """Which tasks."""

    project: str = Field("", max_length=255, description="empty for all that the token sees")


class ItemView(_Model):
    """One image of a task, and how far it is."""

    image: str
    state: ItemState
    reason: str
    seq: int
    changed_at: datetime


class ItemList(_Model):
    """A page of a task's images."""

    items: list[ItemView]
    next_page_token: str


class ItemQuery(PageQuery):
    """Which images of a task."""

    state: ItemState | None = None


class ScanView(_Model):
    """One image being analysed for one project."""

    project: str
    image: str
    registry: str
    state: ScanState
    control: Literal["running", "paused", "cancelled"]
    seq: int
    attempt: int
    risks: list[Risk]
    pending: list[Risk] = Field(description="risk types that were returned and wait")
    tasks: list[str]
    status: str
    reason: str
    settings_version: str
    started_at: datetime | None
    ended_at: datetime | None
    deadline_at: datetime | None
    not_before: datetime | None


class ScanList(_Model):
    """A page of scans, by the time they began."""

    items: list[ScanView]
    next_page_token: str


class ScanQuery(PageQuery):
    """Which scans."""

    project: str = Field("", max_length=255, description="empty for the token's own")
    state: ScanState = "running"


class ListNew(_Model):
    """The entries of a list, all of them."""

    entries: list[Annotated[str, Field(max_length=1024)]] = Field(max_length=10_000)


class ListQuery(_Model):
    """Whose list."""

    project: str = Field("", max_length=255, description="empty for the token's own")


class ListView(_Model):
    """A list of a project; ``hash`` is empty where none was set."""

    project: str
    name: str
    hash: str
    entries: list[str]
    settings_version: str
    created_at: datetime | None
    created_by: str
