"""Outcomes: what the analysis of one risk type of one image says.

Analyzers make them, the reporter merges them, reports show them. All text in them has passed
the escape of :mod:`scantling_common.layers.escape`; arrays have a stable order.
"""

from __future__ import annotations

import msgspec

from scantling_common.outcome_settings import SettingReport
from scantling_common.risks import Risk, Severity, Status
from scantling_common.search_report import SearchReport


class OutcomeError(msgspec.Struct, frozen=True, kw_only=True):
    """What was left out of an outcome, where and why. ``layer`` is a diff_id or empty."""

    path: str
    layer: str
    code: str
    message: str


class Versions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an outcome was made with; outcomes of equal versions and content are equal.

    ``advisories`` is the build of the advisory database, of risk type ``vulnerability``.
    """

    version: str = ""
    rules: str = ""
    settings: str = ""
    advisories: str = ""


class ScoreEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one source says of a vulnerability's severity.

    ``kind`` is ``cvss_v2``, ``cvss_v3``, ``cvss_v4`` or ``word``; ``text`` the vector or the word;
    ``score`` the base score, 0 to 10, of a vector.
    """

    source: str
    kind: str
    text: str
    score: float | None = None
    severity: Severity = "unknown"


class AdvisoryEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one advisory says of a package: ``state`` as in :class:`VulnerabilityEntry`.

    ``decided`` where it is the one that the finding goes by.
    """

    id: str
    feed: str
    stream: str
    fixed_version: str = ""
    state: str = ""
    decided: bool = False


class VulnerabilityEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a finding of risk type ``vulnerability`` has beyond others (requirement row 4.3).

    ``scores`` is what every source says, ``score``, ``vector`` and ``score_source`` the one that
    was chosen. ``published`` and ``modified`` are dates. ``state`` is the publisher's word where
    there is no fix: ``not_fixed``, ``will_not_fix``, ``end_of_life``, ``deferred``,
    ``under_investigation``. ``upgrade`` is the smallest version that clears every finding of the
    package, empty where none does. ``urgency`` is ``immediate``, ``soon``, ``planned`` or
    ``watch``, with ``urgency_reason``. ``exploited_since`` and ``due`` are dates of the KEV
    catalogue; ``epss`` a probability. ``match`` is *package*, *source* (the statement speaks of the
    source package), *product* (of a product that the package is a part of), or *owner* (of the
    system's package that brought it). ``advisories`` are all that speak of it; ``reasons`` say in
    words why this is a finding. ``running`` is false for what no container runs: a kernel.
    """

    aliases: tuple[str, ...] = ()
    scores: tuple[ScoreEntry, ...] = ()
    score: float | None = None
    vector: str = ""
    score_source: str = ""
    published: str = ""
    modified: str = ""
    weaknesses: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    state: str = ""
    upgrade: str = ""
    urgency: str = ""
    urgency_reason: str = ""
    exploited_since: str = ""
    due: str = ""
    ransomware: bool = False
    epss: float | None = None
    epss_percentile: float | None = None
    match: str = "package"
    purl: str = ""
    advisories: tuple[AdvisoryEntry, ...] = ()
    reasons: tuple[str, ...] = ()
    running: bool = True


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One risk in one image.

    ``fingerprint`` is stable for as long as it is the same risk at the same place: it is what
    opened, changed and resolved are told by. ``in_base`` where a layer of the base image made it.
    """

    id: str
    fingerprint: str
    risk: Risk
    severity: Severity
    title: str
    path: str = ""
    layer: str = ""
    package: str = ""
    version: str = ""
    fixed_version: str = ""
    description: str = ""
    solution: str = ""
    in_base: bool = False
    details: dict[str, str] = {}
    vulnerability: VulnerabilityEntry | None = None


class PackageEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A package of an image, as ``outcomes.software.packages[]``. ``layer`` is a diff_id.

    ``owner`` is the package of the operating system that brought this one's files
    (``deb:python3-yaml``): both are one piece of software, which counts once, as the owner.
    ``state`` is the package manager's word for an installation that is not whole. ``found_by``
    is what it was found by, the name of a reader. ``cpes`` are its names in the National
    Vulnerability Database (CPE 2.3), of software that no ecosystem names. ``third_party`` is what
    a vendor other than the distribution made as a package of the system, and what such a package
    brought: the distribution says nothing of it.
    """

    name: str
    version: str
    type: str
    purl: str
    path: str
    layer: str
    arch: str = ""
    source_name: str = ""
    source_version: str = ""
    licenses: tuple[str, ...] = ()
    in_base: bool = False
    owner: str = ""
    state: str = ""
    sha1: str = ""
    sha256: str = ""
    found_by: str = ""
    cpes: tuple[str, ...] = ()
    module: str = ""
    third_party: bool = False


class FileEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A visible file. ``modified`` is in seconds since the epoch, ``owner`` is ``uid:gid``."""

    path: str
    size: int
    mode: str
    owner: str
    layer: str
    modified: int


class LayerFiles(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How much of one layer is visible, and how much it holds; sizes in bytes.

    What can't be seen is ``overwritten`` or ``deleted`` by a later layer; ``hostile_count`` are
    archive entries that address nothing (``../x``).
    """

    layer: str
    count: int
    size: int
    visible_count: int
    visible_size: int
    overwritten: int = 0
    deleted: int = 0
    hostile_count: int = 0


class WastedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A file that takes space and can't be seen: ``hidden_by`` is the layer that hides it.

    ``how`` is *overwritten* or *deleted*; ``size`` in bytes.
    """

    path: str
    size: int
    layer: str
    hidden_by: str
    how: str


class DuplicatePlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where one copy stands."""

    path: str
    layer: str


class DuplicateEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Visible files of equal content, of ``size`` bytes each; the first ten are named.

    ``saved`` is what storing it once would save.
    """

    size: int
    count: int
    saved: int
    files: tuple[DuplicatePlace, ...]


class CapabilityEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A visible file with capabilities, named as in capability.h (``cap_net_raw``).

    ``effective`` where executing it raises them at once. ``root_uid`` is the root user of the
    user namespace that they are valid in. ``revision`` 0 marks an attribute that can't be read.
    """

    path: str
    layer: str
    revision: int
    permitted: tuple[str, ...] = ()
    inheritable: tuple[str, ...] = ()
    effective: bool = False
    root_uid: int = 0


class FileReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """File information of an image: visible regular files only, unless said otherwise.

    ``wasted`` is the size in bytes of files that a later layer overwrites or deletes,
    ``wasted_files`` the 50 largest of them. ``open_directories`` are world-writable without a
    sticky bit. ``links_above_root`` are symlinks whose target climbs above the root.
    ``duplicates`` are the 50 groups of equal files of at least 4 KiB that cost most, all
    ``duplicate_groups`` together cost ``duplicate_size`` bytes. ``hostile_count`` are archive
    entries that address nothing. The other lists hold at most 1,000 entries; the counts are
    complete.
    """

    count: int
    size: int
    largest: tuple[FileEntry, ...] = ()
    layers: tuple[LayerFiles, ...] = ()
    wasted: int = 0
    overwritten: int = 0
    deleted: int = 0
    wasted_files: tuple[WastedEntry, ...] = ()
    setuid_count: int = 0
    setgid_count: int = 0
    world_writable_count: int = 0
    open_directory_count: int = 0
    capability_count: int = 0
    device_count: int = 0
    symlink_count: int = 0
    links_above_root_count: int = 0
    hostile_count: int = 0
    setuid: tuple[str, ...] = ()
    setgid: tuple[str, ...] = ()
    world_writable: tuple[str, ...] = ()
    open_directories: tuple[str, ...] = ()
    capabilities: tuple[CapabilityEntry, ...] = ()
    devices: tuple[str, ...] = ()
    links_above_root: tuple[str, ...] = ()
    duplicate_groups: int = 0
    duplicate_size: int = 0
    duplicates: tuple[DuplicateEntry, ...] = ()


class NewerImage(msgspec.Struct, frozen=True, kw_only=True):
    """What a name of a base image shows now; ``since`` is RFC 3339, UTC, when that was seen."""

    reference: str
    digest: str
    since: str


class BaseImage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A base image that was recognised.

    ``matched_by`` is *layers* (the chain of verified layers is the same), *annotation* or
    *provenance* (that is claimed of the image). ``confidence`` is *proven* for the first, else
    *claimed*. ``named_by`` says which claims name a proven one. ``references`` are the names under
    which the fleet knows it; ``layers`` is how many of the image's layers are the base's.
    ``newer`` are the names that it had until they were moved to another image.
    """

    matched_by: str
    confidence: str = "claimed"
    digest: str = ""
    references: tuple[str, ...] = ()
    chain_id: str = ""
    layers: int = 0
    approved: bool = False
    named_by: tuple[str, ...] = ()
    newer: tuple[NewerImage, ...] = ()


class BaseReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base images of an image, the one with most layers first, and whether a list demands one.

    ``layers`` is how many of the lowest layers are base: what they brought is marked
    ``in_base``. ``rebuild_on`` are newer builds of the nearest base.
    """

    bases: tuple[BaseImage, ...] = ()
    approved_list: bool = False
    layers: int = 0
    rebuild_on: tuple[NewerImage, ...] = ()


class DistributionEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The distribution of an image, from its os-release or an older file.

    ``service_pack`` (``SP9`` of EulerOS 2.0) and ``edition`` (``e`` of UOS Server) say which
    advisories hold where ``version_id`` does not. ``content_sets`` are the repositories that a
    Red Hat image says it was built from.
    """

    id: str
    version_id: str = ""
    name: str = ""
    service_pack: str = ""
    edition: str = ""
    content_sets: tuple[str, ...] = ()


class SbomAgreement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How an SBOM that was published beside the image agrees with what was found in it.

    ``via`` says how it was found: *index* (an entry of the image's index), *referrers*, *tag* or
    *layout*. ``digest`` is that of the document or of the envelope around it, whose signature is
    **not** verified. ``format`` is ``SPDX-2.3`` or ``CycloneDX-1.6``, ``tool`` what says it made
    it. Packages are compared by package URL without qualifiers; ``unidentified_count`` have none.
    The counts are complete, the lists hold the first of each. A document that can't be used has
    a ``code`` and a ``reason`` and no counts.
    """

    via: str
    digest: str
    format: str = ""
    tool: str = ""
    same_count: int = 0
    only_in_sbom_count: int = 0
    only_found_count: int = 0
    unidentified_count: int = 0
    only_in_sbom: tuple[str, ...] = ()
    only_found: tuple[str, ...] = ()
    code: str = ""
    reason: str = ""


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The outcome of one risk type.

    ``code`` and ``reason`` say why the status is not *complete*; ``errors`` lists what was left
    out of a *partial* one. The last group of fields belongs to one risk type each.
    """

    risk: Risk
    status: Status
    code: str = ""
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    errors: tuple[OutcomeError, ...] = ()
    versions: Versions = Versions()
    seconds: float = 0.0
    distribution: DistributionEntry | None = None
    packages: tuple[PackageEntry, ...] = ()
    sboms: tuple[SbomAgreement, ...] = ()
    files: FileReport | None = None
    base: BaseReport | None = None
    setting: SettingReport | None = None
    search: SearchReport | None = None
