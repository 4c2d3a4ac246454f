"""Bodies and queries of the reporter's API."""

from __future__ import annotations

from datetime import datetime  # pydantic resolves it at run time
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from scantling_common.http.auth import Role  # pydantic resolves it at run time
from scantling_common.http.paging import PageQuery
from scantling_common.risks import Risk, Severity  # the same

ProjectName = Annotated[str, Field(max_length=200, description="a project; the token's by default")]
Sort = Literal[
    "repository",
    "registry",
    "organization",
    "tag",
    "digest",
    "platform",
    "size",
    "updated",
    "status",
    "analyzed_at",
    "severity",
]
RepositoryKind = Literal["private", "shared", "enterprise", "third-party"]
RowStatus = Literal["complete", "partial", "unsupported", "failed", "unscanned"]


class ProjectQuery(BaseModel):
    """A query about one project."""

    model_config = ConfigDict(extra="forbid")

    project: ProjectName = ""


class ImagesQuery(PageQuery):
    """Filters and order of the image list."""

    project: ProjectName = ""
    registry: str = Field("", max_length=200, description="a registry's id")
    repository: str = Field("", max_length=512, description="what the repository begins with")
    repository_kind: RepositoryKind | None = Field(None, description="of registries of this kind")
    organization: str = Field("", max_length=512, description="the repository's namespace")
    tag: str = Field("", max_length=128, description="exactly this tag")
    digest: str = Field("", max_length=200, description="exactly this digest")
    platform: str = Field("", max_length=200, description="os/architecture[/variant]")
    size_min: int | None = Field(None, ge=0, description="bytes, at least")
    size_max: int | None = Field(None, ge=0, description="bytes, at most")
    latest_only: bool = Field(
        False, description="only the tag of each repository that was updated last"
    )
    search: str = Field("", max_length=512, description="part of repository, tag or digest")
    status: RowStatus | None = None
    risk: Risk | None = Field(None, description="has an open finding of this risk type")
    severity: Severity | None = Field(None, description="has an open finding of this severity")
    updated_after: AwareDatetime | None = Field(None, description="updated then or later")
    updated_before: AwareDatetime | None = Field(None, description="updated before")
    sort: Sort = "repository"
    order: Literal["ascending", "descending"] | None = Field(
        None,
        description="by default the largest, newest and worst first, names from the beginning",
    )


class ImageRow(BaseModel):
    """A placement in the image list; ``organization`` is the repository's namespace."""

    placement: str
    project: str
    registry: str
    registry_name: str
    kind: str
    organization: str
    repository: str
    tag: str | None
    digest: str
    index: str | None
    platform: str
    size: int
    updated: datetime | None
    status: RowStatus
    statuses: dict[Risk, str]
    summary: dict[Risk, dict[Severity, int]]
    analyzed_at: datetime | None
    generation: int


class ImagePage(BaseModel):
    """A page of the image list."""

    items: list[ImageRow]
    next_page_token: str


class ImageDetail(BaseModel):
    """The placements of an image in a project, at most 1,000."""

    project: str
    digest: str
    placements: list[ImageRow]


class ReportQuery(BaseModel):
    """Which report of an image, and how it is written."""

    model_config = ConfigDict(extra="forbid")

    project: ProjectName = ""
    placement: str = Field("", max_length=200, description="needed where the image has several")
    format: Literal["json", "cyclonedx", "spdx", "sarif", "csv", "html", "table"] = "json"


class RiskReportQuery(BaseModel):
    """Which report of an image; it is written as JSON."""

    model_config = ConfigDict(extra="forbid")

    project: ProjectName = ""
    placement: str = Field("", max_length=200, description="needed where the image has several")


class SearchQuery(PageQuery):
    """Search of packages: ``q``, or its parts, or a path, which all may be narrowed down."""

    project: ProjectName = ""
    q: str = Field(
        "",
        max_length=1024,
        description="a name or a purl with a constraint behind it: log4j-core < 2.17",
    )
    package: str = Field(
        "",
        max_length=512,
        description="a name, complete or without its namespace; with * at the end, its beginning",
    )
    version: str = Field(
        "", max_length=1000, description="a constraint: < 2.17; >= 1.0, < 2; 1.2.*; exactly 1.2.3"
    )
    purl: str = Field("", max_length=1024, description="a package URL, with or without version")
    type: str = Field("", max_length=64, description="the type of a package URL: deb, maven, npm")
    path: str = Field(
        "", max_length=1024, description="where it is: a path, or a pattern with * and ?"
    )


