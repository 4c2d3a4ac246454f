"""Which stream a product of a CSAF or CVRF document is, by who publishes it; pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from scantling_analyzers.advisories.streams import of_cpe, of_osv, of_suse, release_of_product
from scantling_analyzers.advisories.text import word

Vendor = Literal["redhat", "suse", "openeuler"]
"""Who publishes statements about packages of a distribution of its own."""

HOSTS: Final[dict[str, Vendor]] = {
    "redhat.com": "redhat",
    "suse.com": "suse",
    "suse.de": "suse",
    "opensuse.org": "suse",
    "openeuler.org": "openeuler",
}
"""By the host of the publisher's namespace or address."""

APART: Final = frozenset({"fastdatapath", "hypervisor"})
"""Repositories of Red Hat Enterprise Linux whose packages are other builds than its own."""
_HOST: Final = re.compile(r"(?:https?://|[^@\s]{0,100}@)?([a-z0-9.-]{1,200})", re.IGNORECASE)
_EDITION: Final = re.compile(r"cpe:/[ao](?::[^:]{0,100}){3}:[^:]{0,100}:([^:]{1,100})")
_OPENEULER: Final = re.compile(r"(?:cpe:/[ao]:openEuler:openEuler:|openEuler-)([0-9]{2}\.[\w.-]+)")


class Place(NamedTuple):
    """A stream, and the repositories in it that are meant; none: all."""

    stream: str
    repositories: tuple[str, ...] = ()


def vendor_of(address: str) -> Vendor | None:
    """Return which vendor a namespace (``https://www.redhat.com``) or mail address belongs to."""
    found = _HOST.match(address.strip())
    host = found[1].lower() if found else ""
    for known, vendor in HOSTS.items():
        if host == known or host.endswith(f".{known}"):
            return vendor
    return None


@lru_cache(maxsize=4096)
def place_of(vendor: Vendor, name: str, cpe: str, evr: str) -> Place | None:
    """Return where packages of a product belong; None for what no release can be told of.

    ``evr`` is the version of the package, whose release may tell what the product runs on.
    """
    if vendor == "suse":
        stream = of_suse(name)
        return Place(stream) if stream is not None else None
    if vendor == "openeuler":
        found = _OPENEULER.fullmatch(cpe) or _OPENEULER.fullmatch(name)
        stream = of_osv(f"openEuler:{found[1]}") if found is not None else None
        return Place(stream) if stream is not None else None
    return _red_hat(word(cpe), evr)


def _red_hat(cpe: str, evr: str) -> Place | None:
    if stream := of_cpe(cpe):
        edition = _EDITION.match(cpe)
        apart = edition is not None and edition[1] in APART
        return Place(stream, (cpe,) if apart else ())
    release = release_of_product(cpe) or release_of_product(evr)
    # Packages of a product are other builds than those of the release that it runs on.
    return Place(release, (cpe,)) if release and cpe else None
