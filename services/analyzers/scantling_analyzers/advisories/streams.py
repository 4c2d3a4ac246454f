"""Streams of advisories: whose packages a statement speaks of, by one key.

The key of a distribution is ``id:release``; support that is paid for, or built apart, has an id of
its own (``ubuntu-pro:16.04``), so that it can't be taken for the base release. A stream of a
language is the name of its OSV ecosystem (``Maven``), and ``cpe`` holds what speaks of products by
the names of the National Vulnerability Database. All keys are made here and in
:mod:`scantling_analyzers.advisories.distributions`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from scantling_common.versions.schemes import Scheme, scheme_of_ecosystem, scheme_of_type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CPE: Final = "cpe"
"""The stream of products; names in it are ``vendor:product``."""

LANGUAGES: Final = frozenset(
    {
        *("Bioconductor", "Bitnami", "ConanCenter", "CRAN", "crates.io", "GHC", "GitHub Actions"),
        *("Go", "Hackage", "Hex", "Julia", "Kubernetes", "Maven", "npm", "NuGet", "opam"),
        *("Packagist", "Pub", "PyPI", "RubyGems", "SwiftURL", "VSCode", "WordPress"),
    }
)
"""Ecosystems that are streams by their own name; what follows a colon is a repository."""

SYSTEM_TYPES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("debian", "debian-elts", "ubuntu", "echo"), "deb"),
    **dict.fromkeys(("alpine", "alpaquita", "chainguard", "minimos", "wolfi"), "apk"),
    "bellsoft-hardened-containers": "apk",
    "arch": "alpm",
    "gentoo": "ebuild",
    "openwrt": "opkg",
    **dict.fromkeys(
        (
            *("rhel", "rhel-els", "rhel-eus", "rhel-aus", "rhel-tus", "rhel-e4s"),
            *("almalinux", "rocky", "ol", "amzn", "fedora", "mageia", "centos", "centos-stream"),
            *("sles", "sles-ltss", "sles-espos", "sles-sap", "sle-micro", "sle-module"),
            *("opensuse-leap", "opensuse-leap-micro", "opensuse-tumbleweed"),
            *("euleros", "openeuler", "hce", "kylin", "uos", "anolis", "alinux"),
            *("opencloudos", "tencentos", "photon", "azurelinux", "mariner"),
        ),
        "rpm",
    ),
}
"""Ids of distributions, and the type of their packages."""

_BUILT_APART: Final = ("tuxcare-", "root-", "ubuntu-", "ol-")
"""How ids begin of streams for builds of another's packages; the rest is a variant, or an id."""

