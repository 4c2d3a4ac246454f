"""Whether a product that a VEX document names is a package, or the image that holds it; pure.

Package URLs are compared by type, name and, where they have one, version; those of distributions
also by the distribution, where both tell. A qualifier for the architecture counts, others tell
where a package is to be had (OpenVEX, product matching).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

import msgspec

from scantling_analyzers.advisories.matching.subject import (
    DISTRIBUTED,
    STREAM_OF,
    product_of_cpe,
)
from scantling_analyzers.advisories.names import normalised_name

if TYPE_CHECKING:
    from scantling_common.outcomes import PackageEntry

_IMAGES: Final = frozenset({"docker", "oci"})
_SOURCES: Final = frozenset({"source", "src"})
_CPE: Final = "cpe:2.3:"
_CPE_VERSION: Final = 5
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
MAX_PURL: Final = 4_000
"""How long a package URL may be that is looked at."""


class Purl(msgspec.Struct, frozen=True):
    """A package URL (package-url specification), in the form in which two are compared.

    ``vendor`` is the id of the distribution that a package is of, empty for other types.
    """

    type: str
    name: str
    version: str = ""
    arch: str = ""
    vendor: str = ""


@lru_cache(maxsize=8192)
def purl_of(text: str) -> Purl | None:
    """Return what a package URL names, None where it is none."""
    if not text.startswith("pkg:") or len(text) > MAX_PURL:
        return None
    rest, _, query = text.removeprefix("pkg:").lstrip("/").partition("#")[0].partition("?")
    type_, _, path = rest.partition("/")
    type_ = type_.lower()
    path, at, version = path.rpartition("@") if "@" in path.rpartition("/")[2] else (path, "", "")
    name = "/".join(unquote(part) for part in path.strip("/").split("/"))
    if not type_ or not name:
        return None
    qualifiers = dict(pair.partition("=")[::2] for pair in query.split("&"))
    return Purl(
        type=type_,
        name=_compared(type_, name),
        version=unquote(version) if at else "",
        arch=unquote(qualifiers.get("arch", "")),
        vendor=_vendor(name) if type_ in DISTRIBUTED else "",
    )


def is_image(product: str, digest: str) -> bool:
    """Tell whether a product is the image of that digest (``pkg:oci/name@sha256:…``, or alone)."""
    if product == digest and digest:
        return True
    purl = purl_of(product)
    return purl is not None and purl.type in _IMAGES and bool(digest) and purl.version == digest


def is_package(product: str, package: PackageEntry) -> bool:
    """Tell whether a product is a package: by its package URL, its source's, or its CPE name."""
    if product.startswith(_CPE):
        return any(_same_cpe(product, cpe) for cpe in package.cpes)
    named, own = purl_of(product), purl_of(package.purl)
    if named is None or own is None or named.type != own.type:
        return False
    if named.vendor and own.vendor and named.vendor != own.vendor:
        return False
    if named.arch in _SOURCES:
        source = package.source_name or package.name
        version = package.source_version or package.version
        return named.name == source and named.version in {"", version}
    if named.arch and own.arch and named.arch != own.arch:
        return False
    return named.name == own.name and named.version in {"", own.version, package.version}


def _vendor(name: str) -> str:
    namespace = name.rpartition("/")[0].lower()
    return _VENDORS.get(namespace, namespace)


def _compared(type_: str, name: str) -> str:
    """Return a name as it is compared; of a distribution's package without the distribution."""
    if type_ in DISTRIBUTED:
        return name.rpartition("/")[2]
    if type_ == "maven":
        return name.replace("/", ":", 1)
    stream = STREAM_OF.get(type_)
    return normalised_name(stream, name) if stream else name


def _same_cpe(product: str, own: str) -> bool:
    if product_of_cpe(product) != product_of_cpe(own):
        return False
    version = product.split(":")[_CPE_VERSION : _CPE_VERSION + 1]
    return version in ([], ["*"], ["-"]) or version == own.split(":")[_CPE_VERSION:6]
