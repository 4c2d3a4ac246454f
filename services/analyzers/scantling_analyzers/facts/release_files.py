"""What single distributions had before os-release, and what some still have beside it.

Each function takes the whole content of one file that isn't empty, and raises
:class:`Unreadable` (``malformed``, ``too_large``, ``too_many``).
"""

from __future__ import annotations

import re
from typing import Final

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.assignments import MAX_FIELDS, assignments
from scantling_analyzers.facts.models import Distribution
from scantling_analyzers.facts.reading import value
from scantling_analyzers.facts.service_pack import service_pack_in

_RELEASE: Final = re.compile(r"(.+?)(?: Linux)?(?: Server)? release (\S+)(?: \((.*)\))?.*")
_SHORT: Final = re.compile(r"(.+?)(?: Linux)?(?: Server)? ([vV]?[0-9]\S*)(?: \(([^()]*)\))?")
_IDS: Final = {
    "Alibaba Cloud": "alinux",
    "Alibaba Group Enterprise": "alinux",
    "AlmaLinux": "almalinux",
    "Amazon": "amzn",
    "Amazon Linux AMI": "amzn",
    "Anolis OS": "anolis",
    "CBL-Mariner": "mariner",
    "CentOS": "centos",
    "CentOS Stream": "centos",
    "EulerOS": "euleros",
    "Fedora": "fedora",
    "Gentoo Base System": "gentoo",
    "Huawei Cloud EulerOS": "hce",
    "Kylin Linux Advanced": "kylin",
    "Microsoft Azure": "azurelinux",
    "OpenCloudOS": "opencloudos",
    "Oracle": "ol",
    "Red Hat Enterprise": "rhel",
    "Red Hat Enterprise Linux": "rhel",
    "Rocky": "rocky",
    "Scientific": "scientific",
    "TencentOS": "tencentos",
    "UOS": "uos",
    "UnionTech OS": "uos",
    "VMware Photon": "photon",
    "VMware Photon OS": "photon",
    "openEuler": "openEuler",
}
_SUSE: Final = re.compile(
    rb"^(VERSION|PATCHLEVEL)[ \t]*=[ \t]*([0-9.]{1,16})[ \t\r]*$", re.MULTILINE
)
_SUSE_IDS: Final = (
    ("SUSE Linux Enterprise Server", "sles"),
    ("SUSE Linux Enterprise Desktop", "sled"),
    ("openSUSE", "opensuse"),
)
_INI: Final = re.compile(rb"^([A-Za-z]+)=([^\n]*)$", re.MULTILINE)


def parse_alpine_release(content: bytes, path: str) -> Distribution:
    """Return the release that alpine-release names."""
    return Distribution(path=path, id="alpine", version_id=_line(content), name="Alpine Linux")


def parse_debian_version(content: bytes, path: str) -> Distribution:
    """Return the release that debian_version names: a number, or ``codename/sid``."""
    line = _line(content)
    codename = line.partition("/")[0] if "/" in line else ""
    return Distribution(
        path=path,
        id="debian",
        version_id="" if codename else line,
        name="Debian GNU/Linux",
        version_codename=codename,
    )


def parse_release(content: bytes, path: str) -> Distribution:
    """Return what a line such as ``CentOS Linux release 7.9.2009 (Core)`` says.

    A name that isn't known becomes an identifier by itself, so that it is reported as an
    unknown distribution and not taken for another.
    """
    line = _line(content)
    match = _RELEASE.fullmatch(line) or _SHORT.fullmatch(line)
    if not match:
        raise Unreadable("the file doesn't have the form 'NAME release VERSION'", code="malformed")
    name = match[1]
    id_ = _IDS.get(name, re.sub(r"[^a-z0-9._-]+", "-", name.lower()))
    return Distribution(
        path=path,
        id=id_,
        version_id=match[2],
        service_pack=service_pack_in(line, id_),
        name=name,
        pretty_name=line,
        version_codename=match[3] or "",
    )


def parse_lsb_release(content: bytes, path: str) -> Distribution | None:
    """Return what ``DISTRIB_ID`` and its like say (lsb-release, openwrt_release).

    Red Hat's lsb-release has no ``DISTRIB_ID``: it names no distribution, which is no error.
    """
    fields = assignments(content)
    name = fields.get("DISTRIB_ID", "")
    if not name:
        return None
    description = fields.get("DISTRIB_DESCRIPTION", "")
    return Distribution(
        path=path,
        id=name.lower(),
        version_id=fields.get("DISTRIB_RELEASE", ""),
        service_pack=service_pack_in(description, name.lower()),
        name=name,
        pretty_name=description,
        version_codename=fields.get("DISTRIB_CODENAME", ""),
        fields=fields,
    )


def parse_suse_release(content: bytes, path: str) -> Distribution:
    """Return what SuSE-release says: a line, then ``VERSION = 12`` and ``PATCHLEVEL = 5``."""
    line = _line(content)
    numbers = {key: raw.decode("ascii") for key, raw in _SUSE.findall(content)}
    version, patch = numbers.get(b"VERSION", ""), numbers.get(b"PATCHLEVEL", "0")
    if not version:
        raise Unreadable("the file has no line 'VERSION = NUMBER'", code="malformed")
    id_ = next((id_ for name, id_ in _SUSE_IDS if line.startswith(name)), "suse")
    pack = patch.strip("0.") != ""
    return Distribution(
        path=path,
        id=id_,
        version_id=f"{version}.{patch}" if pack else version,
        service_pack=f"SP{patch}" if pack else "",
        name=line.partition(" (")[0],
        pretty_name=line,
    )


def parse_os_version(content: bytes, path: str) -> Distribution | None:
    """Return what os-version says, which UOS and deepin have beside os-release.

    An INI file whose ``MinorVersion`` is the update and whose ``EditionName`` is the edition; a
    file of the same name without ``SystemName`` is somebody else's, and no error.
    """
    lines = _INI.findall(content)
    if len(lines) > MAX_FIELDS:
        raise Unreadable(f"more than {MAX_FIELDS} lines in os-version", code="too_many")
    fields = {key.decode("ascii"): value(raw, "a value") for key, raw in lines}
    name = fields.get("SystemName", "")
    if not name:
        return None
    known = name.startswith(("UnionTech", "UOS"))
    server = fields.get("ProductType", "") == "Server"
    return Distribution(
        path=path,
        id="uos" if known else re.sub(r"[^a-z0-9._-]+", "-", name.lower()),
        version_id=fields.get("MajorVersion", ""),
        service_pack=fields.get("MinorVersion", ""),
        edition=fields.get("EditionName", "").lower() if server else "",
        name=name,
        fields=fields,
    )


def parse_product_info(content: bytes, path: str) -> Distribution:
    """Return what .productinfo says, which Kylin Server has beside os-release.

    Its lines are text or assignments, by release; both have the service pack in brackets.
    """
    text = value(content, "the file")
    found = re.search(r"(?<![A-Za-z0-9])V[0-9]{1,3}(?![0-9])", text)
    return Distribution(
        path=path,
        id="kylin",
        version_id=found[0] if found else "",
        service_pack=service_pack_in(text, "kylin"),
        name="Kylin Linux Advanced Server",
    )


def arch_linux(path: str) -> Distribution:
    """Return the distribution whose release file says all by being there."""
    return Distribution(path=path, id="arch", name="Arch Linux")


def _line(content: bytes) -> str:
    return value(content.strip().partition(b"\n")[0], "the first line")