_FAMILY: Final = re.compile(r"[:-]")
_SAME_FAMILY: Final = {"mariner": "azurelinux", "sle": "sles"}
"""Names that begin otherwise than those of the same publisher."""
_UBUNTU_RELEASE: Final = re.compile(r"[0-9]{1,2}\.[0-9]{2}")
_SUSE: Final = re.compile(
    r"(?:SUSE )?(?:Linux Enterprise (?!Micro )(?P<product>[^:\n]{1,80}?)"
    r"|Package Hub(?: for SUSE Linux Enterprise)?|(?:openSUSE )?Backports SLE)"
    r"[ -](?P<major>[0-9]{2})(?:(?: SP|-SP|\.)(?P<pack>[0-9]{1,2}))?(?:-(?P<phase>[\w -]{1,40}))?"
)
"""A module may have a number in its name (Python 3); release 16 has no service packs."""
_MODULE_FOR: Final = "Module for "
_FOR_SAP: Final = "Server for SAP "
_PAID_FOR: Final = ("ESPOS", "Business Critical")
_SUSE_MICRO: Final = re.compile(
    r"(?:SUSE )?Linux (?:Enterprise )?Micro (?:for Rancher |Extras )?([0-9]{1,2}\.[0-9]{1,2})"
)
_LEAP: Final = re.compile(r"Leap (Micro )?([0-9]{1,2}\.[0-9]{1,2})(?: NonFree)?")
_RED_HAT: Final = re.compile(
    r"cpe:(?:/|2\.3:)[ao]:redhat:(?P<product>[a-z0-9_]{1,80})"
    r"(?::(?P<major>[0-9]{1,2})(?P<minor>\.[0-9]{1,2})?)?(?::.*)?",
    re.DOTALL,
)
_RED_HAT_RELEASE: Final = re.compile(r"[:.]el([0-9]{1,2})(?![0-9])")
_RED_HAT_IDS: Final = {
    "enterprise_linux": "rhel",
    "rhel_els": "rhel-els",
    "enterprise_linux_eus": "rhel-eus",
    "rhel_eus": "rhel-eus",
    "rhel_eus_long_life": "rhel-eus",
    "rhel_aus": "rhel-aus",
    "rhel_mission_critical": "rhel-aus",
    "rhel_tus": "rhel-tus",
    "rhel_e4s": "rhel-e4s",
}
_RED_HAT_BY_MAJOR: Final = frozenset({"rhel", "rhel-els"})
_TUXCARE: Final = {
    "CentOS": "centos",
    "CentOS-Stream": "centos-stream",
    "OracleLinux": "ol",
    "AlmaLinux": "almalinux",
    "Ubuntu": "ubuntu",
    "Debian": "debian",
    "RHEL": "rhel",
    "Alpine": "alpine",
    "Rocky": "rocky",
    "RockyLinux": "rocky",
}
_WITH_RELEASE: Final = {
    "AlmaLinux": "almalinux",
    "Alpaquita": "alpaquita",
    "BellSoft Hardened Containers": "bellsoft-hardened-containers",
    "Debian": "debian",
    "Mageia": "mageia",
    "openEuler": "openeuler",
    "Photon OS": "photon",
    "Rocky Linux": "rocky",
}
_WITHOUT_RELEASE: Final = {
    "Arch Linux": "arch",
    "Chainguard": "chainguard",
    "Echo": "echo",
    "MinimOS": "minimos",
    "Wolfi": "wolfi",
}
_PLAIN_RELEASE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")


@lru_cache(maxsize=4096)
def of_osv(ecosystem: str) -> str | None:
    """Return the stream of an OSV ecosystem (OSV schema, ``affected[].package.ecosystem``).

    None is returned for what no package of an image can belong to, for a product of a vendor whose
    packages are told by repositories alone, and for a distribution without a release.
    """
    name, _, rest = ecosystem.partition(":")
    if name in LANGUAGES:
        return name
    if name in _WITHOUT_RELEASE:
        return _WITHOUT_RELEASE[name]
    if name in _WITH_RELEASE:
        return f"{_WITH_RELEASE[name]}:{rest}" if _PLAIN_RELEASE.fullmatch(rest) else None
    special = _SPECIAL.get(name)
    return special(rest) if special is not None else None


@lru_cache(maxsize=4096)
def of_cpe(cpe: str) -> str | None:
    """Return the stream of a release of Red Hat Enterprise Linux by its CPE name, of either form.

    It is None for the name of another product: packages of those are told apart by repositories,
    see :func:`release_of_product`.
    """
    found = _RED_HAT.fullmatch(cpe)
    if found is None or found["major"] is None:
        return None
    id_ = _RED_HAT_IDS.get(found["product"])
    if id_ is None:
        return None
    minor = "" if id_ in _RED_HAT_BY_MAJOR else found["minor"] or ""
    return f"{id_}:{found['major']}{minor}"


def release_of_product(cpe: str) -> str | None:
    """Return the release that a layered product of Red Hat runs on, by its CPE name, or None.

    A statement about such a product belongs into that stream only with ``repositories`` that limit
    it: the same package of the release itself is another build.
    """
    found = _RED_HAT_RELEASE.search(cpe)
    return f"rhel:{found[1]}" if found is not None else None


def of_suse(product: str) -> str | None:
    """Return the stream of a product of SUSE by its name, None for what is no operating system.

    All products and modules of one service pack share their packages, so they are one stream.
    Streams of their own are long-term and other support that is paid for, the server for SAP, which
    is mended for longer than the others, and the modules of release 12, which are the same for all
    of its service packs.
    """
    product = product.strip()
    if product.startswith("openSUSE Tumbleweed"):
        return "opensuse-tumbleweed"
    if micro := _SUSE_MICRO.fullmatch(product):
        return f"sle-micro:{micro[1]}"
    if leap := _LEAP.fullmatch(product.removeprefix("openSUSE ").removeprefix("SUSE ")):
        return f"opensuse-leap{'-micro' if leap[1] else ''}:{leap[2]}"
    found = _SUSE.fullmatch(product)
    return _enterprise(found) if found is not None else None


