"""How the SBOMs that were published beside an image agree with what was found in it; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from scantling_analyzers.inventory.purl import BY_DISTRIBUTION
from scantling_common.outcomes import SbomAgreement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from scantling_analyzers.attestations.models import ClaimedSbom
    from scantling_common.outcomes import PackageEntry

MAX_SBOMS: Final = 8
"""How many SBOMs of one image are compared."""
LISTED: Final = 20
"""How many packages of each kind of difference are listed."""
_LONGEST: Final = 300
_RUNS: Final = re.compile(r"[-_.]+")
_EPOCH: Final = re.compile(r"\d+:")
_NOT_PACKAGES: Final = frozenset({"docker", "oci"})
"""Types of package URLs that stand for the image itself, or for its base."""


def agreements(
    sboms: Iterable[ClaimedSbom], packages: Sequence[PackageEntry]
) -> tuple[SbomAgreement, ...]:
    """Return the agreement of each SBOM with the packages that were found, in a stable order.

    What is a part of a package of the system need not be in an SBOM that has that package. At
    most ``MAX_SBOMS`` are compared; of further ones that is said.
    """
    ordered = sorted(sboms, key=lambda sbom: (sbom.digest, sbom.via, sbom.format))
    if not ordered:
        return ()
    found = _identities(package.purl for package in packages)
    counted = _identities(package.purl for package in packages if not package.owner)
    compared = [_agreement(sbom, found, counted) for sbom in ordered[:MAX_SBOMS]]
    if len(ordered) > MAX_SBOMS:
        reason = f"{len(ordered)} SBOMs are published, {MAX_SBOMS} are compared"
        left = ordered[MAX_SBOMS]
        compared.append(
            SbomAgreement(via=left.via, digest=left.digest, code="too_many", reason=reason)
        )
    return tuple(compared)


def _agreement(
    sbom: ClaimedSbom, found: Mapping[str, str], counted: Mapping[str, str]
) -> SbomAgreement:
    if sbom.code:
        return SbomAgreement(
            via=sbom.via,
            digest=sbom.digest,
            format=sbom.format,
            tool=sbom.tool[:_LONGEST],
            code=sbom.code,
            reason=sbom.reason[:_LONGEST],
        )
    claimed = _identities(sbom.purls)
    only_in_sbom = sorted(claimed[key] for key in claimed.keys() - found.keys())
    only_found = sorted(counted[key] for key in counted.keys() - claimed.keys())
    return SbomAgreement(
        via=sbom.via,
        digest=sbom.digest,
        format=sbom.format,
        tool=sbom.tool[:_LONGEST],
        same_count=len(claimed.keys() & found.keys()),
        only_in_sbom_count=len(only_in_sbom),
        only_found_count=len(only_found),
        unidentified_count=sbom.unidentified,
        only_in_sbom=tuple(purl[:_LONGEST] for purl in only_in_sbom[:LISTED]),
        only_found=tuple(purl[:_LONGEST] for purl in only_found[:LISTED]),
    )


def _identities(purls: Iterable[str]) -> dict[str, str]:
    """Return package URLs without qualifiers by what they are compared by."""
    kept: dict[str, str] = {}
    for purl in purls:
        bare = purl.partition("?")[0].partition("#")[0]
        key = identity(bare)
        if key:
            kept.setdefault(key, bare)
    return kept


def identity(purl: str) -> str:
    """Return what two package URLs of the same package have in common, empty for an image's.

    Tools differ in the namespace of a distribution (``rhel`` and ``redhat``), in where they put
    an epoch, in how much they encode, and in the case of names that know none.
    """
    kind, _, rest = purl.removeprefix("pkg:").lstrip("/").partition("/")
    kind = kind.lower()
    if kind in _NOT_PACKAGES or not rest:
        return ""
    path, _, version = rest.rpartition("@") if "@" in rest.rpartition("/")[2] else (rest, "", "")
    path, version = unquote(path).strip("/"), unquote(version)
    if kind in BY_DISTRIBUTION:
        path = path.rpartition("/")[2]
        version = _EPOCH.sub("", version, count=1) if _EPOCH.match(version) else version
    elif kind == "pypi":
        path = _RUNS.sub("-", path).lower()
    elif kind == "golang":
        version = version.removeprefix("v")
    elif kind in {"npm", "composer", "nuget", "github"}:
        path = path.lower()
    return f"{kind}/{path}@{version}"
