"""The events: one model per type, optional fields only may be added to one.

``key()`` is the key of the event's topic; ``subject()`` is its CloudEvents subject.
"""

from __future__ import annotations

from datetime import datetime  # pydantic resolves it at run time
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from scantling_common.risks import Risk, Severity, Status  # the same

Digest = Annotated[str, Field(pattern=r"^sha(256|512):[0-9a-f]{64,128}$")]
ScanKind = Literal["scan", "rematch", "rejudge"]


class Event(BaseModel):
    """What all events share."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", ser_json_bytes="base64", val_json_bytes="base64"
    )

    type: ClassVar[str]

    project: str

    def key(self) -> str:
        """Return the key by which the bus orders this event."""
        return self.project

    def subject(self) -> str:
        """Return the CloudEvents subject."""
        return self.key()


class ImageEvent(Event):
    """An image was pushed, discovered, moved or deleted at a placement.

    *pushed*: a webhook, or a sync that found a tag new or moved since the registry's last
    complete sync. *discovered*: found by the first sync, only listed. *moved*: the placement
    shows another image now (``previous`` is the one before). *deleted*: the placement is gone.
    """

    type: ClassVar[str] = "scantling.image.event.v1"

    action: Literal["pushed", "discovered", "moved", "deleted"]
    registry: str
    repository: str
    tag: str | None = None
    platform: str = ""
    placement: str
    image: Digest
    previous: Digest | None = None
    reason: Literal["webhook", "sync", "manual"] = "webhook"
    observed_at: datetime
    updated_at: datetime | None = None

    def key(self) -> str:
        """Return the repository."""
        return f"{self.registry}/{self.repository}"

    def subject(self) -> str:
        """Return the image's digest."""
        return self.image


class ScanRequested(Event):
    """Another system asks for a scan of an image by digest, or of a tag."""

    type: ClassVar[str] = "scantling.scan.requested.v1"

    requester: str
    placement: str | None = None
    image: Digest | None = None
    risks: tuple[Risk, ...] = ()


class ScanExtract(Event):
    """An image is to be extracted and its jobs published.

    ``again`` asks for another try of what could not be read the last time. ``risks`` are those
    that this attempt is to analyse; ``scan_risks`` all of the scan, where they are not the same.
    ``advisories_at_least`` is the build of the advisories that had been announced.
    """

    type: ClassVar[str] = "scantling.scan.extract.v1"

    scan: str
    image: Digest
    kind: ScanKind = "scan"
    risks: tuple[Risk, ...]
    settings_version: str = ""
    seq: int
    attempt: int = 1
    again: bool = False
    published_at: datetime | None = None
    scan_risks: tuple[Risk, ...] = ()
    advisories_at_least: str | None = None

    @property
    def all_risks(self) -> tuple[Risk, ...]:
        """Return all risk types of the scan, as jobs and results name them."""
        return self.scan_risks or self.risks

    def key(self) -> str:
        """Return the image."""
        return self.image


class LayerKeys(BaseModel):
    """Where the facts of one layer are stored: its diff_id, and each reader's version."""

    model_config = ConfigDict(frozen=True)

    digest: str
    diff_id: str
    readers: dict[str, int]


class ScanJob(Event):
    """One risk type of one scan, for its analyzer.

    ``configuration`` are the readers that looked at the image's configuration, with versions.
    """

    type: ClassVar[str] = "scantling.scan.job.v1"

    scan: str
    image: Digest
    risk: Risk
    risks: tuple[Risk, ...]
    kind: ScanKind = "scan"
    seq: int
    attempt: int = 1
    layers: tuple[LayerKeys, ...]
    visibility: str
    settings_version: str = ""
    advisories_at_least: str | None = None
    configuration: dict[str, int] = {}

    def key(self) -> str:
        """Return the image."""
        return self.image


class ScanResult(Event):
    """One page of the outcome of one run: ``body`` is what is stored, unread (≤ 512 KiB).

    Every page repeats the outcome's status, so that no body is read to merge.
    """

    type: ClassVar[str] = "scantling.scan.result.v1"

    scan: str
    image: Digest
    risk: Risk
    risks: tuple[Risk, ...]
    seq: int
    attempt: int = 1
    run: str
    page: int
    pages: int
    status: Status
    code: str = ""
    reason: str = ""
    analyzer_version: int = 0
    rules_version: str = ""
    settings_version: str = ""
    body: bytes

    def key(self) -> str:
        """Return the image."""
        return self.image