def _enterprise(found: re.Match[str]) -> str:
    name, phase, pack = found["product"] or _MODULE_FOR, found["phase"] or "", found["pack"] or ""
    release = f"{found['major']}.{pack}" if pack.strip("0") else found["major"]
    if "LTSS" in f"{name} {phase}":
        return f"sles-ltss:{release}"
    if phase or any(each in name for each in _PAID_FOR):
        return f"sles-espos:{release}"
    if name.startswith(_FOR_SAP):
        return f"sles-sap:{release}"
    is_module = release == "12" and name.startswith(_MODULE_FOR)
    return f"sle-module:{release}" if is_module else f"sles:{release}"


@lru_cache(maxsize=1024)
def scheme_of(stream: str) -> Scheme | None:
    """Return the order of a stream's versions, None where it has none or is not known."""
    if stream == CPE:
        return Scheme("generic") if "generic" in set(Scheme) else None
    type_ = type_of(stream)
    return scheme_of_ecosystem(stream) if type_ is None else scheme_of_type(type_)


def type_of(stream: str) -> str | None:
    """Return the package type of a distribution's stream, None for a language's."""
    id_, _, release = stream.partition(":")
    if id_ == "uos" and release.endswith("-d"):
        return "deb"
    found = SYSTEM_TYPES.get(id_)
    if found is not None:
        return found
    for prefix in _BUILT_APART:
        if id_.startswith(prefix):
            owner = prefix.removesuffix("-")
            return SYSTEM_TYPES.get(id_.removeprefix(prefix)) or SYSTEM_TYPES.get(owner)
    return None


@lru_cache(maxsize=4096)
def family_of(stream: str) -> str:
    """Return what a stream shares with those that the same publisher names in one archive."""
    family = _FAMILY.split(stream, maxsplit=1)[0]
    return _SAME_FAMILY.get(family, family)


def _ubuntu(rest: str) -> str | None:
    """Return the stream for ``22.04:LTS``, ``Pro:16.04:LTS``, ``Pro:FIPS-updates:20.04:LTS``."""
    parts = rest.split(":")
    release = next((part for part in parts if _UBUNTU_RELEASE.fullmatch(part)), None)
    if release is None:
        return None
    variants = [part.lower() for part in parts if part not in {release, "LTS"}]
    if len(variants) > 1 and variants[0] == "pro":
        variants = variants[1:]
    name = "-".join(("ubuntu", *variants))
    return f"{name}:{release}" if _PLAIN_RELEASE.fullmatch(name) else None


def _alpine(rest: str) -> str | None:
    release = rest.removeprefix("v")
    return f"alpine:{release}" if _PLAIN_RELEASE.fullmatch(release) else None


def _azure(rest: str) -> str | None:
    """Return the stream; the second release had another name."""
    major = rest.partition(".")[0]
    if not major.isdecimal() or not major.isascii():
        return None
    return f"mariner:{major}.0" if int(major[:3]) <= 2 else f"azurelinux:{major}.0"  # noqa: PLR2004  # the last release of the old name


def _opensuse(rest: str) -> str | None:
    return of_suse(f"openSUSE {rest}")


def _rebuilt(prefix: str, rest: str) -> str | None:
    """Return the stream of one who builds packages of distributions anew.

    Those of languages have other names than what they are made of, and are never asked.
    """
    name, _, release = rest.partition(":")
    id_ = _TUXCARE.get(name)
    release = release.removeprefix("v")
    return f"{prefix}-{id_}:{release}" if id_ and _PLAIN_RELEASE.fullmatch(release) else None


_SPECIAL: Final[Mapping[str, Callable[[str], str | None]]] = {
    "Alpine": _alpine,
    "Azure Linux": _azure,
    "Red Hat": lambda rest: of_cpe(f"cpe:/a:redhat:{rest}"),
    "Root": lambda rest: _rebuilt("root", rest),
    "SUSE": of_suse,
    "TuxCare": lambda rest: _rebuilt("tuxcare", rest),
    "Ubuntu": _ubuntu,
    "openSUSE": _opensuse,
}
