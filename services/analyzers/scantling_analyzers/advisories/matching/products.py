"""Whether a product that a VEX document names is a package, or the image that holds it; pure.

Package URLs are compared by type, name and, where they have one, version; those of distributions
also by the distribution, where both tell; and each qualifier must be so of the package, see
:mod:`scantling_analyzers.advisories.matching.qualifiers`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

import msgspec

from scantling_analyzers.advisories.matching.qualifiers import SOURCES, fits, vendor_of
from scantling_analyzers.advisories.matching.subject import (
    DISTRIBUTED,
    STREAM_OF,
    product_of_cpe,
)
from scantling_analyzers.advisories.names import normalised_name

if TYPE_CHECKING:
    from scantling_common.outcomes import PackageEntry

_IMAGES: Final = frozenset({"docker", "oci"})
_CPE: Final = "cpe:2.3:"
_CPE_VERSION: Final = 5
MAX_PURL: Final = 4_000
"""How long a package URL may be that is looked at."""


class Purl(msgspec.Struct, frozen=True):
    """A package URL (package-url specification), in the form in which two are compared.

    ``vendor`` is the id of the distribution that a package is of, empty for other types.
    """

    type: str
    name: str
    version: str = ""
    vendor: str = ""
    qualifiers: dict[str, str] = {}

    @property
    def is_source(self) -> bool:
        """Tell whether it is a package of sources."""
        return self.qualifiers.get("arch", "") in SOURCES


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
    pairs = (pair.partition("=")[::2] for pair in query.split("&"))
    return Purl(
        type=type_,
        name=_compared(type_, name),
        version=unquote(version) if at else "",
        vendor=vendor_of(name.rpartition("/")[0]) if type_ in DISTRIBUTED else "",
        qualifiers={key.lower(): unquote(value) for key, value in pairs if value},
    )


def is_image(product: str, digests: tuple[str, ...]) -> bool:
    """Tell whether a product is the image of a digest (``pkg:oci/name@sha256:…``, or alone)."""
    if product and product in digests:
        return True
    purl = purl_of(product)
    if purl is None or purl.type not in _IMAGES or not purl.version:
        return False
    return purl.version in digests


def is_package(product: str, package: PackageEntry) -> bool:
    """Tell whether a product is a package: by its package URL, its source's, or its CPE name."""
    if product.startswith(_CPE):
        return any(_same_cpe(product, cpe) for cpe in package.cpes)
    named, own = purl_of(product), purl_of(package.purl)
    if named is None or own is None or named.type != own.type:
        return False
    if named.vendor and own.vendor and named.vendor != own.vendor:
        return False
    if not fits(named.type, named.qualifiers, own.qualifiers, package):
        return False
    if named.is_source:
        source = package.source_name or package.name
        version = package.source_version or package.version
        return named.name == source and named.version in {"", version}
    return named.name == own.name and named.version in {"", own.version, package.version}


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
