"""Which scheme orders the versions of a type of packages, or of an ecosystem of advisories."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Scheme(StrEnum):
    """An order of versions; see ``docs/explanation/versions.md`` for the rule behind each."""

    DEB = "deb"
    RPM = "rpm"
    APK = "apk"
    MAVEN = "maven"
    SEMVER = "semver"
    PYPI = "pypi"


BY_TYPE: Final = {
    "apk": Scheme.APK,
    "cargo": Scheme.SEMVER,
    "deb": Scheme.DEB,
    "maven": Scheme.MAVEN,
    "npm": Scheme.SEMVER,
    "opkg": Scheme.DEB,
    "pypi": Scheme.PYPI,
    "rpm": Scheme.RPM,
    "swift": Scheme.SEMVER,
}
"""By the type of a package URL."""

BY_ECOSYSTEM: Final = {
    "AlmaLinux": Scheme.RPM,
    "Alpaquita": Scheme.APK,
    "Alpine": Scheme.APK,
    "Azure Linux": Scheme.RPM,
    "BellSoft Hardened Containers": Scheme.APK,
    "Chainguard": Scheme.APK,
    "crates.io": Scheme.SEMVER,
    "Debian": Scheme.DEB,
    "Echo": Scheme.DEB,
    "Mageia": Scheme.RPM,
    "Maven": Scheme.MAVEN,
    "MinimOS": Scheme.APK,
    "npm": Scheme.SEMVER,
    "openEuler": Scheme.RPM,
    "openSUSE": Scheme.RPM,
    "Photon OS": Scheme.RPM,
    "PyPI": Scheme.PYPI,
    "Red Hat": Scheme.RPM,
    "Rocky Linux": Scheme.RPM,
    "SUSE": Scheme.RPM,
    "SwiftURL": Scheme.SEMVER,
    "Ubuntu": Scheme.DEB,
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
