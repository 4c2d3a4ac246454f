"""The analyzer of software information (requirement rows 4.5 and 1.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_analyzers.facts.models import ContentSets, Distribution, Package
from scantling_analyzers.risks.bases import base_layers
from scantling_analyzers.risks.omissions import omissions, status_of
from scantling_analyzers.risks.software.agreement import agreements
from scantling_analyzers.risks.software.cpe import cpe_of
from scantling_analyzers.risks.software.distribution import distribution_of
from scantling_analyzers.risks.software.installed import installed
from scantling_analyzers.risks.software.purl import purl_of
from scantling_analyzers.risks.software.support import unsupported_reason
from scantling_common.outcomes import (
    DistributionEntry,
    Outcome,
    OutcomeError,
    PackageEntry,
    Versions,
)

if TYPE_CHECKING:
    from scantling_analyzers.contract import ImageContent, LocatedFact, Settings
    from scantling_common.risks import Risk

MAX_CONTENT_SETS: Final = 256
"""How many repositories of an image the outcome lists."""
_LONGEST: Final = 256
_FILLED: Final = ("source_name", "source_version", "licenses", "owner", "state", "sha1", "cpes")
"""What one reader may know of a package, and another one that found it, too, may not."""


class SoftwareAnalyzer:
    """Lists the packages that are visible in an image, each with its package URL."""

    risk: Risk = "software"
    version = 3
    readers = (
        # What has a name that addresses nothing may have been a package.
        "files",
        *("os-release", "dpkg", "apk", "rpm", "java", "java-runtime"),
        *("debian-copyright", "chisel", "opkg", "pacman", "portage", "homebrew"),
        "content-manifest",
        *("python", "egg", "conda", "node", "yarn", "ruby", "composer", "pear", "wordpress"),
        *("dotnet", "perl", "r", "erlang", "lua", "bitnami", "binary"),
    )

    def analyze(self, image: ImageContent, settings: Settings) -> Outcome:
        """Return the packages in a stable order; *partial* where a database can't be read.

        *Unsupported* where the distribution's package manager is not known; what was found all
        the same, of languages, is listed.
        """
        distribution = distribution_of(image)
        packages = _packages(image, distribution)
        content_sets = _content_sets(image)
        errors = omissions(image) + _too_many(content_sets)
        status, code, reason = status_of(errors)
        unsupported = unsupported_reason(distribution, {entry.type for entry in packages})
        if unsupported:
            status, code, reason = "unsupported", "distribution_unsupported", unsupported
        return Outcome(
            risk=self.risk,
            status=status,
            code=code,
            reason=reason,
            errors=errors,
            versions=Versions(version=str(self.version), settings=settings.version),
            distribution=_distribution_entry(distribution, content_sets[:MAX_CONTENT_SETS]),
            packages=packages,
            sboms=agreements(image.sboms, packages),
        )


def _packages(image: ImageContent, distribution: Distribution | None) -> tuple[PackageEntry, ...]:
    """Return each package once for each path; what two readers know of it is put together."""
    base = base_layers(image)
    layers = [layer.diff_id for layer in image.layers]
    entries: dict[tuple[str, ...], PackageEntry] = {}
    for located in installed(image):
        if not isinstance(located.fact, Package):
            continue
        entry = _entry(located, located.fact, distribution, layers[located.layer])
        if located.layer < base:
            entry = replace(entry, in_base=True)
        key = (entry.path, entry.type, entry.name, entry.version, entry.arch)
        known = entries.get(key)
        entries[key] = entry if known is None else _joined(known, entry)
    return tuple(entries[key] for key in sorted(entries))


def _joined(one: PackageEntry, other: PackageEntry) -> PackageEntry:
    """Return one package of two readers; who comes first does not matter."""
    first, second = sorted((one, other), key=_completeness)
    lacking = {
        name: getattr(second, name)
        for name in _FILLED
        if not getattr(first, name) and getattr(second, name)
    }
    return replace(first, **lacking) if lacking else first


def _completeness(entry: PackageEntry) -> tuple[object, ...]:
    """Order what says more first; what comes after decides nothing but that there is one order."""
    known = sum(bool(getattr(entry, name)) for name in _FILLED)
    rest = (*_FILLED, "found_by", "layer")
    return (-known, [repr(getattr(entry, name)) for name in rest])


def _entry(
    located: LocatedFact, package: Package, distribution: Distribution | None, layer: str
) -> PackageEntry:
    return PackageEntry(
        name=package.name,
        version=package.version,
        type=package.type,
        purl=purl_of(package, distribution),
        path=package.path,
        layer=layer,
        arch=package.arch,
        source_name=package.source_name,
        source_version=package.source_version,
        licenses=package.licenses,
        owner=located.owner,
        state=package.state,
        sha1=package.sha1,
        found_by=package.found_by,
        cpes=tuple(filter(None, (cpe_of(name, package.version) for name in package.cpe))),
    )


def _content_sets(image: ImageContent) -> tuple[str, ...]:
    found = {
        name[:_LONGEST]
        for located in image.visible()
        if isinstance(located.fact, ContentSets)
        for name in located.fact.sets
    }
    return tuple(sorted(found))


def _too_many(content_sets: tuple[str, ...]) -> tuple[OutcomeError, ...]:
    if len(content_sets) <= MAX_CONTENT_SETS:
        return ()
    message = f"the image has {len(content_sets)} content sets, {MAX_CONTENT_SETS} are listed"
    return (OutcomeError(path="", layer="", code="too_many", message=message),)


def _distribution_entry(
    distribution: Distribution | None, content_sets: tuple[str, ...]
) -> DistributionEntry | None:
    if distribution is None:
        return None
    return DistributionEntry(
        id=distribution.id,
        version_id=distribution.version_id,
        name=distribution.pretty_name or distribution.name,
        service_pack=distribution.service_pack,
        edition=distribution.edition,
        content_sets=content_sets,
    )