class ScanReturned(Event):
    """A scan or job that can't run now; the dispatcher lets it wait."""

    type: ClassVar[str] = "scantling.scan.returned.v1"

    scan: str
    image: Digest
    risks: tuple[Risk, ...]
    seq: int
    attempt: int
    reason: str
    not_before: datetime

    def key(self) -> str:
        """Return the image."""
        return self.image


class AnalyzerVersions(Event):
    """The versions that an analyzer runs, announced when it starts.

    An extractor announces them, too: it does not know the rules (``rules_known``).
    """

    type: ClassVar[str] = "scantling.analyzer.versions.v1"

    risk: Risk
    version: int
    rules_version: str = ""
    rules_known: bool = True
    readers: dict[str, int]

    def key(self) -> str:
        """Return the risk type; what an extractor says replaces nothing of an analyzer's."""
        return self.risk if self.rules_known else f"{self.risk}/extractor"


class ScanCompleted(Event):
    """A scan is final: all its risk types have an outcome.

    ``advisories`` is the build that its vulnerabilities were matched with, empty where the scan
    did not ask for them or has no analysis of them.
    """

    type: ClassVar[str] = "scantling.scan.completed.v1"

    scan: str
    image: Digest
    seq: int
    generation: int
    status: Status
    outcomes: dict[Risk, Status]
    reasons: dict[Risk, str] = {}
    advisories: str = ""

    def key(self) -> str:
        """Return the image."""
        return self.image


class ChangedPackage(BaseModel):
    """A package of a project for which a new build of the advisories says something else.

    ``id`` is that of its row in ``packages``.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    project: str
    type: str
    name: str
    version: str


class AdvisoriesUpdated(Event):
    """A new build of the advisory database is in use, or one page of what it changes.

    ``sequence`` grows by one with each build; ``previous`` is the one before. The first page comes
    at once and names no package. ``packages`` are those whose answer is another one now: the images
    that contain them are to be matched again.
    ``every`` where what changed can't be told: then it is every image. ``project`` is ``*``.
    ``build`` is empty where there is no database any more, or none that can be read.
    """

    type: ClassVar[str] = "scantling.advisories.updated.v1"

    build: str
    previous: str = ""
    sequence: int
    announced_at: datetime
    page: int = 1
    every: bool = False
    packages: tuple[ChangedPackage, ...] = ()

    def key(self) -> str:
        """Return the build."""
        return self.build


class Control(Event):
    """The state of a scan, for those who work on it."""

    type: ClassVar[str] = "scantling.control.v1"

    scan: str
    state: Literal["running", "paused", "cancelled"]
    seq: int

    def key(self) -> str:
        """Return the scan."""
        return self.scan


class FindingSummary(BaseModel):
    """A finding as subscribers see it."""

    model_config = ConfigDict(frozen=True)

    fingerprint: str
    id: str
    severity: Severity
    title: str
    path: str = ""
    layer: str = ""
    package: str = ""
    fixed_version: str = ""


class FindingsChanged(Event):
    """What a new generation of a head changed in one risk type: at most 500 findings."""

    type: ClassVar[str] = "scantling.findings.changed.v1"

    image: Digest
    risk: Risk
    generation: int
    status: Status
    opened: tuple[FindingSummary, ...] = ()
    changed: tuple[FindingSummary, ...] = ()
    resolved: tuple[FindingSummary, ...] = ()
    suppressed: tuple[FindingSummary, ...] = ()
    reason: Literal["scan", "image_gone", "image_back"] = "scan"

    def key(self) -> str:
        """Return the image."""
        return self.image


class ImageReported(Event):
    """The report of a placement, summarised; and what differs from the image before it."""

    type: ClassVar[str] = "scantling.image.report.v1"

    placement: str
    registry: str
    repository: str
    tag: str | None = None
    platform: str = ""
    image: Digest
    previous: Digest | None = None
    status: Status
    summary: dict[Risk, dict[Severity, int]] = {}
    new: dict[Risk, int] = {}
    gone: dict[Risk, int] = {}
    scanned_at: datetime | None = None

    def key(self) -> str:
        """Return the placement."""
        return self.placement

    def subject(self) -> str:
        """Return the image's digest."""
        return self.image


class DeadLetter(Event):
    """An event that was rejected, as it was, with the reason."""

    type: ClassVar[str] = "scantling.dead.letter.v1"

    topic: str
    partition: int
    offset: int
    original_key: str
    original_type: str
    reason: str
    data: bytes

    def key(self) -> str:
        """Return the key of the rejected event."""
        return self.original_key
