"""Records of what the images of a project have in common, for search and for matching again.

Images share layers, so they share what layers bring. A *unit* is the packages of one type, or the
vulnerabilities, that one layer brings to an image: it is stored once, under a hash of its content,
and an image merely *holds* it. Of 150,000 images of 300 packages that leaves some rows an image.

::

    Package ─┐                                    ┌─ Vulnerability ◀─ VulnerabilityName
             ▼                                    ▼
    PackagePlace ──▶ Unit (software)      Affected ──▶ Unit (vulnerability)
                      ▲                                 ▲
                      └───── Hold (unit, image) ────────┘

Whatever others refer to has a ``sweep_at``: what was referred to by nobody then goes, else it is
kept until the next time that a reference goes. Identifiers are hashes of what their functions name;
a unit's is ``{hash}-{incarnation}``, because one that is going can't be stopped.
"""

from __future__ import annotations

import hashlib
from typing import Final, Literal

import msgspec

from scantling_common.outcomes import DistributionEntry, VulnerabilityEntry
from scantling_common.records.record import Record
from scantling_common.risks import Severity
from scantling_common.store.port import Collection, Index

UnitKind = Literal["software", "vulnerability"]

MAX_TEXT: Final = 1_000
"""The longest text in bytes that is indexed; a longer one is cut, and told apart by a hash."""


class PackageBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What no query looks for in a package; matching needs it.

    ``distribution`` is that of the image, for packages of its package manager only.
    """

    purl: str = ""
    source_name: str = ""
    source_version: str = ""
    cpes: tuple[str, ...] = ()
    distribution: DistributionEntry | None = None
    third_party: bool = False


class Package(Record, frozen=True, kw_only=True):
    """A package as images of a project have it: what matching tells apart is another one.

    ``name`` is as the ecosystem writes it; ``search`` is :func:`search_name` of it, ``short`` that
    of its last part (a Maven artifact, an npm name without scope), ``source`` that of the source
    package, else of the name. ``owner`` is the package of the system that it is a part of wherever
    it stands in the image.
    """

    project: str
    name: str
    search: str
    short: str
    source: str
    version: str
    type: str
    arch: str = ""
    module: str = ""
    owner: str = ""
    sweep_at: int = 0
    body: PackageBody = PackageBody()


class PackagePlace(Record, frozen=True, kw_only=True):
    """That a unit has a package, at a path; ``package`` is the record's id."""

    project: str
    unit: str
    package: str
    path: str


class VulnerabilityBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the newest advisories say of a vulnerability, whatever package it is in."""

    title: str = ""
    description: str = ""
    known: VulnerabilityEntry = VulnerabilityEntry()


class KnownVulnerability(msgspec.Struct, frozen=True, kw_only=True):
    """A vulnerability that the advisories know, be it in no image at all."""

    id: str
    severity: Severity
    body: VulnerabilityBody


class Vulnerability(Record, frozen=True, kw_only=True):
    """A vulnerability that images of a project have, or had until it is swept.

    ``severity`` is that of the image which it is worst in, as a number that is highest for the
    worst, see :func:`severity_number`. ``epss`` is 0 where unknown, ``published`` a date or empty.
    ``advisories`` is the build that says it, ``analyzed_at`` when the analysis was made, in
    milliseconds, that the rest comes from.
    """

    project: str
    vulnerability: str
    severity: int
    exploited: bool
    epss: float
    published: str
    analyzed_at: int
    advisories: str = ""
    sweep_at: int = 0
    body: VulnerabilityBody = VulnerabilityBody()


class VulnerabilityName(Record, frozen=True, kw_only=True):
    """A name of a vulnerability, in upper case: its own, or an alias.

    ``vulnerability`` is the id of its record.
    """

    project: str
    name: str
    vulnerability: str
    sweep_at: int = 0


class AffectedPackage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A package of an image that has a vulnerability."""

    package: str
    version: str
    path: str = ""
    purl: str = ""
    fixed_version: str = ""
    state: str = ""
    suppressed: str = ""


class AffectedBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The packages, the first of them, and how many there are."""

    packages: tuple[AffectedPackage, ...] = ()
    count: int = 0


class Affected(Record, frozen=True, kw_only=True):
    """That a unit has a vulnerability; ``vulnerability`` is the record's id.

    ``severity`` is the worst of the findings that count, ``fixable`` where one of these has a fixed
    version, ``suppressed`` where every finding is set aside.
    """

    project: str
    unit: str
    vulnerability: str
    severity: str
    fixable: bool
    suppressed: bool
    body: AffectedBody = AffectedBody()


class Unit(Record, frozen=True, kw_only=True):
    """What one layer brings. ``complete`` once its rows are there, ``going`` once they go."""

    project: str
    kind: str
    complete: bool = False
    going: bool = False
    sweep_at: int = 0


class Hold(Record, frozen=True, kw_only=True):
    """That an image, which has a placement, has what a unit has."""

    project: str
    unit: str
    image: str
    kind: str


class FleetMark(Record, frozen=True, kw_only=True):
    """That all heads of a partition, whose number is the id, hold what they should.

    ``version`` is that of the code which turns outcomes into units.
    """

    version: int


PACKAGES: Final = Collection(
    "packages",
    "reporter",
    (
        Index("search", ("project", "search", "version")),
        Index("short", ("project", "short", "version")),
        Index("source", ("project", "source", "version")),
        Index("sweep", ("sweep_at",)),
    ),
)
PLACES: Final = Collection(
    "package_places",
    "reporter",
    (
        Index("package", ("package", "unit", "path")),
        Index("path", ("project", "path", "package", "unit")),
        Index("unit", ("unit",)),
    ),
)
VULNERABILITIES: Final = Collection(
    "vulnerabilities",
    "reporter",
    (
        Index("vulnerability", ("project", "vulnerability")),
        Index("severity", ("project", "severity")),
        Index("exploited", ("project", "exploited", "severity")),
        Index("epss", ("project", "epss")),
        Index("published", ("project", "published")),
        Index("sweep", ("sweep_at",)),
    ),
)
VULNERABILITY_NAMES: Final = Collection(
    "vulnerability_names",
    "reporter",
    (
        Index("name", ("project", "name")),
        Index("vulnerability", ("vulnerability",)),
        Index("sweep", ("sweep_at",)),
    ),
)
AFFECTED: Final = Collection(
    "affected",
    "reporter",
    (Index("vulnerability", ("vulnerability", "unit")), Index("unit", ("unit",))),
)
UNITS: Final = Collection("units", "reporter", (Index("sweep", ("sweep_at",)),))
HOLDS: Final = Collection(
    "holds",
    "reporter",
    (Index("unit", ("unit", "image")), Index("image", ("project", "image", "kind"))),
)
FLEET_MARKS: Final = Collection("fleet_marks", "reporter")

COLLECTIONS: Final = (
    PACKAGES,
    PLACES,
    VULNERABILITIES,
    VULNERABILITY_NAMES,
    AFFECTED,
    UNITS,
    HOLDS,
    FLEET_MARKS,
)


def fleet_id(*parts: str) -> str:
    """Return the id of a record that is told apart by these texts, in this order."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode("utf-8", "surrogatepass") + b"\x00")
    return digest.hexdigest()[:40]


def hold_id(unit: str, image: str) -> str:
    """Return the id of a hold."""
    return fleet_id(unit, image)


def vulnerability_id(project: str, vulnerability: str) -> str:
    """Return the id of the record of a vulnerability in a project."""
    return fleet_id(project, vulnerability)


def indexed_text(text: str) -> str:
    """Return text that an index takes: a long one is cut, with a hash of the whole behind it."""
    data = text.encode("utf-8", "surrogatepass")
    if len(data) <= MAX_TEXT:
        return text
    beginning = data[: MAX_TEXT - 64].decode("utf-8", "ignore")
    return f"{beginning}…{hashlib.sha256(data).hexdigest()[:40]}"


_PYPI: Final = str.maketrans("_.", "--")


def search_name(type_: str, name: str) -> str:
    """Return a name as it is looked for: lower case; of Python packages as PEP 503 writes it."""
    lower = name.lower()
    if type_ == "pypi":
        lower = "-".join(part for part in lower.translate(_PYPI).split("-") if part)
    return indexed_text(lower)


def short_name(type_: str, name: str) -> str:
    """Return the last part of a name as it is looked for: what people search by."""
    return search_name(type_, name.replace(":", "/").rpartition("/")[2])


SEVERITY_NUMBERS: Final = {
    "critical": 5,
    "high": 4,
    "medium": 3,
    "low": 2,
    "negligible": 1,
    "unknown": 0,
}


def severity_number(severity: str) -> int:
    """Return the number by which a severity sorts, the worst highest."""
    return SEVERITY_NUMBERS.get(severity, 0)
