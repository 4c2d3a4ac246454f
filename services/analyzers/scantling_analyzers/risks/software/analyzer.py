"""The analyzer of software information (requirement rows 4.5 and 1.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_analyzers.facts.models import Distribution, Package
from scantling_analyzers.risks.omissions import omissions, status_of
from scantling_analyzers.risks.software.distribution import distribution_of
from scantling_analyzers.risks.software.installed import installed
from scantling_analyzers.risks.software.purl import purl_of
from scantling_analyzers.risks.software.support import unsupported_reason
from scantling_common.outcomes import DistributionEntry, Outcome, PackageEntry, Versions

if TYPE_CHECKING:
    from scantling_analyzers.contract import ImageContent, LocatedFact, Settings
    from scantling_common.risks import Risk


class SoftwareAnalyzer:
    """Lists the packages that are visible in an image, each with its package URL."""

    risk: Risk = "software"
    version = 1
    readers = (
        *("os-release", "dpkg", "apk", "rpm", "java", "java-runtime"),
        *("debian-copyright", "chisel", "opkg", "pacman", "portage", "content-manifest"),
        *("python", "egg", "conda", "node", "yarn", "ruby", "composer", "pear", "wordpress"),
        *("dotnet", "perl", "r", "erlang", "lua", "bitnami"),
    )

    def analyze(self, image: ImageContent, settings: Settings) -> Outcome:
        """Return the packages in a stable order; *partial* where a database can't be read.

        *Unsupported* where the distribution's package manager is not known; what was found all
        the same, of languages, is listed.
        """
        distribution = distribution_of(image)
        entries = {
            (entry.path, entry.type, entry.name, entry.version, entry.arch): entry
            for entry in (
                _entry(located, located.fact, distribution, image)
                for located in installed(image)
                if isinstance(located.fact, Package)
            )
        }
        errors = omissions(image)
        status, code, reason = status_of(errors)
        unsupported = unsupported_reason(distribution, {entry.type for entry in entries.values()})
        if unsupported:
            status, code, reason = "unsupported", "distribution_unsupported", unsupported
        return Outcome(
            risk=self.risk,
            status=status,
            code=code,
            reason=reason,
            errors=errors,
            versions=Versions(version=str(self.version), settings=settings.version),
            distribution=_distribution_entry(distribution),
            packages=tuple(entries[key] for key in sorted(entries)),
        )


def _entry(
    located: LocatedFact, package: Package, distribution: Distribution | None, image: ImageContent
) -> PackageEntry:
    return PackageEntry(
        name=package.name,
        version=package.version,
        type=package.type,
        purl=purl_of(package, distribution),
        path=package.path,
        layer=image.layers[located.layer].diff_id,
        arch=package.arch,
        source_name=package.source_name,
        source_version=package.source_version,
        licenses=package.licenses,
        in_base=located.layer < _base_layers(image),
        owner=located.owner,
        state=package.state,
        sha1=package.sha1,
    )


def _base_layers(image: ImageContent) -> int:
    """Return how many of the lowest layers are a base's; the image itself is no base of its own."""
    return max((base.layers for base in image.bases if base.digest != image.digest), default=0)


def _distribution_entry(distribution: Distribution | None) -> DistributionEntry | None:
    if distribution is None:
        return None
    return DistributionEntry(
        id=distribution.id,
        version_id=distribution.version_id,
        name=distribution.pretty_name or distribution.name,
    )
