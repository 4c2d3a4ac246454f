"""The registry of topics: everything about a topic that anyone needs to know, in one place.

AsyncAPI, JSON Schemas and the creation of topics come from here.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from scantling_common.events import models
from scantling_common.risks import RISKS, Risk

DAY: Final = 24 * 3600

Role = Literal["sync", "dispatcher", "extractor", "analyzer", "advisories", "reporter", "outside"]


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """A topic: ``partitions`` are fixed for a version of it.

    ``retention`` is in seconds; 0 keeps events for ever, of a compacted topic the newest of each
    key.
    """

    name: str
    model: type[models.Event]
    key: str
    describes: str
    writers: tuple[Role, ...]
    readers: tuple[Role, ...]
    partitions: int = 12
    retention: int = 7 * DAY
    compacted: bool = False
    public: bool = False
    dead_letters: bool = True

    @property
    def dead(self) -> str:
        """Return the name of the topic's dead-letter topic."""
        return f"{self.name}.dead"


IMAGE_EVENTS: Final = Topic(
    name="scantling.image.events",
    model=models.ImageEvent,
    key="repository",
    describes="An image was pushed, discovered, moved or deleted at a placement.",
    writers=("sync",),
    readers=("dispatcher", "reporter", "outside"),
    public=True,
)
SCAN_REQUESTS: Final = Topic(
    name="scantling.scan.requests",
    model=models.ScanRequested,
    key="project",
    describes="Another system asks for a scan.",
    writers=("outside",),
    readers=("dispatcher",),
    public=True,
)
SCAN_EXTRACT: Final = Topic(
    name="scantling.scan.extract",
    model=models.ScanExtract,
    key="image",
    describes="An image is to be extracted.",
    writers=("dispatcher",),
    readers=("extractor",),
)
SCAN_EXTRACT_LARGE: Final = Topic(
    name="scantling.scan.extract.large",
    model=models.ScanExtract,
    key="image",
    describes="An image over 1 GiB is to be extracted.",
    writers=("dispatcher",),
    readers=("extractor",),
)
SCAN_RESULTS: Final = Topic(
    name="scantling.scan.results",
    model=models.ScanResult,
    key="image",
    describes="One page of the outcome of one run.",
    writers=("analyzer", "extractor", "dispatcher"),
    readers=("reporter",),
)
SCAN_RETURNED: Final = Topic(
    name="scantling.scan.returned",
    model=models.ScanReturned,
    key="image",
    describes="A scan or job that can't run now.",
    writers=("extractor", "analyzer"),
    readers=("dispatcher",),
)
ANALYZER_VERSIONS: Final = Topic(
    name="scantling.analyzers.versions",
    model=models.AnalyzerVersions,
    key="risk",
    describes="The versions that run, announced at start.",
    writers=("extractor", "analyzer"),
    readers=("dispatcher",),
    partitions=1,
    retention=0,
    compacted=True,
)
SCAN_COMPLETED: Final = Topic(
    name="scantling.scan.completed",
    model=models.ScanCompleted,
    key="image",
    describes="The outcome of a scan.",
    writers=("reporter",),
    readers=("dispatcher", "outside"),
    public=True,
)
ADVISORIES_UPDATED: Final = Topic(
    name="scantling.advisories.updated",
    model=models.AdvisoriesUpdated,
    key="build",
    describes="A new build of the advisories, and the packages for which it changes the answer.",
    writers=("advisories",),
    readers=("dispatcher", "analyzer", "outside"),
    partitions=1,
    public=True,
)
CONTROL: Final = Topic(
    name="scantling.control",
    model=models.Control,
    key="scan",
    describes="The state of scans: running, paused, cancelled.",
    writers=("dispatcher",),
    readers=("extractor",),
    compacted=True,
)
IMAGE_REPORTS: Final = Topic(
    name="scantling.image.reports",
    model=models.ImageReported,
    key="placement",
    describes="The report of a placement, summarised.",
    writers=("reporter",),
    readers=("outside",),
    retention=0,
    compacted=True,
    public=True,
)


def _jobs(risk: Risk) -> Topic:
    return Topic(
        name=f"scantling.scan.jobs.{risk}",
        model=models.ScanJob,
        key="image",
        describes=f"Jobs of the {risk} analyzer.",
        writers=("extractor",),
        readers=("analyzer",),
    )


def _findings(risk: Risk) -> Topic:
    return Topic(
        name=f"scantling.findings.{risk}",
        model=models.FindingsChanged,
        key="image",
        describes=f"Findings of risk type {risk}: opened, changed, resolved, suppressed.",
        writers=("reporter",),
        readers=("outside",),
        retention=30 * DAY,
        public=True,
    )


JOBS: Final[dict[Risk, Topic]] = {risk: _jobs(risk) for risk in RISKS}
FINDINGS: Final[dict[Risk, Topic]] = {risk: _findings(risk) for risk in RISKS}

TOPICS: Final[tuple[Topic, ...]] = (
    IMAGE_EVENTS,
    SCAN_REQUESTS,
    SCAN_EXTRACT,
    SCAN_EXTRACT_LARGE,
    *JOBS.values(),
    SCAN_RESULTS,
    SCAN_RETURNED,
    ANALYZER_VERSIONS,
    SCAN_COMPLETED,
    ADVISORIES_UPDATED,
    CONTROL,
    *FINDINGS.values(),
    IMAGE_REPORTS,
)
