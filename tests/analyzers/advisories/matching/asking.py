"""Asking a matcher about single packages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scantling_analyzers.advisories.matching.matcher import Inventory, Matched, Matcher
from scantling_common.outcomes import DistributionEntry, PackageEntry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_analyzers.advisories.matching.contract import Advisories
    from scantling_analyzers.advisories.models import Exemption
    from scantling_common.outcomes import Finding

DIGEST = "sha256:" + "d" * 64


def package(type_: str, name: str, version: str, **more: Any) -> PackageEntry:
    """Return a package as the inventory of an image has it."""
    purl = f"pkg:{type_}/{name.replace(':', '/')}@{version}"
    whole = {"purl": purl, "path": f"opt/{name}", "layer": "sha256:layer", **more}
    return PackageEntry(name=name, version=version, type=type_, **whole)


def distribution(key: str, **more: Any) -> DistributionEntry:
    """Return a distribution by ``id:version``."""
    id_, _, version = key.partition(":")
    return DistributionEntry(id=id_, version_id=version, **more)


def match(
    book: Advisories,
    *packages: PackageEntry,
    on: str | DistributionEntry = "",
    own: Iterable[Exemption] = (),
    digest: str = DIGEST,
    indexes: tuple[str, ...] = (),
) -> Matched:
    """Return what is said of packages of an image with the distribution ``on``."""
    of = (distribution(on) if on else None) if isinstance(on, str) else on
    inventory = Inventory(packages=packages, distribution=of, digest=digest, indexes=indexes)
    return Matcher(book, own).match(inventory)


def ids(matched: Matched) -> list[str]:
    """Return the ids of the findings."""
    return [finding.id for finding in matched.findings]


def only(matched: Matched) -> Finding:
    """Return the one finding."""
    (finding,) = matched.findings
    return finding
