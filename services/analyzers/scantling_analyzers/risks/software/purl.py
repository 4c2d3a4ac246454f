"""Package URLs (package-url specification, type definitions) of packages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from packageurl import PackageURL

if TYPE_CHECKING:
    from scantling_analyzers.facts.models import Distribution, Package

BY_DISTRIBUTION: Final = {"apk": "alpine", "deb": "debian", "rpm": "", "alpm": "arch", "opkg": ""}
"""Types whose namespace is the distribution, and what it is where the image does not say."""
BY_SLASH: Final = frozenset({"composer", "ebuild", "golang", "npm", "swift"})
"""Types whose names have their namespace before the last slash."""
_RUNS: Final = re.compile(r"[-_.]+")
"""What PEP 503 makes one hyphen in the name of a Python project."""


def purl_of(package: Package, distribution: Distribution | None) -> str:
    """Return the canonical package URL of a package of an image with that distribution."""
    namespace, name = _namespace_and_name(package, distribution)
    version, epoch = package.version, ""
    if package.type == "rpm" and ":" in version:
        epoch, version = version.split(":", 1)
    qualifiers = {"arch": package.arch, "epoch": epoch}
    if package.type in BY_DISTRIBUTION and distribution is not None:
        qualifiers["distro"] = "-".join(filter(None, (distribution.id, distribution.version_id)))
    if package.type in BY_DISTRIBUTION and package.source_name:
        source = package.source_name
        if package.source_version and package.source_version != package.version:
            source = f"{source}@{package.source_version}"
        if source != package.name:
            qualifiers["upstream"] = source
    return PackageURL(
        type=package.type,
        namespace=namespace or None,
        name=name,
        version=version or None,
        qualifiers={key: value for key, value in qualifiers.items() if value} or None,
    ).to_string()


def _namespace_and_name(package: Package, distribution: Distribution | None) -> tuple[str, str]:
    if package.type in BY_DISTRIBUTION:
        known = distribution.id if distribution is not None else BY_DISTRIBUTION[package.type]
        return known, package.name
    if package.type == "maven":
        group, _, artifact = package.name.rpartition(":")
        return group, artifact
    if package.type in BY_SLASH:
        namespace, _, name = package.name.rpartition("/")
        return namespace, name
    if package.type == "pypi":
        return "", _RUNS.sub("-", package.name).lower()
    return "", package.name
