"""The packages of an image as outcomes list them, each with its package URL; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_analyzers.facts.models import Package
from scantling_analyzers.inventory.bases import base_layers
from scantling_analyzers.inventory.cpe import cpe_of
from scantling_analyzers.inventory.installed import installed
from scantling_analyzers.inventory.purl import purl_of
from scantling_analyzers.inventory.third_party import third_parties
from scantling_common.outcomes import PackageEntry

if TYPE_CHECKING:
    from scantling_analyzers.contract import ImageContent, LocatedFact
    from scantling_analyzers.facts.models import Distribution

READERS: Final = (
    # What has a name that addresses nothing may have been a package.
    "files",
    *("os-release", "dpkg", "apk", "rpm", "java", "java-runtime"),
    *("debian-copyright", "chisel", "opkg", "pacman", "portage", "homebrew"),
    "content-manifest",
    *("python", "egg", "conda", "node", "yarn", "ruby", "composer", "pear", "wordpress"),
    *("dotnet", "perl", "r", "erlang", "lua", "bitnami", "binary"),
)
"""The readers whose facts make an inventory."""

_FILLED: Final = (
    *("source_name", "source_version", "licenses", "owner", "state"),
    *("sha1", "sha256", "cpes", "module"),
)
"""What one reader may know of a package, and another one that found it, too, may not."""


def packages_of(image: ImageContent, distribution: Distribution | None) -> tuple[PackageEntry, ...]:
    """Return the visible packages in a stable order, each once for each path.

    What two readers know of one is put together.
    """
    base = base_layers(image)
    layers = [layer.diff_id for layer in image.layers]
    entries: dict[tuple[str, ...], PackageEntry] = {}
    found = [(each, each.fact) for each in installed(image) if isinstance(each.fact, Package)]
    foreign = third_parties(package for _, package in found)
    for located, package in found:
        entry = _entry(located, package, distribution, layers[located.layer])
        if located.layer < base:
            entry = replace(entry, in_base=True)
        if foreign and foreign.intersection((located.owner, f"{package.type}:{package.name}")):
            entry = replace(entry, third_party=True)
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
        module=package.module,
        source_name=package.source_name,
        source_version=package.source_version,
        licenses=package.licenses,
        owner=located.owner,
        state=package.state,
        sha1=package.sha1,
        sha256=package.sha256,
        found_by=package.found_by,
        cpes=tuple(filter(None, (cpe_of(name, package.version) for name in package.cpe))),
    )
