"""Package URLs (package-url specification, type definitions) of packages.

They are written here: packageurl-python takes longer for one than all else that is done to a
package. A test proves that both write the same.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scantling_analyzers.facts.models import Distribution, Package

BY_DISTRIBUTION: Final = {"apk": "alpine", "deb": "debian", "rpm": "", "alpm": "arch", "opkg": ""}
"""Types whose namespace is the distribution, and what it is where the image does not say."""
BY_SLASH: Final = frozenset({"composer", "ebuild", "generic", "golang", "npm", "pear", "swift"})
"""Types whose names have their namespace before the last slash."""
LOWER_NAMESPACE: Final = frozenset({"alpm", "apk", "composer", "github", "hex", "pypi"})
"""Types whose namespace is not sensitive to case."""
LOWER_NAME: Final = frozenset(
    (*("alpm", "apk", "bitnami", "composer", "github", "hex", "luarocks", "npm", "otp"),)
)
"""Types whose name is not sensitive to case."""
WITH_DISTRIBUTION: Final = frozenset({*BY_DISTRIBUTION, "bitnami"})
"""Types whose packages are built for a distribution, which a qualifier tells."""
ARCHITECTURE: Final = {"conda": "subdir", "gem": "platform"}
"""How types call what most call ``arch``."""
_RUNS: Final = re.compile(r"[-_.]+")
"""What PEP 503 makes one hyphen in the name of a Python project."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9._~:+-]*")
"""Text of which at most the plus signs are encoded."""


def purl_of(package: Package, distribution: Distribution | None) -> str:
    """Return the canonical package URL of a package of an image with that distribution.

    It is empty for a package without a name.
    """
    namespace, name = _namespace_and_name(package, distribution)
    version, epoch = package.version, ""
    if package.type == "rpm" and ":" in version:
        epoch, version = version.split(":", 1)
    qualifiers = {ARCHITECTURE.get(package.type, "arch"): package.arch}
    if package.type in WITH_DISTRIBUTION and distribution is not None:
        qualifiers["distro"] = "-".join(filter(None, (distribution.id, distribution.version_id)))
    if package.type in BY_DISTRIBUTION:
        qualifiers["epoch"] = epoch
        qualifiers["upstream"] = _upstream(package)
    return written(package.type, namespace, name, version, qualifiers)


def written(
    type_: str, namespace: str, name: str, version: str, qualifiers: Mapping[str, str]
) -> str:
    """Return a package URL in its canonical form, empty where there is no name.

    The keys of ``qualifiers`` are lower case and in order; those without a value are left out.
    """
    name = name.strip().strip("/")
    if type_ in LOWER_NAME:
        # Before and after it is encoded, as everybody does: the hex digits, too.
        name = _encoded(name.lower()).lower()
    elif type_ == "pypi":
        name = _encoded(_RUNS.sub("-", name).lower()).lower()
    else:
        name = _encoded(name)
    if not name:
        return ""
    place = _namespace(type_, namespace) if namespace else ""
    version = version.strip()
    at = f"@{_encoded(version)}" if version else ""
    pairs = [f"{key}={_encoded(text)}" for key, text in qualifiers.items() if text.strip()]
    query = f"?{'&'.join(pairs)}" if pairs else ""
    return f"pkg:{type_}/{place}{name}{at}{query}"


def _upstream(package: Package) -> str:
    source = package.source_name
    if source and package.source_version and package.source_version != package.version:
        source = f"{source}@{package.source_version}"
    return "" if source == package.name else source


@lru_cache(maxsize=4096)
def _namespace(type_: str, namespace: str) -> str:
    namespace = namespace.strip().strip("/")
    if type_ in LOWER_NAMESPACE:
        namespace = namespace.lower()
    return "".join(f"{_encoded(part)}/" for part in namespace.split("/") if part.strip())


def _encoded(text: str) -> str:
    return text.replace("+", "%2B") if _PLAIN.fullmatch(text) else _quoted(text)


@lru_cache(maxsize=4096)
def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "replace")).replace("%3A", ":")


def _namespace_and_name(package: Package, distribution: Distribution | None) -> tuple[str, str]:
    if package.type in BY_DISTRIBUTION:
        known = distribution.id if distribution is not None else BY_DISTRIBUTION[package.type]
        return known, package.name
    if package.type == "maven":
        group, _, artifact = package.name.rpartition(":")
        return group, artifact
    if package.type == "cpan":
        return package.maintainer, package.name  # the author's id there, where it is known
    if package.type in BY_SLASH:
        namespace, _, name = package.name.rpartition("/")
        return namespace, name
    return "", package.name
