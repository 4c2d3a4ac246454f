"""Which scheme orders the versions of a type of packages, or of an ecosystem of advisories."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Scheme(StrEnum):
    """An order of versions; see ``docs/explanation/versions.md`` for the rule behind each."""

    ALPM = "pacman"
    APK = "apk"
    BITNAMI = "bitnami"
    CARGO = "cargo"
    COMPOSER = "composer"
    CONAN = "conan"
    CPAN = "cpan"
    CRAN = "cran"
    DEB = "deb"
    GEM = "gem"
    GENERIC = "generic"
    GO = "go"
    HACKAGE = "hackage"
    HEX = "hex"
    MAVEN = "maven"
    NUGET = "nuget"
    PUB = "pub"
    PYPI = "pypi"
    RPM = "rpm"
    SEMVER = "semver"


BY_TYPE: Final = {
    "alpm": Scheme.ALPM,
    "apk": Scheme.APK,
    "bitnami": Scheme.BITNAMI,
    "brew": Scheme.GENERIC,
    "cargo": Scheme.CARGO,
    "cocoapods": Scheme.GEM,
    "composer": Scheme.COMPOSER,
    "conan": Scheme.CONAN,
    "conda": Scheme.GENERIC,
    "cpan": Scheme.CPAN,
    "cran": Scheme.CRAN,
    "deb": Scheme.DEB,
    "ebuild": Scheme.GENERIC,
    "gem": Scheme.GEM,
    "generic": Scheme.GENERIC,
    "github": Scheme.SEMVER,
    "golang": Scheme.GO,
    "hackage": Scheme.HACKAGE,
    "hex": Scheme.HEX,
    "julia": Scheme.SEMVER,
    "luarocks": Scheme.GENERIC,
    "maven": Scheme.MAVEN,
    "npm": Scheme.SEMVER,
    "nuget": Scheme.NUGET,
    "opam": Scheme.DEB,
    "opkg": Scheme.DEB,
    "otp": Scheme.GENERIC,
    "pear": Scheme.COMPOSER,
    "pub": Scheme.PUB,
    "pypi": Scheme.PYPI,
    "rpm": Scheme.RPM,
    "swift": Scheme.SEMVER,
}
"""By the type of a package URL, and by the types of packages that have none."""

BY_ECOSYSTEM: Final = {
    "AlmaLinux": Scheme.RPM,
    "Alpaquita": Scheme.APK,
    "Alpine": Scheme.APK,
    "Azure Linux": Scheme.RPM,
    "BellSoft Hardened Containers": Scheme.APK,
    "Bioconductor": Scheme.CRAN,
    "Bitnami": Scheme.BITNAMI,
    "Chainguard": Scheme.APK,
    "ConanCenter": Scheme.CONAN,
    "CRAN": Scheme.CRAN,
    "crates.io": Scheme.CARGO,
    "Debian": Scheme.DEB,
    "Echo": Scheme.DEB,
    "GHC": Scheme.HACKAGE,
    "GitHub Actions": Scheme.SEMVER,
    "Go": Scheme.GO,
    "Hackage": Scheme.HACKAGE,
    "Hex": Scheme.HEX,
    "Julia": Scheme.SEMVER,
    "Kubernetes": Scheme.SEMVER,
    "Mageia": Scheme.RPM,
    "Maven": Scheme.MAVEN,
    "MinimOS": Scheme.APK,
    "npm": Scheme.SEMVER,
    "NuGet": Scheme.NUGET,
    "opam": Scheme.DEB,
    "openEuler": Scheme.RPM,
    "openSUSE": Scheme.RPM,
    "Packagist": Scheme.COMPOSER,
    "Photon OS": Scheme.RPM,
    "Pub": Scheme.PUB,
    "PyPI": Scheme.PYPI,
    "Red Hat": Scheme.RPM,
    "Rocky Linux": Scheme.RPM,
    "RubyGems": Scheme.GEM,
    "SUSE": Scheme.RPM,
    "SwiftURL": Scheme.SEMVER,
    "Ubuntu": Scheme.DEB,
    "VSCode": Scheme.SEMVER,
    "Wolfi": Scheme.APK,
}
"""By the name of an OSV ecosystem, without what follows its colon (OSV schema, ecosystems)."""

_RANGE_SEMVER: Final = "SEMVER"


def scheme_of_type(type_: str) -> Scheme | None:
    """Return the scheme of a package type, None where there is none."""
    return BY_TYPE.get(type_)


def scheme_of_ecosystem(ecosystem: str, range_type: str = "ECOSYSTEM") -> Scheme | None:
    """Return the scheme of a range of an OSV record, None where versions have no order.

    ``ecosystem`` may have a suffix, as ``Debian:12``. ``range_type`` is that of the range: one of
    type ``GIT`` has no order, one of type ``SEMVER`` that of its ecosystem where there is a
    scheme for it, as it agrees with semantic versions and knows the forms that are in use.
    """
    if range_type == "GIT":
        return None
    found = BY_ECOSYSTEM.get(ecosystem.partition(":")[0])
    return found or (Scheme.SEMVER if range_type == _RANGE_SEMVER else None)