class FoundPackage(BaseModel):
    """An image that contains a package, with at most 20 of its placements.

    With ``owner`` (``deb:python3-yaml``) it came as a part of that package of the operating
    system, and counts once, with it. ``paths`` are at most 20. ``certain`` is false where nobody
    can tell whether the version fulfils the constraint, as it has no order.
    """

    name: str
    version: str
    type: str
    purl: str
    arch: str
    owner: str = ""
    paths: list[str]
    certain: bool
    digest: str
    placements: list[ImageRow]


class SearchPage(BaseModel):
    """A page of search results."""

    items: list[FoundPackage]
    next_page_token: str


class VulnerabilitiesQuery(PageQuery):
    """Which vulnerabilities of a project, and in what order: the worst first by default."""

    project: ProjectName = ""
    severity: Severity | None = Field(None, description="of this severity")
    exploited: bool = Field(False, description="only those that are known to be exploited")
    sort: Literal["severity", "epss", "published", "id"] = "severity"
    order: Literal["ascending", "descending"] | None = Field(
        None, description="by default the worst and newest first, ids from the beginning"
    )


class VulnerabilityItem(BaseModel):
    """A vulnerability that an image has: what the newest advisories say of it.

    ``severity`` is that of the image which it is worst in.
    """

    id: str
    title: str
    severity: Severity
    aliases: list[str]
    score: float | None
    exploited_since: str
    epss: float | None
    published: str


class VulnerabilityPage(BaseModel):
    """A page of vulnerabilities."""

    items: list[VulnerabilityItem]
    next_page_token: str


class VulnerabilityQuery(PageQuery):
    """Which of the images that have a vulnerability."""

    project: ProjectName = ""
    suppressed: bool = Field(False, description="those in which it is set aside, too")


class SaidScore(BaseModel):
    """What one source says of the severity."""

    source: str
    kind: str
    text: str
    score: float | None
    severity: Severity


class HitPackage(BaseModel):
    """A package that has the vulnerability; ``suppressed`` is why it does not count."""

    package: str
    version: str
    path: str
    purl: str
    fixed_version: str
    state: str
    suppressed: str


class HitImage(BaseModel):
    """An image that has the vulnerability, with at most 20 placements and 50 packages.

    ``severity`` is the worst of its findings that count.
    """

    digest: str
    severity: Severity
    fixable: bool
    suppressed: bool
    packages: list[HitPackage]
    package_count: int
    placements: list[ImageRow]


class VulnerabilityDetail(VulnerabilityItem):
    """All that is known of a vulnerability, and a page of the images that have it.

    One that no image has is shown as the advisories know it, as severe as it is in general.
    """

    project: str
    description: str
    scores: list[SaidScore]
    vector: str
    score_source: str
    modified: str
    weaknesses: list[str]
    references: list[str]
    due: str
    ransomware: bool
    epss_percentile: float | None
    items: list[HitImage]
    next_page_token: str


class Totals(BaseModel):
    """Images with a placement by status, and open findings by risk type and severity."""

    project: str
    images: dict[str, int]
    findings: dict[Risk, dict[Severity, int]]


class NewToken(BaseModel):
    """A token to make."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._ -]*$")
    role: Role = "viewer"
    project: str = Field(min_length=1, max_length=200, description="a project, or * for all")


class TokenView(BaseModel):
    """A token without its secret."""

    id: str
    name: str
    role: str
    project: str
    created_at: datetime | None
    created_by: str


class MadeToken(TokenView):
    """A token that was just made: the only time that it is shown."""

    token: str


class TokensQuery(PageQuery):
    """Tokens of a project; * lists those for all projects."""

    project: ProjectName = ""


class TokenPage(BaseModel):
    """A page of tokens."""

    items: list[TokenView]
    next_page_token: str
