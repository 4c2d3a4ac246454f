"""Whether a package is what the qualifiers of a package URL ask for; pure.

What a statement's package URL leaves out fits anything; what it says must be so of the package
(OpenVEX, product matching). So a qualifier of which an image shows nothing, as the repository that
a package was fetched from, fits none.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from scantling_analyzers.advisories.codenames import DEBIAN, UBUNTU

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scantling_common.outcomes import PackageEntry

SOURCES: Final = frozenset({"source", "src"})
"""Values of ``arch`` of a package of sources: it stands for all that is built from it."""
DEFAULTS: Final = {
    ("gem", "platform"): "ruby",
    ("golang", "type"): "module",
    ("maven", "type"): "jar",
    ("rpm", "epoch"): "0",
}
"""What a qualifier means that is left out, by the type of the package (purl-spec, types)."""
REFERENCES: Final = frozenset({"package-id"})
"""Qualifiers by which tools make references of package URLs, which say nothing of a package."""
_VENDORS: Final = {
    "alma": "almalinux",
    "amazon": "amzn",
    "amazonlinux": "amzn",
    "archlinux": "arch",
    "opensuse-leap": "opensuse",
    "opensuse-leap-micro": "opensuse",
    "opensuse-microos": "opensuse",
    "opensuse-tumbleweed": "opensuse",
    "oracle": "ol",
    "oraclelinux": "ol",
    "redhat": "rhel",
    "rockylinux": "rocky",
    **dict.fromkeys(("sled", "sles_sap", "sle_hpc", "suse", "suse_sles", "suse_sled"), "sles"),
}
"""What else namespaces call a distribution, and its id in ``os-release``."""
_RELEASES: Final = {
    **{name: ("debian", number) for name, number in DEBIAN.items()},
    **{name: ("ubuntu", number) for name, number in UBUNTU.items()},
}


def vendor_of(name: str) -> str:
    """Return the id of a distribution by what a namespace calls it."""
    return _VENDORS.get(name.lower(), name.lower())


def fits(
    type_: str, asked: Mapping[str, str], own: Mapping[str, str], package: PackageEntry
) -> bool:
    """Tell whether a package has all that is ``asked``; ``own`` is what its package URL has."""
    return all(
        _has(type_, key, value, own, package)
        for key, value in asked.items()
        if key not in REFERENCES
    )


def _has(type_: str, key: str, value: str, own: Mapping[str, str], package: PackageEntry) -> bool:
    if key == "arch" and value in SOURCES:
        return True  # then it is the source that is compared
    if key == "distro":
        return is_release(value, own.get(key, ""))
    if key == "upstream":
        return _is_source(value, package)
    if key == "file_path":
        return value.strip("/") == package.path.replace("!/", "/")
    if key == "rpmmod":
        return bool(package.module) and f"{package.module}:".startswith(f"{value}:")
    default = DEFAULTS.get((type_, key), "")
    return (value or default) == (own.get(key, "") or default)


@lru_cache(maxsize=4096)
def is_release(asked: str, own: str) -> bool:
    """Tell whether a distribution is the one that is asked for, by their qualifiers ``distro``.

    They are ``ubuntu-22.04``, ``jammy``, or ``22.04`` alone. One that is asked for by fewer parts
    of its number is any of these: 9 is 9.4, too. Debian is told apart by the first part.
    """
    if asked.lower() == own.lower():
        return bool(own)
    asked_id, asked_number = _release(asked)
    own_id, own_number = _release(own)
    if not own_number or (asked_id and asked_id != own_id):
        return False
    if own_id == "debian":
        asked_number, own_number = asked_number.partition(".")[0], own_number.partition(".")[0]
    return not asked_number or f"{own_number}.".startswith(f"{asked_number}.")


def _release(distro: str) -> tuple[str, str]:
    """Return the id and the number that a qualifier names; either may be empty."""
    text = distro.lower()
    id_, dash, last = text.rpartition("-")
    if last in _RELEASES:
        named, number = _RELEASES[last]
        return (vendor_of(id_) if dash else named), number
    if last[:1].isdigit():
        return vendor_of(id_), last
    return vendor_of(text), ""


def _is_source(value: str, package: PackageEntry) -> bool:
    """Tell whether a package is built from a source, as Debian's, Alpine's and rpm's tools say it.

    That is ``openssl``, ``openssl@3.0.7`` or ``openssl-3.0.7-1.el9.src.rpm``.
    """
    source = package.source_name or package.name
    version = package.source_version or package.version
    name, _, asked = value.partition("@")
    if value.endswith(".src.rpm"):
        return value == f"{source}-{version.rpartition(':')[2]}.src.rpm"
    return name == source and asked in {"", version}
